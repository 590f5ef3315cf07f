//! One server, built in the order of its layers.

use crate::announce;
use crate::catalogue::Catalogue;
use crate::facts::facts;
use crate::followers::Followers;
use crate::foundations::Foundations;
use crate::key_servers::KeyServers;
use crate::limit_rules::rules;
use crate::override_log::{OverrideLog, config_digest};
use crate::overrides;
use crate::policy_start::{settle, versions};
use crate::quickstart::private_folder;
use anyhow::{Context as _, bail};
use approvals::{Approvals, Webhook};
use audit::{Audit, AuditConfig, OperatorEvent};
use authn::{Authenticator, IssuerKeys, KeyServer, KeySet, LocalIssuer, PublishedKeys, TrustedIssuer};
use authz::{Policy, PolicyFiles, PolicyInForce};
use break_glass::BreakGlass;
use cli::ChangedPolicy;
use connector_sql::{DatabaseQuery, MaskKey, Source};
use domain::{Clock, SystemClock, ToolName};
use execute::Connectors;
use manifest::{Prepare, ToolManifest};
use pipeline::{Parts, Pipeline};
use relay::Relay;
use scan::{Actions, FindingAction, OutputScanner};
use secrets::KeyStore;
use settings::{Links, ResourceKind, Settings};
use sift::{Class, KindSet, Scanner, ScannerConfig};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{ApprovalTerms, Store};
use validate::Validator;

/// The name of this server in the origin of its log.
const NODE: &str = "local";

const MIB: u64 = 1024 * 1024;

/// A thousand keys; providers publish a handful.
const MAX_JWKS_BYTES: u64 = MIB;

/// Everything of a server but its listeners.
pub struct House {
    /// The governed path.
    pub pipeline: Arc<Pipeline>,
    /// Layer 1.
    pub authenticator: Arc<Authenticator>,
    /// Layer 2.
    pub policy: Arc<PolicyInForce>,
    /// Every tool that a policy may name.
    pub known_tools: Vec<Arc<ToolManifest>>,
    /// Approvals.
    pub approvals: Arc<Approvals>,
    /// The server's state.
    pub store: Store,
    /// The log.
    pub audit: Audit,
    /// The embedded issuer.
    pub issuer: LocalIssuer,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Lines for the operator: isolation, limits, interpreters.
    pub facts: Vec<String>,
    /// Who is told of calls that wait.
    pub(crate) webhook: Option<Webhook>,
    /// Emergency roles.
    pub(crate) break_glass: Arc<BreakGlass>,
    /// Rates and quotas.
    pub(crate) limits: limits::Limits,
    /// What is still to be recorded of the overrides.
    pub(crate) overrides: OverrideLog,
    /// Who gets the log's records and checkpoints.
    pub(crate) relay: Relay,
}

/// Opens keys and log of a data directory.
pub(crate) fn open_log(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(Arc<KeyStore>, Audit, audit::OpenReport)> {
    private_folder(&settings.server.data_dir)?;
    private_folder(&settings.audit.dir)?;
    let keys = Arc::new(KeyStore::open(&settings.server.data_dir.join("keys")).context("the server's keys")?);
    let config = AuditConfig {
        reserve_mib: settings.audit.reserve_bytes / MIB,
        per_principal_mib_day: settings.audit.per_principal_bytes_day / MIB,
        ..AuditConfig::new(&settings.audit.dir, NODE)
    };
    let (audit, report) = Audit::open(&config, &keys, Arc::clone(clock)).context("the audit log")?;
    Ok((keys, audit, report))
}

/// The embedded issuer of a data directory.
pub(crate) fn local_issuer(settings: &Settings, keys: &KeyStore) -> LocalIssuer {
    let url = settings.server.public_url.as_str().to_owned();
    LocalIssuer::new(format!("{url}/issuer"), url, &keys.issuer().pkcs8(), keys.issuer().public_key())
}

/// Builds a server from its settings. `launcher` is the program that the sandbox starts again.
pub async fn house(settings: &Settings, launcher: PathBuf, change: ChangedPolicy) -> anyhow::Result<House> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let no_isolation = overrides::no_isolation(settings, &clock);
    let Foundations { keys, audit, report, sandbox, runtimes, policy } =
        Foundations::lay(settings, launcher, no_isolation.is_some(), &clock).await?;
    let followers = Followers::of(settings, clock.now())?;
    followers.agree(&audit).await?;
    let catalogue =
        Catalogue::build(settings, &sandbox, &runtimes, database(settings, &keys)?, no_isolation)?;
    let log = (&audit, report.last_policy);
    let (policy, set_aside) =
        settle(policy, &catalogue.known, &versions(settings), log, change, clock.as_ref()).await?;
    let overrides = announce(settings, &audit, &policy, clock.as_ref()).await?;
    let policy = Arc::new(PolicyInForce::new(Arc::new(policy)));
    let issuer = local_issuer(settings, &keys);
    let authenticator = Arc::new(authenticator(settings, &issuer, &clock)?);
    let store = Store::open(&settings.server.data_dir.join("state.db"))?;
    authenticator.revocations().restore(store.revocations().await?);
    let rules = rules(settings, &catalogue.known)?;
    let quota_key = keys.derive("names in the state of quotas")?;
    let limits = limits::Limits::open(rules, store.clone(), quota_key, Arc::clone(&clock)).await?;
    let elevations = Arc::clone(authenticator.elevations());
    let break_glass =
        BreakGlass::open(store.clone(), audit.clone(), Arc::clone(&keys), elevations, Arc::clone(&clock));
    let break_glass = Arc::new(break_glass.await?);
    let webhook = announce::webhook(settings, clock.now())?;
    let approvals =
        Approvals::open(store.clone(), audit.clone(), Arc::clone(&keys), Arc::clone(&clock)).await?;
    let approvals = Arc::new(approvals.with_terms(approval_terms(settings)));
    let prepares = catalogue.served.iter().map(|tool| Arc::clone(tool) as Arc<dyn Prepare>);
    let inbound = ScannerConfig { kinds: KindSet::of(Class::HiddenText), ..ScannerConfig::default() };
    let validator = Validator::new(prepares, Scanner::new(inbound)?, Arc::clone(&approvals), limits.clone())?;
    let connectors = match Connectors::new(catalogue.served) {
        Ok(connectors) => connectors,
        Err(name) => bail!("two tools are named `{name}`"),
    };
    let pipeline = Arc::new(Pipeline::new(Parts {
        authenticator: Arc::clone(&authenticator),
        policy: Arc::clone(&policy),
        validator,
        connectors,
        scanner: OutputScanner::new(Scanner::new(ScannerConfig::default())?, actions(settings)),
        audit: audit.clone(),
        clock: Arc::clone(&clock),
    }));
    let relay = followers.relay(&audit, &clock);
    let mut facts = facts(&sandbox, &runtimes);
    facts.extend(overrides::facts(settings, &sandbox));
    facts.extend(set_aside);
    let known_tools = catalogue.known;
    Ok(House {
        pipeline,
        authenticator,
        policy,
        known_tools,
        approvals,
        store,
        audit,
        issuer,
        clock,
        facts,
        overrides,
        break_glass,
        webhook,
        limits,
        relay,
    })
}

