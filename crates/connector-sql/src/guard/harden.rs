//! Owns the switches and limits that every connection gets before it sees a caller's statement.

use super::replaced;
use crate::limits::{BUSY_WAIT, ENGINE};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

/// Off: writing through a trick, functions named by the file's own schema, views of the file,
/// triggers, text in double quotes, creating or writing an attached file.
const SWITCHES: [(DbConfig, bool); 10] = [
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    (DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    // Views in the schema `temp`, which are ours, stay usable.
    (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
];

/// Sets the switches and replaces the functions that take too long. Comes first: our own set-up already runs under them.
pub(crate) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    for (switch, on) in SWITCHES {
        connection.set_db_config(switch, on)?;
    }
    replaced::register(connection)?;
    connection.busy_timeout(BUSY_WAIT)
}

/// Sets the limits, and forbids every further attachment and every write. Comes after our own set-up.
pub(crate) fn limit(connection: &Connection) -> rusqlite::Result<()> {
    for (limit, most) in ENGINE {
        connection.set_limit(limit, most)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "query_only", true)
}
