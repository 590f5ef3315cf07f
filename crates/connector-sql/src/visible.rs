//! Owns what a caller sees of a source: the view that policy gave, cut to what the source has.
//!
//! It knows no SQL statement. Names are compared exactly as the source spells them: a policy that
//! spells a column otherwise does not list it, and what is not listed is denied.

use crate::schema::{Schema, Table};
use manifest::{DataView, Treatment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Signs of the list of tables in a hint.
const MAX_HINT_SIGNS: usize = 800;

/// Columns of one table that are not denied, each clear or masked.
pub(crate) type Columns = BTreeMap<String, Treatment>;

/// Tables with at least one column that is not denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Visible(pub(crate) BTreeMap<String, Columns>);

impl Visible {
    /// What `view` leaves of `schema`.
    ///
    /// A generated column may hold a copy of any other column of its table, so it is there only
    /// where the whole table is clear.
    pub(crate) fn of(view: &DataView, schema: &Schema) -> Self {
        let tables = schema.tables.iter().filter_map(|(name, table)| {
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
        });
        Self(tables.collect())
    }

    /// The columns of `table` in the order in which the source has them.
    pub(crate) fn in_order<'a>(
        &'a self,
        name: &str,
        table: &'a Table,
    ) -> impl Iterator<Item = (&'a str, Treatment)> + 'a {
        let listed = self.0.get(name);
        table.columns.iter().filter_map(move |column| {
            listed?.get(&column.name).map(|treatment| (column.name.as_str(), *treatment))
        })
    }

    /// The table that SQLite means by `name`: it ignores the case of ASCII letters.
    pub(crate) fn table(&self, name: &str) -> Option<(&str, &Columns)> {
        self.0
            .iter()
            .find(|(table, _)| table.eq_ignore_ascii_case(name))
            .map(|(table, columns)| (table.as_str(), columns))
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
        if self.0.is_empty() {
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
