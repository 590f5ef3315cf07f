//! The log's own thread: batches, one sync each, waking the callers, signing, coming back.

use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_RECORDS};
use crate::log::files::{LogFiles, is_full};
use crate::log::inbox::{Command, Health, Lane, Pending, Placed, Then, Work};
use crate::log::{Shared, Sums};
use crate::record::{self, Actor, RecordError, actor_of};
use crate::subjects::SubjectName;
use crate::{AuditError, IntentReceipt, OutcomeReceipt, RecordReceipt};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes that the write buffer keeps between batches; a usual batch of 64 calls has 100 KiB.
const KEPT_BUFFER_BYTES: usize = 512 * 1024;

/// Starts the thread.
pub(crate) fn start_thread(shared: Arc<Shared>, files: LogFiles) -> io::Result<JoinHandle<()>> {
    let committer = Committer { shared, files, next_try: Instant::now() };
    std::thread::Builder::new().name("audit".to_owned()).spawn(move || committer.run())
}

struct Committer {
    shared: Arc<Shared>,
    files: LogFiles,
    next_try: Instant,
}

impl Committer {
    fn run(mut self) {
        loop {
            let patience = self.patience();
            let work = self.shared.inbox.take(patience, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
            let closing = work.closing;
            self.handle(work);
            self.heal_if_due();
            if closing {
                self.finish();
                return;
            }
        }
    }

    fn patience(&self) -> Duration {
        let pace = self.files.setup.pace;
        match self.shared.inbox.health() {
            Health::Up if self.files.unsigned() > 0 => {
                pace.checkpoint_interval.saturating_sub(self.files.signed_at.elapsed())
            }
            Health::Up => pace.checkpoint_interval,
            Health::Full | Health::Down => self.next_try.saturating_duration_since(Instant::now()),
        }
    }

    fn handle(&mut self, work: Work) {
        for command in work.commands {
            match command {
                Command::Erase(name, answer) => {
                    let erased = self.files.erase(&name);
                    if let Err(error) = &erased {
                        self.fail(Vec::new(), error);
                    }
                    let path = self.files.setup.layout.subjects();
                    // Whoever asked may have gone.
                    let _heard = answer.send(erased.map_err(AuditError::io("rewrite", path)));
                }
                Command::Rotate(answer) => {
                    let rotated = self.if_up(LogFiles::rotate);
                    let _heard = answer.send(rotated);
                }
                Command::Drop(before, answer) => {
                    let dropped = self.if_up(|files| files.drop_before(before));
                    let _heard = answer.send(dropped);
                }
            }
        }
        let mut batch = VecDeque::from(work.records);
        for (open, cause) in work.orphans {
            let now = self.shared.clock.now();
            match record::abandoned(&open, cause, now) {
                Ok(record) => batch.push_back(Pending {
                    record,
                    lane: Lane::Ending,
                    then: Then::Abandoned(open, cause),
                }),
                Err(error) => {
                    tracing::error!(%error, call = %open.call, "an abandoned call cannot be recorded")
                }
            }
        }
        if self.shared.inbox.health() == Health::Up {
            batch.extend(self.sums(false));
        }
        self.commit_all(batch);
        self.sign_if_due();
    }

    /// Work on the files of a log that is up. What fails brings it down until it is restored.
    fn if_up<T>(
        &mut self,
        work: impl FnOnce(&mut LogFiles) -> Result<T, AuditError>,
    ) -> Result<T, AuditError> {
        if self.shared.inbox.health() != Health::Up {
            return Err(AuditError::Down);
        }
        let done = work(&mut self.files);
        if let Err(error) = &done {
            self.fail(Vec::new(), &io::Error::other(error.to_string()));
        }
        done
    }

    /// Writes the records, never more of them at once than may be without a signature.
    fn commit_all(&mut self, mut batch: VecDeque<Pending>) {
        while !batch.is_empty() {
            let room = self.files.setup.pace.checkpoint_records.saturating_sub(self.files.unsigned()).max(1);
            let count = batch.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            let rest = batch.split_off(count);
            self.commit(batch.into());
            self.sign_if_due();
            batch = rest;
            if self.shared.inbox.health() != Health::Up {
                let (kept, refused): (VecDeque<_>, VecDeque<_>) =
                    batch.into_iter().partition(|pending| self.is_taken(pending.lane));
                refused.into_iter().for_each(|pending| self.shared.inbox.refuse(pending));
                batch = kept;
            }
        }
    }

    fn is_taken(&self, lane: Lane) -> bool {
        match self.shared.inbox.health() {
            Health::Up => true,
            Health::Full => lane == Lane::Operator,
            Health::Down => false,
        }
    }

    fn commit(&mut self, mut batch: Vec<Pending>) {
        let mut records: Vec<Vec<u8>> =
            batch.iter_mut().map(|pending| std::mem::take(&mut pending.record)).collect();
        match self.files.append(&mut records) {
            Ok(placed) => self.accept(batch, &records, &placed),
            Err(error) => {
                batch.iter_mut().zip(records).for_each(|(pending, record)| pending.record = record);
                self.fail(batch, &error);
            }
        }
        if self.files.buffer.capacity() > KEPT_BUFFER_BYTES {
            self.files.buffer = Vec::new();
        }
    }

    /// The batch is durable: the callers hear of it.
    fn accept(&mut self, batch: Vec<Pending>, records: &[Vec<u8>], placed: &[Placed]) {
        let mut ended = 0;
        for ((pending, record), Placed { index, leaf }) in
            batch.into_iter().zip(records).zip(placed.iter().copied())
        {
            match pending.then {
                Then::Nothing => {}
                Then::Record(caller) => {
                    if let Some(policy) = record::policy_loaded(record) {
                        self.files.last_policy = Some(policy);
                    }
                    let receipt = RecordReceipt { origin: Arc::clone(&self.shared.origin), index, leaf };
                    drop(caller.send(Ok(receipt)));
                }
                Then::Intent(caller, mut open) => {
                    open.index = index;
                    self.files.open.insert(index, open.call);
                    let receipt = IntentReceipt::new(Arc::clone(&self.shared), open, leaf);
                    // A caller that has gone away leaves the receipt here; dropping it closes the call.
                    drop(caller.send(Ok(receipt)));
                }
                Then::Outcome(caller, open) => {
                    self.files.open.remove(&open.index);
                    ended += 1;
                    drop(caller.send(Ok(OutcomeReceipt {
                        origin: Arc::clone(&self.shared.origin),
                        call: open.call,
                        intent_index: open.index,
                        outcome_index: index,
                        leaf,
                    })));
                }
                Then::Abandoned(open, _) => {
                    self.files.open.remove(&open.index);
                    ended += 1;
                }
            }
        }
        if ended > 0 {
            self.shared.inbox.ended(ended);
        }
    }

    /// The batch is not durable: its callers are refused, and the log is down until it is restored.
    fn fail(&mut self, batch: Vec<Pending>, error: &io::Error) {
        let to_reserve = is_full(error) && self.shared.inbox.health() == Health::Up;
        let health = if to_reserve { Health::Full } else { Health::Down };
        tracing::error!(%error, ?health, records = batch.len(), "the audit log cannot be written");
        let queued = self.shared.inbox.set_health(health);
        let (kept, refused): (VecDeque<_>, VecDeque<_>) =
            batch.into_iter().partition(|pending| self.is_taken(pending.lane));
        refused.into_iter().chain(queued).for_each(|pending| self.shared.inbox.refuse(pending));
        self.next_try = Instant::now() + self.files.setup.pace.recovery_interval;
        if to_reserve {
            self.files.give_up_reserve();
            if let Err(error) = self.files.restore() {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the audit log cannot use its reserve"
                );
                self.go_down();
            }
        }
        // Either on the reserve now, or refused by the check in here.
        if self.shared.inbox.health() == Health::Full {
            self.commit_all(kept);
        } else {
            kept.into_iter().for_each(|pending| self.shared.inbox.refuse(pending));
        }
    }

