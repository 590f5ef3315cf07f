//! Asking, deciding, claiming.

use crate::difference::difference;
use crate::{Binding, Claim};
use audit::{Audit, OperatorEvent, Who};
use domain::{
    CallId, Clock, Json, JsonLimits, PersonId, Principal, Refusal, RefusalCode, TenantId, ToolName,
    UnixMillis,
};
use secrets::KeyStore;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{ApprovalRow, ApprovalState, ApprovalTerms, NewApproval, Store, StoreError, Vote};
use tokio::sync::{Mutex, Notify};

/// From the request to its end, decided and used or not. An hour: a person is asked in the middle of
/// a task; what nobody needed within the hour is asked again with fresh eyes.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// An approval is named after the call that asked for it.
const ID_PREFIX: &str = "a_";

/// The most that one listing shows: more than a person reads, and bounded with the arguments in it.
const MAX_LISTED: u32 = 100;

/// Open requests of one person, through whatever clients. An assistant that waits for more has lost its way,
/// and an approver who has to read more stops reading.
const MAX_OPEN: u32 = 3;

/// Claims that a crash can leave behind: at most one for each call in flight.
const MAX_CLAIMS: u32 = 100_000;

/// A decision that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// No such approval is pending for this tenant.
    #[error("no approval of this id is pending")]
    NotPending,
    /// The approval names those who may decide, and this is none of them.
    #[error("the tool's approvals name other approvers")]
    NotAnApprover,
    /// The same person has agreed already.
    #[error("this person has agreed already")]
    Twice,
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
    /// How many have agreed.
    pub votes: u32,
    /// The arguments' text, key-sorted; `None` if the seal does not open.
    pub arguments: Option<String>,
}

/// One pending approval with what helps to decide.
#[derive(Clone, Debug)]
pub struct ShownApproval {
    /// What is asked.
    pub pending: PendingApproval,
    /// Who has agreed, first to last.
    pub voters: Vec<PersonId>,
    /// What is different from the last approved call of the same tool by the same principal, and that
    /// call's approval; `None` if none is remembered or a seal does not open.
    pub difference: Option<(String, Vec<String>)>,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The call may run.
    Granted,
    /// The call may not run.
    Denied,
    /// It counts, and more have to agree.
    Counted {
        /// How many have agreed.
        votes: u32,
        /// How many have to.
        needed: u32,
    },
}

