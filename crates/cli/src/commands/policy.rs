//! `policy`: the folder's faults and cases, and the one that is in force.

mod current;
mod explain;
mod facts;
mod trial;

use crate::arguments::{PolicyCommand, PolicyFolder};
use crate::context::Context;
use crate::output::visible;
use crate::{Exit, Failure};
use authz::{CheckReport, PolicyError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(super) async fn run(asked: PolicyCommand, context: Context<'_>) -> Result<Exit, Failure> {
    match asked {
        PolicyCommand::Check(folder) => check(&folder.path()?, context),
        PolicyCommand::Test(folder) => test(&folder.path()?, context),
        PolicyCommand::Explain(asked) => explain::explain(&asked, context),
        PolicyCommand::Matrix(asked) => facts::matrix(&asked, context),
        PolicyCommand::Diff(asked) => match asked.since {
            Some(since) => trial::diff_since(since, &asked, context).await,
            None => facts::diff(&asked, context),
        },
        PolicyCommand::Shadow(asked) => trial::shadow(&asked, context).await,
        PolicyCommand::Accept { access, .. } => current::accept(&access, context).await,
        PolicyCommand::Versions { access, .. } => current::versions(&access, context).await,
        PolicyCommand::Rollback { policy, access, .. } => {
            current::roll_back(policy.as_deref(), &access, context).await
        }
    }
}

impl PolicyFolder {
    /// The folder that was named, else the configuration's or the data directory's; without a data
    /// directory, `policies`.
    fn path(&self) -> Result<PathBuf, Failure> {
        if let Some(directory) = &self.directory {
            return Ok(directory.clone());
        }
        let folder = self.home.settings()?.policy.dir;
        let here = PathBuf::from("policies");
        Ok(if self.home.config.is_none() && !folder.is_dir() && here.is_dir() { here } else { folder })
    }
}

fn check(directory: &Path, context: Context<'_>) -> Result<Exit, Failure> {
    let report = load(directory, context)?;
    context.output.json(&summary(&report));
    for lint in &report.lints {
        context.output.text(format!(
            "warning: {}: {}\n  fix: {}",
            visible(&lint.rule),
            visible(&lint.cause),
            lint.hint
        ));
    }
    show_failed(&report, context);
    Ok(ending(&report, context))
}

fn test(directory: &Path, context: Context<'_>) -> Result<Exit, Failure> {
    let report = load(directory, context)?;
    context.output.json(&summary(&report));
    report.passed.iter().for_each(|case| context.output.text(format!("ok      {}", visible(case))));
    show_failed(&report, context);
    Ok(ending(&report, context))
}

fn summary(report: &CheckReport) -> Value {
    let failed: Vec<Value> = report
        .failed
        .iter()
        .map(|failure| json!({ "case": failure.case, "differences": failure.differences }))
        .collect();
    let lints: Vec<Value> = report
        .lints
        .iter()
        .map(|lint| json!({ "rule": lint.rule, "cause": lint.cause, "fix": lint.hint }))
        .collect();
    json!({ "policy": report.policy_hash, "passed": report.passed, "failed": failed, "warnings": lints })
}

fn show_failed(report: &CheckReport, context: Context<'_>) {
    for failure in &report.failed {
        context.output.text(format!("FAILED  {}", visible(&failure.case)));
        failure.differences.iter().for_each(|line| context.output.text(format!("        {}", visible(line))));
    }
}

fn ending(report: &CheckReport, context: Context<'_>) -> Exit {
    let (passed, failures) = (report.passed.len(), report.failed.len());
    context
        .output
        .text(format!("policy {}: {passed} cases passed, {failures} failed", report.policy_hash.short()));
    if report.failed.is_empty() { Exit::Ok } else { Exit::NotVerified }
}

/// Loads the folder; every fault is shown, not only the first.
fn load(directory: &Path, context: Context<'_>) -> Result<CheckReport, Failure> {
    context.server.check_policy(directory).map_err(|error| faults(error, context))
}

/// Shows every fault of a folder that cannot be used.
fn faults(error: anyhow::Error, context: Context<'_>) -> Failure {
    if let Some(PolicyError::Invalid { problems }) = error.downcast_ref() {
        for problem in problems {
            context.output.text(format!(
                "{}\n  fix: {}",
                visible(&problem.to_string()),
                visible(&problem.hint)
            ));
            context.output.json(&json!({
                "file": problem.file,
                "line": problem.line,
                "rule": problem.rule,
                "cause": problem.cause,
                "fix": problem.hint,
            }));
        }
    }
    error.into()
}
