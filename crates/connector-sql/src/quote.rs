//! Owns how a name becomes an SQL identifier.

/// `name` as a quoted identifier. SQLite, "SQL keywords": inside, a double quote is written twice.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