/// The approvals of this server.
pub struct Approvals {
    pub(crate) store: Store,
    audit: Audit,
    keys: Arc<KeyStore>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Wakes whoever announces.
    pub(crate) asked: Notify,
    deciding: Mutex<()>,
    terms: HashMap<ToolName, ApprovalTerms>,
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
        Ok(Self {
            store,
            audit,
            keys,
            clock,
            asked: Notify::new(),
            deciding: Mutex::new(()),
            terms: HashMap::new(),
        })
    }

    /// The same, with tools whose calls more than one person or certain people have to agree to.
    pub fn with_terms(self, terms: HashMap<ToolName, ApprovalTerms>) -> Self {
        Self { terms, ..self }
    }

    fn terms_of(&self, tool: &ToolName) -> ApprovalTerms {
        self.terms.get(tool).cloned().unwrap_or(ApprovalTerms { needed: 1, approvers: None })
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
        let terms = self.terms_of(&binding.tool);
        let id = format!("{ID_PREFIX}{call}");
        let request = NewApproval {
            sealed_arguments: self
                .keys
                .seal(arguments.to_sorted_string().as_bytes(), id.as_bytes())
                .map_err(|_| Refusal::new(RefusalCode::Internal, "the arguments cannot be sealed"))?,
            id,
            binding: binding.digest(&terms),
            principal: binding.principal.clone(),
            tool: binding.tool.clone(),
            definition: binding.definition,
            arguments: binding.arguments,
            policy: binding.policy,
            requested: now,
            expires: now.plus(LIFETIME),
            terms,
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
                    self.asked.notify_one();
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

    /// The approval `id` if it waits in the approver's tenant.
    pub async fn show(&self, id: &str, approver: &Principal) -> Result<Option<ShownApproval>, StoreError> {
        let now = self.clock.now();
        let row = self.store.approval(id.to_owned()).await?.filter(|row| {
            row.request.principal.tenant == approver.tenant
                && row.state == ApprovalState::Pending
                && now < row.request.expires
        });
        let Some(row) = row else { return Ok(None) };
        let voters = self.store.voters(id.to_owned()).await?;
        let (principal, tool) = (row.request.principal.clone(), row.request.tool.clone());
        let last = self.store.last_used_approval(principal, tool).await?;
        let pending = self.opened(row);
        let difference = last.map(|last| self.opened(last)).and_then(|last| {
            let read =
                |text: &Option<String>| Json::parse(text.as_ref()?.as_bytes(), JsonLimits::MESSAGE).ok();
            Some((last.request.id.clone(), difference(&read(&last.arguments)?, &read(&pending.arguments)?)))
        });
        Ok(Some(ShownApproval { pending, voters, difference }))
    }

    fn opened(&self, row: ApprovalRow) -> PendingApproval {
        let (request, votes) = (row.request, row.votes);
        let arguments = self
            .keys
            .unseal(&request.sealed_arguments, request.id.as_bytes())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        PendingApproval { request, votes, arguments }
    }

    /// Agrees to (`true`) or denies the pending approval `id`; one person's no is enough, and each person's
    /// yes counts once. The record is on disk before the decision counts. Decisions come one after the other, and one that was begun ends although its asker goes.
    pub async fn decide(
        self: &Arc<Self>,
        id: &str,
        approver: Who,
        grant: bool,
        reason: Option<String>,
    ) -> Result<Decided, DecideError> {
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
    ) -> Result<Decided, DecideError> {
        let row = self.store.approval(id.to_owned()).await?.ok_or(DecideError::NotPending)?;
        let now = self.clock.now();
        let by = approver.principal.clone();
        self.may_decide(&row, &by, now)?;
        let call = asking_call(id).ok_or(DecideError::NotPending)?;
        let (approval, requester) = (id.to_owned(), row.request.principal.clone());
        let needed = row.request.terms.needed;
        if !grant {
            let event = OperatorEvent::ApprovalDenied { approval, call, approver, requester, reason };
            self.audit.record(event).await.map_err(DecideError::Audit)?;
            let denied =
                self.store.decide_approval(id.to_owned(), ApprovalState::Denied, by.person, now).await?;
            return if denied { Ok(Decided::Denied) } else { Err(DecideError::NotPending) };
        }
        if self.store.voters(id.to_owned()).await?.contains(&by.person) {
            return Err(DecideError::Twice);
        }
        let votes = row.votes + 1;
        let event =
            OperatorEvent::ApprovalGranted { approval, call, approver, requester, votes, needed, reason };
        self.audit.record(event).await.map_err(DecideError::Audit)?;
        match self.store.vote(id.to_owned(), by.person, by.client, now).await? {
            Vote::Enough => Ok(Decided::Granted),
            Vote::Counted(votes) => Ok(Decided::Counted { votes, needed }),
            Vote::Twice => Err(DecideError::Twice),
            Vote::NotPending => Err(DecideError::NotPending),
        }
    }

    /// Another person of the tenant, in time, and one of those who are named if any are.
    fn may_decide(&self, row: &ApprovalRow, by: &Principal, now: UnixMillis) -> Result<(), DecideError> {
        let request = &row.request;
        if request.principal.tenant != by.tenant
            || row.state != ApprovalState::Pending
            || now >= request.expires
        {
            return Err(DecideError::NotPending);
        }
        if request.principal.person == by.person {
            return Err(DecideError::OwnRequest);
        }
        match &request.terms.approvers {
            Some(named) if !named.contains(&by.person) => Err(DecideError::NotAnApprover),
            _ => Ok(()),
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
