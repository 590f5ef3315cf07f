//! `roles.toml`: who has which role, which client is of which class, what roles and classes may do.
//!
//! Owns the shape of the file and the checks that need nothing but the file: every role that is
//! named exists, no role includes itself. Whether tools and tables exist is asked later.

mod raw;

use crate::error::{Problem, Problems};
use crate::files::ROLES;
use crate::nearest::did_you_mean;
use crate::{AdminAction, toml_text};
use domain::{ClientId, Digest, PersonId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

/// The checked file.
pub(crate) struct Roles {
    pub(crate) tenant: TenantId,
    pub(crate) people: BTreeMap<PersonId, Vec<String>>,
    pub(crate) clients: BTreeMap<ClientId, String>,
    pub(crate) roles: BTreeMap<String, Holder>,
    pub(crate) classes: BTreeMap<String, Holder>,
    /// Over everything in the file that decides; comments and descriptions do not.
    pub(crate) digest: Digest,
}

/// A role or a client class: whoever is in it holds its grants.
#[derive(PartialEq, Eq)]
pub(crate) struct Holder {
    /// Roles whose grants a role has as well.
    pub(crate) includes: Vec<String>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) may: Vec<AdminAction>,
    /// Roles that whoever holds this one may change, as far as they hold themselves what they grant.
    pub(crate) administers: Vec<String>,
}

/// One row of `grants`.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Grant {
    Tool(ToolGrant),
    Data(DataGrant),
}

/// Leave to see and call tools.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ToolGrant {
    pub(crate) tools: ToolSelector,
    /// A condition over the attributes of a call; without one every call is allowed.
    pub(crate) when: Option<String>,
    pub(crate) without_approval: WithoutApproval,
}

#[derive(PartialEq, Eq, Hash)]
pub(crate) enum ToolSelector {
    Every,
    Tool(String),
    Group(String),
}

/// Which calls run without another person's agreement.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum WithoutApproval {
    Never,
    Always,
    When(String),
}

/// Leave to read tables.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct DataGrant {
    /// `None` is every resource.
    pub(crate) resource: Option<String>,
    pub(crate) tables: Selection,
    /// `table.column`, `table.*`; these are read in the clear where `data.toml` masks them.
    pub(crate) unmasked: Selection,
}

#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Selection {
    Every,
    Listed(Vec<String>),
}

/// The sign for "all of them" in a row.
pub(crate) const EVERY: &str = "*";

impl Roles {
    /// Reads and checks the text of `roles.toml`.
    pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<Self> {
        let file: raw::RolesFile = problems.take(toml_text::read(ROLES, text))?;
        let digest = Digest::of(&serde_json::to_vec(&file).unwrap_or_default());
        let roles = file.roles.into_iter().map(|(name, row)| checked("role", name, row, problems)).collect();
        let classes =
            file.classes.into_iter().map(|(name, row)| checked("class", name, row, problems)).collect();
        let checked =
            Self { tenant: file.tenant, people: file.people, clients: file.clients, roles, classes, digest };
        checked.check_names(problems);
        checked.check_cycles(problems);
        Some(checked)
    }

    fn check_names(&self, problems: &mut Problems) {
        let roles = || self.roles.keys().map(String::as_str);
        let classes = || self.classes.keys().map(String::as_str);
        let unknown_role = |name: &str| {
            let hint = did_you_mean(name, roles(), "add `[roles.<name>]` or remove the name");
            Problem::new(ROLES, format!("unknown role `{name}`"), hint)
        };
        for (person, named) in &self.people {
            for role in named.iter().filter(|role| !self.roles.contains_key(*role)) {
                problems.add(unknown_role(role).in_rule(format!("people.{person}")));
            }
        }
        for (name, row) in &self.roles {
            for role in row.includes.iter().filter(|role| !self.roles.contains_key(*role)) {
                problems.add(unknown_role(role).in_rule(format!("roles.{name}")));
            }
        }
        for (client, class) in self.clients.iter().filter(|(_, class)| !self.classes.contains_key(*class)) {
            let hint = did_you_mean(class, classes(), "add `[classes.<name>]` or remove the client");
            let problem = Problem::new(ROLES, format!("unknown client class `{class}`"), hint);
            problems.add(problem.in_rule(format!("clients.{client}")));
        }
        self.check_delegation(&unknown_role, problems);
        for (name, _) in self.classes.iter().filter(|(_, row)| !row.includes.is_empty()) {
            let problem =
                Problem::new(ROLES, "a client class cannot include another", "list the grants in the class");
            problems.add(problem.in_rule(format!("classes.{name}")));
        }
    }

    /// A role is administered from above: not by itself, and not by one that it includes.
    fn check_delegation(&self, unknown: &impl Fn(&str) -> Problem, problems: &mut Problems) {
        for (name, row) in &self.roles {
            for role in &row.administers {
                let place = format!("roles.{name}");
                if !self.roles.contains_key(role) {
                    problems.add(unknown(role).in_rule(place));
                } else if role == name || self.includes_of(role).contains(name.as_str()) {
                    let cause = format!("role `{name}` administers `{role}`, which is not below it");
                    let hint = "let a role administer only roles that do not include it";
                    problems.add(Problem::new(ROLES, cause, hint).in_rule(place));
                }
            }
        }
        for (name, _) in self.classes.iter().filter(|(_, row)| !row.administers.is_empty()) {
            let cause = "a client class administers no role";
            let hint = "write `administers` in a role; the class needs `may = [\"administer\"]`";
            problems.add(Problem::new(ROLES, cause, hint).in_rule(format!("classes.{name}")));
        }
    }

    /// A role that includes itself, over however many steps.
    fn check_cycles(&self, problems: &mut Problems) {
        for name in self.roles.keys().filter(|name| self.includes_of(name).contains(name.as_str())) {
            let hint = "take one `includes` out of the circle";
            let problem = Problem::new(ROLES, format!("role `{name}` includes itself"), hint);
            problems.add(problem.in_rule(format!("roles.{name}")));
        }
    }

    fn includes_of<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            let includes = self.roles.get(next).map_or(&[] as &[String], |row| &row.includes);
            open.extend(includes.iter().map(String::as_str).filter(|role| found.insert(*role)));
        }
        found
    }
}

/// Names of roles, classes and groups stand in rule ids, so they hold none of the signs that part those.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign))
}

fn checked(kind: &str, name: String, row: raw::HolderRow, problems: &mut Problems) -> (String, Holder) {
    if !is_plain(&name) {
        let hint = "use 1 to 64 signs of A-Z a-z 0-9 _ -";
        problems.add(Problem::new(ROLES, format!("`{name}` is not a name for a {kind}"), hint));
    }
    let grants = row
        .grants
        .into_iter()
        .enumerate()
        .filter_map(|(at, grant)| {
            let place = format!("{kind} {name}, grant {}", at + 1);
            problems.take(Grant::try_from(grant).map_err(|problem| problem.in_rule(place)))
        })
        .collect();
    (name, Holder { includes: row.includes, grants, may: row.may, administers: row.administers })
}
