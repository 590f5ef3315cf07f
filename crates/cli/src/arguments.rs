//! What can be typed. Two steps: here is what was written, the commands decide what it means.

mod access;
mod audit;
mod break_glass;
mod moment;
mod policy;
mod revoke;
mod token;

pub(crate) use access::{AdminAccess, AdminAccessAs, Home, McpAccess};
pub(crate) use audit::{AcceptRestore, AuditCommand, Export, RotateKey, Search, Shred, Verify};
pub(crate) use break_glass::{BreakGlassCommand, OneBreakGlass};
pub(crate) use policy::{ExplainPolicy, PolicyCommand, PolicyDiff, PolicyFolder, PolicyMatrix, PolicyShadow};
pub(crate) use revoke::{Revocations, Revoke};
pub(crate) use token::{CreateToken, TokenCommand};

use crate::output::Form;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A governed gateway between AI assistants and an organisation's tools.
#[derive(Debug, Parser)]
#[command(
    name = "secure-mcp",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start on this machine with a sample company, and show what the server does
    Quickstart(Quickstart),
    /// Start with a configuration
    Serve(Serve),
    /// Write a first configuration and policy folder; nothing is overwritten
    Init(Init),
    /// Say what this machine offers: isolation, limits, interpreters, disk, rights
    Doctor(Doctor),
    /// Make tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Call a tool
    Call(Call),
    /// Put a query to a resource, through the tool `database-query`
    Query(Query),
    /// Agree to a call that waits for approval
    Approve(Decide),
    /// Refuse a call that waits for approval
    Deny(Decide),
    /// List the calls that wait for approval
    Approvals(Approvals),
    /// Roles in an emergency: two people, an hour at most, and a review
    #[command(subcommand)]
    BreakGlass(BreakGlassCommand),
    /// Make a person, a client, a token or a tool good for nothing, at once
    Revoke(Revoke),
    /// Make a person, a client or a tool good again
    Unrevoke(Revoke),
    /// List what is revoked
    Revocations(Revocations),
    /// Check the policy, or make a changed one current
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Read and verify the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Carry MCP between standard input and output and a server
    Stdio(Stdio),
}

impl Command {
    /// In which form the command speaks.
    pub(crate) fn form(&self) -> Form {
        let json = match self {
            Self::Quickstart(asked) => asked.json,
            Self::Serve(asked) => asked.json,
            Self::Init(asked) => asked.json,
            Self::Doctor(asked) => asked.json,
            Self::Token(TokenCommand::Create(asked)) => asked.json,
            Self::Call(asked) => asked.json.is_some(),
            Self::Query(asked) => asked.json,
            Self::Approve(asked) | Self::Deny(asked) => asked.json,
            Self::Approvals(asked) => asked.json,
            Self::BreakGlass(asked) => asked.json(),
            Self::Revoke(asked) | Self::Unrevoke(asked) => asked.json,
            Self::Revocations(asked) => asked.json,
            Self::Policy(asked) => asked.json(),
            Self::Audit(asked) => asked.json(),
            Self::Stdio(asked) => asked.json,
        };
        if json { Form::Json } else { Form::Text }
    }
}

/// `quickstart`
#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    /// End after the demo instead of serving on
    #[arg(long)]
    pub(crate) once: bool,
    /// Speak JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the server keeps its state
    #[arg(long, value_name = "DIR", default_value = "secure-mcp-data")]
    pub(crate) data_dir: PathBuf,
    /// Loopback address of the MCP endpoint; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Loopback address of the admin plane, beside its socket in the data directory
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin_listen: Option<SocketAddr>,
}

/// `serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration; `secure-mcp init` writes a first one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Speak JSON, the log's lines included
    #[arg(long)]
    pub(crate) json: bool,
}

/// `init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to write into
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) home: Home,
    /// Speak JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `call`
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The tool
    pub(crate) tool: String,
    /// The arguments, one JSON object, or `-` to read it from standard input; the answer is JSON as well
    #[arg(long, value_name = "ARGS")]
    pub(crate) json: Option<String>,
    #[command(flatten)]
    pub(crate) access: McpAccess,
}

/// `query`
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// The resource, such as `customer_database`
    pub(crate) resource: String,
    /// The query
    pub(crate) sql: String,
    /// Rows at most
    #[arg(long, value_name = "N")]
    pub(crate) max_rows: Option<u64>,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: McpAccess,
}

/// `approve` and `deny`
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The approval, as the refused call and `secure-mcp approvals` name it
    pub(crate) id: String,
    /// Why; it goes into the log, encrypted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
}

/// `approvals`
#[derive(Debug, Args)]
pub(crate) struct Approvals {
    /// List all, or show one with what is different from the last one that was approved
    #[arg(value_enum, value_name = "WHAT", default_value = "ls")]
    pub(crate) what: ApprovalsWhat,
    /// Which one to show
    #[arg(value_name = "ID", required_if_eq("what", "show"))]
    pub(crate) id: Option<String>,
    /// Speak JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: AdminAccess,
}

/// What `approvals` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApprovalsWhat {
    /// All that wait
    Ls,
    /// One, whole
    Show,
}

/// `stdio`
#[derive(Debug, Args)]
pub(crate) struct Stdio {
    /// The MCP endpoint: wss://… or https://…
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// A file of mode 0600 with the token; it is read again when it changes
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: PathBuf,
    /// The authority to trust, PEM; by default those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Say failures as JSON on standard error
    #[arg(long)]
    pub(crate) json: bool,
}
