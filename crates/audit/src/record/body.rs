//! The part of a record's JSON that all events share: OCSF 1.9 around what the event itself adds.
//!
//! Every key is written in the order of RFC 8785. What has no place in OCSF stands under `unmapped`.

use crate::json::{Writer, capped};
use crate::limits::{MAX_RECORD_BYTES, MAX_TEXT_BYTES, MAX_USER_AGENT_BYTES};
use crate::record::Header;
use crate::subjects::{KeyId, Subject};
use crate::{Event, Who};
use domain::{CallId, ClientId, Digest, PersonId, TenantId, UnixMillis};
use secrets::KeyError;
use std::net::IpAddr;
use std::sync::Arc;

/// Bytes that an intent with nine controls takes; other records take less.
const USUAL_RECORD_BYTES: usize = 2048;
/// The version of OCSF that the records follow.
const OCSF_VERSION: &str = "1.9.0";

/// Who a record is about, as far as it is said in clear.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) tenant: Option<TenantId>,
    pub(crate) client: Option<ClientId>,
    pub(crate) key: KeyId,
    /// `None` once the subject is erased.
    pub(crate) subject: Option<Arc<Subject>>,
}

/// OCSF's `status_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    Unknown = 0,
    Success = 1,
    Failure = 2,
    Other = 99,
}

/// What the events put into the shared fields.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) call: Option<CallId>,
    pub(crate) intent: Option<u64>,
    pub(crate) actor: Option<&'a Actor>,
    pub(crate) person: Option<&'a PersonId>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) operation: Option<Operation<'a>>,
    pub(crate) policy: Option<Digest>,
    pub(crate) decision: Option<&'static str>,
    pub(crate) resource: Option<&'a str>,
    pub(crate) entity: Option<(&'static str, &'a str)>,
    pub(crate) count: Option<u64>,
    pub(crate) status: Status,
    pub(crate) status_code: Option<&'static str>,
    pub(crate) status_detail: Option<&'a str>,
    /// The user that something is done to.
    pub(crate) user: Option<(&'a Actor, &'a PersonId)>,
}

/// What was called.
#[derive(Clone, Copy)]
pub(crate) enum Operation<'a> {
    /// A name that was checked.
    Known(&'a str),
    /// What somebody typed.
    AsAsked(&'a str),
}

impl<'a> Parts<'a> {
    /// The fields that say who.
    pub(crate) fn of(who: &'a Who, actor: &'a Actor) -> Self {
        Self {
            actor: Some(actor),
            person: Some(&who.principal.person),
            peer: who.peer,
            user_agent: who.user_agent.as_deref(),
            ..Self::default()
        }
    }
}

/// A record's JSON in the making, with the subject whose key seals its personal fields.
pub(crate) struct Body<'a> {
    pub(crate) json: Writer,
    subject: Option<&'a Subject>,
    failed: Option<KeyError>,
}

impl Body<'_> {
    /// A personal field of the record's own subject. `field` is its place: the keys from the top,
    /// joined by dots, without the positions in arrays.
    pub(crate) fn personal(&mut self, key: &'static str, field: &'static str, value: &str) {
        self.json.key(key);
        self.sealed(self.subject, None, field, value);
    }

    /// A personal field of another subject, which it names.
    pub(crate) fn personal_of(&mut self, actor: &Actor, key: &'static str, field: &'static str, value: &str) {
        self.json.key(key);
        self.sealed(actor.subject.as_deref(), Some(actor.key), field, value);
    }

    /// A personal value in an array.
    pub(crate) fn personal_entry(&mut self, field: &'static str, value: &str) {
        self.sealed(self.subject, None, field, value);
    }

    fn sealed(&mut self, subject: Option<&Subject>, named: Option<KeyId>, field: &str, value: &str) {
        let sealed = subject.map(|subject| subject.seal(field, &capped(value, MAX_TEXT_BYTES)));
        self.json.object(|json| {
            match sealed {
                Some(Ok(sealed)) => json.key("enc").word(&sealed),
                Some(Err(error)) => self.failed = Some(error),
                // An erased subject has no key: the field says that there was one.
                None => json.key("enc").word(""),
            }
            if let Some(key) = named {
                json.key("key").hex(&key.0);
            }
        });
    }
}

const fn class_and_activity(event: Event) -> (u64, u64) {
    const OTHER: u64 = 99;
    match event {
        Event::ServerStarted => (6002, 3),
        Event::Checkpoint | Event::SegmentsDropped => (6002, OTHER),
        Event::PolicyLoaded | Event::ConfigChanged => (3004, 3),
        Event::LogRead => (3004, 2),
        Event::SubjectErased => (3004, 4),
        Event::OverrideActive
        | Event::RestoreAccepted
        | Event::KeyRotated
        | Event::ApprovalRequested
        | Event::ApprovalGranted
        | Event::ApprovalDenied
        | Event::ApprovalExpired => (3004, OTHER),
        Event::Login => (3002, 1),
        Event::BreakGlassRequested | Event::BreakGlassGranted | Event::BreakGlassReviewed => (3005, OTHER),
        Event::TokenCreated | Event::Revoked => (3003, OTHER),
        Event::List => (6003, 2),
        Event::Refused | Event::Intent | Event::Outcome | Event::Abandoned => (6003, OTHER),
    }
}

const fn severity(event: Event) -> u64 {
    match event {
        Event::Refused | Event::Abandoned | Event::ApprovalDenied => 2,
        Event::OverrideActive
        | Event::SubjectErased
        | Event::RestoreAccepted
        | Event::BreakGlassRequested
        | Event::BreakGlassReviewed => 3,
        Event::BreakGlassGranted => 4,
        _ => 1,
    }
}

