//! Owns a guarded connection to a source: the caller's view in front, the file behind a secret name.
//!
//! The caller's statement sees an empty main database and, in the schema `temp`, one view per table
//! of its own view. Behind each stands an accessor view with a name of chance, which alone may read
//! the file; a masked column is replaced there, at the scan, and a row that the filter leaves out ends
//! there, so that no predicate, order, group or join ever meets the stored value or the row.

use crate::guard::{Gate, Names, Place, Seen, harden, limit};
use crate::mask::{self, TenantKey};
use crate::quote::quoted;
use crate::rows::{self, BARRIER};
use crate::schema::{Schema, Table};
use crate::source::FLAGS;
use crate::visible::Visible;
use manifest::Treatment;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection for one view of one source and one tenant.
pub(crate) struct Session {
    connection: Connection,
    schema: String,
    seen: Arc<Mutex<Seen>>,
}

impl Session {
    /// Attaches `file` for reading only and puts the views and the gate in place.
    pub(crate) fn open(
        file: &Path,
        schema: &Schema,
        visible: &Arc<Visible>,
        key: &TenantKey,
    ) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory_with_flags(FLAGS)?;
        harden(&connection)?;
        let names = Names::draw(&connection, visible)?;
        let path = file.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(file.to_owned()))?;
        connection.execute(&format!("ATTACH DATABASE ?1 AS {}", names.schema()), [path])?;
        if !connection.is_readonly(names.schema().as_str())? {
            // It cannot happen with these flags; if it did, the file would not be touched.
            return Err(rusqlite::Error::InvalidPath(file.to_owned()));
        }
        mask::register(&connection, &names.functions(), key)?;
        for (name, table) in &schema.tables {
            if let Some(accessor) = names.accessor(name) {
                connection.execute_batch(&accessor_view(accessor, &names, name, table, visible))?;
                connection.execute_batch(&format!(
                    "CREATE TEMP VIEW {} AS SELECT * FROM temp.{accessor}",
                    quoted(name)
                ))?;
            }
        }
        limit(&connection)?;
        let schema = names.schema();
        let seen = Gate::install(&mut connection, Arc::clone(visible), Place::Source(Arc::new(names)))?;
        Ok(Self { connection, schema, seen })
    }

    /// SQLite's counter of schema changes of the file, now.
    pub(crate) fn schema_version(&mut self) -> rusqlite::Result<i64> {
        // The last call is over, and so is its deadline: it must not end this look.
        self.connection.progress_handler(0, None::<fn() -> bool>)?;
        self.connection.query_row(&format!("PRAGMA {}.schema_version", self.schema), [], |row| row.get(0))
    }

    /// The connection for the next statement, with nothing seen yet.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
        &mut self.connection
    }
}

fn accessor_view(accessor: &str, names: &Names, name: &str, table: &Table, visible: &Visible) -> String {
    let columns: Vec<String> = visible
        .in_order(name, table)
        .map(|(column, treatment)| match treatment {
            Treatment::Mask(kind) => {
                format!("{} AS {}", mask::expression(kind, &names.functions(), column), quoted(column))
            }
            Treatment::Clear | Treatment::Deny => quoted(column),
        })
        .collect();
    let Order { source, rows } = Order::without_hidden(name, table, visible, columns.len());
    let conditions = visible.rows(name);
    let barrier = if conditions.is_empty() && rows.is_empty() { "" } else { BARRIER };
    format!(
        "CREATE TEMP VIEW {accessor} AS SELECT {} FROM {}.{}{source}{}{rows}{barrier}",
        columns.join(", "),
        names.schema(),
        quoted(name),
        rows::clause(conditions),
    )
}

/// The parts of a query that say in which order rows come.
struct Order {
    /// Behind the table's name.
    source: &'static str,
    /// At the end; it needs a limit, or SQLite drops it as an order that a sub-query does not need.
    rows: String,
}

impl Order {
    /// Rows that come in the order of an index, or of the key they are stored by, tell how the values of
    /// its columns compare. Where such a column is not clear, the index is not used and the rows are put
    /// in the order of what the caller sees.
    fn without_hidden(name: &str, table: &Table, visible: &Visible, shown: usize) -> Self {
        let clear = |column: &String| {
            visible.tables.get(name).and_then(|columns| columns.get(column)) == Some(&Treatment::Clear)
        };
        let is_usable = table.indexed.as_ref().is_some_and(|columns| columns.iter().all(clear));
        let source = if is_usable { "" } else { " NOT INDEXED" };
        let mut rows = String::new();
        if !table.clustered.iter().all(clear) {
            let places: Vec<String> = (1..=shown).map(|place| place.to_string()).collect();
            rows = format!(" ORDER BY {}", places.join(", "));
        }
        Self { source, rows }
    }
}
