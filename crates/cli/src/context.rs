//! What every command works with.

use crate::output::Output;
use crate::{Failure, Server, files};
use domain::Secret;
use std::path::Path;

/// What `main` read out of the environment. Nobody else reads it.
#[derive(Debug, Default)]
pub struct Environment {
    /// `SECURE_MCP_TOKEN`: the token of `call` and `query`.
    pub token: Option<Secret<String>>,
    /// `SECURE_MCP_LOG`: the level of the operator's log (`warn`, `gateway=debug,info`).
    pub log: Option<String>,
}

impl Environment {
    /// The environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place, called once, by main")]
    pub fn of_process() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self { token: text("SECURE_MCP_TOKEN").map(Secret::new), log: text("SECURE_MCP_LOG") }
    }
}

/// What every command works with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) server: &'a dyn Server,
    pub(crate) output: Output,
}

impl Context<'_> {
    /// The token of `file`, or of the environment, if there is one.
    pub(crate) fn token(&self, file: Option<&Path>) -> Result<Option<Secret<String>>, Failure> {
        match file {
            Some(file) => files::read_token(file).map(Some),
            None => Ok(self.environment.token.clone()),
        }
    }

    /// Starts the operator's log on standard error, at `otherwise` if the environment names no level.
    pub(crate) fn start_log(
        &self,
        format: settings::observe::LogFormat,
        otherwise: &str,
    ) -> Result<(), Failure> {
        let level = self.environment.log.as_deref().unwrap_or(otherwise);
        settings::observe::start(format, level)
            .map_err(|error| Failure::usage("log_level", error.to_string(), error.hint()))
    }
}
