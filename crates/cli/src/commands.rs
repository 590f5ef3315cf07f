//! One file for each command, and the way to it.

mod approvals;
mod audit_accept;
mod audit_export;
mod audit_read;
mod audit_rotate;
mod audit_search;
mod audit_shred;
mod audit_verify;
mod break_glass;
mod call;
mod doctor;
mod init;
mod policy;
mod quickstart;
mod revocations;
mod serve;
mod stdio;
mod token;

use crate::arguments::{AuditCommand, Command, TokenCommand};
use crate::context::Context;
use crate::{Exit, Failure};

pub(crate) use audit_verify::{failure_of, verify_log};

/// Carries the command out.
pub(crate) async fn carry_out(command: Command, context: Context<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Quickstart(asked) => quickstart::run(asked, context).await,
        Command::Serve(asked) => serve::run(asked, context).await,
        Command::Init(asked) => init::run(&asked, context),
        Command::Doctor(asked) => doctor::run(&asked, context).await,
        Command::Token(TokenCommand::Create(asked)) => token::create(asked, context).await,
        Command::Call(asked) => call::call(asked, context).await,
        Command::Query(asked) => call::query(asked, context).await,
        Command::Approve(asked) => approvals::decide(&asked, "grant", context).await,
        Command::Deny(asked) => approvals::decide(&asked, "deny", context).await,
        Command::Approvals(asked) => approvals::read(&asked, context).await,
        Command::BreakGlass(asked) => break_glass::run(asked, context).await,
        Command::Revoke(asked) => revocations::change(&asked, "/api/revocations", context).await,
        Command::Unrevoke(asked) => revocations::change(&asked, "/api/revocations/lift", context).await,
        Command::Revocations(asked) => revocations::list(&asked, context).await,
        Command::Policy(asked) => policy::run(asked, context).await,
        Command::Audit(AuditCommand::Tail { count, access, .. }) => {
            audit_read::tail(count, &access, context).await
        }
        Command::Audit(AuditCommand::Show { call, access, .. }) => {
            audit_read::show(call, &access, context).await
        }
        Command::Audit(AuditCommand::Search(asked)) => audit_search::run(*asked, context).await,
        Command::Audit(AuditCommand::Shred(asked)) => audit_shred::run(asked, context).await,
        Command::Audit(AuditCommand::Verify(asked)) => audit_verify::run(&asked, context).await,
        Command::Audit(AuditCommand::RotateKey(asked)) => audit_rotate::run(&asked, context).await,
        Command::Audit(AuditCommand::AcceptRestore(asked)) => audit_accept::run(&asked, context).await,
        Command::Audit(AuditCommand::Export(asked)) => audit_export::run(&asked, context),
        Command::Stdio(asked) => stdio::run(asked).await,
    }
}
