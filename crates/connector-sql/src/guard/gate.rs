//! Owns the authorizer: which table, column and function each part of a statement may touch.
//!
//! SQLite names the view that reads a column (the accessor), but a common table expression of the
//! same name counts as that view too. So the accessor proves something only if a caller cannot know
//! its name: see [`Names`].

use super::functions::is_allowed;
use crate::schema::TABLE_FUNCTIONS;
use crate::visible::Visible;
use manifest::Treatment;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The names on one connection that a caller must not know: 128 bits of chance in each.
pub(crate) struct Names {
    secret: String,
    accessors: BTreeMap<String, String>,
}

impl Names {
    /// Names for the tables of `visible`, with chance from SQLite's generator (the system's, ChaCha20).
    pub(crate) fn draw(connection: &Connection, visible: &Visible) -> rusqlite::Result<Self> {
        let secret: String =
            connection.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
        let named = |(at, table): (usize, &String)| (table.clone(), format!("a_{secret}_{at}"));
        let accessors = visible.tables.keys().enumerate().map(named).collect();
        Ok(Self { secret, accessors })
    }

    /// The name under which the source's file is attached.
    pub(crate) fn schema(&self) -> String {
        format!("s_{}", self.secret)
    }

    /// What the names of the mask functions start with.
    pub(crate) fn functions(&self) -> String {
        format!("m_{}_", self.secret)
    }

    /// The view that alone may read `table`.
    pub(crate) fn accessor(&self, table: &str) -> Option<&str> {
        self.accessors.get(table).map(String::as_str)
    }
}

/// Which connection the gate stands on.
pub(crate) enum Place {
    /// Empty tables that look like the caller's view, in the schema `temp`.
    Twin,
    /// The source, behind views.
    Source(Arc<Names>),
}

/// The first thing that the gate did not let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A function outside the list.
    Function(String),
    /// Something else than reading tables of the view.
    Other,
}

/// What a statement touched while it was compiled.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) tables: BTreeSet<String>,
    pub(crate) masked_column: bool,
    pub(crate) select: bool,
    pub(crate) refused: Option<Refused>,
}

/// The rules of one connection.
pub(crate) struct Gate {
    visible: Arc<Visible>,
    place: Place,
    modules: BTreeSet<String>,
    seen: Arc<Mutex<Seen>>,
}

impl Gate {
    /// Puts the gate on `connection`, where nobody's statement has run yet; gives what it will see.
    pub(crate) fn install(
        connection: &mut Connection,
        visible: Arc<Visible>,
        place: Place,
    ) -> rusqlite::Result<Arc<Mutex<Seen>>> {
        let mut list = connection.prepare("SELECT lower(name) FROM pragma_module_list")?;
        let modules = list.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        drop(list);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let gate = Self { visible, place, modules, seen: Arc::clone(&seen) };
        connection.authorizer(Some(move |asked: AuthContext<'_>| gate.answer(&asked)))?;
        Ok(seen)
    }

    fn answer(&self, asked: &AuthContext<'_>) -> Authorization {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = match asked.action {
            AuthAction::Select => {
                seen.select = true;
                true
            }
            AuthAction::Recursive => true,
            AuthAction::Function { function_name } => self.may_call(function_name, asked.accessor),
            AuthAction::Read { table_name, column_name } => {
                self.note(&mut seen, table_name, column_name, asked.database_name);
                self.may_read(table_name, column_name, asked.database_name, asked.accessor)
            }
            // Our own look at the counter; a caller cannot name the schema.
            AuthAction::Pragma { pragma_name: "schema_version", pragma_value: None } => {
                self.is_source(asked.database_name)
            }
            _ => false,
        };
        if allowed {
            return Authorization::Allow;
        }
        seen.refused.get_or_insert_with(|| match asked.action {
            AuthAction::Function { function_name } => Refused::Function(function_name.to_owned()),
            _ => Refused::Other,
        });
        Authorization::Deny
    }

    fn note(&self, seen: &mut Seen, table: &str, column: &str, database: Option<&str>) {
        if !matches!(database, None | Some("temp")) {
            return;
        }
        if let Some((table, columns)) = self.visible.table(table) {
            seen.tables.insert(table.to_owned());
            seen.masked_column |= columns.iter().any(|(name, treatment)| {
                name.eq_ignore_ascii_case(column) && matches!(treatment, Treatment::Mask(_))
            });
        }
    }

    fn may_call(&self, function: &str, accessor: Option<&str>) -> bool {
        is_allowed(function)
            || match &self.place {
                Place::Twin => false,
                Place::Source(names) => {
                    function.starts_with(&names.functions()) && is_accessor(names, accessor)
                }
            }
    }

    fn may_read(&self, table: &str, column: &str, database: Option<&str>, accessor: Option<&str>) -> bool {
        // An empty column stands for a table that is counted or joined and never looked into.
        let counted = column.is_empty();
        match (database, &self.place) {
            // A table function, a common table expression, or a view by its plain name.
            (None, _) => counted && !self.is_engine_table(table),
            (Some("main"), _) => TABLE_FUNCTIONS.contains(&table),
            (Some("temp"), Place::Twin) => self.shows(table, column),
            (Some("temp"), Place::Source(names)) => {
                self.shows(table, column)
                    || names.accessors.iter().any(|(seen, hidden)| {
                        hidden == table
                            && (counted || accessor.is_some_and(|by| by.eq_ignore_ascii_case(seen)))
                    })
            }
            (Some(_), Place::Twin) => false,
            (Some(_), Place::Source(names)) => {
                let reader = self.visible.table(table).and_then(|(name, _)| names.accessor(name));
                self.is_source(database)
                    && (self.shows(table, column) || self.filters_by(table, column))
                    && (counted || (reader.is_some() && reader == accessor))
            }
        }
    }

    /// Whether the view has the table and, unless the table is only counted, the column.
    fn shows(&self, table: &str, column: &str) -> bool {
        self.visible.table(table).is_some_and(|(_, columns)| {
            column.is_empty() || columns.keys().any(|name| name.eq_ignore_ascii_case(column))
        })
    }

    /// Whether a row filter of the table, which stands in its accessor, asks for the column.
    fn filters_by(&self, table: &str, column: &str) -> bool {
        let conditions = self.visible.table(table).map_or(&[][..], |(name, _)| self.visible.rows(name));
        conditions.iter().any(|condition| condition.column.eq_ignore_ascii_case(column))
    }

    fn is_source(&self, database: Option<&str>) -> bool {
        matches!(&self.place, Place::Source(names) if database.is_some_and(|name| name == names.schema()))
    }

    /// Whether SQLite makes the table itself: its schema tables, and every module but two.
    fn is_engine_table(&self, table: &str) -> bool {
        let name = table.to_ascii_lowercase();
        name.starts_with("sqlite_")
            || name.starts_with("pragma_")
            || (self.modules.contains(&name) && !TABLE_FUNCTIONS.contains(&name.as_str()))
    }
}

fn is_accessor(names: &Names, accessor: Option<&str>) -> bool {
    accessor.is_some_and(|name| names.accessors.values().any(|hidden| hidden == name))
}
