//! A gateway with the tool `echo`, and raw connections to it.

use approvals::Approvals;
use audit::{Audit, AuditConfig};
use authn::{Audience, Authenticator, LocalIssuer, TokenRequest};
use authz::{Policy, PolicyFiles, PolicyInForce};
use connector_echo::Echo;
use domain::{Clock, SystemClock, UnixMillis};
use execute::{Connector, Connectors};
use gateway::{Front, Gateway, Guard, Limits, LocalCa, Peers, ProtectedResource, TlsFiles};
use manifest::Prepare;
use pipeline::{Parts, Pipeline};
use scan::{Actions, FindingAction, OutputScanner};
use secrets::KeyStore;
use sift::{Scanner, ScannerConfig};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use validate::Validator;

const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");
const ROLES: &str = r#"
    tenant = "acme"
    [people]
    ana = ["user"]
    [roles.user]
    about = "Echoes."
    grants = [{ tool = "echo", without_approval = true }]
    [clients]
    desk = "trusted"
    [classes.trusted]
    about = "As its person."
    grants = [{ tool = "*", without_approval = true }]
"#;
const URL: &str = "https://127.0.0.1:8443/mcp";

/// What takes milliseconds may take a thousand times that on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Limits that no test reaches by itself.
pub const WIDE: Limits = Limits {
    connections: 64,
    principal_sockets: 64,
    principal_pending: 4096,
    principal_running: 64,
    principal_bytes: 64 << 20,
    bytes: 512 << 20,
    handshake_time: Duration::from_secs(600),
    body_time: Duration::from_secs(600),
    message_time: Duration::from_secs(600),
    write_time: Duration::from_secs(600),
    ping_time: Duration::from_secs(600),
};

/// The machine's clock, and what a test adds to it.
#[derive(Default)]
pub struct Shifted(AtomicU64);

impl Shifted {
    pub fn forward(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }
}

