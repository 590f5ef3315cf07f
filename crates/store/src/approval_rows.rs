//! Rows of approvals, and the only changes of state that they allow.

use crate::approval_votes::{insert_terms, read_terms};
use crate::{ApprovalTerms, Store, StoreError};
use domain::{CallId, ClientId, Digest, PersonId, Principal, TenantId, ToolName, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

/// A row with its terms and the number of those who agreed.
pub(crate) const SELECT: &str = "SELECT approval.*, approval_terms.needed, approval_terms.approvers,
    (SELECT count(*) FROM approval_vote WHERE approval_vote.approval = approval.id) AS votes
    FROM approval LEFT JOIN approval_terms ON approval_terms.approval = approval.id";

/// How long a row is kept after its end: a day, for the operator who asks what became of it.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nobody has decided.
    Pending,
    /// Another principal agreed; nobody has used it.
    Granted,
    /// Another principal said no.
    Denied,
    /// A call has taken it; its intent may or may not be in the log.
    Claimed,
    /// A call has used it.
    Consumed,
    /// Nobody used it in time.
    Expired,
}

impl ApprovalState {
    /// The word in the file and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Claimed => "claimed",
            Self::Consumed => "consumed",
            Self::Expired => "expired",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Pending, Self::Granted, Self::Denied, Self::Claimed, Self::Consumed, Self::Expired]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// A request for approval.
#[derive(Clone, Debug)]
pub struct NewApproval {
    /// Its name.
    pub id: String,
    /// Digest of everything it is bound to.
    pub binding: Digest,
    /// Who asks.
    pub principal: Principal,
    /// The tool.
    pub tool: ToolName,
    /// The tool's definition.
    pub definition: Digest,
    /// The arguments' digest.
    pub arguments: Digest,
    /// The arguments, sealed: the approver has to see them, the disk must not.
    pub sealed_arguments: Vec<u8>,
    /// The policy set.
    pub policy: Digest,
    /// When it was asked for.
    pub requested: UnixMillis,
    /// When it ends, used or not.
    pub expires: UnixMillis,
    /// Who has to agree.
    pub terms: ApprovalTerms,
}

/// An approval as it stands.
#[derive(Clone, Debug)]
pub struct ApprovalRow {
    /// What was asked.
    pub request: NewApproval,
    /// Where it stands.
    pub state: ApprovalState,
    /// How many have agreed.
    pub votes: u32,
    /// Who decided, the last of several.
    pub decided_by: Option<PersonId>,
    /// The call that claimed it.
    pub call: Option<CallId>,
}

