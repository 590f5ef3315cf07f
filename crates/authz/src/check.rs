//! `policy check`: loads a folder and runs its test cases against it.
//!
//! Rules that decide nothing are named, and a kept matrix is compared.
//!
//! A case is a folder with `request.json` and `expected.json`; docs/policy.md shows every key. A
//! case is decided by the same functions as a call; only what a tool would find out by itself
//! (the tables that a query reads, the effective time limit) is written into the request.

mod case;

use crate::error::PolicyError;
use crate::explain::explain;
use crate::files::{CaseTexts, MATRIX, PolicyFiles};
use crate::lint::{Lint, lint};
use crate::matrix::{Rows, matrix};
use crate::policy::Policy;
use crate::question::Question;
use case::Expected;
use domain::Digest;
use manifest::ToolManifest;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The policy's hash.
    pub policy_hash: Digest,
    /// Cases whose answer is the expected one.
    pub passed: Vec<String>,
    /// The others; the golden matrix is one of them if it does not hold.
    pub failed: Vec<CaseFailure>,
    /// Rules that decide nothing.
    pub lints: Vec<Lint>,
}

/// A case that did not come out as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFailure {
    /// The case's folder.
    pub case: String,
    /// Each a line: what was expected and what was found.
    pub differences: Vec<String>,
}

/// Loads `files` for `tools` and runs every case. An error if the policy cannot be used at all.
pub fn check(files: &PolicyFiles, tools: &[Arc<ToolManifest>]) -> Result<CheckReport, PolicyError> {
    let policy = Policy::load(files, tools)?;
    let mut report = CheckReport {
        policy_hash: policy.policy_hash(),
        passed: Vec::new(),
        failed: Vec::new(),
        lints: lint(&policy),
    };
    for texts in files.cases() {
        let differences = run(&texts, &policy).unwrap_or_else(|unreadable| vec![unreadable]);
        let case = texts.name.to_owned();
        if differences.is_empty() {
            report.passed.push(case);
        } else {
            report.failed.push(CaseFailure { case, differences });
        }
    }
    if let Some(kept) = files.matrix() {
        let differences = golden(kept, &policy);
        let case = MATRIX.to_owned();
        if differences.is_empty() {
            report.passed.push(case);
        } else {
            report.failed.push(CaseFailure { case, differences });
        }
    }
    Ok(report)
}

/// How the policy's facts differ from the ones that the folder keeps.
fn golden(kept: &str, policy: &Policy) -> Vec<String> {
    let lines = kept.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let kept: BTreeSet<String> = lines.map(str::to_owned).collect();
    let found: BTreeSet<String> = matrix(policy, Rows::Roles).iter().map(ToString::to_string).collect();
    let gone = kept.difference(&found).map(|line| format!("- {line}"));
    gone.chain(found.difference(&kept).map(|line| format!("+ {line}"))).collect()
}

/// The differences; an error if the case itself cannot be read.
fn run(texts: &CaseTexts<'_>, policy: &Policy) -> Result<Vec<String>, String> {
    let question: Question = case::read("request.json", texts.request)?;
    let expected: Expected = case::read("expected.json", texts.expected)?;
    let found = explain(policy, &question)?;
    let mut differences = Vec::new();
    if found.decision != expected.decision {
        let why = if found.why.is_empty() { String::new() } else { format!(" ({})", found.why) };
        differences
            .push(format!("decision: expected `{}`, found `{}`{why}", expected.decision, found.decision));
    }
    if let Some(mut reasons) = expected.reasons {
        reasons.sort();
        if reasons != found.reasons {
            differences.push(format!("reasons: expected {reasons:?}, found {:?}", found.reasons));
        }
    }
    for (column, word) in expected.columns.into_iter().flatten() {
        let found = found.columns.get(&column).map_or("deny", String::as_str);
        if found != word {
            differences.push(format!("column `{column}`: expected `{word}`, found `{found}`"));
        }
    }
    for (table, conditions) in expected.rows.into_iter().flatten() {
        let found = found.rows.get(&table).map_or("", String::as_str);
        if found != conditions {
            differences.push(format!("rows of `{table}`: expected `{conditions}`, found `{found}`"));
        }
    }
    Ok(differences)
}