impl Clock for Shifted {
    fn now(&self) -> UnixMillis {
        UnixMillis(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

/// A running gateway.
pub struct House {
    pub address: SocketAddr,
    pub token: String,
    /// The authority's certificate, PEM; empty without TLS.
    pub authority: String,
    pub clock: Arc<Shifted>,
    _folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

impl House {
    /// In clear, as behind a proxy.
    pub async fn open(limits: Limits) -> Self {
        Self::open_with(limits, |_| (None, String::new())).await
    }

    /// With TLS of its own.
    pub async fn open_with_tls(limits: Limits) -> Self {
        Self::open_with(limits, |folder| {
            let authority = LocalCa::create().unwrap();
            let made = authority.issue(&["127.0.0.1"]).unwrap();
            let files = TlsFiles { certificate: folder.join("server.pem"), key: folder.join("server.key") };
            std::fs::write(&files.certificate, &made.certificate_pem).unwrap();
            std::fs::write(&files.key, made.key_pem.expose()).unwrap();
            (Some(files), authority.certificate_pem)
        })
        .await
    }

    async fn open_with(limits: Limits, tls: impl FnOnce(&Path) -> (Option<TlsFiles>, String)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shifted = Arc::new(Shifted::default());
        let clock: Arc<dyn Clock> = Arc::clone(&shifted) as Arc<dyn Clock>;
        let keys = Arc::new(KeyStore::open(&folder.path().join("keys")).unwrap());
        let issuer = LocalIssuer::new(
            format!("{URL}/issuer"),
            URL.to_owned(),
            &keys.issuer().pkcs8(),
            keys.issuer().public_key(),
        );
        let request = TokenRequest {
            tenant: "acme".parse().unwrap(),
            person: "ana".parse().unwrap(),
            client: "desk".parse().unwrap(),
            audience: Audience::Mcp,
            lifetime: Duration::from_secs(600),
        };
        let token = issuer.mint(&request, clock.now(), secrets::random().unwrap()).unwrap().into_exposed();
        let pipeline = pipeline(folder.path(), &keys, &issuer, &clock).await;
        let (tls, authority) = tls(folder.path());
        let tls = tls.map(|files| gateway::server_config(&files).unwrap());
        let gateway = Gateway::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = gateway.address();
        let front = Front {
            guard: Guard::new([address.to_string()], []),
            resource: ProtectedResource::new(URL, &[]).unwrap(),
            proxies: Vec::new(),
        };
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(gateway.serve(Arc::new(pipeline), front, tls, Peers::Any, limits, stopping));
        Self { address, token, authority, clock: shifted, _folder: folder, _stop: stop }
    }

    pub async fn connect(&self) -> Line {
        Line(TcpStream::connect(self.address).await.unwrap())
    }

    /// The head of a POST with a body of `length` bytes.
    pub fn head(&self, length: usize) -> String {
        let Self { address, token, .. } = self;
        format!(
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        )
    }

    /// An upgraded connection.
    pub async fn web_socket(&self, mut line: Line) -> Line {
        let Self { address, token, .. } = self;
        line.send(
            format!(
                "GET /mcp/ws HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
                 connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-protocol: mcp\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            .as_bytes(),
        )
        .await;
        assert_eq!(line.head().await, 101);
        line
    }
}

async fn pipeline(
    folder: &Path,
    keys: &Arc<KeyStore>,
    issuer: &LocalIssuer,
    clock: &Arc<dyn Clock>,
) -> Pipeline {
    let config = AuditConfig { reserve_mib: 0, ..AuditConfig::new(folder.join("audit"), "test") };
    let (audit, _) = Audit::open(&config, keys, Arc::clone(clock)).unwrap();
    let store = Store::open(&folder.join("state.db")).unwrap();
    let approvals = Approvals::open(store, audit.clone(), Arc::clone(keys), Arc::clone(clock)).await.unwrap();
    let echo: Arc<dyn Connector> = Arc::new(Echo::new().unwrap());
    let texts = [("schema.cedarschema", SCHEMA), ("roles.toml", ROLES), ("data.toml", "")];
    let files = PolicyFiles::from_texts(texts).unwrap();
    let policy = Policy::load(&files, &[Arc::clone(echo.manifest())])
        .unwrap_or_else(|error| panic!("{:?}", error.problems()));
    let scanner = || Scanner::new(ScannerConfig::default()).unwrap();
    let prepares = [Arc::clone(&echo) as Arc<dyn Prepare>];
    let actions = Actions {
        secrets: FindingAction::Redact,
        personal_data: FindingAction::Mask,
        hidden_text: FindingAction::Redact,
    };
    Pipeline::new(Parts {
        authenticator: Arc::new(Authenticator::new(
            vec![issuer.trusted().unwrap()],
            URL.to_owned(),
            Arc::clone(clock),
        )),
        policy: Arc::new(PolicyInForce::new(Arc::new(policy))),
        validator: Validator::new(prepares, scanner(), Arc::new(approvals), limits::Limits::none()).unwrap(),
        connectors: Connectors::new(vec![echo]).unwrap_or_else(|name| panic!("{name} is there twice")),
        scanner: OutputScanner::new(scanner(), actions),
        audit,
        clock: Arc::clone(clock),
    })
}

/// A connection, byte by byte.
pub struct Line(pub TcpStream);

impl Line {
    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads an answer's head; gives its status.
    pub async fn head(&mut self) -> u16 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, self.0.read_u8()).await.expect("no answer in time").unwrap());
        }
        std::str::from_utf8(&head[9..12]).unwrap().parse().unwrap()
    }

    /// Whether a request is answered; the connection is kept.
    pub async fn is_alive(&mut self) -> bool {
        let asked = self.0.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut answer = [0; 512];
        let read = timeout(PATIENCE, self.0.read(&mut answer)).await.expect("no answer in time");
        asked.is_ok() && read.is_ok_and(|count| answer[..count].starts_with(b"HTTP/1.1 200"))
    }

    /// Waits until the other side has closed; gives what it said before and when it was.
    pub async fn closed(&mut self) -> (Vec<u8>, Instant) {
        let mut said = Vec::new();
        let read = self.0.read_to_end(&mut said);
        // A reset is an end as well: the server had not read everything.
        let _reset = timeout(PATIENCE, read).await.expect("the connection was not closed in time");
        (said, Instant::now())
    }
}

/// A client's frame with an empty mask.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
