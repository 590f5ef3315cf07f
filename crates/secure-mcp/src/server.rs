//! What the commands ask of the binary: start, prepare, check, open without a server.

use crate::followers::Followers;
use crate::policy_start::versions;
use crate::quickstart::{self, LocalTls};
use crate::wire::{self, House};
use crate::{catalogue, doctor, retention};
use admin::{Admin, AdminAddress, AdminParts, DeskParts, PolicyDesk, ServerStatus};
use anyhow::Context as _;
use authz::{CheckReport, Policy, PolicyFiles};
use cli::{BoxFuture, ChangedPolicy, DoctorLine, Offline, Running, Server, WitnessLine};
use domain::{Clock, SystemClock};
use gateway::{Front, Gateway, Guard, Limits, Peers, ProtectedResource, TlsFiles};
use settings::{AdminListen, Settings, Tls};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// The house as the commands see it.
pub struct Wiring {
    /// The program that the sandbox starts again.
    pub launcher: PathBuf,
}

impl Wiring {
    /// A house whose sandbox starts this very program again.
    pub fn of_this_program() -> Self {
        Self { launcher: PathBuf::from("/proc/self/exe") }
    }
}

impl Server for Wiring {
    fn prepare_quickstart(&self, settings: &Settings) -> anyhow::Result<()> {
        quickstart::prepare(settings)
    }

    fn start(&self, settings: Settings, changed: ChangedPolicy) -> BoxFuture<'_, anyhow::Result<Running>> {
        Box::pin(async move {
            let house = wire::house(&settings, self.launcher.clone(), changed).await?;
            up(settings, house)
        })
    }

    fn check_policy(&self, directory: &Path) -> anyhow::Result<CheckReport> {
        let files = PolicyFiles::read(directory)?;
        Ok(authz::check(&files, &catalogue::every_manifest()?)?)
    }

    fn load_policy(&self, directory: &Path) -> anyhow::Result<Arc<Policy>> {
        wire::load_policy(directory, &catalogue::every_manifest()?)
    }

    fn sample_policy(&self) -> Vec<(&'static str, &'static str)> {
        quickstart::POLICIES.to_vec()
    }

    fn open_offline<'a>(&'a self, settings: &'a Settings) -> BoxFuture<'a, anyhow::Result<Offline>> {
        Box::pin(async move {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let (keys, audit, report) = wire::open_log(settings, &clock)?;
            Ok(Offline { audit, report, issuer: wire::local_issuer(settings, &keys), clock })
        })
    }

    fn compare_witnesses<'a>(
        &'a self,
        settings: &'a Settings,
    ) -> BoxFuture<'a, anyhow::Result<Vec<WitnessLine>>> {
        Box::pin(async move { Followers::of(settings, SystemClock.now())?.compare(settings).await })
    }

    fn accept_restore<'a>(
        &'a self,
        settings: &'a Settings,
        reason: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<Vec<String>>> {
        Box::pin(async move {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let followers = Followers::of(settings, clock.now())?;
            let (_, audit, _) = wire::open_log(settings, &clock)?;
            let accepted = followers.accept(&audit, reason).await;
            tokio::task::spawn_blocking(move || audit.close()).await?;
            accepted
        })
    }

    fn policy_desk(&self, settings: &Settings, offline: &Offline) -> anyhow::Result<PolicyDesk> {
        let parts = DeskParts {
            folder: settings.policy.dir.clone(),
            versions: versions(settings),
            tools: catalogue::every_manifest()?,
            audit: offline.audit.clone(),
            clock: Arc::clone(&offline.clock),
        };
        Ok(PolicyDesk::without_server(parts, offline.report.last_policy))
    }

    fn doctor<'a>(&'a self, settings: &'a Settings) -> BoxFuture<'a, Vec<DoctorLine>> {
        Box::pin(doctor::lines(self.launcher.clone(), settings))
    }
}

