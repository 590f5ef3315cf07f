//! Asking, granting, reviewing, and the alarm.

use crate::rules::{MAX_MINUTES, is_active, is_of, is_open, is_overdue};
use audit::{Audit, OperatorEvent, Who};
use authn::Elevations;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Clock, Principal, Refusal, UnixMillis};
use secrets::KeyStore;
use std::sync::Arc;
use std::time::Duration;
use store::{BreakGlassRow, BreakGlassState, Granted, Store, StoreError};
use tokio::sync::{Mutex, watch};

/// Between two looks for reviews that are overdue.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Between two lines of the log about the same thing.
const SAY_EVERY: Duration = Duration::from_secs(60 * 60);

/// More than a person reads; those that are open, last or want a review come first.
const MAX_LISTED: usize = 200;

/// What was not done.
#[derive(Debug, thiserror::Error)]
pub enum BreakGlassError {
    /// Nothing of this name is there for this step.
    #[error("no break-glass of this id waits for this")]
    NotThere,
    /// The requester cannot be the second person, nor the one who reviews.
    #[error("the requester can neither grant nor review the own break-glass")]
    OwnRequest,
    /// A request without a reason, roles, or a sensible time.
    #[error("{0}")]
    Malformed(&'static str),
    /// The person has a request open.
    #[error("a request of this person is open")]
    Open,
    /// An earlier break-glass of the person was not reviewed in time.
    #[error("an earlier break-glass of this person was not reviewed within a day")]
    Overdue,
    /// The log takes no record.
    #[error("it could not be recorded")]
    Audit(#[source] Refusal),
    /// The reason cannot be sealed.
    #[error("the reason cannot be sealed")]
    Seal,
    /// The state file failed.
    #[error("it could not be stored")]
    Store(#[from] StoreError),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Roles of the policy.
    pub roles: Vec<String>,
    /// For how long, from the grant.
    pub minutes: u32,
    /// Why.
    pub reason: String,
}

/// One break-glass as people see it.
#[derive(Clone, Debug)]
pub struct Access {
    /// The row.
    pub row: BreakGlassRow,
    /// Why; `None` if the seal does not open.
    pub reason: Option<String>,
    /// The roles last.
    pub is_active: bool,
    /// A second person may still grant it.
    pub is_open: bool,
    /// Nobody reviewed it within a day.
    pub is_overdue: bool,
}

/// The break-glass of a server.
pub struct BreakGlass {
    store: Store,
    audit: Audit,
    keys: Arc<KeyStore>,
    elevations: Arc<Elevations>,
    clock: Arc<dyn Clock>,
    /// Steps come one after the other: what one reads, the next must not have changed.
    step: Mutex<()>,
}

impl BreakGlass {
    /// Over `store`; roles that still last are handed to `elevations` again.
    pub async fn open(
        store: Store,
        audit: Audit,
        keys: Arc<KeyStore>,
        elevations: Arc<Elevations>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let this = Self { store, audit, keys, elevations, clock, step: Mutex::new(()) };
        let now = this.clock.now();
        for row in this.store.break_glasses().await?.iter().filter(|row| is_active(row, now)) {
            this.elevate(row, now);
        }
        Ok(this)
    }

    /// Asks for roles; gives the request's name. Nothing changes before another person grants it.
    pub async fn request(&self, who: Who, asked: Asked) -> Result<String, BreakGlassError> {
        check(&asked)?;
        let _step = self.step.lock().await;
        let now = self.clock.now();
        let rows = self.store.break_glasses().await?;
        may_have(&rows, &who.principal, now)?;
        if rows.iter().any(|row| is_of(row, &who.principal) && is_open(row, now)) {
            return Err(BreakGlassError::Open);
        }
        let chance: [u8; 9] = secrets::random().map_err(|_| BreakGlassError::Seal)?;
        let id = format!("b_{}", URL_SAFE_NO_PAD.encode(chance));
        let sealed_reason =
            self.keys.seal(asked.reason.as_bytes(), id.as_bytes()).map_err(|_| BreakGlassError::Seal)?;
        let row = BreakGlassRow {
            id: id.clone(),
            principal: who.principal.clone(),
            roles: asked.roles.clone(),
            minutes: asked.minutes,
            sealed_reason,
            requested: now,
            state: BreakGlassState::Requested,
            granted: None,
            reviewed_by: None,
        };
        self.record(OperatorEvent::BreakGlassRequested {
            id: id.clone(),
            who,
            roles: asked.roles,
            minutes: asked.minutes,
            reason: asked.reason,
        })
        .await?;
        self.store.put_break_glass(row).await?;
        tracing::warn!(%id, "break-glass is asked for");
        Ok(id)
    }

    /// The second person agrees: the requester has the roles from now on. Gives their end.
    pub async fn grant(&self, id: &str, by: Who) -> Result<UnixMillis, BreakGlassError> {
        let _step = self.step.lock().await;
        let now = self.clock.now();
        let mut row = self.of_tenant(id, &by.principal).await?;
        if !is_open(&row, now) {
            return Err(BreakGlassError::NotThere);
        }
        other_person(&row, &by.principal)?;
        may_have(&self.store.break_glasses().await?, &row.principal, now)?;
        let expires = now.plus(Duration::from_secs(60 * u64::from(row.minutes)));
        row.state = BreakGlassState::Granted;
        row.granted = Some(Granted { by: by.principal.person.clone(), at: now, expires });
        self.record(OperatorEvent::BreakGlassGranted {
            id: id.to_owned(),
            by,
            requester: row.principal.clone(),
            roles: row.roles.clone(),
            expires,
        })
        .await?;
        self.store.put_break_glass(row.clone()).await?;
        self.elevate(&row, now);
        tracing::error!(%id, minutes = row.minutes, "BREAK-GLASS: emergency roles are in force");
        Ok(expires)
    }

    /// Somebody else than the requester looked at what was done with it.
    pub async fn review(&self, id: &str, by: Who, finding: String) -> Result<(), BreakGlassError> {
        if finding.trim().is_empty() {
            return Err(BreakGlassError::Malformed("a review says what was found"));
        }
        let _step = self.step.lock().await;
        let now = self.clock.now();
        let mut row = self.of_tenant(id, &by.principal).await?;
        if row.state != BreakGlassState::Granted || is_active(&row, now) {
            return Err(BreakGlassError::NotThere);
        }
        other_person(&row, &by.principal)?;
        row.state = BreakGlassState::Reviewed;
        row.reviewed_by = Some(by.principal.person.clone());
        self.record(OperatorEvent::BreakGlassReviewed {
            id: id.to_owned(),
            by,
            requester: row.principal.clone(),
            finding,
        })
        .await?;
        Ok(self.store.put_break_glass(row).await?)
    }

    /// Those of a tenant: first what wants somebody, then the newest.
    pub async fn list(&self, tenant: &Principal) -> Result<Vec<Access>, StoreError> {
        let now = self.clock.now();
        let rows = self.store.break_glasses().await?;
        let of_tenant = rows.into_iter().filter(|row| row.principal.tenant == tenant.tenant);
        let mut all: Vec<Access> = of_tenant.map(|row| self.seen(row, now)).collect();
        let wants = |one: &Access| one.is_active || one.is_open || one.row.state == BreakGlassState::Granted;
        all.sort_by_key(|one| (!wants(one), std::cmp::Reverse(one.row.requested)));
        all.truncate(MAX_LISTED);
        Ok(all)
    }

    /// How many are in force, and how many were not reviewed in time.
    pub async fn counts(&self) -> Result<(usize, usize), StoreError> {
        let now = self.clock.now();
        let rows = self.store.break_glasses().await?;
        let count =
            |is: fn(&BreakGlassRow, UnixMillis) -> bool| rows.iter().filter(|row| is(row, now)).count();
        Ok((count(is_active), count(is_overdue)))
    }

    /// Says in the log, again and again, what is in force and what is overdue, until the server stops.
    pub async fn watch(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut silent_until = UnixMillis(0);
        loop {
            let now = self.clock.now();
            match self.counts().await {
                Ok((active, overdue)) if active + overdue > 0 && now >= silent_until => {
                    tracing::error!(active, overdue, "BREAK-GLASS: in force, or not reviewed within a day");
                    silent_until = now.plus(SAY_EVERY);
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "the state of break-glass cannot be read"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn of_tenant(&self, id: &str, principal: &Principal) -> Result<BreakGlassRow, BreakGlassError> {
        let row = self.store.break_glass(id.to_owned()).await?;
        row.filter(|row| row.principal.tenant == principal.tenant).ok_or(BreakGlassError::NotThere)
    }

    fn elevate(&self, row: &BreakGlassRow, now: UnixMillis) {
        if let Some(granted) = &row.granted {
            let left = Duration::from_millis(granted.expires.0.saturating_sub(now.0));
            let longest = Duration::from_secs(60 * u64::from(MAX_MINUTES));
            let times = (granted.at, granted.expires);
            self.elevations.give(&row.principal, &row.roles, times, left.min(longest));
        }
    }

    fn seen(&self, row: BreakGlassRow, now: UnixMillis) -> Access {
        let reason = self.keys.unseal(&row.sealed_reason, row.id.as_bytes()).ok();
        let reason = reason.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let (is_active, is_open, is_overdue) =
            (is_active(&row, now), is_open(&row, now), is_overdue(&row, now));
        Access { row, reason, is_active, is_open, is_overdue }
    }

    async fn record(&self, event: OperatorEvent) -> Result<(), BreakGlassError> {
        self.audit.record(event).await.map(|_| ()).map_err(BreakGlassError::Audit)
    }
}

fn check(asked: &Asked) -> Result<(), BreakGlassError> {
    if asked.reason.trim().is_empty() {
        return Err(BreakGlassError::Malformed("a break-glass has a reason"));
    }
    if asked.roles.is_empty() {
        return Err(BreakGlassError::Malformed("a break-glass names roles"));
    }
    if !(1..=MAX_MINUTES).contains(&asked.minutes) {
        return Err(BreakGlassError::Malformed("a break-glass lasts 1 to 60 minutes"));
    }
    Ok(())
}

fn other_person(row: &BreakGlassRow, by: &Principal) -> Result<(), BreakGlassError> {
    if row.principal.person == by.person { Err(BreakGlassError::OwnRequest) } else { Ok(()) }
}

/// Nobody gets another one before the last was looked at.
fn may_have(rows: &[BreakGlassRow], principal: &Principal, now: UnixMillis) -> Result<(), BreakGlassError> {
    let owes = rows.iter().any(|row| is_of(row, principal) && is_overdue(row, now));
    if owes { Err(BreakGlassError::Overdue) } else { Ok(()) }
}
