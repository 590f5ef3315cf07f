//! Asking, deciding, claiming.

use crate::{Binding, Claim};
use audit::{Audit, OperatorEvent, Who};
use domain::{CallId, Clock, Json, PersonId, Principal, Refusal, RefusalCode, TenantId};
use secrets::KeyStore;
use std::sync::Arc;
use std::time::Duration;
use store::{ApprovalRow, ApprovalState, NewApproval, Store, StoreError};
use tokio::sync::Mutex;

/// From the request to its end, decided and used or not. An hour: a person is asked in the middle of
/// a task; what nobody needed within the hour is asked again with fresh eyes.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// An approval is named after the call that asked for it.
const ID_PREFIX: &str = "a_";

/// The most that one listing shows: more than a person reads, and bounded with the arguments in it.
const MAX_LISTED: u32 = 100;

/// Open requests of one principal. An assistant that waits for more has lost its way, and an approver
/// who has to read more stops reading.
const MAX_OPEN: u32 = 16;

/// Claims that a crash can leave behind: at most one for each call in flight.
const MAX_CLAIMS: u32 = 100_000;

/// A decision that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// No such approval is pending for this tenant.
    #[error("no approval of this id is pending")]
    NotPending,
    /// The requester cannot decide.
    #[error("the requester of a call cannot decide about it")]
    OwnRequest,
    /// The log takes no record.
    #[error("the decision could not be recorded")]
    Audit(#[source] Refusal),
    /// The decision was given up in the middle; the log says how far it came.
    #[error("the decision was not finished")]
    Lost,
    /// The state file failed.
    #[error("the decision could not be stored")]
    Store(#[from] StoreError),
}

/// A pending approval as an approver sees it.
#[derive(Clone, Debug)]
pub struct PendingApproval {
    /// What is asked.
    pub request: NewApproval,
    /// The arguments' text, key-sorted; `None` if the seal does not open.
    pub arguments: Option<String>,
}

/// The approvals of this server.
pub struct Approvals {
    store: Store,
    audit: Audit,
    keys: Arc<KeyStore>,
    clock: Arc<dyn Clock>,
    deciding: Mutex<()>,
}

impl Approvals {
    /// Approvals over `store`. Settles what a crash left: a claim with an intent in the log stays
    /// used, one without is given back.
    pub async fn open(
        store: Store,
        audit: Audit,
        keys: Arc<KeyStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        for row in store.approvals_in(ApprovalState::Claimed, MAX_CLAIMS).await? {
            let Some(call) = row.call else { continue };
            // A log that cannot be read counts as an intent: rather asked again than run twice.
            let used = audit.has_intent(call).unwrap_or(true);
            let state = if used { ApprovalState::Consumed } else { ApprovalState::Granted };
            store.settle_claim(call, state).await?;
        }
        Ok(Self { store, audit, keys, clock, deciding: Mutex::new(()) })
    }

    /// Forgets a person: their requests are gone, and their name from other people's.
    pub async fn forget(&self, tenant: &TenantId, person: &PersonId) -> Result<(), StoreError> {
        self.store.forget_person(tenant.clone(), person.clone()).await
    }

    /// Takes the approval of exactly this call, or asks for one.
    ///
    /// Refuses with `approval_pending` (asked, or still waiting), `denied` (an approver said no) or
    /// `approval_expired` (granted and not used in time).
    pub async fn require(
        &self,
        binding: &Binding,
        who: Who,
        arguments: &Json,
        call: CallId,
    ) -> Result<Claim, Refusal> {
        let now = self.clock.now();
        let id = format!("{ID_PREFIX}{call}");
        let request = NewApproval {
            sealed_arguments: self
                .keys
                .seal(arguments.to_sorted_string().as_bytes(), id.as_bytes())
                .map_err(|_| Refusal::new(RefusalCode::Internal, "the arguments cannot be sealed"))?,
            id,
            binding: binding.digest(),
            principal: binding.principal.clone(),
            tool: binding.tool.clone(),
            definition: binding.definition,
            arguments: binding.arguments,
            policy: binding.policy,
            requested: now,
            expires: now.plus(LIFETIME),
        };
        let (row, made) = self.store.find_or_insert_approval(request, MAX_OPEN).await.map_err(unavailable)?;
        let id = row.request.id.clone();
        match row.state {
            ApprovalState::Granted => {
                if self.store.claim_approval(id.clone(), call, now).await.map_err(unavailable)? {
                    return Ok(Claim::new(id, call, self.store.clone()));
                }
                Err(Refusal::new(RefusalCode::Busy, "another retry of the call has just used the approval")
                    .with_retry_after_ms(1000))
            }
            ApprovalState::Denied => {
                Err(Refusal::new(RefusalCode::Denied, "an approver denied this call").with_approval(id))
            }
            ApprovalState::Expired => {
                let requester = binding.principal.clone();
                self.record(OperatorEvent::ApprovalExpired { approval: id.clone(), call, requester }).await?;
                Err(Refusal::new(RefusalCode::ApprovalExpired, "granted and not used in time")
                    .with_approval(id))
            }
            _ => {
                if made {
                    self.record(OperatorEvent::ApprovalRequested {
                        approval: id.clone(),
                        call,
                        who,
                        tool: binding.tool.clone(),
                        arguments: binding.arguments,
                        policy: binding.policy,
                        expires: row.request.expires,
                    })
                    .await?;
                }
                Err(Refusal::new(RefusalCode::ApprovalPending, "waits for another principal")
                    .with_approval(id))
            }
        }
    }

    async fn record(&self, event: OperatorEvent) -> Result<(), Refusal> {
        self.audit.record(event).await.map(|_| ())
    }

    /// What waits in the approver's tenant, oldest first.
    pub async fn pending(&self, approver: &Principal) -> Result<Vec<PendingApproval>, StoreError> {
        let tenant = approver.tenant.clone();
        let rows = self.store.pending_approvals(tenant, self.clock.now(), MAX_LISTED).await?;
        Ok(rows.into_iter().map(|row| self.opened(row)).collect())
    }

    /// How many wait in the tenant.
    pub async fn count_pending(&self, approver: &Principal) -> Result<u64, StoreError> {
        self.store.count_pending_approvals(approver.tenant.clone(), self.clock.now()).await
    }

    fn opened(&self, row: ApprovalRow) -> PendingApproval {
        let request = row.request;
        let arguments = self
            .keys
            .unseal(&request.sealed_arguments, request.id.as_bytes())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        PendingApproval { request, arguments }
    }

    /// Grants (`true`) or denies the pending approval `id`. The record is on disk before the decision
    /// counts. Decisions come one after the other, and one that was begun ends although its asker goes.
    pub async fn decide(
        self: &Arc<Self>,
        id: &str,
        approver: Who,
        grant: bool,
        reason: Option<String>,
    ) -> Result<(), DecideError> {
        let (this, id) = (Arc::clone(self), id.to_owned());
        let decided = tokio::spawn(async move {
            let _turn = this.deciding.lock().await;
            this.decide_in_turn(&id, approver, grant, reason).await
        });
        decided.await.unwrap_or(Err(DecideError::Lost))
    }

    async fn decide_in_turn(
        &self,
        id: &str,
        approver: Who,
        grant: bool,
        reason: Option<String>,
    ) -> Result<(), DecideError> {
        let row = self.store.approval(id.to_owned()).await?.ok_or(DecideError::NotPending)?;
        let request = &row.request;
        let now = self.clock.now();
        if request.principal.tenant != approver.principal.tenant
            || row.state != ApprovalState::Pending
            || now >= request.expires
        {
            return Err(DecideError::NotPending);
        }
        if request.principal.person == approver.principal.person {
            return Err(DecideError::OwnRequest);
        }
        let by: PersonId = approver.principal.person.clone();
        let call = asking_call(id).ok_or(DecideError::NotPending)?;
        let (approval, requester) = (id.to_owned(), request.principal.clone());
        let (state, event) = if grant {
            let event = OperatorEvent::ApprovalGranted { approval, call, approver, requester, reason };
            (ApprovalState::Granted, event)
        } else {
            let event = OperatorEvent::ApprovalDenied { approval, call, approver, requester, reason };
            (ApprovalState::Denied, event)
        };
        self.audit.record(event).await.map_err(DecideError::Audit)?;
        if self.store.decide_approval(id.to_owned(), state, by, now).await? {
            Ok(())
        } else {
            Err(DecideError::NotPending)
        }
    }
}

fn asking_call(id: &str) -> Option<CallId> {
    id.strip_prefix(ID_PREFIX)?.parse().ok()
}

fn unavailable(error: StoreError) -> Refusal {
    if let StoreError::TooMany { limit } = error {
        return Refusal::new(RefusalCode::RateLimited, format!("{limit} requests for approval are open"))
            .with_limit("open_approvals")
            .with_hint("Wait until an approver has decided about the earlier calls.");
    }
    Refusal::new(RefusalCode::Internal, format!("approvals: {error}"))
}
