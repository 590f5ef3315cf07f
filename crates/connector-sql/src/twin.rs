//! Owns the schema twin: an empty in-memory database that has what the caller's view has.
//!
//! A statement is compiled here before anything is decided or recorded. A table or column that is
//! denied is not there, exactly like one that never existed. The twin holds no data and no name that
//! the caller may not see, so SQLite's messages about it can be shown.

use crate::guard::{Gate, Place, Refused, Seen, Stop, Unfit, harden, limit, one_read};
use crate::limits::COMPILE_TIMEOUT;
use crate::plan::OutputColumn;
use crate::quote::quoted;
use crate::schema::Schema;
use crate::visible::Visible;
use manifest::Treatment;
use rusqlite::{Connection, Statement};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Words that join rows of several queries: the origin that SQLite gives for a column is then that of
/// the first query only.
const JOINING: [&str; 4] = ["UNION", "EXCEPT", "INTERSECT", "VALUES"];

/// What was learned of a statement.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) tables: BTreeSet<String>,
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) parameters: usize,
}

/// Why a statement is not one that can run under the view.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) why: Unfit,
    pub(crate) refused: Option<Refused>,
}

/// The twin of one view of one schema.
pub(crate) struct Twin {
    connection: Connection,
    visible: Arc<Visible>,
    seen: Arc<Mutex<Seen>>,
}

impl Twin {
    pub(crate) fn new(visible: Arc<Visible>, schema: &Schema) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        harden(&connection)?;
        for (name, table) in &schema.tables {
            let columns: Vec<String> =
                visible.in_order(name, table).map(|(column, _)| quoted(column)).collect();
            if let Some(first) = columns.first() {
                // Without a rowid, as the views have none.
                connection.execute_batch(&format!(
                    "CREATE TEMP TABLE {} ({}, PRIMARY KEY ({first})) WITHOUT ROWID",
                    quoted(name),
                    columns.join(", "),
                ))?;
            }
        }
        limit(&connection)?;
        let seen = Gate::install(&mut connection, Arc::clone(&visible), Place::Twin)?;
        Ok(Self { connection, visible, seen })
    }

    /// Compiles `sql` and tells what it touches. Runs nothing.
    pub(crate) fn study(&mut self, sql: &str) -> Result<Facts, Misfit> {
        *self.seen() = Seen::default();
        let stop = Stop::at(Instant::now() + COMPILE_TIMEOUT);
        let compiled = match stop.watch(&mut self.connection) {
            Ok(()) => one_read(&self.connection, sql),
            Err(error) => Err(Unfit::Sqlite(error)),
        };
        let seen = std::mem::take(&mut *self.seen());
        let statement = compiled.map_err(|why| Misfit { why, refused: seen.refused.clone() })?;
        if !seen.select {
            return Err(Misfit { why: Unfit::NotARead, refused: None });
        }
        Ok(Facts {
            columns: self.columns(&statement, sql, seen.masked_column),
            parameters: statement.parameter_count(),
            tables: seen.tables,
        })
    }

    /// A column that stands for a table's column is masked if that one is. Any other is said to be
    /// masked as soon as the statement looks at a masked column anywhere.
    fn columns(&self, statement: &Statement<'_>, sql: &str, masked_column: bool) -> Vec<OutputColumn> {
        let upper = sql.to_ascii_uppercase();
        let joins = JOINING.iter().any(|word| upper.contains(word));
        let is_masked = |table: Option<&str>, column: Option<&str>| {
            let origin = table.and_then(|table| self.visible.table(table)).zip(column);
            match origin.and_then(|((_, columns), column)| columns.get(column)) {
                Some(treatment) if !joins => matches!(treatment, Treatment::Mask(_)),
                _ => masked_column,
            }
        };
        statement
            .columns_with_metadata()
            .map(|column| OutputColumn {
                name: column.name().to_owned(),
                masked: is_masked(column.table_name(), column.origin_name()),
            })
            .collect()
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
