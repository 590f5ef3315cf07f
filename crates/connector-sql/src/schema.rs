//! Owns what a source consists of: ordinary tables, their columns, and what orders their rows.
//!
//! It knows no caller. Views, virtual tables and shadow tables of a source are not offered: what
//! they read cannot be bounded by the columns that the policy lists for them.

use crate::limits::{ENGINE, MAX_TABLES};
use domain::Digest;
use rusqlite::Connection;
use rusqlite::limits::Limit;
use std::collections::{BTreeMap, BTreeSet};

/// The table functions that a statement may use. A source with an object of such a name is refused.
pub(crate) const TABLE_FUNCTIONS: [&str; 2] = ["json_each", "json_tree"];

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Computed from other columns of the row.
    pub(crate) generated: bool,
}

/// An ordinary table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    /// Columns that some index orders; `None` if an index orders by an expression or has a condition.
    pub(crate) indexed: Option<BTreeSet<String>>,
    /// Columns that order the stored rows themselves.
    pub(crate) clustered: BTreeSet<String>,
}

/// The tables of one source at one moment, by name as the source spells it.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) tables: BTreeMap<String, Table>,
    /// SQLite's counter of schema changes.
    pub(crate) version: i64,
    pub(crate) hash: Digest,
}

/// Why a schema cannot be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("the schema cannot be read")]
    Read(#[from] rusqlite::Error),
    #[error("the object `{0}` has the name of a table function")]
    ReservedName(String),
    #[error("there are more than {limit} tables, or columns in one table")]
    TooBig { limit: usize },
}

impl Schema {
    /// Reads the schema of the main database of `connection`, which nobody's policy guards yet.
    pub(crate) fn read(connection: &Connection) -> Result<Self, SchemaError> {
        let version = connection.query_row("PRAGMA main.schema_version", [], |row| row.get(0))?;
        let mut tables = BTreeMap::new();
        for (name, kind, without_rowid) in objects(connection)? {
            if TABLE_FUNCTIONS.iter().any(|reserved| reserved.eq_ignore_ascii_case(&name)) {
                return Err(SchemaError::ReservedName(name));
            }
            if kind == "table" && !name.to_ascii_lowercase().starts_with("sqlite_") {
                let table = read_table(connection, &name, without_rowid)?;
                tables.insert(name, table);
            }
            if tables.len() > MAX_TABLES {
                return Err(SchemaError::TooBig { limit: MAX_TABLES });
            }
        }
        Ok(Self { hash: hash(&tables), tables, version })
    }
}

fn objects(connection: &Connection) -> rusqlite::Result<Vec<(String, String, bool)>> {
    let mut list =
        connection.prepare("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'")?;
    let rows = list.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

fn read_table(connection: &Connection, name: &str, without_rowid: bool) -> Result<Table, SchemaError> {
    let mut list = connection.prepare("SELECT name, hidden, pk, type FROM pragma_table_xinfo(?1, 'main')")?;
    let mut rows = list.query([name])?;
    let mut columns = Vec::new();
    let mut key = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, hidden, place): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if place > 0 {
            key.push((name.clone(), row.get::<_, String>(3)?));
        }
        columns.push(Column { name, generated: hidden != 0 });
    }
    let most = ENGINE.iter().find(|(limit, _)| matches!(limit, Limit::SQLITE_LIMIT_COLUMN));
    let most = most.map_or(0, |(_, most)| usize::try_from(*most).unwrap_or(0));
    if columns.len() > most {
        return Err(SchemaError::TooBig { limit: most });
    }
    let rowid_alias = matches!(key.as_slice(), [(_, kind)] if kind.eq_ignore_ascii_case("INTEGER"));
    let clustered = if without_rowid || rowid_alias {
        key.into_iter().map(|(name, _)| name).collect()
    } else {
        BTreeSet::new()
    };
    Ok(Table { columns, indexed: indexed(connection, name)?, clustered })
}

fn indexed(connection: &Connection, table: &str) -> rusqlite::Result<Option<BTreeSet<String>>> {
    let mut list = connection.prepare(
        "SELECT column.name, list.partial FROM pragma_index_list(?1, 'main') AS list,
         pragma_index_xinfo(list.name, 'main') AS column WHERE column.key = 1",
    )?;
    let mut rows = list.query([table])?;
    let mut columns = BTreeSet::new();
    while let Some(row) = rows.next()? {
        match (row.get::<_, Option<String>>(0)?, row.get::<_, bool>(1)?) {
            (Some(name), false) => columns.insert(name),
            _ => return Ok(None),
        };
    }
    Ok(Some(columns))
}

/// Over names, order and kind of columns and what orders rows; each list is preceded by its length.
fn hash(tables: &BTreeMap<String, Table>) -> Digest {
    let mut parts: Vec<String> = Vec::new();
    for (name, table) in tables {
        parts.extend([name.clone(), table.columns.len().to_string()]);
        parts.extend(table.columns.iter().map(|column| format!("{} {}", column.generated, column.name)));
        for ordering in [table.indexed.as_ref(), Some(&table.clustered)] {
            parts.push(ordering.map_or("any".to_owned(), |columns| columns.len().to_string()));
            parts.extend(ordering.into_iter().flatten().cloned());
        }
    }
    Digest::of_parts(parts.iter().map(String::as_bytes))
}
