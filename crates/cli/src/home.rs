//! Which settings a command is about, and the way to the server that runs on them.

use crate::arguments::{AdminAccess, Home};
use crate::client::AdminClient;
use crate::server_file::ServerFile;
use crate::{Failure, files};
use admin::AdminAddress;
use domain::{Clock as _, SystemClock};
use settings::Settings;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The socket of the data directory's owner.
const OPERATOR_SOCKET: &str = "admin.sock";

impl Home {
    /// The configuration's settings, or quickstart's.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        match &self.config {
            Some(file) => Ok(Settings::load(file, SystemClock.now())?),
            None => Ok(Settings::quickstart(self.data_dir.clone(), self.listen)?),
        }
    }

    /// The same with overrides that are over: a server does not start with them, and `doctor` says so.
    pub(crate) fn settings_to_look_at(&self) -> Result<Settings, Failure> {
        match &self.config {
            Some(file) => Ok(Settings::load_with_ended(file, SystemClock.now())?),
            None => self.settings(),
        }
    }

    /// The same, of a server that was started at least once.
    pub(crate) fn used_settings(&self) -> Result<Settings, Failure> {
        let settings = self.settings()?;
        let data_dir = &settings.server.data_dir;
        if data_dir.is_dir() {
            return Ok(settings);
        }
        Err(Failure::usage(
            "no_data_dir",
            format!("there is no data directory `{}`", data_dir.display()),
            "start a server once (`secure-mcp quickstart`), or name its --data-dir or --config",
        ))
    }
}

/// The socket of the owner of `data_dir`, as the running server says or at its usual place.
pub(crate) fn operator_socket(data_dir: &Path) -> AdminAddress {
    let running = ServerFile::read(data_dir).ok().map(|file| file.operator_socket);
    AdminAddress::Unix(running.unwrap_or_else(|| data_dir.join(OPERATOR_SOCKET)))
}

/// True if something answers on the owner's socket.
pub(crate) async fn is_running(socket: &AdminAddress) -> bool {
    match socket {
        AdminAddress::Unix(path) => tokio::net::UnixStream::connect(path).await.is_ok(),
        AdminAddress::Tcp(_) => false,
    }
}

impl AdminAccess {
    /// The admin plane, with the token of the file or with one made for `--person`. The environment's
    /// token is one for the MCP endpoint, and of no use here.
    pub(crate) async fn client(&self) -> Result<AdminClient, Failure> {
        let data_dir = self.home.settings()?.server.data_dir;
        match (&self.person, &self.token_file) {
            (Some(person), _) => {
                AdminClient::acting_as(operator_socket(&data_dir), person, &self.client).await
            }
            (None, Some(file)) => {
                let token = files::read_token(file)?;
                Ok(AdminClient::new(self.address(&data_dir)?, Some(token)))
            }
            (None, None) => Err(Failure::usage(
                "no_token",
                "it is not said who asks",
                "give --person PERSON as the owner of the data directory, or an admin token with --token-file",
            )),
        }
    }

    fn address(&self, data_dir: &Path) -> Result<AdminAddress, Failure> {
        let text = match &self.admin {
            Some(text) => text.clone(),
            None => ServerFile::read(data_dir)?.admin,
        };
        read_address(&text).ok_or_else(|| {
            Failure::usage(
                "address",
                format!("`{text}` is no admin plane of this machine"),
                "write unix:PATH or http://127.0.0.1:PORT; the admin plane is not encrypted and answers nobody else",
            )
        })
    }
}

/// A token goes to this machine alone: the plane's port has no TLS.
fn read_address(text: &str) -> Option<AdminAddress> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Some(AdminAddress::Unix(PathBuf::from(path)));
    }
    let address: SocketAddr =
        text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/').parse().ok()?;
    address.ip().is_loopback().then_some(AdminAddress::Tcp(address))
}

#[cfg(test)]
mod tests {
    use super::{AdminAddress, read_address};

    #[test]
    fn an_admin_token_goes_to_this_machine_alone() {
        assert_eq!(read_address("unix:/run/admin.sock"), Some(AdminAddress::Unix("/run/admin.sock".into())));
        for own in ["127.0.0.1:8444", "http://127.0.0.1:8444/", "http://[::1]:8444"] {
            assert!(matches!(read_address(own), Some(AdminAddress::Tcp(_))), "{own}");
        }
        for other in [
            "10.0.0.1:8444",
            "http://192.0.2.1:8444",
            "http://[::ffff:10.0.0.1]:1",
            "https://127.0.0.1:1",
            "example.com:8444",
            "",
        ] {
            assert_eq!(read_address(other), None, "{other}");
        }
    }
}
