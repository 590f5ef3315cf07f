//! Owns the sample company: two SQLite databases with invented people, the same on every machine.
//!
//! It knows no policy. Nobody in it exists: names are drawn from lists, mail addresses and telephone
//! numbers lie in ranges reserved for examples and fiction, cards carry prefixes of published test
//! cards, accounts carry bank codes that no bank has. Some personal data (the registry number, the
//! salaries) has a shape that no scanner knows: only the data policy can protect it.

mod calendar;
mod countries;
mod customers;
mod file;
mod metrics;
mod numbers;
mod people;
mod random;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

/// Where the databases are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyPaths {
    /// Customers, orders, payments and salaries.
    pub customer_database: PathBuf,
    /// Performance metrics of the company's services.
    pub metrics_db: PathBuf,
}

/// A database of the company cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    /// The file system refused.
    #[error("the sample database `{path}` cannot be written")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// SQLite refused.
    #[error("the sample database cannot be filled")]
    Fill(#[from] rusqlite::Error),
}

/// Writes both databases into the directory `into`, which must exist; a file that is there is replaced.
///
/// Each file appears at once and whole, readable by its owner only. Same bytes of data on every call.
pub fn create_company(into: &Path) -> Result<CompanyPaths, CompanyError> {
    Ok(CompanyPaths {
        customer_database: file::write(into, "customer_database.sqlite", customers::fill)?,
        metrics_db: file::write(into, "metrics_db.sqlite", metrics::fill)?,
    })
}
