//! What a call and a caller look like to the log: the facts that the layers hand in.
//!
//! No argument and no output is among them, only digests and sizes. What names a person is
//! encrypted on the way into the record; the list is in `docs/audit-format.md`.

use domain::{CallId, ControlVerdict, Decision, Digest, Principal, Refusal, ResourceName, ToolName};
use std::net::IpAddr;

/// Every kind of record. The number is the event's byte in the record's header; numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Event {
    /// The server came up.
    ServerStarted = 1,
    /// A policy set became current.
    PolicyLoaded = 2,
    /// A named override of a control is in force.
    OverrideActive = 3,
    /// A person proved who they are.
    Login = 4,
    /// A request was refused; with a count, several were.
    Refused = 5,
    /// A call is about to have its effect.
    Intent = 6,
    /// A call came to its end.
    Outcome = 7,
    /// A call has an intent and will have no outcome.
    Abandoned = 8,
    /// Tools were listed.
    List = 9,
    /// A call waits for another principal's agreement.
    ApprovalRequested = 10,
    /// Another principal agreed.
    ApprovalGranted = 11,
    /// Another principal refused.
    ApprovalDenied = 12,
    /// Nobody answered, or nobody used the answer, in time.
    ApprovalExpired = 13,
    /// A token was minted.
    TokenCreated = 14,
    /// A token or a principal was revoked.
    Revoked = 15,
    /// Somebody read the log.
    LogRead = 16,
    /// The log went over to its next segment.
    Checkpoint = 17,
    /// The configuration changed.
    ConfigChanged = 18,
    /// A person's key is about to be destroyed.
    SubjectErased = 19,
    /// The operator knows that the log is not the one that a witness saw.
    RestoreAccepted = 20,
    /// Another key signs the checkpoints.
    KeyRotated = 21,
    /// The oldest records are dropped.
    SegmentsDropped = 22,
    /// A person asks for roles in an emergency.
    BreakGlassRequested = 24,
    /// A second person agreed to it.
    BreakGlassGranted = 25,
    /// Somebody else than the requester looked at what was done with it.
    BreakGlassReviewed = 26,
}

impl Event {
    /// Every event, in the order of the numbers.
    pub const ALL: [Self; 25] = [
        Self::ServerStarted,
        Self::PolicyLoaded,
        Self::OverrideActive,
        Self::Login,
        Self::Refused,
        Self::Intent,
        Self::Outcome,
        Self::Abandoned,
        Self::List,
        Self::ApprovalRequested,
        Self::ApprovalGranted,
        Self::ApprovalDenied,
        Self::ApprovalExpired,
        Self::TokenCreated,
        Self::Revoked,
        Self::LogRead,
        Self::Checkpoint,
        Self::ConfigChanged,
        Self::SubjectErased,
        Self::RestoreAccepted,
        Self::KeyRotated,
        Self::SegmentsDropped,
        Self::BreakGlassRequested,
        Self::BreakGlassGranted,
        Self::BreakGlassReviewed,
    ];

    /// The name in records and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerStarted => "server_started",
            Self::PolicyLoaded => "policy_loaded",
            Self::OverrideActive => "override_active",
            Self::Login => "login",
            Self::Refused => "refused",
            Self::Intent => "intent",
            Self::Outcome => "outcome",
            Self::Abandoned => "abandoned",
            Self::List => "list",
            Self::ApprovalRequested => "approval_requested",
            Self::ApprovalGranted => "approval_granted",
            Self::ApprovalDenied => "approval_denied",
            Self::ApprovalExpired => "approval_expired",
            Self::TokenCreated => "token_created",
            Self::Revoked => "revoked",
            Self::LogRead => "log_read",
            Self::Checkpoint => "checkpoint",
            Self::ConfigChanged => "config_changed",
            Self::SubjectErased => "subject_erased",
            Self::RestoreAccepted => "restore_accepted",
            Self::KeyRotated => "key_rotated",
            Self::SegmentsDropped => "segments_dropped",
            Self::BreakGlassRequested => "break_glass_requested",
            Self::BreakGlassGranted => "break_glass_granted",
            Self::BreakGlassReviewed => "break_glass_reviewed",
        }
    }

    /// The event of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// The byte in the record's header.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The event with that byte.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.code() == code)
    }
}

