//! The whole configuration: read from a file, or quickstart's own.

use crate::check::{Found, check};
use crate::error::{Fault, Place};
use crate::keys;
use crate::overrides::Ended;
use crate::position::{line_at, line_of};
use crate::raw::RawSettings;
use crate::trusted_file::{Links, TrustError, read_trusted};
use crate::{
    Approvals, Audit, Destination, Identity, Limit, Override, OverrideName, Policy, Resource, Sandbox, Scan,
    Server, SettingsError, Tool,
};
use domain::{ToolName, UnixMillis};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// A commented configuration to start from.
pub const EXAMPLE: &str = include_str!("../../../docs/secure-mcp.example.toml");

/// A configuration of this size has ten thousand tools; a bigger file is another file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Everything that the operator decided, checked.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each part documents itself")]
pub struct Settings {
    pub server: Server,
    pub identity: Identity,
    pub policy: Policy,
    pub audit: Audit,
    pub sandbox: Sandbox,
    pub approvals: Approvals,
    pub scan: Scan,
    pub resources: Vec<Resource>,
    pub tools: Vec<Tool>,
    pub limits: Vec<Limit>,
    pub destinations: Vec<Destination>,
    pub overrides: Vec<Override>,
}

impl Settings {
    /// Reads `file`. Relative paths in it start at its folder.
    pub fn load(file: &Path, now: UnixMillis) -> Result<Self, SettingsError> {
        Self::read(file, now, Ended::Refused)
    }

    /// The same, with overrides that are over: to be looked at, not to be served.
    pub fn load_with_ended(file: &Path, now: UnixMillis) -> Result<Self, SettingsError> {
        Self::read(file, now, Ended::Kept)
    }

    fn read(file: &Path, now: UnixMillis, ended: Ended) -> Result<Self, SettingsError> {
        let text = read_trusted(file, Links::Followed, MAX_FILE_BYTES).map_err(|error| match error {
            TrustError::Unreadable { path, source } => SettingsError::Unreadable { path, source },
            exposed @ TrustError::Exposed { .. } => SettingsError::Exposed(exposed),
        })?;
        Self::parse_with(&text, file, now, ended)
    }

    /// Reads the text of `file`; `now` decides which overrides are over.
    pub fn parse(text: &str, file: &Path, now: UnixMillis) -> Result<Self, SettingsError> {
        Self::parse_with(text, file, now, Ended::Refused)
    }

    fn parse_with(text: &str, file: &Path, now: UnixMillis, ended: Ended) -> Result<Self, SettingsError> {
        let place = |line| Place { file: file.to_owned(), line };
        let syntax = |error: toml::de::Error| {
            let line = error.span().map(|span| line_at(text, span.start));
            SettingsError::Syntax { place: place(line), cause: error.message().to_owned() }
        };
        let document = DeTable::parse(text).map_err(syntax)?;
        let wrong = |fault: Fault| SettingsError::Value {
            place: place(line_of(text, document.get_ref(), &fault.key)),
            key: fault.key,
            cause: fault.cause,
            advice: fault.advice,
        };
        check(document.get_ref(), keys::ROOT, "").map_err(|found| match found {
            Found::Wrong(fault) => wrong(fault),
            Found::Unknown { key, advice, offset } => {
                SettingsError::UnknownKey { place: place(Some(line_at(text, offset))), key, advice }
            }
        })?;
        let raw: RawSettings = toml::from_str(text).map_err(syntax)?;
        let base = file.parent().unwrap_or(Path::new(""));
        Self::assemble(raw, base, now, ended).map_err(wrong)
    }

    fn assemble(raw: RawSettings, base: &Path, now: UnixMillis, ended: Ended) -> Result<Self, Fault> {
        let server = Server::check(raw.server, base)?;
        let identity = Identity::check(raw.identity.unwrap_or_default(), &server.public_url, base)?;
        let destinations = Destination::check_all(raw.egress.unwrap_or_default(), base)?;
        let audit = Audit::check(raw.audit.unwrap_or_default(), &destinations, &server.data_dir, base)?;
        let resources = Resource::check_all(raw.resource.unwrap_or_default(), base)?;
        let overrides = Override::check_all(raw.r#override.unwrap_or_default(), &destinations, now, ended)?;
        Ok(Self {
            server,
            identity,
            policy: Policy::check(raw.policy, base),
            audit,
            approvals: Approvals::check(raw.approvals.unwrap_or_default(), base, &destinations)?,
            sandbox: Sandbox::check(raw.sandbox.unwrap_or_default())?,
            scan: Scan::check(raw.scan.unwrap_or_default())?,
            tools: Tool::check_all(raw.tool.unwrap_or_default())?,
            limits: Limit::check_all(raw.limit.unwrap_or_default(), &resources)?,
            resources,
            destinations,
            overrides,
        })
    }

    /// What `secure-mcp quickstart` runs with: loopback only, a local authority, the sample company.
    pub fn quickstart(data_dir: PathBuf, listen: SocketAddr) -> Result<Self, SettingsError> {
        let audit = Audit::usual(&data_dir);
        let policy = Policy { dir: data_dir.join("policies") };
        let resources = ["customer_database", "metrics_db"];
        let resources = resources.into_iter().filter_map(|name| Resource::sample(name, &data_dir)).collect();
        let server = Server::quickstart(data_dir, listen).map_err(|fault| SettingsError::Value {
            place: Place { file: PathBuf::from("--listen"), line: None },
            key: fault.key,
            cause: fault.cause,
            advice: fault.advice,
        })?;
        Ok(Self {
            server,
            identity: Identity::default(),
            policy,
            audit,
            sandbox: Sandbox::default(),
            approvals: Approvals::default(),
            scan: Scan::default(),
            resources,
            tools: Tool::on("echo").into_iter().collect(),
            limits: Vec::new(),
            destinations: Vec::new(),
            overrides: Vec::new(),
        })
    }

    /// What the operator said about a tool, if anything.
    pub fn tool(&self, name: &ToolName) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == *name)
    }

    /// The override `name` if one is written and holds at the moment `now`.
    pub fn active_override(&self, name: &OverrideName, now: UnixMillis) -> Option<&Override> {
        self.overrides.iter().find(|one| one.name == *name && one.holds(now))
    }
}
