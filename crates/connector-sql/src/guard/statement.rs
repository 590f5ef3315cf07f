//! Owns "exactly one statement, and it reads".

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::{Batch, Connection, Statement};

/// Why a text is not one statement that reads.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// No statement in it.
    Empty,
    /// More than one.
    Several,
    /// It compiles, and it is not a query.
    NotARead,
    /// It does not compile, or the gate refused it.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unfit {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Compiles `sql`, which must hold one query and no second statement.
pub(crate) fn one_read<'c>(connection: &'c Connection, sql: &str) -> Result<Statement<'c>, Unfit> {
    let mut statements = Batch::new(connection, sql);
    let first = statements.next()?.ok_or(Unfit::Empty)?;
    if statements.next()?.is_some() {
        return Err(Unfit::Several);
    }
    // VACUUM has no action of its own for the authorizer; it is not read-only and has no columns.
    if first.is_explain() != 0 || !first.readonly() || first.column_count() == 0 {
        return Err(Unfit::NotARead);
    }
    Ok(first)
}
