//! The records of operators and approvers.

use super::Actor;
use super::body::{Body, Parts, RecordError, Status, record};
use crate::json::capped;
use crate::limits::MAX_TEXT_BYTES;
use crate::subjects::{SubjectName, Subjects};
use crate::{OperatorEvent, Person, Who};
use domain::{CallId, Digest, Principal, UnixMillis};
use revocation::{Revoked, What};
use secrets::KeyError;

/// The people of an event, with their keys.
struct Cast {
    actor: Actor,
    other: Option<Actor>,
}

/// The record of an operator's event.
pub(crate) fn operator(
    event: &OperatorEvent,
    subjects: &Subjects,
    time: UnixMillis,
) -> Result<Vec<u8>, RecordError> {
    let people = people(event);
    let cast = Cast {
        actor: match people.by {
            Some(who) => actor_of(subjects, &who.principal)?,
            None => own_actor(subjects)?,
        },
        other: people.other.as_ref().map(|other| user_of(subjects, other)).transpose()?,
    };
    let policy_text;
    let mut parts = match people.by {
        Some(who) => Parts::of(who, &cast.actor),
        None => Parts { actor: Some(&cast.actor), ..Parts::default() },
    };
    parts.status = Status::Success;
    parts.call = call_of(event);
    parts.user = cast.other.as_ref().zip(people.other.as_ref().map(|other| &other.person));
    let digest = entity_digest(event);
    if let Some((kind, digest)) = digest {
        policy_text = digest.to_string();
        parts.entity = Some((kind, &policy_text));
    } else {
        parts.entity = entity_name(event);
    }
    record(event.event(), time, &parts, |body| fields(event, body))
}

/// The actor that is a principal.
pub(crate) fn actor_of(subjects: &Subjects, principal: &Principal) -> Result<Actor, KeyError> {
    let name = SubjectName::Person(principal.tenant.clone(), principal.person.clone());
    let subject = subjects.of(&name)?;
    Ok(Actor {
        tenant: Some(principal.tenant.clone()),
        client: Some(principal.client.clone()),
        key: subject.id,
        subject: Some(subject),
    })
}

/// Somebody to whom something is done.
fn user_of(subjects: &Subjects, person: &Person) -> Result<Actor, KeyError> {
    let subject = subjects.of(&SubjectName::Person(person.tenant.clone(), person.person.clone()))?;
    Ok(Actor { tenant: None, client: None, key: subject.id, subject: Some(subject) })
}

fn own_actor(subjects: &Subjects) -> Result<Actor, KeyError> {
    let subject = subjects.of(&SubjectName::Operator)?;
    Ok(Actor { tenant: None, client: None, key: subject.id, subject: Some(subject) })
}

struct People<'a> {
    by: Option<&'a Who>,
    other: Option<Person>,
}

fn people(event: &OperatorEvent) -> People<'_> {
    use OperatorEvent as E;
    let (by, other) = match event {
        E::ServerStarted { .. } | E::OverrideActive { .. } => (None, None),
        E::PolicyLoaded { by, .. }
        | E::ConfigChanged { by, .. }
        | E::RestoreAccepted { by, .. }
        | E::KeyRotated { by, .. } => (by.as_ref(), None),
        E::LogRead { by, about, .. } => (by.as_ref(), about.clone()),
        E::Login { who, .. } | E::ApprovalRequested { who, .. } | E::BreakGlassRequested { who, .. } => {
            (Some(who), None)
        }
        E::BreakGlassGranted { by, requester, .. } | E::BreakGlassReviewed { by, requester, .. } => {
            (Some(by), Some(Person::of(requester)))
        }
        E::ApprovalGranted { approver, requester, .. } | E::ApprovalDenied { approver, requester, .. } => {
            (Some(approver), Some(Person::of(requester)))
        }
        E::ApprovalExpired { requester, .. } => (None, Some(Person::of(requester))),
        E::TokenCreated { by, principal, .. } => (by.as_ref(), Some(Person::of(principal))),
        E::Revoked { by, revoked: Revoked { tenant, what: What::Person(person) }, .. } => {
            (by.as_ref(), Some(Person { tenant: tenant.clone(), person: person.clone() }))
        }
        E::Revoked { by, .. } => (by.as_ref(), None),
        E::SubjectErased { by, person, .. } => (by.as_ref(), Some(person.clone())),
    };
    People { by, other }
}

const fn call_of(event: &OperatorEvent) -> Option<CallId> {
    use OperatorEvent as E;
    match event {
        E::ApprovalRequested { call, .. }
        | E::ApprovalGranted { call, .. }
        | E::ApprovalDenied { call, .. }
        | E::ApprovalExpired { call, .. } => Some(*call),
        _ => None,
    }
}

const fn entity_digest(event: &OperatorEvent) -> Option<(&'static str, &Digest)> {
    match event {
        OperatorEvent::PolicyLoaded { policy, .. } => Some(("policy", policy)),
        OperatorEvent::ConfigChanged { config, .. } => Some(("config", config)),
        _ => None,
    }
}

