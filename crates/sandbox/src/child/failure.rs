//! Owns the child's one error: a step that failed before the program started.

use std::io;

use crate::wire::{FailureKind, Report};

/// A failed step, ready to be reported.
#[derive(Debug)]
pub(super) struct Failure {
    kind: FailureKind,
    step: String,
    errno: i32,
}

impl Failure {
    /// The host refused a step of the isolation itself.
    pub(super) fn isolation<E: Into<io::Error>>(step: impl Into<String>) -> impl FnOnce(E) -> Failure {
        Failure::of(FailureKind::Isolation, step.into())
    }

    /// Something that the order names could not be placed.
    pub(super) fn prepare<E: Into<io::Error>>(step: impl Into<String>) -> impl FnOnce(E) -> Failure {
        Failure::of(FailureKind::Prepare, step.into())
    }

    /// The program could not be executed.
    pub(super) fn program(error: &io::Error) -> Failure {
        Failure { kind: FailureKind::Program, step: "execute".to_owned(), errno: number(error) }
    }

    fn of<E: Into<io::Error>>(kind: FailureKind, step: String) -> impl FnOnce(E) -> Failure {
        move |error| {
            let error = error.into();
            let errno = number(&error);
            // An error without a number explains itself in words only.
            let step = if errno == 0 { format!("{step}: {error}") } else { step };
            Failure { kind, step, errno }
        }
    }

    pub(super) fn report(self) -> Report {
        Report::Failed { kind: self.kind, step: self.step, errno: self.errno }
    }
}

fn number(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}
