//! The two files of a test case.

use crate::question::Ends;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// `expected.json`. What is left out is not compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) decision: Ends,
    /// Exactly the rules that decide, in any order.
    pub(super) reasons: Option<Vec<String>>,
    /// By `table.column`: `clear`, `mask:<kind>` or `deny`.
    pub(super) columns: Option<BTreeMap<String, String>>,
    /// By table: what its rows have to meet; empty for a table of which every row is there.
    pub(super) rows: Option<BTreeMap<String, String>>,
}

pub(super) fn read<T: DeserializeOwned>(file: &str, text: Option<&str>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("`{file}` is missing"))?;
    serde_json::from_str(text).map_err(|error| format!("{file}: {error}"))
}
