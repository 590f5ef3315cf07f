//! Where a policy becomes current: read, checked, kept, recorded, and only then in force.
//!
//! One change at a time. A fault on the way changes nothing; the record is on disk before the first
//! decision under the new policy. Who may ask for it is said by the gate.

use audit::{Audit, OperatorEvent, Who};
use authz::{
    Accepted, DelegatePermit, Policy, PolicyDraft, PolicyError, PolicyFiles, PolicyInForce, VersionError,
    Versions,
};
use domain::{Clock, Digest, Refusal};
use manifest::ToolManifest;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What the desk works with.
pub struct DeskParts {
    /// The policy folder of the configuration.
    pub folder: PathBuf,
    /// The accepted policies.
    pub versions: Versions,
    /// Every tool that a policy may name.
    pub tools: Vec<Arc<ToolManifest>>,
    /// The log.
    pub audit: Audit,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

/// The desk of a running server, or of a data directory without one.
pub struct PolicyDesk {
    parts: Arc<DeskParts>,
    /// Where the server looks; none without a server.
    in_force: Option<Arc<PolicyInForce>>,
    /// The hash of the last `policy_loaded` record. Held during a change.
    current: Mutex<Option<Digest>>,
}

/// A change that was made, or was not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is current now.
    pub policy: Digest,
    /// What was current before.
    pub previous: Option<Digest>,
}

/// Who makes a policy current.
pub enum By {
    /// Somebody who may change all of it.
    Administrator(Who),
    /// Somebody who may change a part of it.
    Delegate(Who, Arc<DelegatePermit>),
    /// The owner of the data directory, without a server.
    Owner,
}

/// How the policy folder stands to what is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderState {
    /// It holds the current policy.
    Same,
    /// It holds another one.
    Changed(Digest),
    /// It cannot be loaded.
    Unusable(String),
}

/// A policy that is only to be asked.
#[derive(Clone, Debug)]
pub enum Trial {
    /// A kept version.
    Kept(Digest),
    /// The files of a folder, by name.
    Texts(BTreeMap<String, String>),
    /// A folder.
    Folder(PathBuf),
}

/// A policy that did not become current: the one before still is.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The folder does not make a policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A version cannot be kept or used.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A delegate asked for more than is theirs.
    #[error("the change goes beyond what is delegated: {0}")]
    Beyond(String),
    /// There is nothing to go back to.
    #[error("no other policy was current before this one")]
    NothingBefore,
    /// The log does not take the record.
    #[error("the change could not be recorded")]
    Unrecorded(#[source] Refusal),
    /// The work broke.
    #[error("loading the policy was not finished")]
    Broken,
}

impl DeskError {
    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Self::Policy(error) => error.hint(),
            Self::Version(error) => error.hint(),
            Self::Beyond(_) => "leave out what is named, or ask an administrator to accept it",
            Self::NothingBefore => "name a version of `secure-mcp policy versions`",
            Self::Unrecorded(_) => "free space or repair the disk, then retry",
            Self::Broken => "retry; if it stays, look at the server's log",
        }
    }
}

impl PolicyDesk {
    /// The desk of a server whose parts look at `in_force`.
    pub fn of_server(parts: DeskParts, in_force: Arc<PolicyInForce>) -> Self {
        let current = Mutex::new(Some(in_force.now().policy_hash()));
        Self { parts: Arc::new(parts), in_force: Some(in_force), current }
    }

    /// The desk of a data directory without a server; `current` is what its log says.
    pub fn without_server(parts: DeskParts, current: Option<Digest>) -> Self {
        Self { parts: Arc::new(parts), in_force: None, current: Mutex::new(current) }
    }

    /// Makes the folder as it is now the current policy.
    pub async fn accept(&self, by: By) -> Result<Change, DeskError> {
        let mut current = self.current.lock().await;
        let parts = Arc::clone(&self.parts);
        let (limit, by) = self.limit(by)?;
        let policy = aside(move || {
            let files = PolicyFiles::read(&parts.folder)?;
            let policy = Policy::load(&files, &parts.tools)?;
            limit.check(&policy)?;
            parts.versions.keep(&files, policy.policy_hash())?;
            Ok(policy)
        });
        let change = self.make_current(policy.await?, &mut current, by).await?;
        let parts = Arc::clone(&self.parts);
        aside(move || Ok(parts.versions.put_aside(None)?)).await?;
        Ok(change)
    }

