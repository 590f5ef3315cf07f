//! The steps with code: a call that waits, somebody else who agrees, and the same call again.

use super::{Demo, Step, unexpected};
use crate::Failure;
use crate::client::{CallReply, Transport};
use domain::{Clock as _, SystemClock};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use std::time::{Duration, Instant};

const TOOL: &str = "python-runner";

pub(super) async fn pending_and_approved(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let arguments = arguments()?;
    let (reply, took) = call(demo, Transport::Https, &arguments).await?;
    if reply.error_code() == Some(-32602) {
        return not_offered(demo).await;
    }
    let id = match (reply.refusal_code(), reply.approval_id()) {
        (Some("approval_pending"), Some(id)) => id.to_owned(),
        _ => return Err(unexpected("PENDING", reply.text())),
    };
    show(
        demo,
        "PENDING",
        format!("dev's code may run 60 s, so it waits for another person: {id}"),
        &reply,
        took,
    )?;

    let path = format!("/api/approvals/{id}");
    let decision = json!({ "decision": "grant", "reason": "the quickstart's demo" });
    demo.cast.official("sam").await?.post(&path, &decision).await?;
    let (reply, took) = call(demo, Transport::Wss, &arguments).await?;
    let what = match reply.refusal_code() {
        None if !reply.is_error() => {
            let printed =
                reply.data().get("stdout").and_then(serde_json::Value::as_str).unwrap_or_default().trim();
            let isolation = reply.verdict_of("execute.isolation").and_then(|verdict| verdict.get("detail"));
            let isolation = isolation.and_then(serde_json::Value::as_str).unwrap_or("isolated");
            format!("sam agreed on the admin plane, dev's retry ran ({isolation}) and printed {printed}")
        }
        Some("isolation_unavailable") => format!(
            "sam agreed on the admin plane; this machine cannot isolate code, so it was not run: {} \
             (`secure-mcp doctor` says what is missing)",
            reply.text()
        ),
        _ => return Err(unexpected("APPROVED", reply.text())),
    };
    show(demo, "APPROVED", what, &reply, took)
}

/// Without an interpreter or isolation the tool is not offered to anybody; the line says so, with a
/// call that shows it.
async fn not_offered(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let offered = demo.cast.caller("dev", Transport::Https).await?.tools().await?;
    if offered.iter().any(|name| name == TOOL) {
        return Err(unexpected("PENDING", "a listed tool was not found"));
    }
    demo.output.remark(format!(
        "PENDING and APPROVED are left out: `{TOOL}` is not offered here, because this machine has no Python \
         interpreter or cannot isolate code (`secure-mcp doctor` says which)"
    ));
    Ok(())
}

/// The code names the moment, so that every demo asks for an approval of its own.
fn arguments() -> Result<Box<RawValue>, Failure> {
    let moment = SystemClock.now().0;
    let code = format!("# demo {moment}\nprint(sum(range(101)))");
    Ok(to_raw_value(&json!({ "code": code, "timeout_ms": 60_000 })).map_err(anyhow::Error::from)?)
}

async fn call(
    demo: &Demo<'_>,
    transport: Transport,
    arguments: &RawValue,
) -> Result<(CallReply, Duration), Failure> {
    let mut dev = demo.cast.caller("dev", transport).await?;
    let started = Instant::now();
    let reply = dev.call(TOOL, arguments).await?;
    Ok((reply, started.elapsed()))
}

fn show(
    demo: &mut Demo<'_>,
    word: &'static str,
    what: String,
    reply: &CallReply,
    took: Duration,
) -> Result<(), Failure> {
    let step = Step {
        word,
        tool: TOOL.to_owned(),
        what,
        call_id: reply.call_id().ok_or_else(|| unexpected(word, "the reply names no call"))?.to_owned(),
        decision: reply.decision().to_owned(),
        took,
    };
    demo.kept.receipt(reply);
    demo.say(&step);
    Ok(())
}