fn entity_name(event: &OperatorEvent) -> Option<(&'static str, &str)> {
    use OperatorEvent as E;
    match event {
        E::OverrideActive { name, .. } => Some(("override", name)),
        E::ApprovalRequested { approval, .. }
        | E::ApprovalGranted { approval, .. }
        | E::ApprovalDenied { approval, .. }
        | E::ApprovalExpired { approval, .. } => Some(("approval", approval)),
        E::BreakGlassRequested { id, .. }
        | E::BreakGlassGranted { id, .. }
        | E::BreakGlassReviewed { id, .. } => Some(("break_glass", id)),
        E::TokenCreated { token_id, .. } => Some(("token", token_id)),
        // A person is named under `user`, encrypted.
        E::Revoked { revoked: Revoked { what: What::Person(_), .. }, .. } => None,
        E::Revoked { revoked, .. } => Some((revoked.what.kind(), revoked.what.name())),
        E::RestoreAccepted { witness, .. } => Some(("witness", witness)),
        E::LogRead { .. } | E::SubjectErased { .. } | E::KeyRotated { .. } => Some(("audit_log", "audit")),
        _ => None,
    }
}

fn fields(event: &OperatorEvent, body: &mut Body<'_>) {
    use OperatorEvent as E;
    match event {
        E::ServerStarted { version, config, policy } => {
            body.json.key("config").hex(config.as_bytes());
            optional_digest(body, "policy", policy.as_ref());
            body.json.key("version").string(&capped(version, MAX_TEXT_BYTES));
        }
        E::PolicyLoaded { policy, previous, .. } => {
            body.json.key("policy").hex(policy.as_bytes());
            optional_digest(body, "previous", previous.as_ref());
        }
        E::ConfigChanged { config, previous, .. } => {
            body.json.key("config").hex(config.as_bytes());
            optional_digest(body, "previous", previous.as_ref());
        }
        E::OverrideActive { reason, expires, .. } => {
            body.json.key("expires").number(expires.0);
            body.personal("reason", "unmapped.reason", reason);
        }
        E::Login { method, .. } => body.json.key("method").string(&capped(method, MAX_TEXT_BYTES)),
        E::ApprovalRequested { tool, arguments, policy, expires, .. } => {
            body.json.key("arguments").object(|json| json.key("sha256").hex(arguments.as_bytes()));
            body.json.key("expires").number(expires.0);
            body.json.key("policy").hex(policy.as_bytes());
            body.json.key("tool").string(tool.as_str());
        }
        E::ApprovalGranted { votes, needed, reason, .. } => {
            body.json.key("needed").number((*needed).into());
            optional_reason(body, reason.as_deref());
            body.json.key("votes").number((*votes).into());
        }
        E::ApprovalDenied { reason, .. } => optional_reason(body, reason.as_deref()),
        E::ApprovalExpired { .. } => {}
        E::BreakGlassRequested { roles, minutes, reason, .. } => {
            body.json.key("minutes").number((*minutes).into());
            body.personal("reason", "unmapped.reason", reason);
            body.json.key("roles").string(&capped(&roles.join(" "), MAX_TEXT_BYTES));
        }
        E::BreakGlassGranted { roles, expires, .. } => {
            body.json.key("expires").number(expires.0);
            body.json.key("roles").string(&capped(&roles.join(" "), MAX_TEXT_BYTES));
        }
        E::BreakGlassReviewed { finding, .. } => body.personal("finding", "unmapped.finding", finding),
        E::TokenCreated { principal, audience, expires, .. } => {
            body.json.key("audience").string(&capped(audience, MAX_TEXT_BYTES));
            body.json.key("client").string(principal.client.as_str());
            body.json.key("expires").number(expires.0);
            body.json.key("tenant").string(principal.tenant.as_str());
        }
        E::Revoked { revoked, lifted, reason, .. } => {
            body.json.key("kind").word(revoked.what.kind());
            optional_reason(body, reason.as_deref());
            body.json.key("state").word(if *lifted { "lifted" } else { "revoked" });
            body.json.key("tenant").string(revoked.tenant.as_str());
        }
        E::SubjectErased { reason, .. } => optional_reason(body, reason.as_deref()),
        E::KeyRotated { key, previous, reason, .. } => {
            body.json.key("key").string(&key.to_string());
            body.json.key("previous").string(&previous.to_string());
            optional_reason(body, reason.as_deref());
        }
        E::RestoreAccepted { witness_records, records, reason, .. } => {
            body.personal("reason", "unmapped.reason", reason);
            body.json.key("records").number(*records);
            body.json.key("witness_records").number(*witness_records);
        }
        E::LogRead { command, call, records, .. } => {
            if let Some(call) = call {
                body.json.key("call").plain(call);
            }
            body.json.key("command").string(&capped(command, MAX_TEXT_BYTES));
            body.json.key("records").number(*records);
        }
    }
}

fn optional_digest(body: &mut Body<'_>, key: &'static str, digest: Option<&Digest>) {
    if let Some(digest) = digest {
        body.json.key(key).hex(digest.as_bytes());
    }
}

fn optional_reason(body: &mut Body<'_>, reason: Option<&str>) {
    if let Some(reason) = reason {
        body.personal("reason", "unmapped.reason", reason);
    }
}