    /// Makes a kept version current: the named one, or the last that was current before this one. What
    /// the folder holds then is set aside: a start does not bring it back.
    pub async fn roll_back(&self, to: Option<Digest>, by: By) -> Result<Change, DeskError> {
        let mut current = self.current.lock().await;
        let (parts, now) = (Arc::clone(&self.parts), *current);
        let (limit, by) = self.limit(by)?;
        let policy = aside(move || {
            let to = match to {
                Some(to) => to,
                None => before(&parts.versions.history()?, now).ok_or(DeskError::NothingBefore)?,
            };
            let policy = parts.versions.load(to, &parts.tools)?;
            limit.check(&policy)?;
            let folder = PolicyFiles::read(&parts.folder).ok();
            let folder = folder.and_then(|files| PolicyDraft::read(&files).hash());
            parts.versions.put_aside(folder.filter(|folder| *folder != to))?;
            Ok(policy)
        });
        self.make_current(policy.await?, &mut current, by).await
    }

    /// Loads another policy, which stays without effect.
    pub async fn load(&self, trial: Trial) -> Result<Policy, DeskError> {
        let parts = Arc::clone(&self.parts);
        let work = move || {
            let files = match trial {
                Trial::Kept(policy) => return Ok(parts.versions.load(policy, &parts.tools)?),
                Trial::Texts(texts) => PolicyFiles::from_texts(texts)?,
                Trial::Folder(folder) => PolicyFiles::read(&folder)?,
            };
            Ok(Policy::load(&files, &parts.tools)?)
        };
        aside(work).await
    }

    /// Every time that a policy became current, oldest first.
    pub fn history(&self) -> Result<Vec<Accepted>, VersionError> {
        self.parts.versions.history()
    }

    /// The kept version whose hash begins with `start`.
    pub fn named(&self, start: &str) -> Result<Digest, VersionError> {
        let found = self.parts.versions.named(start)?;
        found.ok_or_else(|| VersionError::Unknown { policy: start.to_owned() })
    }

    /// What is current.
    pub async fn current(&self) -> Option<Digest> {
        *self.current.lock().await
    }

    /// Looks at the folder. Takes as long as a load.
    pub async fn folder_state(&self) -> FolderState {
        let current = self.current().await;
        let parts = Arc::clone(&self.parts);
        let found = aside(move || Ok(Policy::load(&PolicyFiles::read(&parts.folder)?, &parts.tools)?));
        match found.await.map(|policy| policy.policy_hash()) {
            Ok(found) if Some(found) == current => FolderState::Same,
            Ok(found) => FolderState::Changed(found),
            Err(error) => FolderState::Unusable(error.to_string()),
        }
    }

    /// What the change may not go beyond: held against the policy that is in force now, whatever was when
    /// the request came in.
    fn limit(&self, by: By) -> Result<(Limit, Option<Who>), DeskError> {
        Ok(match (by, &self.in_force) {
            (By::Owner, _) => (Limit(None), None),
            (By::Administrator(who), _) => (Limit(None), Some(who)),
            (By::Delegate(who, permit), Some(in_force)) => (Limit(Some((permit, in_force.now()))), Some(who)),
            (By::Delegate(..), None) => return Err(DeskError::Beyond("no server runs".to_owned())),
        })
    }

    /// Record, then history, then the exchange: whoever decides under the new policy finds it on disk.
    async fn make_current(
        &self,
        policy: Policy,
        current: &mut Option<Digest>,
        by: Option<Who>,
    ) -> Result<Change, DeskError> {
        let change = Change { policy: policy.policy_hash(), previous: *current };
        if change.is_none() {
            return Ok(change);
        }
        let event = OperatorEvent::PolicyLoaded { policy: change.policy, previous: change.previous, by };
        self.parts.audit.record(event).await.map_err(DeskError::Unrecorded)?;
        // From here on it is current: the next start would find it in the log.
        *current = Some(change.policy);
        if let Some(in_force) = &self.in_force {
            in_force.replace(Arc::new(policy));
        }
        let accepted = Accepted { time: self.parts.clock.now(), policy: change.policy };
        let parts = Arc::clone(&self.parts);
        if let Err(error) = aside(move || Ok(parts.versions.note(accepted)?)).await {
            tracing::error!(%error, "a policy became current and is missing in the history of versions");
        }
        tracing::info!(policy = %change.policy.short(), "another policy is in force");
        Ok(change)
    }
}

/// A delegate and the policy in force.
struct Limit(Option<(Arc<DelegatePermit>, Arc<Policy>)>);

impl Limit {
    fn check(&self, new: &Policy) -> Result<(), DeskError> {
        let Some((permit, old)) = &self.0 else { return Ok(()) };
        permit.covers(old, new).map_err(DeskError::Beyond)
    }
}

impl Change {
    /// True if the policy was current already.
    pub fn is_none(&self) -> bool {
        self.previous == Some(self.policy)
    }
}

/// The last policy of the history that is not the one of `now`.
fn before(history: &[Accepted], now: Option<Digest>) -> Option<Digest> {
    history.iter().rev().map(|accepted| accepted.policy).find(|policy| Some(*policy) != now)
}

/// Runs `work` beside the threads that serve sockets. Work that panics is work that failed.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DeskError> + Send + 'static,
) -> Result<T, DeskError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(DeskError::Broken))
}
