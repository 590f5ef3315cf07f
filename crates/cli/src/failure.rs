//! How a command ends: exit codes, and failures with code, cause and fix.

use domain::RefusalCode;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::process::ExitCode;

/// The exit codes of every command. `docs/cli.md` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// The command cannot be carried out as it was given, or the tool itself failed.
    Usage = 1,
    /// The log, a policy or another thing that was checked is not what it should be.
    NotVerified = 2,
    /// Refused.
    Denied = 3,
    /// The call waits for an approval.
    Pending = 4,
    /// Nobody answers.
    Unreachable = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Failure {
    /// The process's exit code.
    pub exit: Exit,
    /// The failure's name for programs.
    pub code: Cow<'static, str>,
    /// What is wrong.
    pub cause: String,
    /// What to do about it.
    pub fix: String,
}

impl Failure {
    /// A failure of any kind.
    pub fn new(
        exit: Exit,
        code: impl Into<Cow<'static, str>>,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { exit, code: code.into(), cause: cause.into(), fix: fix.into() }
    }

    /// The command cannot be carried out as it was given.
    pub fn usage(code: &'static str, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, cause, fix)
    }

    /// Something that was checked is not what it should be.
    pub fn not_verified(code: &'static str, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Exit::NotVerified, code, cause, fix)
    }

    /// The policy folder is not the one of the last `policy_loaded` record. `previous` and `current` are hashes.
    pub fn policy_changed(previous: &str, current: &str) -> Self {
        Self::not_verified(
            "policy_changed",
            format!("the policy changed since it was last loaded: {previous} then, {current} now"),
            "look at the change, then make it current with `secure-mcp policy accept`",
        )
    }

    /// Nobody answers at `address`.
    pub fn unreachable(address: &str, cause: impl Into<String>) -> Self {
        Self::new(
            Exit::Unreachable,
            "unreachable",
            format!("{address} does not answer: {}", cause.into()),
            "start the server, or give its address with --url or its data directory with --data-dir",
        )
    }

    /// A refusal by a server, with the exit code that belongs to it.
    pub fn refused(code: &str, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        let exit = match code {
            "approval_pending" => Exit::Pending,
            "malformed" | "invalid_arguments" | "not_found" => Exit::Usage,
            "policy_invalid" | "policy_tampered" => Exit::NotVerified,
            "audit_unavailable" | "shutting_down" => Exit::Unreachable,
            _ => Exit::Denied,
        };
        Self::new(exit, code.to_owned(), cause, fix)
    }

    /// The form of `--json`.
    pub fn to_json(&self) -> Value {
        json!({ "error": { "code": self.code, "cause": self.cause, "fix": self.fix } })
    }
}

/// What the caller can do about a refusal that came without advice: the second half of its sentence.
pub fn advice(code: &str) -> &'static str {
    let known = RefusalCode::ALL.into_iter().find(|known| known.name() == code);
    let advice = known.and_then(|known| known.sentence().split_once("; ")).map(|(_, advice)| advice);
    advice.map_or("ask the operator of the server", |advice| advice.trim_end_matches('.'))
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        if let Some(failure) = error.downcast_ref::<Self>() {
            return failure.clone();
        }
        let cause = chain(&error);
        if let Some(settings) = error.downcast_ref::<settings::SettingsError>() {
            return Self::usage(settings.code(), cause, settings.hint());
        }
        if let Some(policy) = error.downcast_ref::<authz::PolicyError>() {
            return Self::not_verified("policy_invalid", cause, policy.hint());
        }
        if let Some(exposed) = error.downcast_ref::<settings::TrustError>() {
            return Self::usage("file_untrusted", cause, exposed.hint());
        }
        if let Some(log) = error.downcast_ref::<audit::AuditError>() {
            return of_log(log, cause);
        }
        Self::usage("failed", cause, "run `secure-mcp doctor`, then look at the cause")
    }
}

impl From<settings::SettingsError> for Failure {
    fn from(error: settings::SettingsError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<audit::AuditError> for Failure {
    fn from(error: audit::AuditError) -> Self {
        anyhow::Error::from(error).into()
    }
}

fn of_log(error: &audit::AuditError, cause: String) -> Failure {
    use audit::AuditError::{Checkpoint, Damaged, Different, Locked, Shorter};
    match error {
        Locked { .. } => Failure::usage("log_locked", cause, error.hint()),
        Damaged { .. } | Shorter { .. } | Different { .. } | Checkpoint(_) => {
            Failure::not_verified("log_not_verified", cause, error.hint())
        }
        _ => Failure::usage("log_unusable", cause, error.hint()),
    }
}

fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::{Exit, Failure, advice};
    use domain::RefusalCode;

    #[test]
    fn every_refusal_has_a_next_step_and_an_exit_code() {
        for code in RefusalCode::ALL {
            assert_ne!(advice(code.name()), "ask the operator of the server", "{code}");
        }
        let exit = |code| Failure::refused(code, "", "").exit;
        assert_eq!(
            ["denied", "unknown_tool", "approval_pending", "invalid_arguments", "audit_unavailable"]
                .map(exit),
            [Exit::Denied, Exit::Denied, Exit::Pending, Exit::Usage, Exit::Unreachable]
        );
    }

    #[test]
    fn causes_are_told_to_the_end() {
        let inner = std::io::Error::other("the disk is full");
        let failure = Failure::from(anyhow::Error::from(inner).context("the state file"));
        assert_eq!((failure.exit, failure.cause.as_str()), (Exit::Usage, "the state file: the disk is full"));
        let own = anyhow::Error::from(Failure::policy_changed("a", "b")).context("starting");
        assert_eq!(Failure::from(own), Failure::policy_changed("a", "b"));
    }
}
