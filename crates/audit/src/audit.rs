//! The log's front: what the layers and the admin plane call.
//!
//! A caller's record is made on the caller's side; here it is queued and waited for. Nothing here
//! knows files, and nothing decides: what is recorded was decided before.

use crate::deriver::Deriver;
use crate::disk::{DirectoryLock, RealDisk, SharedDisk};
use crate::log::{self, Command, Dropped, Health, Inbox, Lane, OpenCall, Pending, Shared, Sums, Then};
use crate::note::Checkpoint;
use crate::numbers::{Durations, Operation, Operations};
use crate::read::Reader;
use crate::record::{self, Actor, RecordError, actor_of};
use crate::subjects::SubjectName;
use crate::tree::Hash;
use crate::{
    AuditConfig, AuditError, Intent, IntentReceipt, Listed, OperatorEvent, Outcome, OutcomeReceipt,
    ReadRecord, RecordReceipt, Refused, SearchPage, SearchQuery, TilePath, VerifierKey,
};
use crate::{search, tiles};
use domain::{CallId, Clock, Digest, PersonId, Principal, Refusal, RefusalCode, TenantId, UnixMillis};
use secrets::KeyStore;
use std::borrow::Borrow;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The audit log. Copies share it; the last one closes it.
#[derive(Clone)]
pub struct Audit(Arc<Open>);

struct Open {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    lock: Mutex<Option<DirectoryLock>>,
    deriver: Mutex<Option<Deriver>>,
}

/// What was found when the log was opened.
#[derive(Clone, Debug)]
pub struct OpenReport {
    /// Records now, those of this opening included.
    pub records: u64,
    /// Calls of an earlier run that were closed as abandoned.
    pub abandoned: usize,
    /// Bytes that had never been synced and were cut off.
    pub torn_bytes: u64,
    /// The policy set of the last `policy_loaded` record.
    pub last_policy: Option<Digest>,
    /// The log was begun.
    pub created: bool,
}

impl Audit {
    /// Opens the log, or begins it, and starts its thread.
    ///
    /// Refuses a log that another process writes, that is shorter than its last checkpoint or
    /// differs from it. Heals what a cut of the power left behind.
    pub fn open(
        config: impl Borrow<AuditConfig>,
        keys: &KeyStore,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, OpenReport), AuditError> {
        let (log, report) = Self::open_on(config.borrow(), keys, clock, Arc::new(RealDisk))?;
        let deriver = Deriver::start(Arc::clone(&log.0.shared))
            .map_err(AuditError::io("start a thread for", &config.borrow().directory))?;
        *log.0.deriver.lock().unwrap_or_else(PoisonError::into_inner) = Some(deriver);
        Ok((log, report))
    }

    pub(crate) fn open_on(
        config: &AuditConfig,
        keys: &KeyStore,
        clock: Arc<dyn Clock>,
        disk: SharedDisk,
    ) -> Result<(Self, OpenReport), AuditError> {
        let mut started = log::start(config, keys, Arc::clone(&clock), disk)?;
        let abandoned = started.close_open_calls()?;
        let files = started.files;
        let report = OpenReport {
            records: files.range.size(),
            abandoned,
            torn_bytes: started.torn_bytes,
            last_policy: files.last_policy,
            created: started.created,
        };
        let shared = Arc::new(Shared {
            inbox: Inbox::default(),
            sums: Sums::new(config.per_principal_mib_day),
            subjects: Arc::clone(&files.setup.subjects),
            published: Arc::clone(&files.setup.published),
            clock,
            origin: Arc::clone(&files.setup.origin),
            disk: Arc::clone(&files.setup.disk),
            layout: files.setup.layout.clone(),
            operations: Operations::default(),
            active_rows: Arc::default(),
        });
        if !started.has_room {
            shared.inbox.set_health(Health::Full);
        }
        let thread = log::start_thread(Arc::clone(&shared), files)
            .map_err(AuditError::io("start a thread for", &config.directory))?;
        let open = Open {
            shared,
            thread: Mutex::new(Some(thread)),
            lock: Mutex::new(Some(started.lock)),
            deriver: Mutex::default(),
        };
        Ok((Self(Arc::new(open)), report))
    }

