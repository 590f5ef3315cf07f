//! Calls and callers for the unit tests.

use crate::{Intent, OperatorEvent, Outcome, Person, Refused, VerifierKey, Who};
use domain::{
    CallId, Clock, Control, ControlVerdict, Decision, Digest, Principal, Refusal, RefusalCode, UnixMillis,
    Verdict,
};

/// A clock that stands.
pub(crate) struct StillClock;

impl StillClock {
    pub(crate) const START: UnixMillis = UnixMillis(1_795_000_000_000);
}

impl Clock for StillClock {
    fn now(&self) -> UnixMillis {
        Self::START
    }
}

pub(crate) fn call(number: u64) -> CallId {
    let mut chance = [1u8; 10];
    chance[2..].copy_from_slice(&number.to_be_bytes());
    CallId::mint(StillClock::START, chance)
}

pub(crate) fn principal(person: &str) -> Principal {
    Principal {
        tenant: "acme".parse().unwrap(),
        person: person.parse().unwrap(),
        client: "quickstart".parse().unwrap(),
    }
}

pub(crate) fn who(person: &str) -> Who {
    Who {
        principal: principal(person),
        peer: Some([203, 0, 113, 77].into()),
        user_agent: Some("SampleAgent/7".to_owned()),
    }
}

pub(crate) fn intent(person: &str, number: u64) -> Intent {
    Intent {
        call: call(number),
        parent: None,
        who: who(person),
        tool: "database-query".parse().unwrap(),
        definition: Digest::of(b"definition"),
        arguments: Digest::of(b"arguments"),
        arguments_bytes: 9,
        plan: Digest::of(b"plan"),
        resource: Some("customer_database".parse().unwrap()),
        policy: Digest::of(b"policy"),
        reasons: vec!["analyst-reads".to_owned(), "because ana@acme.example asked".to_owned()],
        approval: Some("apr-1".to_owned()),
        basis: Some(r#"{"ends":"allow","read":"call"}"#.to_owned()),
        controls: vec![ControlVerdict::new(Control::AuthnToken, Verdict::Pass).because("local")],
    }
}

pub(crate) fn outcome() -> Outcome {
    Outcome {
        decision: Decision::Allow,
        refusal: None,
        output: Digest::of(b"output"),
        output_bytes: 6,
        findings: vec![crate::FindingCount { kind: "email", count: 2 }],
        controls: vec![ControlVerdict::new(Control::ScanSecrets, Verdict::Changed)],
        duration_us: 850,
        usage: Some(crate::Usage { cpu_ms: 3, peak_memory_bytes: 4096 }),
    }
}

pub(crate) fn refused(person: &str, number: u64) -> Refused {
    Refused {
        call: call(number),
        who: who(person),
        tool: Some("payroll\n\u{1b}[2J of ana".to_owned()),
        refusal: Refusal::new(RefusalCode::Denied, "rule `no-salaries` forbids ana").with_limit("rows"),
        arguments: Some(Digest::of(b"arguments")),
        basis: Some(r#"{"ends":"deny","read":"data","resource":"salaries_of_ana"}"#.to_owned()),
        policy: Some(Digest::of(b"policy")),
        reasons: vec!["no-salaries".to_owned()],
        controls: Vec::new(),
        duration_us: 120,
    }
}

pub(crate) fn policy_loaded(name: &[u8]) -> OperatorEvent {
    OperatorEvent::PolicyLoaded { policy: Digest::of(name), previous: None, by: Some(who("root")) }
}

fn revoked(kind: &str, name: &str) -> revocation::Revoked {
    revocation::Revoked { tenant: "acme".parse().unwrap(), what: revocation::What::read(kind, name).unwrap() }
}

/// One of each kind of operator's event.
pub(crate) fn operator_events() -> Vec<OperatorEvent> {
    use OperatorEvent as E;
    let digest = Digest::of(b"digest");
    let expires = UnixMillis(StillClock::START.0 + 60_000);
    vec![
        E::ServerStarted { version: "0.1.0".to_owned(), config: digest, policy: Some(digest) },
        E::PolicyLoaded { policy: digest, previous: Some(digest), by: Some(who("root")) },
        E::OverrideActive { name: "no-isolation".to_owned(), reason: "ana needs it".to_owned(), expires },
        E::Login { who: who("ana"), method: "password".to_owned() },
        E::ApprovalRequested {
            approval: "apr-1".to_owned(),
            call: call(1),
            who: who("dev"),
            tool: "python-runner".parse().unwrap(),
            arguments: digest,
            policy: digest,
            expires,
        },
        E::ApprovalGranted {
            approval: "apr-1".to_owned(),
            call: call(1),
            approver: who("sam"),
            requester: principal("dev"),
            votes: 1,
            needed: 2,
            reason: Some("dev asked nicely".to_owned()),
        },
        E::BreakGlassRequested {
            id: "b_1".to_owned(),
            who: who("dev"),
            roles: vec!["admin".to_owned()],
            minutes: 30,
            reason: "dev has to restart billing".to_owned(),
        },
        E::BreakGlassGranted {
            id: "b_1".to_owned(),
            by: who("sam"),
            requester: principal("dev"),
            roles: vec!["admin".to_owned()],
            expires,
        },
        E::BreakGlassReviewed {
            id: "b_1".to_owned(),
            by: who("sam"),
            requester: principal("dev"),
            finding: "dev did what was said".to_owned(),
        },
        E::ApprovalDenied {
            approval: "apr-1".to_owned(),
            call: call(1),
            approver: who("sam"),
            requester: principal("dev"),
            reason: None,
        },
        E::ApprovalExpired { approval: "apr-1".to_owned(), call: call(1), requester: principal("dev") },
        E::TokenCreated {
            by: None,
            principal: principal("ana"),
            audience: "mcp".to_owned(),
            token_id: "jti-1".to_owned(),
            expires,
        },
        E::Revoked {
            by: Some(who("root")),
            revoked: revoked("person", "ana"),
            lifted: false,
            reason: Some("ana left".to_owned()),
        },
        E::Revoked { by: None, revoked: revoked("token", "jti-1"), lifted: false, reason: None },
        E::Revoked { by: Some(who("root")), revoked: revoked("tool", "echo"), lifted: true, reason: None },
        E::LogRead {
            by: Some(who("root")),
            command: "show".to_owned(),
            call: Some(call(1)),
            records: 2,
            about: Some(Person::of(&principal("ana"))),
        },
        E::RestoreAccepted {
            by: None,
            witness: "office".to_owned(),
            witness_records: 9,
            records: 5,
            reason: "ana's disk broke".to_owned(),
        },
        E::KeyRotated {
            by: Some(who("root")),
            key: VerifierKey { name: "secure-mcp/test".to_owned(), key: [1; 32] },
            previous: VerifierKey { name: "secure-mcp/test".to_owned(), key: [2; 32] },
            reason: Some("ana left".to_owned()),
        },
        E::SubjectErased {
            by: Some(who("root")),
            person: Person::of(&principal("ana")),
            reason: Some("ana asked".to_owned()),
        },
        E::ConfigChanged { by: Some(who("root")), config: digest, previous: None },
    ]
}
