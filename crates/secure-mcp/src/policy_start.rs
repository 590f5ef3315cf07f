//! Which policy a server starts with, and what the log and the kept versions learn of it.

use anyhow::Context as _;
use audit::{Audit, OperatorEvent};
use authz::{Accepted, Policy, PolicyDraft, PolicyFiles, Versions};
use cli::{ChangedPolicy, Failure};
use domain::{Clock, Digest};
use manifest::ToolManifest;
use settings::Settings;
use std::sync::Arc;

/// Beside the policy folder, which quickstart has in the data directory too.
const FOLDER: &str = "policy-versions";

/// The kept versions of a data directory.
pub(crate) fn versions(settings: &Settings) -> Versions {
    Versions::new(settings.server.data_dir.join(FOLDER))
}

/// What the folder was found to hold.
pub(crate) struct Found {
    pub(crate) files: PolicyFiles,
    pub(crate) draft: PolicyDraft,
}

/// The policy to start with: the folder's, or, if a rollback set exactly that one aside, the version that
/// the log calls current. Gives a line for the operator in the second case.
pub(crate) async fn settle(
    found: Found,
    tools: &[Arc<ToolManifest>],
    versions: &Versions,
    log: (&Audit, Option<Digest>),
    change: ChangedPolicy,
    clock: &dyn Clock,
) -> anyhow::Result<(Policy, Option<String>)> {
    let policy = found.draft.for_tools(tools)?;
    let hash = policy.policy_hash();
    let (audit, previous) = log;
    let set_aside = versions.set_aside()?;
    if let Some(current) = previous.filter(|current| *current != hash && set_aside == Some(hash)) {
        let policy = versions.load(current, tools).context("the policy that a rollback put in force")?;
        let (current, folder) = (current.short(), hash.short());
        let fact = format!("policy: {current} is in force by a rollback; the folder holds {folder}");
        return Ok((policy, Some(fact)));
    }
    if let Some(previous) = previous.filter(|previous| *previous != hash && change == ChangedPolicy::Refuse) {
        return Err(Failure::policy_changed(&previous.to_string(), &hash.to_string()).into());
    }
    versions.keep(&found.files, hash)?;
    if previous != Some(hash) {
        audit.record(OperatorEvent::PolicyLoaded { policy: hash, previous, by: None }).await?;
    }
    if versions.history()?.last().map(|last| last.policy) != Some(hash) {
        versions.note(Accepted { time: clock.now(), policy: hash })?;
    }
    if set_aside.is_some() {
        versions.put_aside(None)?;
    }
    Ok((policy, None))
}
