//! Where the admin plane listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A socket file, or a port of this machine alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// A unix socket of mode 0600.
    Unix(PathBuf),
    /// A loopback address. Without TLS, so never one of a network.
    Tcp(SocketAddr),
}

impl fmt::Display for AdminAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
            Self::Tcp(address) => write!(out, "http://{address}"),
        }
    }
}
