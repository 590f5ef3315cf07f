//! `policy check`: loads a folder and runs its test cases against it.
//!
//! A case is a folder with `request.json` and `expected.json`; docs/policy.md shows every key. A
//! case is decided by the same functions as a call; only what a tool would find out by itself
//! (the tables that a query reads, the effective time limit) is written into the request.

mod case;
mod decide;

use crate::error::PolicyError;
use crate::files::{CaseTexts, PolicyFiles};
use crate::policy::Policy;
use case::{Expected, Request};
use domain::Digest;
use manifest::ToolManifest;
use std::sync::Arc;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The policy's hash.
    pub policy_hash: Digest,
    /// Cases whose answer is the expected one.
    pub passed: Vec<String>,
    /// The others.
    pub failed: Vec<CaseFailure>,
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
    let mut report =
        CheckReport { policy_hash: policy.policy_hash(), passed: Vec::new(), failed: Vec::new() };
    for texts in files.cases() {
        let differences = run(&texts, &policy).unwrap_or_else(|unreadable| vec![unreadable]);
        let case = texts.name.to_owned();
        if differences.is_empty() {
            report.passed.push(case);
        } else {
            report.failed.push(CaseFailure { case, differences });
        }
    }
    Ok(report)
}

/// The differences; an error if the case itself cannot be read.
fn run(texts: &CaseTexts<'_>, policy: &Policy) -> Result<Vec<String>, String> {
    let request: Request = case::read("request.json", texts.request)?;
    let expected: Expected = case::read("expected.json", texts.expected)?;
    let found = decide::decide(policy, &request)?;
    let mut differences = Vec::new();
    if found.word != expected.decision {
        let why = if found.why.is_empty() { String::new() } else { format!(" ({})", found.why) };
        differences.push(format!("decision: expected `{}`, found `{}`{why}", expected.decision, found.word));
    }
    if let Some(mut reasons) = expected.reasons {
        reasons.sort();
        if reasons != found.reasons {
            differences.push(format!("reasons: expected {reasons:?}, found {:?}", found.reasons));
        }
    }
    for (column, word) in expected.columns.into_iter().flatten() {
        let found = found.treatment(&column);
        if found != word {
            differences.push(format!("column `{column}`: expected `{word}`, found `{found}`"));
        }
    }
    Ok(differences)
}
