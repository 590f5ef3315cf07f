//! `<data-dir>/server.json`: where the running server is. Written at its start, removed at its end;
//! it holds addresses and paths, no secret.

use crate::{Failure, Running, files};
use admin::AdminAddress;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const NAME: &str = "server.json";

/// Where a running server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerFile {
    /// The MCP endpoint over HTTP.
    pub(crate) mcp_url: String,
    /// The same over WebSocket.
    pub(crate) wss_url: String,
    /// The admin plane: `unix:PATH` or `http://ADDRESS:PORT`.
    pub(crate) admin: String,
    /// The socket of the data directory's owner.
    pub(crate) operator_socket: PathBuf,
    /// The authority to trust, if it is not a public one.
    pub(crate) ca_file: Option<PathBuf>,
}

impl ServerFile {
    pub(crate) fn of(running: &Running) -> Self {
        let admin = match &running.admin {
            AdminAddress::Unix(path) => format!("unix:{}", absolute(path).display()),
            AdminAddress::Tcp(address) => format!("http://{address}"),
        };
        Self {
            mcp_url: running.mcp_url.clone(),
            wss_url: running.wss_url.clone(),
            admin,
            operator_socket: absolute(&running.operator_socket),
            ca_file: running.ca_file.as_deref().map(absolute),
        }
    }

    pub(crate) fn write(&self, data_dir: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(anyhow::Error::from)?;
        files::replace(&data_dir.join(NAME), &format!("{text}\n"))
    }

    pub(crate) fn remove(data_dir: &Path) {
        files::remove(&data_dir.join(NAME));
    }

    /// Where the server of `data_dir` says that it is; an error if none runs there.
    pub(crate) fn read(data_dir: &Path) -> Result<Self, Failure> {
        let path = data_dir.join(NAME);
        if !path.exists() {
            let address = format!("the server of `{}`", data_dir.display());
            return Err(Failure::unreachable(&address, format!("there is no `{}`", path.display())));
        }
        serde_json::from_str(&files::read_text(&path)?).map_err(|error| {
            let cause = format!("`{}` is not a file of this version: {error}", path.display());
            Failure::usage("server_file", cause, "restart the server, or give its address with --url")
        })
    }
}

/// The path from the root, so that the file is of use from any folder.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
