//! Owns what a caller sees of a source: the view that policy gave, cut to what the source has.
//!
//! It knows no SQL statement. Names are compared exactly as the source spells them: a policy that
//! spells a column otherwise does not list it, and what is not listed is denied.

use crate::schema::{Schema, Table};
use manifest::{DataView, RowCondition, Treatment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Signs of the list of tables in a hint.
const MAX_HINT_SIGNS: usize = 800;

/// Columns of one table that are not denied, each clear or masked.
pub(crate) type Columns = BTreeMap<String, Treatment>;

/// Tables with at least one column that is not denied, and what their rows have to meet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Visible {
    pub(crate) tables: BTreeMap<String, Columns>,
    /// Only tables of which not every row is there. The columns need not be visible themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rows: BTreeMap<String, Vec<RowCondition>>,
}

impl Visible {
    /// What `view` leaves of `schema`.
    ///
    /// A generated column may hold a copy of any other column of its table, so it is there only
    /// where the whole table is clear. A table whose rows cannot be told apart, since the source lacks a
    /// column that is asked for or computes it, is not there.
    pub(crate) fn of(view: &DataView, schema: &Schema) -> Self {
        let stored = |table: &Table, asked: &RowCondition| {
            table.columns.iter().any(|column| column.name == asked.column && !column.generated)
        };
        let offered = schema
            .tables
            .iter()
            .filter(|(name, table)| view.rows(name).iter().all(|condition| stored(table, condition)));
        let tables: BTreeMap<String, Columns> = offered
            .filter_map(|(name, table)| {
                let whole = table
                    .columns
                    .iter()
                    .all(|column| column.generated || view.treatment(name, &column.name) == Treatment::Clear);
                let columns: Columns = table
                    .columns
                    .iter()
                    .filter(|column| whole || !column.generated)
                    .map(|column| (column.name.clone(), view.treatment(name, &column.name)))
                    .filter(|(_, treatment)| *treatment != Treatment::Deny)
                    .collect();
                (!columns.is_empty()).then(|| (name.clone(), columns))
            })
            .collect();
        let filtered = tables.keys().filter(|name| !view.rows(name).is_empty());
        let rows = filtered.map(|name| (name.clone(), view.rows(name).to_vec())).collect();
        Self { tables, rows }
    }

    /// The columns of `table` in the order in which the source has them.
    pub(crate) fn in_order<'a>(
        &'a self,
        name: &str,
        table: &'a Table,
    ) -> impl Iterator<Item = (&'a str, Treatment)> + 'a {
        let listed = self.tables.get(name);
        table.columns.iter().filter_map(move |column| {
            listed?.get(&column.name).map(|treatment| (column.name.as_str(), *treatment))
        })
    }

    /// The table that SQLite means by `name`: it ignores the case of ASCII letters.
    pub(crate) fn table(&self, name: &str) -> Option<(&str, &Columns)> {
        self.tables
            .iter()
            .find(|(table, _)| table.eq_ignore_ascii_case(name))
            .map(|(table, columns)| (table.as_str(), columns))
    }

    /// The conditions that rows of `table`, spelt as the source does, have to meet.
    pub(crate) fn rows(&self, table: &str) -> &[RowCondition] {
        self.rows.get(table).map_or(&[], Vec::as_slice)
    }

    /// One line for the caller: what it can ask for. Holds nothing that is denied.
    pub(crate) fn hint(&self, schema: &Schema) -> String {
        let mut text = String::from("You can read:");
        for (name, table) in &schema.tables {
            let columns: Vec<&str> = self.in_order(name, table).map(|(column, _)| column).collect();
            if !columns.is_empty() {
                // Writing into a String cannot fail.
                let _ = write!(text, " {name}({})", columns.join(", "));
            }
        }
        if self.tables.is_empty() {
            text.push_str(" nothing here");
        }
        if text.chars().count() > MAX_HINT_SIGNS {
            text = text.chars().take(MAX_HINT_SIGNS).collect();
            text.push('…');
        }
        text.push('.');
        text
    }
}
