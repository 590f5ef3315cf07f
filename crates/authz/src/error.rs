//! What is wrong with a policy folder: the file, the rule, the cause, and what to do.

use std::fmt;
use std::path::PathBuf;

/// One fault of a policy, in words for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, by its name within the folder.
    pub file: String,
    /// The line, where it is known. The first is 1.
    pub line: Option<usize>,
    /// The rule or row, by the id that reasons use.
    pub rule: Option<String>,
    /// What is wrong.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    pub(crate) fn new(file: &str, cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, rule: None, cause: cause.into(), hint: hint.into() }
    }

    pub(crate) fn in_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    pub(crate) fn on_line(mut self, line: Option<usize>) -> Self {
        self.line = line;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(out, ", line {line}")?;
        }
        if let Some(rule) = &self.rule {
            write!(out, ", rule `{rule}`")?;
        }
        write!(out, ": {}", self.cause)
    }
}

/// A policy that cannot be used. The policy in force stays in force.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The folder or one of its files cannot be read.
    #[error("policy file or folder `{}` cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others than root and the own user can change the folder or one of its files.
    #[error(transparent)]
    Exposed(settings::TrustError),
    /// The folder was read and says something that cannot be meant.
    #[error("{}", summary(problems))]
    Invalid {
        /// Every fault that was found; at least one.
        problems: Vec<Problem>,
    },
}

impl PolicyError {
    /// Every fault that was found; empty if the folder could not be read at all.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Unreadable { .. } | Self::Exposed(_) => &[],
            Self::Invalid { problems } => problems,
        }
    }

    /// What to do about the first fault.
    pub fn hint(&self) -> &str {
        match self {
            Self::Unreadable { .. } => "check that the path exists and that the server's user may read it",
            Self::Exposed(exposed) => exposed.hint(),
            Self::Invalid { problems } => problems.first().map_or("", |problem| &problem.hint),
        }
    }
}

impl From<Problem> for PolicyError {
    fn from(problem: Problem) -> Self {
        Self::Invalid { problems: vec![problem] }
    }
}

fn summary(problems: &[Problem]) -> String {
    match problems {
        [] => "the policy is not valid".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

/// Collects faults, so that one run names them all.
#[derive(Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Keeps the value or the fault.
    pub(crate) fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends a stage: later stages rely on this one, so they do not run on a faulty one.
    pub(crate) fn stop_here(&mut self) -> Result<(), PolicyError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(PolicyError::Invalid { problems: std::mem::take(&mut self.0) })
    }
}