    fn go_down(&mut self) {
        let queued = self.shared.inbox.set_health(Health::Down);
        queued.into_iter().for_each(|pending| self.shared.inbox.refuse(pending));
        self.next_try = Instant::now() + self.files.setup.pace.recovery_interval;
    }

    fn sign_if_due(&mut self) {
        let pace = self.files.setup.pace;
        let unsigned = self.files.unsigned();
        let due = unsigned >= pace.checkpoint_records
            || unsigned > 0 && self.files.signed_at.elapsed() >= pace.checkpoint_interval;
        if !due || self.shared.inbox.health() == Health::Down {
            return;
        }
        if let Err(error) = self.files.sign() {
            self.fail(Vec::new(), &error);
        }
    }

    fn heal_if_due(&mut self) {
        let health = self.shared.inbox.health();
        if health == Health::Up || Instant::now() < self.next_try {
            return;
        }
        self.next_try = Instant::now() + self.files.setup.pace.recovery_interval;
        if health == Health::Down
            && let Err(error) = self.files.restore()
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "the audit log is still down");
            return;
        }
        let health = if self.files.retake_reserve() { Health::Up } else { Health::Full };
        tracing::info!(?health, "the audit log is back");
        self.shared.inbox.set_health(health);
    }

    /// Records of what was only counted.
    fn sums(&self, even_unfinished: bool) -> Vec<Pending> {
        let now = self.shared.clock.now();
        let Some((minute, counted)) = self.shared.sums.take_due(now, even_unfinished) else {
            return Vec::new();
        };
        let subjects = &self.shared.subjects;
        let nobody = |name: &SubjectName| -> Result<Actor, RecordError> {
            let subject = subjects.of(name)?;
            Ok(Actor { tenant: None, client: None, key: subject.id, subject: Some(subject) })
        };
        let sources = counted.sources.into_iter().map(|(source, codes)| {
            let actor = nobody(&SubjectName::Sources(Sums::day_of(minute)))?;
            record::refused_from(source, &codes, minute, &actor, now)
        });
        let principals = counted.over_quota.into_iter().map(|(principal, count)| {
            let actor = match &principal {
                Some(principal) => actor_of(subjects, principal)?,
                None => nobody(&SubjectName::Operator)?,
            };
            record::over_quota(count, minute, &actor, now)
        });
        sources
            .chain(principals)
            .filter_map(|made: Result<Vec<u8>, RecordError>| match made {
                Ok(record) => Some(Pending { record, lane: Lane::Ending, then: Then::Nothing }),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "counts cannot be recorded");
                    None
                }
            })
            .collect()
    }

    fn finish(&mut self) {
        if self.shared.inbox.health() == Health::Down {
            return;
        }
        // What the last batch left behind: calls whose callers had gone, and counts.
        let last = self.shared.inbox.take(Duration::ZERO, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
        self.handle(last);
        let sums = self.sums(true).into();
        self.commit_all(sums);
        if let Err(error) = self.files.close() {
            tracing::error!(%error, "the audit log was not closed cleanly");
        }
    }
}

impl Drop for Committer {
    /// However the thread ends, nobody waits for it afterwards.
    fn drop(&mut self) {
        self.shared.inbox.close();
        self.go_down();
    }
}
