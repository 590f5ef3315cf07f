//! A plane on a socket in a temporary folder, and a client for it.

use crate::{Admin, AdminAddress, AdminParts, DeskParts, PolicyDesk, ServerStatus};
use approvals::Approvals;
use audit::{Audit, AuditConfig};
use authn::{Audience, Authenticator, LocalIssuer, TokenRequest};
use authz::{Policy, PolicyFiles, PolicyInForce, Versions};
use break_glass::BreakGlass;
use bytes::Bytes;
use domain::{Clock, SystemClock};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use secrets::KeyStore;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");
const ROLES: &str = r#"
    tenant = "acme"
    [people]
    ana = ["user"]
    sam = ["approver"]
    root = ["admin"]
    eve = ["auditor"]
    [roles.user]
    about = "Nothing on this plane."
    [roles.approver]
    about = "Approves."
    may = ["approve"]
    [roles.admin]
    about = "Administers."
    may = ["administer"]
    [roles.auditor]
    about = "Reads."
    may = ["audit"]
    [clients]
    desk = "trusted"
    robot = "bound"
    [classes.trusted]
    about = "As its person."
    may = ["approve", "administer", "audit"]
    [classes.bound]
    about = "Nothing on this plane."
"#;

const URL: &str = "https://127.0.0.1:8443/mcp";

/// A plane that answers.
pub(super) struct House {
    pub(super) parts: Arc<AdminParts>,
    pub(super) socket: PathBuf,
    /// Removed with the house.
    pub(super) folder: tempfile::TempDir,
    pub(super) keys: Arc<KeyStore>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) ended: JoinHandle<()>,
}

impl House {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let keys = Arc::new(KeyStore::open(&folder.path().join("keys")).unwrap());
        let config = AuditConfig { reserve_mib: 0, ..AuditConfig::new(folder.path().join("audit"), "test") };
        let (audit, _) = Audit::open(config, &keys, Arc::clone(&clock)).unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let approvals = Approvals::open(store.clone(), audit.clone(), Arc::clone(&keys), Arc::clone(&clock))
            .await
            .unwrap();
        let policies = folder.path().join("policies");
        std::fs::create_dir(&policies).unwrap();
        for (name, text) in [("schema.cedarschema", SCHEMA), ("roles.toml", ROLES), ("data.toml", "")] {
            std::fs::write(policies.join(name), text).unwrap();
        }
        let policy = Policy::load(&PolicyFiles::read(&policies).unwrap(), &[])
            .unwrap_or_else(|error| panic!("{:?}", error.problems()));
        let policy = Arc::new(PolicyInForce::new(Arc::new(policy)));
        let desk = DeskParts {
            folder: policies,
            versions: Versions::new(folder.path().join("versions")),
            tools: Vec::new(),
            audit: audit.clone(),
            clock: Arc::clone(&clock),
        };
        let authenticator = Arc::new(Authenticator::new(
            vec![issuer(&keys).trusted().unwrap()],
            URL.to_owned(),
            Arc::clone(&clock),
        ));
        let break_glass = BreakGlass::open(
            store.clone(),
            audit.clone(),
            Arc::clone(&keys),
            Arc::clone(authenticator.elevations()),
            Arc::clone(&clock),
        );
        let parts = Arc::new(AdminParts {
            authenticator,
            break_glass: Arc::new(break_glass.await.unwrap()),
            desk: PolicyDesk::of_server(desk, Arc::clone(&policy)),
            policy,
            approvals: Arc::new(approvals),
            store,
            audit,
            issuer: issuer(&keys),
            clock,
            followers: Arc::default(),
            status: ServerStatus {
                version: "1.2.3".to_owned(),
                mcp_url: URL.to_owned(),
                wss_url: "wss://127.0.0.1:8443/mcp/ws".to_owned(),
                facts: vec!["isolation: none".to_owned()],
            },
        });
        let socket = folder.path().join("admin.sock");
        let admin = Admin::bind(&AdminAddress::Unix(socket.clone())).unwrap();
        let (stop, stopping) = watch::channel(false);
        let ended = tokio::spawn(admin.serve(Arc::clone(&parts), stopping));
        Self { parts, socket, folder, keys, stop, ended }
    }

    pub(super) fn token(&self, tenant: &str, person: &str, client: &str, audience: Audience) -> String {
        let request = TokenRequest {
            tenant: tenant.parse().unwrap(),
            person: person.parse().unwrap(),
            client: client.parse().unwrap(),
            audience,
            lifetime: Duration::from_secs(60),
        };
        let identifier = secrets::random().unwrap();
        issuer(&self.keys).mint(&request, SystemClock.now(), identifier).unwrap().into_exposed()
    }

    /// An admin token of a person of the company, through its own client.
    pub(super) fn admin(&self, person: &str) -> String {
        self.token("acme", person, "desk", Audience::Admin)
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.ask(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await
    }

    pub(super) async fn ask(&self, request: Request<Full<Bytes>>) -> (StatusCode, Value) {
        let stream = UnixStream::connect(&self.socket).await.unwrap();
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let response = sender.send_request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        (status, serde_json::from_slice(&body).unwrap_or_else(|_| text()))
    }

    /// The events of the log with the tool or route that they name, oldest first.
    pub(super) fn events(&self) -> Vec<(&'static str, String)> {
        let records = self.parts.audit.tail(1000).unwrap();
        let operation = |body: &Value| {
            body.pointer("/api/operation").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        records.iter().map(|record| (record.event.name(), operation(&record.body))).collect()
    }
}

fn issuer(keys: &KeyStore) -> LocalIssuer {
    let key = keys.issuer();
    LocalIssuer::new("test".to_owned(), URL.to_owned(), &key.pkcs8(), key.public_key())
}