/// Who does something, and from where.
#[derive(Clone, Debug)]
pub struct Who {
    /// Tenant, person, client. The person is encrypted.
    pub principal: Principal,
    /// The client's address as seen after the rule on trusted proxies. Encrypted.
    pub peer: Option<IpAddr>,
    /// What the client calls itself. Encrypted, capped at [`crate::limits::MAX_USER_AGENT_BYTES`].
    pub user_agent: Option<String>,
}

/// A call that passed every control before its effect.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The call.
    pub call: CallId,
    /// The call that made this one, if a tool did.
    pub parent: Option<CallId>,
    /// Who calls.
    pub who: Who,
    /// The tool.
    pub tool: ToolName,
    /// The tool's definition hash.
    pub definition: Digest,
    /// Digest of the arguments.
    pub arguments: Digest,
    /// Bytes of the arguments.
    pub arguments_bytes: u64,
    /// Digest of the plan: what will be sent.
    pub plan: Digest,
    /// The resource that the call is for.
    pub resource: Option<ResourceName>,
    /// Hash of the policy set that permitted it.
    pub policy: Digest,
    /// The rules that permitted it: identifiers of `A-Z a-z 0-9 _ . : / -`, at most 64 signs.
    /// Anything else counts as free text and is encrypted.
    pub reasons: Vec<String>,
    /// The approval that was used up.
    pub approval: Option<String>,
    /// What policy read of the call, to decide it again. Encrypted; left out above
    /// [`crate::limits::MAX_TEXT_BYTES`].
    pub basis: Option<String>,
    /// What the controls before the effect said.
    pub controls: Vec<ControlVerdict>,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The decision word of the reply.
    pub decision: Decision,
    /// Why it was refused after its intent, if it was. The internal message is encrypted.
    pub refusal: Option<Refusal>,
    /// Digest of the output as sent.
    pub output: Digest,
    /// Bytes of the output as sent.
    pub output_bytes: u64,
    /// What the output scan found: kinds and counts, never values.
    pub findings: Vec<FindingCount>,
    /// What the controls after the effect said.
    pub controls: Vec<ControlVerdict>,
    /// From arrival to now. Microseconds.
    pub duration_us: u64,
    /// What the run used, where it was measured.
    pub usage: Option<Usage>,
}

/// How often the scan found one kind of thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingCount {
    /// The kind (`card`, `email`).
    pub kind: &'static str,
    /// How often.
    pub count: u32,
}

/// What a run used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Milliseconds of processor time.
    pub cpu_ms: u64,
    /// The most memory it held. Bytes.
    pub peak_memory_bytes: u64,
}

/// A request that was refused after authentication.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The call.
    pub call: CallId,
    /// Who asked.
    pub who: Who,
    /// The tool as asked for. What is no tool name counts as free text and is encrypted.
    pub tool: Option<String>,
    /// Why. The internal message is encrypted.
    pub refusal: Refusal,
    /// Digest of the arguments, if they were read.
    pub arguments: Option<Digest>,
    /// What policy read, if it decided; as in [`Intent::basis`].
    pub basis: Option<String>,
    /// Hash of the policy set, if it was asked.
    pub policy: Option<Digest>,
    /// The rules that decided; as in [`Intent::reasons`].
    pub reasons: Vec<String>,
    /// What the controls said.
    pub controls: Vec<ControlVerdict>,
    /// From arrival to now. Microseconds.
    pub duration_us: u64,
}

/// A list, a discovery or a ping: recorded, not waited for.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The request.
    pub call: CallId,
    /// Who asked.
    pub who: Who,
    /// The protocol's method (`tools/list`).
    pub method: &'static str,
    /// Entries in the reply.
    pub entries: u64,
    /// Hash of the policy set that filtered them, if one did.
    pub policy: Option<Digest>,
}
