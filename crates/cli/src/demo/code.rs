//! The steps with code: a call that waits, somebody else who agrees, and the same call again.

use super::program::Program;
use super::refused::in_the_log;
use super::{Demo, Step, unexpected};
use crate::Failure;
use crate::client::{CallReply, Transport};
use serde_json::json;
use serde_json::value::to_raw_value;
use std::time::{Duration, Instant};

pub(super) async fn pending_and_approved(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let offered = demo.cast.caller("dev", Transport::Https).await?.tools().await?;
    let Some(program) = Program::of(&offered) else {
        return not_offered(demo).await;
    };
    let (reply, took) = call(demo, Transport::Https, &program).await?;
    let id = match (reply.refusal_code(), reply.approval_id()) {
        (Some("approval_pending"), Some(id)) => id.to_owned(),
        _ => return Err(unexpected("PENDING", reply.text())),
    };
    let what = format!("dev's code may run 60 s, so it waits for another person: {id}");
    show(demo, "PENDING", program.tool, what, &reply, took)?;

    let path = format!("/api/approvals/{id}");
    let decision = json!({ "decision": "grant", "reason": "the quickstart's demo" });
    demo.cast.official("sam").await?.post(&path, &decision).await?;
    let (reply, took) = call(demo, Transport::Wss, &program).await?;
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
    show(demo, "APPROVED", program.tool, what, &reply, took)
}

/// Without an interpreter or isolation no code tool is offered to anybody; the line says so, with a call
/// that shows it.
async fn not_offered(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let program = Program::first_choice();
    let (reply, took) = call(demo, Transport::Https, &program).await?;
    if reply.error_code() != Some(-32602) {
        return Err(unexpected("PENDING", "a tool that is not listed was found"));
    }
    let refused = in_the_log(demo, "dev", program.tool).await?;
    let missing =
        |fact: &&String| fact.starts_with("isolation: unavailable") || fact.starts_with("interpreters: none");
    let why =
        demo.facts.iter().find(missing).map_or("`secure-mcp doctor` says what is missing", String::as_str);
    demo.say(&Step {
        word: "PENDING",
        tool: program.tool.to_owned(),
        what: format!("left out, nothing waits and nothing is approved: no code runs on this machine; {why}"),
        call_id: refused.call_id,
        decision: "deny".to_owned(),
        took,
    });
    Ok(())
}

async fn call(
    demo: &Demo<'_>,
    transport: Transport,
    program: &Program,
) -> Result<(CallReply, Duration), Failure> {
    let arguments = to_raw_value(&program.arguments).map_err(anyhow::Error::from)?;
    let mut dev = demo.cast.caller("dev", transport).await?;
    let started = Instant::now();
    let reply = dev.call(program.tool, &arguments).await?;
    Ok((reply, started.elapsed()))
}

fn show(
    demo: &mut Demo<'_>,
    word: &'static str,
    tool: &str,
    what: String,
    reply: &CallReply,
    took: Duration,
) -> Result<(), Failure> {
    let step = Step {
        word,
        tool: tool.to_owned(),
        what,
        call_id: reply.call_id().ok_or_else(|| unexpected(word, "the reply names no call"))?.to_owned(),
        decision: reply.decision().to_owned(),
        took,
    };
    demo.kept.receipt(reply);
    demo.say(&step);
    Ok(())
}
