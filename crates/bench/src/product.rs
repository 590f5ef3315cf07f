//! The product: a real `secure-mcp serve` with a folder, a policy and a log of its own.

use crate::child::Process;
use crate::connection::{Endpoint, Transport, trusting};
use crate::{operator, policy};
use anyhow::{Context as _, Result, bail};
use gateway::LocalCa;
use rustls::ClientConfig;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A start takes a tenth of a second; a loaded machine may take a hundred times that.
const START_TIME: Duration = Duration::from_secs(30);
/// How often a server that starts is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_micros(500);
/// The server itself gives calls in flight ten seconds.
const STOP_TIME: Duration = Duration::from_secs(20);
/// Log space of one principal in a day. The largest that the configuration takes: a quota is not measured here.
const PRINCIPAL_MIB_DAY: u64 = 1024 * 1024;

/// What all servers of a run share.
pub struct Site {
    /// The program.
    pub binary: PathBuf,
    /// The policy folder.
    pub policies: PathBuf,
}

/// How one server differs from the others.
#[derive(Clone, Debug, Default)]
pub struct Variant {
    /// Speaks TLS, by a certificate of its own authority.
    pub tls: bool,
    /// Where the log is; without it in the data directory.
    pub log: Option<PathBuf>,
}

/// A server's folder with its configuration, whether the server runs or not.
pub struct Home {
    folder: PathBuf,
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    log: PathBuf,
}

impl Home {
    /// Makes the folder, which must not exist.
    pub fn create(site: &Site, folder: &Path, variant: &Variant) -> Result<Self> {
        fs::create_dir(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        let port = free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log = variant.log.clone().unwrap_or_else(|| folder.join("data").join("audit"));
        let tls = if variant.tls { Some(trusting(&certificates(folder)?)?) } else { None };
        let mut config = format!(
            "[server]\nlisten = \"{address}\"\npublic_url = \"https://{address}/mcp\"\ndata_dir = \"data\"\n"
        );
        if variant.tls {
            config.push_str("tls = { cert = \"server.pem\", key = \"server.key\" }\n");
        }
        let _infallible = write!(
            config,
            "\n[policy]\ndir = \"{}\"\n\n[audit]\ndir = \"{}\"\nper_principal_mib_day = {PRINCIPAL_MIB_DAY}\n\
             \n[[tool]]\nname = \"echo\"\nenabled = true\n",
            site.policies.display(),
            log.display(),
        );
        fs::write(folder.join("server.toml"), config)?;
        Ok(Self { folder: folder.to_owned(), address, tls, log })
    }

    /// Where the log is.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How the server is reached.
    pub fn endpoint(&self, transport: Transport) -> Endpoint {
        Endpoint { address: self.address, transport, tls: self.tls.clone() }
    }

    /// Starts the server. Returns how long it took until `/readyz` said yes.
    pub async fn start(&self, site: &Site) -> Result<(Process, Duration)> {
        let said = fs::File::create(self.folder.join("stderr.log"))?;
        let mut command = Command::new(&site.binary);
        command.arg("serve").arg("--config").arg(self.folder.join("server.toml"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let endpoint = self.endpoint(Transport::Http);
        let started = Instant::now();
        let mut process = Process::start(&mut command)?;
        loop {
            if endpoint.get("/readyz").await.is_ok_and(|status| status.is_success()) {
                return Ok((process, started.elapsed()));
            }
            if process.has_ended() || started.elapsed() > START_TIME {
                let said = fs::read_to_string(self.folder.join("stderr.log")).unwrap_or_default();
                bail!("the server did not come up:\n{said}");
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Stops a server of this folder as an operator does.
    pub fn stop(process: Process) {
        process.stop(STOP_TIME);
    }

    /// A token for each person of the policy, from the running server.
    pub async fn tokens(&self) -> Result<Vec<String>> {
        let socket = self.folder.join("data").join("admin.sock");
        operator::tokens(&socket, (0..policy::PEOPLE).map(policy::person), policy::CLIENT).await
    }
}

/// Lets the product itself read the generated policy.
pub fn check_policy(site: &Site) -> Result<()> {
    let mut command = Command::new(&site.binary);
    let output = command.args(["policy", "check"]).arg(&site.policies).output();
    let output = output.with_context(|| format!("cannot start {}", site.binary.display()))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("the product refuses the generated policy:\n{}", String::from_utf8_lossy(&said));
    }
    Ok(())
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Writes the server's certificate and key; returns the authority's certificate.
fn certificates(folder: &Path) -> Result<String> {
    let authority = LocalCa::create()?;
    let server = authority.issue(&["localhost", "127.0.0.1"])?;
    fs::write(folder.join("server.pem"), &server.certificate_pem)?;
    let key = folder.join("server.key");
    fs::write(&key, server.key_pem.expose())?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).context("server.key")?;
    Ok(authority.certificate_pem)
}
