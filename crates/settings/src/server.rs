//! `[server]`: where the server listens, what it is called, whom it answers.

use crate::error::Fault;
use crate::network::Network;
use crate::public_url::{PublicUrl, is_host, split_port};
use crate::raw::RawServer;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The port beside the usual one of https: no root needed.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443);
const DEFAULT_DATA_DIR: &str = "secure-mcp-data";

/// The two listeners and the names that are served.
#[derive(Clone, Debug)]
pub struct Server {
    /// Folder of the server's own state.
    pub data_dir: PathBuf,
    /// The MCP endpoint.
    pub listen: SocketAddr,
    /// The canonical URL of the MCP endpoint.
    pub public_url: PublicUrl,
    /// Where the certificate comes from.
    pub tls: Tls,
    /// The admin plane.
    pub admin_listen: AdminListen,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// `Host` headers that are served, the one of `public_url` first.
    pub allowed_hosts: Vec<String>,
    /// `Origin` headers that are served.
    pub allowed_origins: Vec<String>,
}

/// Where TLS ends and with which certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Here, with the operator's certificate.
    Files {
        /// PEM chain.
        cert: PathBuf,
        /// PEM private key.
        key: PathBuf,
    },
    /// Here, with a certificate of the local authority in the data folder. Only quickstart.
    LocalAuthority,
    /// At a proxy on this machine or in `trusted_proxies`.
    AtProxy,
}

/// Where the admin plane listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminListen {
    /// A socket file of mode 0600.
    Unix(PathBuf),
    /// A port of its own.
    Tcp(SocketAddr),
}

impl Server {
    pub(crate) fn check(raw: RawServer, base: &Path) -> Result<Self, Fault> {
        let data_dir = base.join(raw.data_dir.unwrap_or_else(|| DEFAULT_DATA_DIR.into()));
        let listen = match raw.listen {
            Some(text) => address(&text, "server.listen")?,
            None => DEFAULT_LISTEN,
        };
        let public_url = PublicUrl::parse(&raw.public_url, "server.public_url")?;
        let trusted_proxies = networks(raw.trusted_proxies.unwrap_or_default())?;
        let tls = match raw.tls {
            Some(tls) => Tls::Files { cert: base.join(tls.cert), key: base.join(tls.key) },
            None if listen.ip().is_loopback() || !trusted_proxies.is_empty() => Tls::AtProxy,
            None => {
                return Err(Fault::new(
                    "server.tls",
                    "is missing, and the server would answer without encryption on a network",
                    "set tls.cert and tls.key, or name the proxy that ends TLS in trusted_proxies",
                ));
            }
        };
        let admin_listen = match raw.admin_listen {
            Some(text) => AdminListen::parse(&text, base)?,
            None => AdminListen::in_folder(&data_dir),
        };
        admin_listen.check_beside(listen, &tls)?;
        let mut allowed_hosts = vec![public_url.authority().to_owned()];
        allowed_hosts.extend(hosts(raw.allowed_hosts.unwrap_or_default())?);
        let allowed_origins = origins(raw.allowed_origins.unwrap_or_default())?;
        Ok(Self {
            data_dir,
            listen,
            public_url,
            tls,
            admin_listen,
            trusted_proxies,
            allowed_hosts,
            allowed_origins,
        })
    }

    pub(crate) fn quickstart(data_dir: PathBuf, listen: SocketAddr) -> Result<Self, Fault> {
        if !listen.ip().is_loopback() {
            return Err(Fault::new(
                "server.listen",
                "is not an address of this machine alone",
                "quickstart listens on 127.0.0.1 or [::1]; write a configuration with `secure-mcp init` to serve a network",
            ));
        }
        let public_url = PublicUrl::of_address(listen);
        let port = listen.port();
        Ok(Self {
            admin_listen: AdminListen::in_folder(&data_dir),
            allowed_hosts: vec![public_url.authority().to_owned(), format!("localhost:{port}")],
            data_dir,
            listen,
            public_url,
            tls: Tls::LocalAuthority,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
        })
    }
}

impl AdminListen {
    /// The socket that the admin plane has if nothing else is said.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self::Unix(data_dir.join("admin.sock"))
    }

    fn parse(text: &str, base: &Path) -> Result<Self, Fault> {
        match text.strip_prefix("unix:") {
            Some("") => Err(Fault::new(
                "server.admin_listen",
                "names no socket file",
                "write unix:PATH or ADDRESS:PORT",
            )),
            Some(path) => Ok(Self::Unix(base.join(path))),
            None => address(text, "server.admin_listen").map(Self::Tcp),
        }
    }

    /// The admin plane is another listener than the endpoint, and never in clear on a network.
    fn check_beside(&self, listen: SocketAddr, tls: &Tls) -> Result<(), Fault> {
        let Self::Tcp(own) = self else { return Ok(()) };
        let wrong = |cause, advice| Err(Fault::new("server.admin_listen", cause, advice));
        if own.port() == listen.port() {
            return wrong(
                "has the port of the MCP endpoint",
                "give the admin plane a port of its own, such as 8444",
            );
        }
        if !own.ip().is_loopback() && !matches!(tls, Tls::Files { .. }) {
            return wrong(
                "is on a network without TLS",
                "set server.tls, or listen on 127.0.0.1 or unix:PATH",
            );
        }
        Ok(())
    }
}

fn address(text: &str, key: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            key,
            format!("is `{}`", text.escape_debug()),
            "write ADDRESS:PORT, such as 127.0.0.1:8443 or [::1]:8443",
        )
    })
}

fn networks(texts: Vec<String>) -> Result<Vec<Network>, Fault> {
    let read = |(at, text): (usize, String)| {
        text.parse().map_err(|()| {
            let cause = format!("is `{}`", text.escape_debug());
            Fault::new(
                format!("server.trusted_proxies[{at}]"),
                cause,
                "write an address or a network, such as 10.0.0.0/8",
            )
        })
    };
    texts.into_iter().enumerate().map(read).collect()
}

fn hosts(texts: Vec<String>) -> Result<Vec<String>, Fault> {
    let read = |(at, text): (usize, String)| {
        if split_port(&text).is_some_and(|(host, _)| is_host(host)) {
            return Ok(text);
        }
        let cause = format!("is `{}`", text.escape_debug());
        Err(Fault::new(format!("server.allowed_hosts[{at}]"), cause, "write HOST or HOST:PORT in lower case"))
    };
    texts.into_iter().enumerate().map(read).collect()
}

fn origins(texts: Vec<String>) -> Result<Vec<String>, Fault> {
    let is_origin = |text: &str| {
        let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        authority.and_then(split_port).is_some_and(|(host, _)| is_host(host))
    };
    let read = |(at, text): (usize, String)| {
        if is_origin(&text) {
            return Ok(text);
        }
        let cause = format!("is `{}`", text.escape_debug());
        let advice = "write https://HOST[:PORT] in lower case, without a path; there are no wildcards";
        Err(Fault::new(format!("server.allowed_origins[{at}]"), cause, advice))
    };
    texts.into_iter().enumerate().map(read).collect()
}
