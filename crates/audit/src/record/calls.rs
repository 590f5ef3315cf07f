//! The records of calls: intent, outcome, abandoned, refused, list.

use super::Actor;
use super::body::{Body, Operation, Parts, RecordError, Status, record};
use crate::json::{Writer, capped};
use crate::limits::{MAX_LIST_ENTRIES, MAX_REASON_ID_BYTES, MAX_REASONS, MAX_TEXT_BYTES};
use crate::log::OpenCall;
use crate::{Event, Intent, Listed, Outcome, Refused};
use domain::{ControlVerdict, Decision, Digest, Refusal, ToolName, UnixMillis, Verdict};

/// The record of an intent.
pub(crate) fn intent(intent: &Intent, actor: &Actor, time: UnixMillis) -> Result<Vec<u8>, RecordError> {
    let parts = Parts {
        call: Some(intent.call),
        operation: Some(Operation::Known(intent.tool.as_str())),
        policy: Some(intent.policy),
        decision: Some(Decision::Allow.word()),
        resource: intent.resource.as_ref().map(|resource| resource.as_str()),
        ..Parts::of(&intent.who, actor)
    };
    record(Event::Intent, time, &parts, |body| {
        if let Some(approval) = &intent.approval {
            body.json.key("approval").string(&capped(approval, MAX_TEXT_BYTES));
        }
        body.json.key("arguments").object(|json| {
            json.key("bytes").number(intent.arguments_bytes);
            json.key("sha256").hex(intent.arguments.as_bytes());
        });
        basis(body, intent.basis.as_deref());
        controls(&mut body.json, &intent.controls);
        digest(&mut body.json, "definition", Some(&intent.definition));
        if let Some(parent) = intent.parent {
            body.json.key("parent").plain(parent);
        }
        digest(&mut body.json, "plan", Some(&intent.plan));
        reasons(body, &intent.reasons);
    })
}

/// The record of how a call ended.
pub(crate) fn outcome(outcome: &Outcome, open: &OpenCall, time: UnixMillis) -> Result<Vec<u8>, RecordError> {
    let mut parts = Parts {
        status: match outcome.decision {
            Decision::Allow => Status::Success,
            Decision::Deny => Status::Failure,
            Decision::Pending => Status::Other,
        },
        ..of_open(open)
    };
    add_refusal(&mut parts, outcome.refusal.as_ref());
    record(Event::Outcome, time, &parts, |body| {
        let json = &mut body.json;
        controls(json, &outcome.controls);
        json.key("decision").word(outcome.decision.word());
        json.key("duration_us").number(outcome.duration_us);
        json.key("findings").array(|json| {
            for finding in outcome.findings.iter().take(MAX_LIST_ENTRIES) {
                json.object(|json| {
                    json.key("count").number(finding.count.into());
                    json.key("kind").string(&capped(finding.kind, MAX_REASON_ID_BYTES));
                });
            }
        });
        json.key("intent").number(open.index);
        json.key("output").object(|json| {
            json.key("bytes").number(outcome.output_bytes);
            json.key("sha256").hex(outcome.output.as_bytes());
        });
        if let Some(usage) = outcome.usage {
            json.key("usage").object(|json| {
                json.key("cpu_ms").number(usage.cpu_ms);
                json.key("peak_memory_bytes").number(usage.peak_memory_bytes);
            });
        }
    })
}

/// The record that closes an intent without an outcome. `cause` is a word of ours.
pub(crate) fn abandoned(
    open: &OpenCall,
    cause: &'static str,
    time: UnixMillis,
) -> Result<Vec<u8>, RecordError> {
    record(Event::Abandoned, time, &of_open(open), |body| {
        body.json.key("cause").word(cause);
        body.json.key("intent").number(open.index);
    })
}

/// The fields that say which call ends. The person stands in the intent.
fn of_open(open: &OpenCall) -> Parts<'_> {
    Parts {
        call: Some(open.call),
        intent: Some(open.index),
        actor: open.actor.as_ref(),
        operation: open.tool.as_ref().map(|tool| Operation::Known(tool.as_str())),
        ..Parts::default()
    }
}