impl Store {
    /// The newest approval of `request`'s binding, if it still counts at `request.requested`; else a
    /// new one made of `request`. The flag says whether it was made now. Refuses with `TooMany` if
    /// `max_open` of the same person wait already. Rows that ended a day ago are removed.
    pub async fn find_or_insert_approval(
        &self,
        request: NewApproval,
        max_open: u32,
    ) -> Result<(ApprovalRow, bool), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let kept_from = signed(request.requested).saturating_sub(KEPT_MS);
            // The last that was used stays, for the next request to be compared with.
            transaction.execute(
                "DELETE FROM approval WHERE expires_ms < ?1 AND state <> 'claimed'
                 AND (state <> 'consumed' OR id <> (
                    SELECT id FROM approval AS used WHERE used.state = 'consumed'
                    AND used.tenant = approval.tenant AND used.person = approval.person
                    AND used.client = approval.client AND used.tool = approval.tool
                    ORDER BY used.requested_ms DESC, used.id DESC LIMIT 1))",
                [kept_from],
            )?;
            let newest = transaction
                .query_row(
                    &format!(
                        "{SELECT} WHERE binding = :binding AND state IN ('pending', 'granted', 'denied')
                         ORDER BY requested_ms DESC, id DESC LIMIT 1"
                    ),
                    named_params! { ":binding": request.binding.as_bytes() },
                    |row| Ok(read(row)),
                )
                .optional()?
                .transpose()?;
            let found = match newest {
                Some(row) if request.requested < row.request.expires => (row, false),
                Some(mut row) => {
                    set_state(&transaction, &row.request.id, ApprovalState::Expired)?;
                    let was_granted = row.state == ApprovalState::Granted;
                    row.state = ApprovalState::Expired;
                    if was_granted { (row, false) } else { (insert(&transaction, request, max_open)?, true) }
                }
                None => (insert(&transaction, request, max_open)?, true),
            };
            transaction.commit()?;
            Ok(found)
        })
        .await
    }

    /// Gives a granted approval to `call`. True for exactly one caller.
    pub async fn claim_approval(
        &self,
        id: String,
        call: CallId,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let changed = connection.execute(
                "UPDATE approval SET state = 'claimed', call = :call
                 WHERE id = :id AND state = 'granted' AND expires_ms > :now",
                named_params! { ":id": id, ":call": call.to_string(), ":now": signed(now) },
            )?;
            Ok(changed == 1)
        })
        .await
    }

    /// Moves a claim of `call` on: to `Consumed` when its intent is in the log, back to `Granted` when it is not.
    pub async fn settle_claim(&self, call: CallId, state: ApprovalState) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection.execute(
                "UPDATE approval SET state = :state WHERE call = :call AND state = 'claimed'",
                named_params! { ":state": state.word(), ":call": call.to_string() },
            )?;
            Ok(())
        })
        .await
    }

    /// Decides a pending approval. False if it is not pending any more.
    pub async fn decide_approval(
        &self,
        id: String,
        state: ApprovalState,
        by: PersonId,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let changed = connection.execute(
                "UPDATE approval SET state = :state, decided_by = :by, decided_ms = :now
                 WHERE id = :id AND state = 'pending' AND expires_ms > :now",
                named_params! { ":id": id, ":state": state.word(), ":by": by.as_str(), ":now": signed(now) },
            )?;
            Ok(changed == 1)
        })
        .await
    }

    /// The approval that `principal` last used for `tool`, if one is remembered.
    pub async fn last_used_approval(
        &self,
        principal: Principal,
        tool: ToolName,
    ) -> Result<Option<ApprovalRow>, StoreError> {
        self.run(move |connection| {
            let sql = format!(
                "{SELECT} WHERE state = 'consumed' AND tenant = :tenant AND person = :person
                 AND client = :client AND tool = :tool ORDER BY requested_ms DESC, id DESC LIMIT 1"
            );
            let wanted = named_params! {
                ":tenant": principal.tenant.as_str(),
                ":person": principal.person.as_str(),
                ":client": principal.client.as_str(),
                ":tool": tool.as_str(),
            };
            connection.query_row(&sql, wanted, |row| Ok(read(row))).optional()?.transpose()
        })
        .await
    }

    /// The approval `id`.
    pub async fn approval(&self, id: String) -> Result<Option<ApprovalRow>, StoreError> {
        self.run(move |connection| {
            connection
                .query_row(&format!("{SELECT} WHERE id = ?1"), [id], |row| Ok(read(row)))
                .optional()?
                .transpose()
        })
        .await
    }

    /// What waits in `tenant` and has not ended, oldest first, at most `count`.
    pub async fn pending_approvals(
        &self,
        tenant: TenantId,
        now: UnixMillis,
        count: u32,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        self.run(move |connection| {
            let mut query = connection.prepare_cached(&format!(
                "{SELECT} WHERE state = 'pending' AND tenant = ?1 AND expires_ms > ?2
                 ORDER BY requested_ms, id LIMIT ?3"
            ))?;
            let rows = query.query_map((tenant.as_str(), signed(now), count), |row| Ok(read(row)))?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// How many wait in `tenant` and have not ended.
    pub async fn count_pending_approvals(
        &self,
        tenant: TenantId,
        now: UnixMillis,
    ) -> Result<u64, StoreError> {
        self.run(move |connection| {
            let count: i64 = connection.query_row(
                "SELECT count(*) FROM approval WHERE state = 'pending' AND tenant = ?1 AND expires_ms > ?2",
                (tenant.as_str(), signed(now)),
                |row| row.get(0),
            )?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    /// Approvals in `state`, oldest first, at most `count`.
    pub async fn approvals_in(
        &self,
        state: ApprovalState,
        count: u32,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        self.run(move |connection| {
            let mut query = connection
                .prepare_cached(&format!("{SELECT} WHERE state = ?1 ORDER BY requested_ms, id LIMIT ?2"))?;
            let rows = query.query_map((state.word(), count), |row| Ok(read(row)))?;
            rows.map(|row| row?).collect()
        })
        .await
    }
}

/// SQLite has signed integers; the year 292 million fits.
pub(crate) fn signed(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

fn set_state(connection: &Connection, id: &str, state: ApprovalState) -> Result<(), StoreError> {
    connection.execute("UPDATE approval SET state = ?1 WHERE id = ?2", (state.word(), id))?;
    Ok(())
}

fn insert(connection: &Connection, request: NewApproval, max_open: u32) -> Result<ApprovalRow, StoreError> {
    let open: i64 = connection.query_row(
        "SELECT count(*) FROM approval WHERE state = 'pending' AND expires_ms > :now
         AND tenant = :tenant AND person = :person",
        named_params! {
            ":now": signed(request.requested),
            ":tenant": request.principal.tenant.as_str(),
            ":person": request.principal.person.as_str(),
        },
        |row| row.get(0),
    )?;
    if open >= i64::from(max_open) {
        return Err(StoreError::TooMany { limit: max_open });
    }
    connection.execute(
        "INSERT INTO approval (id, binding, tenant, person, client, tool, definition, arguments,
            sealed_arguments, policy, state, requested_ms, expires_ms)
         VALUES (:id, :binding, :tenant, :person, :client, :tool, :definition, :arguments,
            :sealed_arguments, :policy, 'pending', :requested, :expires)",
        named_params! {
            ":id": request.id,
            ":binding": request.binding.as_bytes(),
            ":tenant": request.principal.tenant.as_str(),
            ":person": request.principal.person.as_str(),
            ":client": request.principal.client.as_str(),
            ":tool": request.tool.as_str(),
            ":definition": request.definition.to_string(),
            ":arguments": request.arguments.to_string(),
            ":sealed_arguments": request.sealed_arguments,
            ":policy": request.policy.to_string(),
            ":requested": signed(request.requested),
            ":expires": signed(request.expires),
        },
    )?;
    insert_terms(connection, &request.id, &request.terms)?;
    Ok(ApprovalRow { request, state: ApprovalState::Pending, votes: 0, decided_by: None, call: None })
}

pub(crate) fn read(row: &Row<'_>) -> Result<ApprovalRow, StoreError> {
    let text = |name: &'static str| row.get::<_, String>(name);
    let digest = |name: &'static str| Digest::from_hex(&text(name)?).ok_or(StoreError::Damaged(name));
    let moment =
        |name: &'static str| Ok::<_, StoreError>(UnixMillis(row.get::<_, i64>(name)?.unsigned_abs()));
    let principal = Principal {
        tenant: text("tenant")?.parse::<TenantId>().map_err(|_| StoreError::Damaged("tenant"))?,
        person: text("person")?.parse::<PersonId>().map_err(|_| StoreError::Damaged("person"))?,
        client: text("client")?.parse::<ClientId>().map_err(|_| StoreError::Damaged("client"))?,
    };
    Ok(ApprovalRow {
        request: NewApproval {
            id: text("id")?,
            binding: Digest::from_bytes(row.get("binding")?),
            principal,
            tool: text("tool")?.parse().map_err(|_| StoreError::Damaged("tool"))?,
            definition: digest("definition")?,
            arguments: digest("arguments")?,
            sealed_arguments: row.get("sealed_arguments")?,
            policy: digest("policy")?,
            requested: moment("requested_ms")?,
            expires: moment("expires_ms")?,
            terms: read_terms(row)?,
        },
        votes: row.get("votes")?,
        state: ApprovalState::read(&text("state")?).ok_or(StoreError::Damaged("state"))?,
        decided_by: row
            .get::<_, Option<String>>("decided_by")?
            .map(|by| by.parse().map_err(|_| StoreError::Damaged("decided_by")))
            .transpose()?,
        call: row
            .get::<_, Option<String>>("call")?
            .map(|call| call.parse().map_err(|_| StoreError::Damaged("call")))
            .transpose()?,
    })
}
