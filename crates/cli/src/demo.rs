//! Quickstart's demo: what the server does, shown over its own sockets with the sample company.
//!
//! It is a client like any other. The only right it has beyond one is that of the data directory's
//! owner: it makes its tokens over the admin socket.

mod announce;
mod calls;
mod cast;
mod code;
mod program;
mod proof;
mod refused;
mod step;

pub(crate) use announce::announce;

use crate::Failure;
use crate::output::Output;
use crate::server_file::ServerFile;
use cast::Cast;
use proof::Kept;
use std::path::Path;
use step::Step;

/// One performance.
pub(crate) struct Demo<'a> {
    cast: Cast<'a>,
    kept: Kept<'a>,
    facts: &'a [String],
    output: Output,
}

impl<'a> Demo<'a> {
    /// A demo on the server that `file` announces; its log is in `audit_dir`, and `facts` is what it says
    /// of the machine.
    pub(crate) fn new(
        file: &'a ServerFile,
        audit_dir: &'a Path,
        facts: &'a [String],
        output: Output,
    ) -> Self {
        Self { cast: Cast::new(file), kept: Kept::new(audit_dir), facts, output }
    }

    /// Allowed, masked, denied twice, waiting, approved, proved. An error if one of them does not come
    /// out as it has to.
    pub(crate) async fn play(mut self) -> Result<(), Failure> {
        calls::allowed(&mut self).await?;
        calls::masked(&mut self).await?;
        calls::denied(&mut self).await?;
        calls::invisible(&mut self).await?;
        code::pending_and_approved(&mut self).await?;
        let proof = self.kept.prove().await?;
        self.say(&proof);
        Ok(())
    }

    /// Shows a step.
    fn say(&self, step: &Step) {
        self.output.say(step.line(), &step.to_json());
    }
}

/// The server did not do what it is there for.
fn unexpected(step: &str, found: impl Into<String>) -> Failure {
    Failure::not_verified(
        "demo_unexpected",
        format!("the demo's step {step} came out otherwise: {}", found.into()),
        "look at the call with `secure-mcp audit tail`; with a policy of your own the demo may not fit any more",
    )
}