/// The record of a refusal after authentication.
pub(crate) fn refused(refused: &Refused, actor: &Actor, time: UnixMillis) -> Result<Vec<u8>, RecordError> {
    let mut parts = Parts {
        call: Some(refused.call),
        operation: refused.tool.as_deref().map(|tool| {
            if tool.parse::<ToolName>().is_ok() { Operation::Known(tool) } else { Operation::AsAsked(tool) }
        }),
        policy: refused.policy,
        decision: Some(refused.refusal.code().decision().word()),
        status: match refused.refusal.code().decision() {
            Decision::Pending => Status::Other,
            _ => Status::Failure,
        },
        ..Parts::of(&refused.who, actor)
    };
    add_refusal(&mut parts, Some(&refused.refusal));
    record(Event::Refused, time, &parts, |body| {
        if let Some(approval) = refused.refusal.approval_id() {
            body.json.key("approval").string(&capped(approval, MAX_TEXT_BYTES));
        }
        if let Some(arguments) = &refused.arguments {
            body.json.key("arguments").object(|json| json.key("sha256").hex(arguments.as_bytes()));
        }
        basis(body, refused.basis.as_deref());
        controls(&mut body.json, &refused.controls);
        body.json.key("decision").word(refused.refusal.code().decision().word());
        body.json.key("duration_us").number(refused.duration_us);
        if let Some(limit) = refused.refusal.limit() {
            body.json.key("limit").string(&capped(limit, MAX_TEXT_BYTES));
        }
        reasons(body, &refused.reasons);
    })
}

/// The record of a list, a discovery or a ping.
pub(crate) fn listed(listed: &Listed, actor: &Actor, time: UnixMillis) -> Result<Vec<u8>, RecordError> {
    let parts = Parts {
        call: Some(listed.call),
        operation: Some(Operation::Known(listed.method)),
        policy: listed.policy,
        status: Status::Success,
        ..Parts::of(&listed.who, actor)
    };
    record(Event::List, time, &parts, |body| body.json.key("entries").number(listed.entries))
}

fn add_refusal<'a>(parts: &mut Parts<'a>, refusal: Option<&'a Refusal>) {
    parts.status_code = refusal.map(|refusal| refusal.code().name());
    parts.status_detail = refusal.map(Refusal::internal);
}

/// Sealed whole; one that is too long would be cut and say less than it seems to, so it says nothing.
fn basis(body: &mut Body<'_>, text: Option<&str>) {
    if let Some(text) = text {
        let whole = if text.len() <= MAX_TEXT_BYTES { text } else { "" };
        body.personal("basis", "unmapped.basis", whole);
    }
}

fn digest(json: &mut Writer, key: &'static str, digest: Option<&Digest>) {
    if let Some(digest) = digest {
        json.key(key).hex(digest.as_bytes());
    }
}

/// The word in records.
pub(crate) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Changed => "changed",
        Verdict::Refused => "refused",
        Verdict::Error => "error",
        Verdict::NotConfigured => "not_configured",
    }
}

fn controls(json: &mut Writer, controls: &[ControlVerdict]) {
    json.key("controls").array(|json| {
        for control in controls.iter().take(MAX_LIST_ENTRIES) {
            json.object(|json| {
                if let Some(detail) = &control.detail {
                    json.key("detail").string(&capped(detail, MAX_TEXT_BYTES / 4));
                }
                json.key("name").word(control.name.name());
                json.key("verdict").word(verdict_word(control.verdict));
                json.key("version").string(&capped(&control.version, MAX_REASON_ID_BYTES));
            });
        }
    });
}

/// Identifiers in clear under `reasons`, everything else sealed under `remarks`.
fn reasons(body: &mut Body<'_>, reasons: &[String]) {
    let (identifiers, remarks): (Vec<_>, Vec<_>) =
        reasons.iter().take(MAX_REASONS).partition(|reason| is_rule_identifier(reason));
    body.json.key("reasons").array(|json| identifiers.iter().for_each(|reason| json.word(reason)));
    if remarks.is_empty() {
        return;
    }
    body.json.key("remarks").array_open();
    for remark in remarks {
        body.personal_entry("unmapped.remarks", remark);
    }
    body.json.array_close();
}

/// A policy rule's identifier. No `@`: an e-mail address is never one.
fn is_rule_identifier(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_REASON_ID_BYTES
        && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_.:/-".contains(&sign))
}
