//! `secure-mcp serve` as a child process with the sample company.

use crate::client::{Reply, WebSocket};
use gateway::LocalCa;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A start takes a tenth of a second; a loaded machine may take a hundred times that.
const START_TIME: Duration = Duration::from_secs(30);

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Copies the repository's policy folder to `target`. The copy belongs to whoever runs the test, as a
/// server demands; the repository may belong to somebody else.
pub fn copy_policies(target: &Path) {
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies")), target);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else {
            fs::write(&target, fs::read(&source).unwrap()).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

/// How a test server differs from the usual one.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Lines that are added to the configuration.
    pub config: String,
    /// A policy folder in place of the repository's.
    pub policies: Option<PathBuf>,
    /// A program and its arguments that start the binary; the server has to end with it.
    pub in_front: Vec<String>,
    /// Without TLS, as behind a proxy on this machine.
    pub in_clear: bool,
}

/// A running server.
pub struct Server {
    binary: PathBuf,
    in_front: Vec<String>,
    scheme: &'static str,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
    https: reqwest::Client,
    authority: String,
}

impl Server {
    /// Starts `binary` with the sample company and `echo` switched on.
    pub async fn start(binary: impl Into<PathBuf>) -> Self {
        Self::start_with(binary, ServerOptions::default()).await
    }

    /// Starts `binary` with changes.
    pub async fn start_with(binary: impl Into<PathBuf>, options: ServerOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let authority = certificates(folder.path());
        let port = free_port();
        let company = folder.path().join("company");
        fs::create_dir(&company).unwrap();
        connector_sql::create_company(&company).unwrap();
        let policies = options.policies.unwrap_or_else(|| {
            let own = folder.path().join("policies");
            copy_policies(&own);
            own
        });
        let tls = if options.in_clear { "" } else { TLS };
        fs::write(folder.path().join("server.toml"), config(port, tls, &policies, &options.config)).unwrap();
        let certificate = reqwest::Certificate::from_pem(authority.as_bytes()).unwrap();
        let https = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap();
        let mut server = Self {
            binary: binary.into(),
            in_front: options.in_front,
            scheme: if options.in_clear { "http" } else { "https" },
            folder,
            port,
            child: None,
            https,
            authority,
        };
        server.restart().await;
        server
    }

    /// Starts the server again on the same folder and port.
    pub async fn restart(&mut self) {
        self.kill();
        let log = fs::File::create(self.folder.path().join("stderr.log")).unwrap();
        let mut command = match self.in_front.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        let child = command
            .arg("serve")
            .arg("--config")
            .arg(self.folder.path().join("server.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let started = Instant::now();
        loop {
            let ready = self.https.get(format!("{}/readyz", self.origin())).send().await;
            if ready.is_ok_and(|reply| reply.status() == 200) {
                return;
            }
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            if ended.is_some() || started.elapsed() > START_TIME {
                panic!("the server did not come up ({ended:?}):\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Waits for the end of a server that was told to stop.
    pub fn wait(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map(Child::id).unwrap_or_default()
    }

    /// What the server wrote to standard error since its last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr.log")).unwrap_or_default()
    }

    /// `https://127.0.0.1:PORT`
    pub fn origin(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// The MCP endpoint.
    pub fn url(&self) -> String {
        format!("{}/mcp", self.origin())
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's folder: configuration, data, company.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server's data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the authority's certificate is.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Runs a command of the binary against this server's data directory.
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(&self.binary).args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    /// A token for the MCP endpoint, minted by the running server.
    pub fn token(&self, person: &str) -> String {
        self.token_for(person, "mcp")
    }

    /// A token for either plane.
    pub fn token_for(&self, person: &str, audience: &str) -> String {
        let data_dir = self.data_dir();
        let output = self.command(&[
            "token",
            "create",
            "--person",
            person,
            "--client",
            "quickstart",
            "--audience",
            audience,
            "--data-dir",
            data_dir.to_str().unwrap(),
        ]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Sends a body as it is, with these headers and nothing more than the content type.
    pub async fn post_raw(
        &self,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = self.https.post(self.url()).header("content-type", "application/json");
        request = request.header("accept", "application/json, text/event-stream");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::read(request.body(body).send().await.unwrap()).await
    }

    /// Sends a request with the headers that its era demands.
    pub async fn post(&self, token: Option<&str>, message: &Value) -> Reply {
        let version = message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].as_str();
        let mut headers = Vec::new();
        if let Some(version) = version {
            headers.push(("mcp-protocol-version", version));
            headers.push(("mcp-method", message["method"].as_str().unwrap()));
            if let Some(name) = message["params"]["name"].as_str() {
                headers.push(("mcp-name", name));
            }
        }
        self.post_raw(token, &headers, message.to_string()).await
    }

    /// An authenticated WebSocket, or the status that the upgrade was refused with.
    pub async fn web_socket(&self, token: Option<&str>) -> Result<WebSocket, u16> {
        WebSocket::open(self.port, &self.authority, token, &[]).await
    }

    /// A WebSocket upgrade with further headers.
    pub async fn web_socket_with(
        &self,
        token: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Result<WebSocket, u16> {
        WebSocket::open(self.port, &self.authority, token, headers).await
    }

    /// A client that trusts this server, for requests of one's own.
    pub fn client(&self) -> &reqwest::Client {
        &self.https
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn certificates(folder: &Path) -> String {
    let authority = LocalCa::create().unwrap();
    let server = authority.issue(&["localhost", "127.0.0.1"]).unwrap();
    fs::write(folder.join("ca.pem"), &authority.certificate_pem).unwrap();
    fs::write(folder.join("server.pem"), &server.certificate_pem).unwrap();
    fs::write(folder.join("server.key"), server.key_pem.expose()).unwrap();
    fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
    authority.certificate_pem
}

const TLS: &str = r#"tls = { cert = "server.pem", key = "server.key" }"#;

fn config(port: u16, tls: &str, policies: &Path, more: &str) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "https://127.0.0.1:{port}/mcp"
data_dir = "data"
{tls}

[policy]
dir = "{policies}"

[[resource]]
name = "customer_database"
kind = "sqlite"
path = "company/customer_database.sqlite"

[[resource]]
name = "metrics_db"
kind = "sqlite"
path = "company/metrics_db.sqlite"

[[tool]]
name = "echo"
enabled = true
{more}
"#,
        policies = policies.display(),
    )
}
