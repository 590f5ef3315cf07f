//! The rules of a server, and the question that each call asks.

use crate::admission::{Admission, Share};
use crate::counter::{Answer, Counter, day};
use crate::ledger::{self, Queue};
use crate::rule::{Bound, Rule, Subject};
use crate::stop::Stop;
use crate::table::{Stored, Table};
use domain::{Clock, Principal, Refusal, ResourceName, Secret, SystemClock, ToolName};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::time::{Instant, timeout_at};

/// How long a call waits for the disk. A commit takes milliseconds; a disk that takes seconds is ill.
const PATIENCE: Duration = Duration::from_secs(5);

/// Limits that cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LimitsError {
    /// What was used today cannot be read.
    #[error("what was used of the quotas cannot be read")]
    Store(#[from] StoreError),
}

/// The limits of a server. Copies share their counters.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    tables: Vec<Table>,
    key: Secret<[u8; 32]>,
    clock: Arc<dyn Clock>,
    store: Option<(Store, Queue)>,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.tables.iter().map(|table| &table.rule.name)).finish()
    }
}

impl Limits {
    /// No rule: every call is let pass, and its control says `not_configured`.
    pub fn none() -> Self {
        let (key, clock) = (Secret::new([0; 32]), Arc::new(SystemClock));
        Self(Arc::new(Inner { tables: Vec::new(), key, clock, store: None }))
    }

    /// `rules` over what `store` says of today. `key` hides in it whose use it is.
    pub async fn open(
        rules: Vec<Rule>,
        store: Store,
        key: Secret<[u8; 32]>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LimitsError> {
        let mut stored: HashMap<String, Stored> = HashMap::new();
        for row in store.quotas_from(day(clock.now())).await? {
            let of_rule = stored.entry(row.rule).or_default();
            of_rule.day = of_rule.day.max(row.day);
            of_rule.used.insert(row.subject, row.used);
        }
        let tables = rules.into_iter().map(|rule| (stored.remove(&rule.name).unwrap_or_default(), rule));
        let tables = tables.map(|(stored, rule)| Table::new(rule, stored)).collect();
        let queue = ledger::start(store.clone());
        Ok(Self(Arc::new(Inner { tables, key, clock, store: Some((store, queue)) })))
    }

    /// Counts a call of `tool` that uses up to `bound`, under every rule or none.
    ///
    /// Refuses with `rate_limited` or `quota_exhausted`, each with its limit and the time to wait; with
    /// `busy` or `internal` if it cannot be counted.
    pub async fn admit(
        &self,
        principal: &Principal,
        tool: &ToolName,
        bound: Bound,
    ) -> Result<Admission, Refusal> {
        let admission = Admission::new(self.clone(), tool.clone(), bound);
        self.count(admission, |rule| rule.caller(principal, tool)).await
    }

    /// The same for the resource that the call turned out to be for.
    pub(crate) async fn enter(
        &self,
        admission: Admission,
        resource: &ResourceName,
    ) -> Result<Admission, Refusal> {
        let tool = admission.tool().clone();
        self.count(admission, |rule| rule.resource(resource, &tool)).await
    }

    /// Takes room under each rule that names a subject; a call that one of them stops is counted by none.
    async fn count(
        &self,
        mut admission: Admission,
        subject: impl Fn(&Rule) -> Option<Subject>,
    ) -> Result<Admission, Refusal> {
        for table in &self.0.tables {
            let Some(subject) = subject(&table.rule) else { continue };
            match self.take(table, subject, admission.bound()).await {
                Ok(share) => admission.add(share),
                Err(stop) => {
                    admission.undo();
                    return Err(stop.refusal(&table.rule));
                }
            }
        }
        Ok(admission)
    }

    async fn take(&self, table: &Table, subject: Subject, bound: Bound) -> Result<Share, Stop> {
        let counter = table.counter(subject, &self.0.key, self.0.clock.now())?;
        if let Some(reserved) = self.try_take(&counter, bound)? {
            return Ok(Share { counter, reserved });
        }
        let end = Instant::now() + PATIENCE;
        loop {
            let mut written = std::pin::pin!(counter.written.notified());
            // From here on no write is missed.
            written.as_mut().enable();
            if let Some(reserved) = self.try_take(&counter, bound)? {
                return Ok(Share { counter: Arc::clone(&counter), reserved });
            }
            timeout_at(end, written).await.map_err(|_| Stop::Unwritable)?;
        }
    }

    fn try_take(&self, counter: &Arc<Counter>, bound: Bound) -> Result<Option<[u64; 4]>, Stop> {
        let (answer, has_to_be_written) = counter.take(bound.amounts(), self.0.clock.now());
        if has_to_be_written && let Some((_, queue)) = &self.0.store {
            // The writer lives as long as the queue.
            let _ = queue.send(Arc::clone(counter));
        }
        match answer {
            Answer::Taken(reserved) => Ok(Some(reserved)),
            Answer::Unwritten => Ok(None),
            Answer::Stopped(stop) => Err(stop),
        }
    }

    /// Writes what is really used, for a server that goes down with nothing under way.
    pub async fn close(&self) -> Result<(), LimitsError> {
        let Some((store, _)) = &self.0.store else { return Ok(()) };
        let counters = self.0.tables.iter().flat_map(Table::all);
        let rows: Vec<_> = counters.filter_map(|counter| counter.row_exact()).collect();
        if !rows.is_empty() {
            store.put_quotas(rows).await?;
        }
        Ok(())
    }
}