/// Binds both listeners and serves.
fn up(settings: Settings, house: House) -> anyhow::Result<Running> {
    let server = &settings.server;
    let (tls, ca_file) = match &server.tls {
        Tls::Files { cert, key } => (Some(TlsFiles { certificate: cert.clone(), key: key.clone() }), None),
        Tls::LocalAuthority => {
            let local = LocalTls::of(&server.data_dir);
            (Some(local.files), Some(local.authority))
        }
        Tls::AtProxy => (None, None),
    };
    let tls = tls.map(|files| gateway::server_config(&files)).transpose()?;
    let gateway = Gateway::bind(server.listen)?;
    let operator_socket = server.data_dir.join("admin.sock");
    let mut planes = vec![Admin::bind(&AdminAddress::Unix(operator_socket.clone()))?];
    match &server.admin_listen {
        AdminListen::Tcp(address) => planes.push(Admin::bind(&AdminAddress::Tcp(*address))?),
        AdminListen::Unix(path) if *path != operator_socket => {
            planes.push(Admin::bind(&AdminAddress::Unix(path.clone()))?);
        }
        AdminListen::Unix(_) => {}
    }
    let admin = planes.last().map(|plane| plane.address().clone()).context("no admin plane")?;
    let mcp_url = server.public_url.as_str().to_owned();
    let wss_url = format!("{}/ws", mcp_url.replacen("http", "ws", 1));
    let status = ServerStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        mcp_url: mcp_url.clone(),
        wss_url: wss_url.clone(),
        facts: house.facts.clone(),
    };
    let facts = house.facts.clone();
    let clock = Arc::clone(&house.clock);
    let desk = DeskParts {
        folder: settings.policy.dir.clone(),
        versions: versions(&settings),
        tools: house.known_tools,
        audit: house.audit.clone(),
        clock: Arc::clone(&house.clock),
    };
    let authenticator = Arc::clone(&house.authenticator);
    let approvals = Arc::clone(&house.approvals);
    let parts = Arc::new(AdminParts {
        desk: PolicyDesk::of_server(desk, Arc::clone(&house.policy)),
        authenticator: house.authenticator,
        policy: house.policy,
        approvals: house.approvals,
        break_glass: Arc::clone(&house.break_glass),
        store: house.store,
        audit: house.audit.clone(),
        issuer: house.issuer,
        clock: house.clock,
        followers: house.relay.numbers(),
        status,
    });
    let peers = match &server.tls {
        Tls::AtProxy => Peers::Proxies(server.trusted_proxies.clone()),
        Tls::Files { .. } | Tls::LocalAuthority => Peers::Any,
    };
    let front = Front {
        guard: Guard::new(server.allowed_hosts.iter().cloned(), server.allowed_origins.iter().cloned()),
        resource: ProtectedResource::new(&mcp_url, &settings.identity.authorization_servers())?,
        proxies: server.trusted_proxies.clone(),
    };
    let limits = Limits::of_this_process();
    let (stop, stopping) = watch::channel(false);
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(gateway.serve(house.pipeline, front, tls, peers, limits, stopping.clone()));
    for plane in planes {
        serving.spawn(plane.serve(Arc::clone(&parts), stopping.clone()));
    }
    let keys_stopping = stopping.clone();
    serving.spawn(async move { authenticator.follow_keys(keys_stopping).await });
    if let Some(webhook) = house.webhook {
        serving.spawn(webhook.follow(approvals, stopping.clone()));
    }
    serving.spawn(house.break_glass.watch(stopping.clone()));
    let (audit, limits) = (house.audit, house.limits);
    let kept = settings.audit.retain;
    serving.spawn(retention::follow(kept, audit.clone(), Arc::clone(&clock), stopping.clone()));
    serving.spawn(house.relay.follow(stopping.clone()));
    serving.spawn(house.overrides.follow(audit.clone(), clock, stopping.clone()));
    let ended = tokio::spawn(async move {
        while serving.join_next().await.is_some() {}
        // Nothing runs any more: what was written ahead of its use is given back.
        if let Err(error) = limits.close().await {
            tracing::warn!(%error, "quotas keep what was written ahead of their use");
        }
        // The log's thread signs and syncs what is left; that blocks.
        let _ = tokio::task::spawn_blocking(move || audit.close()).await;
    });
    Ok(Running { mcp_url, wss_url, admin, operator_socket, ca_file, stop, ended, facts })
}
