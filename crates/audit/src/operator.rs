//! What operators and approvers do: rare, important, and recorded even when the disk is full.

use crate::{Event, VerifierKey, Who};
use domain::{CallId, Digest, PersonId, Principal, TenantId, ToolName, UnixMillis};
use revocation::Revoked;

/// A person of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub person: PersonId,
}

impl Person {
    /// The person of a principal.
    pub fn of(principal: &Principal) -> Self {
        Self { tenant: principal.tenant.clone(), person: principal.person.clone() }
    }
}

/// An event that is not a step of a call.
#[derive(Clone, Debug)]
pub enum OperatorEvent {
    /// The server came up.
    ServerStarted {
        /// Version of the product.
        version: String,
        /// Digest of the configuration in force.
        config: Digest,
        /// Digest of the policy set in force.
        policy: Option<Digest>,
    },
    /// A policy set became current.
    PolicyLoaded {
        /// Its hash.
        policy: Digest,
        /// The hash before.
        previous: Option<Digest>,
        /// Who made it current; `None` at start.
        by: Option<Who>,
    },
    /// A named override is in force; said at start and daily.
    OverrideActive {
        /// Which one.
        name: String,
        /// Why, in the operator's words. Encrypted.
        reason: String,
        /// When it ends.
        expires: UnixMillis,
    },
    /// A person proved who they are.
    Login {
        /// Who.
        who: Who,
        /// By what (`password`, `oidc`).
        method: String,
    },
    /// A call waits for another principal's agreement.
    ApprovalRequested {
        /// The approval.
        approval: String,
        /// The call that asked.
        call: CallId,
        /// Who asked.
        who: Who,
        /// For which tool.
        tool: ToolName,
        /// Digest of the arguments.
        arguments: Digest,
        /// Hash of the policy set that wants the approval.
        policy: Digest,
        /// When the request ends.
        expires: UnixMillis,
    },
    /// Another principal agreed.
    ApprovalGranted {
        /// The approval.
        approval: String,
        /// The call that asked.
        call: CallId,
        /// Who agreed.
        approver: Who,
        /// Who had asked.
        requester: Principal,
        /// How many have agreed, this one included.
        votes: u32,
        /// How many have to.
        needed: u32,
        /// Why, in the approver's words. Encrypted.
        reason: Option<String>,
    },
    /// Another principal refused.
    ApprovalDenied {
        /// The approval.
        approval: String,
        /// The call that asked.
        call: CallId,
        /// Who refused.
        approver: Who,
        /// Who had asked.
        requester: Principal,
        /// Why, in the approver's words. Encrypted.
        reason: Option<String>,
    },
    /// Nobody answered, or nobody used the answer, in time.
    ApprovalExpired {
        /// The approval.
        approval: String,
        /// The call that asked.
        call: CallId,
        /// Who had asked.
        requester: Principal,
    },
    /// A person asks for roles in an emergency.
    BreakGlassRequested {
        /// Its name.
        id: String,
        /// Who asks.
        who: Who,
        /// Which roles.
        roles: Vec<String>,
        /// For how long.
        minutes: u32,
        /// Why. Encrypted.
        reason: String,
    },
    /// A second person agreed; the roles are in force.
    BreakGlassGranted {
        /// Its name.
        id: String,
        /// Who agreed.
        by: Who,
        /// Who has the roles.
        requester: Principal,
        /// Which.
        roles: Vec<String>,
        /// When they end.
        expires: UnixMillis,
    },
    /// Somebody else than the requester looked at what was done.
    BreakGlassReviewed {
        /// Its name.
        id: String,
        /// Who looked.
        by: Who,
        /// Who had the roles.
        requester: Principal,
        /// What was found. Encrypted.
        finding: String,
    },
    /// A token was minted.
    TokenCreated {
        /// By whom; `None` from the command line without a server.
        by: Option<Who>,
        /// For whom.
        principal: Principal,
        /// For which audience.
        audience: String,
        /// The token's `jti`.
        token_id: String,
        /// When it ends.
        expires: UnixMillis,
    },
    /// A person, a client, a token or a tool was revoked, or a revocation was lifted.
    Revoked {
        /// By whom.
        by: Option<Who>,
        /// What.
        revoked: Revoked,
        /// True if it is good again.
        lifted: bool,
        /// Why, in the operator's words. Encrypted.
        reason: Option<String>,
    },
    /// Somebody read the log.
    LogRead {
        /// Who; `None` from the command line without a server.
        by: Option<Who>,
        /// How (`tail`, `show`, `export`).
        command: String,
        /// The call that was looked for.
        call: Option<CallId>,
        /// How many records were shown.
        records: u64,
        /// The person that was looked for. Encrypted.
        about: Option<Person>,
    },
    /// A person's key is about to be destroyed.
    SubjectErased {
        /// By whom.
        by: Option<Who>,
        /// Whose. The name is sealed with the key that goes.
        person: Person,
        /// Why, in the operator's words. Encrypted.
        reason: Option<String>,
    },
    /// The operator knows that the log is not the one that a witness saw.
    RestoreAccepted {
        /// By whom; `None` from the command line without a server.
        by: Option<Who>,
        /// The witness.
        witness: String,
        /// Records that it saw.
        witness_records: u64,
        /// Records that there are.
        records: u64,
        /// Why, in the operator's words. Encrypted.
        reason: String,
    },
    /// Another key signs the checkpoints.
    KeyRotated {
        /// By whom.
        by: Option<Who>,
        /// The key that signs now.
        key: VerifierKey,
        /// The key before.
        previous: VerifierKey,
        /// Why, in the operator's words. Encrypted.
        reason: Option<String>,
    },
    /// The configuration changed.
    ConfigChanged {
        /// By whom.
        by: Option<Who>,
        /// Digest of the configuration now.
        config: Digest,
        /// Digest before.
        previous: Option<Digest>,
    },
}

impl OperatorEvent {
    /// The kind of record it becomes.
    pub const fn event(&self) -> Event {
        match self {
            Self::ServerStarted { .. } => Event::ServerStarted,
            Self::PolicyLoaded { .. } => Event::PolicyLoaded,
            Self::OverrideActive { .. } => Event::OverrideActive,
            Self::Login { .. } => Event::Login,
            Self::ApprovalRequested { .. } => Event::ApprovalRequested,
            Self::ApprovalGranted { .. } => Event::ApprovalGranted,
            Self::ApprovalDenied { .. } => Event::ApprovalDenied,
            Self::ApprovalExpired { .. } => Event::ApprovalExpired,
            Self::BreakGlassRequested { .. } => Event::BreakGlassRequested,
            Self::BreakGlassGranted { .. } => Event::BreakGlassGranted,
            Self::BreakGlassReviewed { .. } => Event::BreakGlassReviewed,
            Self::TokenCreated { .. } => Event::TokenCreated,
            Self::Revoked { .. } => Event::Revoked,
            Self::LogRead { .. } => Event::LogRead,
            Self::ConfigChanged { .. } => Event::ConfigChanged,
            Self::SubjectErased { .. } => Event::SubjectErased,
            Self::RestoreAccepted { .. } => Event::RestoreAccepted,
            Self::KeyRotated { .. } => Event::KeyRotated,
        }
    }

    /// True for what an operator does: it may use the reserved space when the disk is full. A login
    /// and a request for approval are a user's doing, and users could fill the reserve.
    pub const fn may_use_reserve(&self) -> bool {
        !matches!(
            self,
            Self::Login { .. } | Self::ApprovalRequested { .. } | Self::BreakGlassRequested { .. }
        )
    }
}
