//! The options by which a command finds its server and says who asks.

use crate::client::Transport;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Which server's files a command is about.
#[derive(Debug, Args)]
pub(crate) struct Home {
    /// The server's configuration; without it, quickstart's is meant
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory, if there is no configuration
    #[arg(long, value_name = "DIR", default_value = "secure-mcp-data")]
    pub(crate) data_dir: PathBuf,
    /// Quickstart's address, if it was another
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", hide_default_value = true)]
    pub(crate) listen: SocketAddr,
}

/// How a command reaches the MCP endpoint.
#[derive(Debug, Args)]
pub(crate) struct McpAccess {
    /// The MCP endpoint; by default that of the server that runs on the data directory
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// A file of mode 0600 with the token; by default the variable SECURE_MCP_TOKEN is read
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Act as this person, with a token made over the socket as the owner of the data directory
    #[arg(long, value_name = "PERSON", conflicts_with = "token_file")]
    pub(crate) person: Option<String>,
    /// The client that the person acts through
    #[arg(long, value_name = "CLIENT", default_value = "quickstart", requires = "person")]
    pub(crate) client: String,
    /// The authority to trust, PEM; by default that of the running server, or those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How messages travel; by default as the URL says
    #[arg(long, value_enum)]
    pub(crate) transport: Option<Transport>,
    /// The data directory of the running server
    #[arg(long, value_name = "DIR", default_value = "secure-mcp-data")]
    pub(crate) data_dir: PathBuf,
}

/// How a command reaches the admin plane.
#[derive(Debug, Args)]
pub(crate) struct AdminAccess {
    /// The admin plane, unix:PATH or http://ADDRESS:PORT; by default that of the server that runs on the data directory
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin: Option<String>,
    /// A file of mode 0600 with an admin token
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Act as this person, with a token made over the socket as the owner of the data directory
    #[arg(long, value_name = "PERSON", conflicts_with = "token_file")]
    pub(crate) person: Option<String>,
    /// The client that the person acts through
    #[arg(long, value_name = "CLIENT", default_value = "quickstart", requires = "person")]
    pub(crate) client: String,
    #[command(flatten)]
    pub(crate) home: Home,
}

/// How a command that is about a person, `--person`, reaches the admin plane.
#[derive(Debug, Args)]
pub(crate) struct AdminAccessAs {
    /// The admin plane, unix:PATH or http://ADDRESS:PORT; by default that of the server that runs on the data directory
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    /// A file of mode 0600 with an admin token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Act as this person (by default root), with a token made over the socket as the owner of the data directory
    #[arg(long = "as", value_name = "PERSON", conflicts_with = "token_file")]
    actor: Option<String>,
    /// The client that the person acts through
    #[arg(long, value_name = "CLIENT", default_value = "quickstart")]
    client: String,
    #[command(flatten)]
    home: Home,
}

impl From<AdminAccessAs> for AdminAccess {
    fn from(access: AdminAccessAs) -> Self {
        let AdminAccessAs { admin, token_file, actor, client, home } = access;
        Self { admin, token_file, person: actor, client, home }
    }
}
