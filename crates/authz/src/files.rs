//! A policy folder as texts: which files there are, before anybody reads what they say.
//!
//! Owns the list of allowed names. A file with another name is an error, since a misspelt
//! `rules.cedr` would otherwise be a control that is silently off.

use crate::error::{PolicyError, Problem, Problems};
use crate::nearest::did_you_mean;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const SCHEMA: &str = "schema.cedarschema";
pub(crate) const ROLES: &str = "roles.toml";
pub(crate) const DATA: &str = "data.toml";
/// The facts that the folder promises; decides nothing.
pub(crate) const MATRIX: &str = "matrix.tsv";
const TESTS: &str = "tests/";
const REQUEST: &str = "request.json";
const EXPECTED: &str = "expected.json";

/// The texts of one policy folder, by name within the folder (`roles.toml`, `tests/ana-reads/request.json`).
#[derive(Clone, Debug)]
pub struct PolicyFiles {
    texts: BTreeMap<String, String>,
}

/// The two texts of one test case; a missing one is `None`.
pub(crate) struct CaseTexts<'a> {
    pub(crate) name: &'a str,
    pub(crate) request: Option<&'a str>,
    pub(crate) expected: Option<&'a str>,
}

impl PolicyFiles {
    /// Takes texts by name. Refuses names that no policy folder has, and a missing schema, `roles.toml` or `data.toml`.
    pub fn from_texts<N: Into<String>, T: Into<String>>(
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, PolicyError> {
        let texts: BTreeMap<String, String> =
            texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        let mut problems = Problems::default();
        for name in texts.keys().filter(|name| !is_allowed(name)) {
            let hint = did_you_mean(
                name,
                [SCHEMA, ROLES, DATA, MATRIX],
                "a policy folder holds `schema.cedarschema`, `roles.toml`, `data.toml`, `*.cedar`, `*.md`, `matrix.tsv` and `tests/<case>/{request,expected}.json`",
            );
            problems.add(Problem::new(name, "no policy folder has a file of this name", hint));
        }
        for name in [SCHEMA, ROLES, DATA].into_iter().filter(|name| !texts.contains_key(*name)) {
            problems.add(Problem::new(
                name,
                "the file is missing",
                "copy it from the folder `policies/` of the product and change it",
            ));
        }
        problems.stop_here()?;
        Ok(Self { texts })
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// The files whose text can change a decision, in the order of their names.
    pub fn that_decide(&self) -> impl Iterator<Item = (&str, &str)> {
        let decides = |name: &str| [SCHEMA, ROLES, DATA].contains(&name) || is_cedar(name);
        let texts = self.texts.iter().filter(move |(name, _)| decides(name));
        texts.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The kept facts, if the folder keeps any.
    pub(crate) fn matrix(&self) -> Option<&str> {
        self.texts.get(MATRIX).map(String::as_str)
    }

    /// The `*.cedar` files in the order of their names.
    pub(crate) fn cedar(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .filter(|(name, _)| is_cedar(name))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The test cases in the order of their names.
    pub(crate) fn cases(&self) -> impl Iterator<Item = CaseTexts<'_>> {
        let names: BTreeSet<&str> = self
            .texts
            .keys()
            .filter_map(|name| name.strip_prefix(TESTS)?.split_once('/').map(|(case, _)| case))
            .collect();
        names.into_iter().map(|name| CaseTexts {
            name,
            request: self.texts.get(&format!("{TESTS}{name}/{REQUEST}")).map(String::as_str),
            expected: self.texts.get(&format!("{TESTS}{name}/{EXPECTED}")).map(String::as_str),
        })
    }
}

fn is_cedar(name: &str) -> bool {
    name.ends_with(".cedar") && !name.contains('/')
}

/// Files that a folder may hold besides: explanations.
fn is_note(name: &str) -> bool {
    name.ends_with(".md") && !name.contains('/')
}

fn is_allowed(name: &str) -> bool {
    if let Some(case) = name.strip_prefix(TESTS) {
        return matches!(case.split_once('/'), Some((case, REQUEST | EXPECTED)) if !case.is_empty());
    }
    [SCHEMA, ROLES, DATA, MATRIX].contains(&name) || is_cedar(name) || is_note(name)
}