/// The record: header (with index 0) and JSON. `add` writes the entries of `unmapped`.
pub(crate) fn record(
    event: Event,
    time: UnixMillis,
    parts: &Parts<'_>,
    add: impl FnOnce(&mut Body<'_>),
) -> Result<Vec<u8>, RecordError> {
    let mut header = Vec::with_capacity(USUAL_RECORD_BYTES);
    let key = parts.actor.map(|actor| actor.key);
    Header { event, index: 0, time, call: parts.call, key, intent: parts.intent }.put(&mut header);
    let subject = parts.actor.and_then(|actor| actor.subject.as_deref());
    let mut body = Body { json: Writer::object_after(header), subject, failed: None };
    before_metadata(&mut body, event, parts);
    metadata(&mut body.json, parts);
    after_metadata(&mut body, event, time, parts);
    body.json.key("unmapped").object_open();
    add(&mut body);
    body.json.object_close();
    if let Some((actor, person)) = parts.user {
        body.json.key("user").object_open();
        body.personal_of(actor, "name", "user.name", person.as_str());
        body.json.key("uid").hex(&actor.key.0);
        body.json.object_close();
    }
    if let Some(error) = body.failed {
        return Err(RecordError::Key(error));
    }
    let record = body.json.finish();
    if record.len() > MAX_RECORD_BYTES {
        return Err(RecordError::TooLarge { bytes: record.len() });
    }
    Ok(record)
}

/// A record that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// A personal field cannot be sealed.
    #[error("a personal field cannot be sealed")]
    Key(#[from] KeyError),
    /// The caps on texts and lists did not hold it.
    #[error("the record has {bytes} bytes, over the limit of {MAX_RECORD_BYTES}")]
    TooLarge {
        /// What it would have.
        bytes: usize,
    },
}

fn before_metadata(body: &mut Body<'_>, event: Event, parts: &Parts<'_>) {
    let (class, activity) = class_and_activity(event);
    body.json.key("activity_id").number(activity);
    body.json.key("activity_name").word(event.name());
    if let Some(actor) = parts.actor {
        body.json.key("actor").object_open();
        if let Some(policy) = parts.policy {
            body.json.key("authorizations").array(|json| {
                json.object(|json| {
                    if let Some(decision) = parts.decision {
                        json.key("decision").word(decision);
                    }
                    json.key("policy").object(|json| json.key("uid").hex(policy.as_bytes()));
                });
            });
        }
        body.json.key("user").object_open();
        if let Some(person) = parts.person {
            body.personal("name", "actor.user.name", person.as_str());
        }
        body.json.key("uid").hex(&actor.key.0);
        body.json.object_close();
        body.json.object_close();
        if let Some(client) = &actor.client {
            body.json.key("ai_agent").object(|json| json.key("uid").string(client.as_str()));
        }
    }
    if parts.operation.is_some() || parts.call.is_some() {
        body.json.key("api").object_open();
        match parts.operation {
            Some(Operation::Known(name)) => body.json.key("operation").string(name),
            Some(Operation::AsAsked(text)) => body.personal("operation", "api.operation", text),
            None => {}
        }
        if let Some(call) = parts.call {
            body.json.key("request").object(|json| json.key("uid").plain(call));
        }
        body.json.object_close();
    }
    body.json.key("category_uid").number(class / 1000);
    body.json.key("class_uid").number(class);
    if let Some(count) = parts.count {
        body.json.key("count").number(count);
    }
    if let Some((kind, uid)) = parts.entity {
        body.json.key("entity").object(|json| {
            json.key("type").word(kind);
            json.key("uid").string(&capped(uid, MAX_TEXT_BYTES));
        });
    }
    if let Some(user_agent) = parts.user_agent {
        let user_agent = capped(user_agent, MAX_USER_AGENT_BYTES);
        body.json.key("http_request").object_open();
        body.personal("user_agent", "http_request.user_agent", &user_agent);
        body.json.object_close();
    }
}

fn metadata(json: &mut Writer, parts: &Parts<'_>) {
    json.key("metadata").object(|json| {
        if let Some(call) = parts.call {
            json.key("correlation_uid").plain(call);
        }
        json.key("product").object(|json| {
            json.key("name").word("Secure MCP Server");
            json.key("vendor_name").word("Secure MCP Server");
            json.key("version").word(env!("CARGO_PKG_VERSION"));
        });
        if parts.actor.is_some_and(|actor| actor.client.is_some()) {
            json.key("profiles").array(|json| json.word("ai_operation"));
        }
        if let Some(tenant) = parts.actor.and_then(|actor| actor.tenant.as_ref()) {
            json.key("tenant_uid").string(tenant.as_str());
        }
        json.key("version").word(OCSF_VERSION);
    });
}

fn after_metadata(body: &mut Body<'_>, event: Event, time: UnixMillis, parts: &Parts<'_>) {
    if let Some(resource) = parts.resource {
        body.json.key("resources").array(|json| json.object(|json| json.key("name").string(resource)));
    }
    body.json.key("severity_id").number(severity(event));
    if let Some(peer) = parts.peer {
        body.json.key("src_endpoint").object_open();
        body.personal("ip", "src_endpoint.ip", &peer.to_string());
        body.json.object_close();
    }
    if let Some(code) = parts.status_code {
        body.json.key("status_code").word(code);
    }
    if let Some(detail) = parts.status_detail {
        body.personal("status_detail", "status_detail", detail);
    }
    body.json.key("status_id").number(parts.status as u64);
    body.json.key("time").number(time.0);
    let (class, activity) = class_and_activity(event);
    body.json.key("type_uid").number(class * 100 + activity);
}