    /// Records that a call is about to have its effect. Returns once the record is durable.
    ///
    /// Refuses with `audit_unavailable`, `quota_exhausted`, `busy` or `shutting_down`; the call must
    /// not run then.
    pub async fn intent(&self, intent: Intent) -> Result<IntentReceipt, Refusal> {
        let shared = &self.0.shared;
        let actor = self.actor(&intent.who.principal)?;
        let record = record::intent(&intent, &actor, shared.clock.now()).map_err(cannot_make)?;
        // The outcome is paid for here: once a call ran, its end is recorded whatever the share says.
        self.charge(&intent.who.principal, 2 * record.len())?;
        let (caller, answer) = oneshot::channel();
        let open = OpenCall { call: intent.call, index: 0, tool: Some(intent.tool), actor: Some(actor) };
        shared.inbox.push(Pending { record, lane: Lane::Call, then: Then::Intent(caller, open) })?;
        answer.await.unwrap_or_else(|_| Err(no_answer()))
    }

    /// Records how a call ended. Returns once the record is durable; on a refusal the output must be
    /// withheld, and the call is closed as abandoned as soon as the log can.
    pub async fn outcome(&self, receipt: IntentReceipt, outcome: Outcome) -> Result<OutcomeReceipt, Refusal> {
        let shared = Arc::clone(receipt.shared());
        let made = receipt.open().map(|open| record::outcome(&outcome, open, shared.clock.now()));
        let record = made.ok_or_else(no_answer)?.map_err(cannot_make)?;
        let open = receipt.spend().ok_or_else(no_answer)?;
        let tool = open.tool.clone();
        let (caller, answer) = oneshot::channel();
        shared.inbox.push(Pending { record, lane: Lane::Ending, then: Then::Outcome(caller, open) })?;
        let ended = answer.await.unwrap_or_else(|_| Err(no_answer()))?;
        let error = outcome.refusal.as_ref().map(Refusal::code);
        shared.operations.count(tool.as_ref().map(|tool| tool.as_str()), error, outcome.duration_us);
        Ok(ended)
    }

    /// Drops the oldest segments, those that hold nothing younger than `before`; the hashes of their records
    /// stay, and every proof holds. `None` if there are none. Recorded. Waits for the disk.
    pub fn drop_before(&self, before: UnixMillis) -> Result<Option<Dropped>, AuditError> {
        let (answer, answered) = mpsc::channel();
        if !self.0.shared.inbox.command(Command::Drop(before, answer)) {
            return Err(AuditError::Down);
        }
        answered.recv().unwrap_or(Err(AuditError::Down))
    }

    /// The calls whose last record this run made durable, and how long they took.
    pub fn operations(&self) -> Vec<(Operation, Durations)> {
        self.0.shared.operations.now()
    }

    /// Records a refusal after authentication. Returns once the record is durable.
    pub async fn refused(&self, refused: Refused) -> Result<RecordReceipt, Refusal> {
        let actor = self.actor(&refused.who.principal)?;
        let record = record::refused(&refused, &actor, self.0.shared.clock.now()).map_err(cannot_make)?;
        self.charge(&refused.who.principal, record.len())?;
        let receipt = self.durable(record, Lane::Call).await?;
        let code = Some(refused.refusal.code());
        self.0.shared.operations.count(refused.tool.as_deref(), code, refused.duration_us);
        Ok(receipt)
    }

    /// Counts a refusal before authentication: one record per address and minute.
    pub fn refused_before_authentication(&self, source: IpAddr, code: RefusalCode) {
        self.0.shared.sums.refused(self.0.shared.clock.now(), source, code);
    }

    /// Records a list, without waiting for the disk. Refuses if the log takes no records.
    pub fn listed(&self, listed: Listed) -> Result<(), Refusal> {
        let actor = self.actor(&listed.who.principal)?;
        let record = record::listed(&listed, &actor, self.0.shared.clock.now()).map_err(cannot_make)?;
        self.charge(&listed.who.principal, record.len())?;
        self.0.shared.inbox.push(Pending { record, lane: Lane::Call, then: Then::Nothing })
    }

    /// Records an event that is no step of a call. Returns once the record is durable. An operator's
    /// own event may use the reserved space when the disk is full.
    pub async fn record(&self, event: OperatorEvent) -> Result<RecordReceipt, Refusal> {
        let shared = &self.0.shared;
        let record = record::operator(&event, &shared.subjects, shared.clock.now()).map_err(cannot_make)?;
        let lane = if event.may_use_reserve() { Lane::Operator } else { Lane::Call };
        self.durable(record, lane).await
    }

    /// True if the log has an intent of the call. Reads the indexes of all segments.
    pub fn has_intent(&self, call: CallId) -> Result<bool, AuditError> {
        self.reader().has_intent(call)
    }

    /// True if the log takes calls. False while it is down, its disk is full, or it was halted.
    pub fn is_ready(&self) -> bool {
        self.0.shared.inbox.takes_calls()
    }

    /// The last records, oldest first; at most [`crate::limits::MAX_READ_RECORDS`]. Personal fields are
    /// opened: the caller authorises the reader and records the reading.
    pub fn tail(&self, count: usize) -> Result<Vec<ReadRecord>, AuditError> {
        self.reader().tail(count, &self.0.shared)
    }