/// Who has to agree, for the tools of which the operator said it.
fn approval_terms(settings: &Settings) -> HashMap<ToolName, ApprovalTerms> {
    let terms =
        |said: &settings::ToolApprovals| ApprovalTerms { needed: said.needed, approvers: said.by.clone() };
    settings.tools.iter().map(|tool| (tool.name.clone(), terms(&tool.approvals))).collect()
}

/// Loads a policy folder against the tools that exist.
pub(crate) fn load_policy(folder: &Path, tools: &[Arc<ToolManifest>]) -> anyhow::Result<Arc<Policy>> {
    let files = PolicyFiles::read(folder)?;
    Ok(Arc::new(Policy::load(&files, tools)?))
}

/// The tool over the configured databases; without one it is known to policy and not served.
fn database(settings: &Settings, keys: &KeyStore) -> anyhow::Result<DatabaseQuery> {
    let mut sources = Vec::new();
    for resource in &settings.resources {
        let ResourceKind::Sqlite { path } = &resource.kind;
        let source = Source::open(resource.name.clone(), path)
            .with_context(|| format!("resource `{}` in `{}`", resource.name, path.display()))?;
        sources.push(source);
    }
    let key = MaskKey::new(keys.derive("mask tokens of database-query")?);
    Ok(DatabaseQuery::new(sources, key)?)
}

fn authenticator(
    settings: &Settings,
    local: &LocalIssuer,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Authenticator> {
    let mut issuers = vec![local.trusted()?];
    let servers: Arc<dyn KeyServer> =
        Arc::new(KeyServers { settings: settings.clone(), clock: Arc::clone(clock) });
    for issuer in &settings.identity.issuers {
        let keys = match &issuer.keys {
            settings::IssuerKeys::File(file) => {
                let document = settings::read_trusted(file, Links::Followed, MAX_JWKS_BYTES)
                    .with_context(|| format!("the keys of issuer `{}`", issuer.issuer))?;
                KeySet::from_jwks(&document).with_context(|| format!("issuer `{}`", issuer.issuer))?.into()
            }
            settings::IssuerKeys::Url { url, refresh } => {
                IssuerKeys::Published(PublishedKeys::new(url.clone(), *refresh, Arc::clone(&servers)))
            }
        };
        issuers.push(TrustedIssuer {
            issuer: issuer.issuer.clone(),
            keys,
            audience: Some(issuer.audience.clone()),
            admin: false,
            tenant: Some(issuer.tenant.clone()),
            roles_claim: issuer.roles_claim.clone(),
        });
    }
    Ok(Authenticator::new(issuers, settings.server.public_url.as_str().to_owned(), Arc::clone(clock)))
}

/// Says in the log that the server is up, with which policy, and which overrides hold.
async fn announce(
    settings: &Settings,
    audit: &Audit,
    policy: &Policy,
    clock: &dyn Clock,
) -> anyhow::Result<OverrideLog> {
    audit
        .record(OperatorEvent::ServerStarted {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: config_digest(settings),
            policy: Some(policy.policy_hash()),
        })
        .await?;
    let mut overrides = OverrideLog::new(settings);
    overrides.say(audit, clock.now()).await?;
    Ok(overrides)
}

fn actions(settings: &Settings) -> Actions {
    let action = |chosen: settings::FindingAction| match chosen {
        settings::FindingAction::Redact => FindingAction::Redact,
        settings::FindingAction::Mask => FindingAction::Mask,
        settings::FindingAction::Block => FindingAction::Block,
    };
    Actions {
        secrets: action(settings.scan.secrets),
        personal_data: action(settings.scan.personal_data),
        hidden_text: action(settings.scan.hidden_text),
    }
}
