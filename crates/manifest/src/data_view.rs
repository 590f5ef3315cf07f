//! What of a resource one caller may see: which rows of a table, and per column clear, masked or denied.

use crate::row_filter::RowCondition;
use domain::{Digest, ResourceName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a masked value is shown. The connector applies it at the scan of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskKind {
    /// Always NULL.
    Null,
    /// A fixed text (`***`).
    Fixed,
    /// All but the last four signs replaced by `*`.
    #[serde(rename = "keep-last-4")]
    KeepLast4,
    /// The first sign and the domain of an e-mail address (`a***@example.com`).
    Email,
    /// Only the year of a date.
    Year,
    /// A token that is the same for the same value within one tenant, and says nothing else.
    Token,
}

impl MaskKind {
    /// The name in `data.toml`, after `mask:`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Fixed => "fixed",
            Self::KeepLast4 => "keep-last-4",
            Self::Email => "email",
            Self::Year => "year",
            Self::Token => "token",
        }
    }
}

/// What happens to one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Shown as stored.
    Clear,
    /// Shown through a mask, everywhere it appears.
    Mask(MaskKind),
    /// Not there.
    Deny,
}

/// One column of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnView {
    /// What happens to it.
    pub treatment: Treatment,
}

/// One table of a view. A column that is not listed is denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableView {
    /// By column name, as the resource spells it.
    pub columns: BTreeMap<String, ColumnView>,
    /// Conditions that a row has to meet, all of them, to be there; without any every row is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowCondition>,
}

/// What one caller may see of one resource. A table that is not listed is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataView {
    resource: Option<ResourceName>,
    tables: BTreeMap<String, TableView>,
    hash: Digest,
}

impl DataView {
    /// The view of a call that reads no resource.
    pub fn none() -> Self {
        Self { resource: None, tables: BTreeMap::new(), hash: Digest::of(b"no resource") }
    }

    /// A view of `resource`; tables and columns left out are denied.
    pub fn new(resource: ResourceName, tables: BTreeMap<String, TableView>) -> Self {
        let listed = serde_json::to_vec(&tables).unwrap_or_default();
        let hash = Digest::of_parts([resource.as_str().as_bytes(), &listed]);
        Self { resource: Some(resource), tables, hash }
    }

    /// The resource it is a view of.
    pub const fn resource(&self) -> Option<&ResourceName> {
        self.resource.as_ref()
    }

    /// Every table that is not denied.
    pub const fn tables(&self) -> &BTreeMap<String, TableView> {
        &self.tables
    }

    /// What happens to `table.column`; denied unless listed.
    pub fn treatment(&self, table: &str, column: &str) -> Treatment {
        self.tables
            .get(table)
            .and_then(|table| table.columns.get(column))
            .map_or(Treatment::Deny, |column| column.treatment)
    }

    /// The conditions that a row of `table` has to meet.
    pub fn rows(&self, table: &str) -> &[RowCondition] {
        self.tables.get(table).map_or(&[], |table| &table.rows)
    }

    /// Digest of resource, tables, columns, treatments and conditions; part of the plan and of the intent record.
    pub const fn hash(&self) -> Digest {
        self.hash
    }
}