    /// The records of a call; as [`Audit::tail`].
    pub fn show(&self, call: CallId) -> Result<Vec<ReadRecord>, AuditError> {
        self.reader().show(call, &self.0.shared)
    }

    /// One page of the records that the query asks for, newest first; as [`Audit::tail`]. Reads files.
    pub fn search(&self, query: &SearchQuery) -> Result<SearchPage, AuditError> {
        search::search(&self.reader(), &self.0.shared, query)
    }

    /// True if somebody of that name is in the log and not erased.
    pub fn knows(&self, tenant: &TenantId, person: &PersonId) -> bool {
        !self.0.shared.subjects.pseudonyms(Some(tenant), person).is_empty()
    }

    /// The path from record `index` to the root over `size` records. RFC 6962 §2.1.1.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, AuditError> {
        self.reader().inclusion_proof(index, size)
    }

    /// The proof that the first `new` records begin with the first `old`. RFC 6962 §2.1.2.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, AuditError> {
        self.reader().consistency_proof(old, new)
    }

    /// The root over the first `size` records.
    pub fn root(&self, size: u64) -> Result<Hash, AuditError> {
        self.reader().root(size)
    }

    /// The bytes of a tile of hashes or of a bundle of records, as far as the latest checkpoint goes. C2SP
    /// tlog-tiles. Reads files; personal fields stay sealed.
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, AuditError> {
        tiles::tile(&self.reader(), path)
    }

    /// The latest signed checkpoint.
    pub fn checkpoint(&self) -> Checkpoint {
        self.reader().checkpoint().0
    }

    /// The latest signed checkpoint as a signed note.
    pub fn checkpoint_note(&self) -> String {
        self.reader().checkpoint().1
    }

    /// Batches that this run made durable, each with one sync of the segment.
    pub fn batches(&self) -> u64 {
        self.reader().batches()
    }

    /// The key that verifies the checkpoints of now.
    pub fn public_key(&self) -> VerifierKey {
        self.reader().chain().last().clone()
    }

    /// Changes the key that signs checkpoints; the old one vouches for the new one, and is destroyed.
    /// Returns the old one and the new one. Waits for the disk.
    pub fn rotate_key(&self) -> Result<(VerifierKey, VerifierKey), AuditError> {
        let (answer, answered) = mpsc::channel();
        if !self.0.shared.inbox.command(Command::Rotate(answer)) {
            return Err(AuditError::Down);
        }
        answered.recv().unwrap_or(Err(AuditError::Down))
    }

    /// Destroys the key of a person: what the log says of them cannot be read any more, and every
    /// proof holds as before. False if the log knows nobody of that name. Waits for the disk.
    pub fn erase(&self, tenant: &TenantId, person: &PersonId) -> Result<bool, AuditError> {
        let (answer, answered) = mpsc::channel();
        let name = SubjectName::Person(tenant.clone(), person.clone());
        if !self.0.shared.inbox.command(Command::Erase(name, answer)) {
            return Err(AuditError::Down);
        }
        answered.recv().unwrap_or(Err(AuditError::Down))
    }

    /// Writes what is queued, signs, and stops the thread. Later records are refused. Waits for the disk.
    pub fn close(&self) {
        self.0.close();
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::of_shared(&self.0.shared)
    }

    fn actor(&self, principal: &Principal) -> Result<Actor, Refusal> {
        actor_of(&self.0.shared.subjects, principal).map_err(|error| cannot_make(error.into()))
    }

    fn charge(&self, principal: &Principal, bytes: usize) -> Result<(), Refusal> {
        self.0.shared.sums.charge(self.0.shared.clock.now(), principal, bytes)
    }

    async fn durable(&self, record: Vec<u8>, lane: Lane) -> Result<RecordReceipt, Refusal> {
        let (caller, answer) = oneshot::channel();
        self.0.shared.inbox.push(Pending { record, lane, then: Then::Record(caller) })?;
        answer.await.unwrap_or_else(|_| Err(no_answer()))
    }
}

impl Open {
    fn close(&self) {
        drop(self.deriver.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.shared.inbox.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the audit log's thread ended by a panic");
        }
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Audit({}, {:?})", self.0.shared.origin, self.0.shared.inbox.health())
    }
}

fn cannot_make(error: RecordError) -> Refusal {
    Refusal::new(RefusalCode::AuditUnavailable, format!("the record cannot be made: {error}"))
}

fn no_answer() -> Refusal {
    Refusal::new(RefusalCode::AuditUnavailable, "the audit log gave no answer")
}
