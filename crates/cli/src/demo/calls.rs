//! The steps with data: allowed, masked, denied, and denied without a trace for the caller.

use super::refused::in_the_log;
use super::{Demo, Step, unexpected};
use crate::Failure;
use crate::client::{CallReply, Transport};
use domain::RefusalCode;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The tool that the analyst has.
const QUERY: &str = "database-query";

/// A tool that the analyst does not see.
const INVISIBLE: &str = "python-runner";

const PENDING_ORDERS: &str = "SELECT count(*) AS pending_orders FROM orders WHERE status = 'pending'";
const CONTACTS: &str = "SELECT name, email, phone, birth_date FROM customers ORDER BY id LIMIT 3";
const SALARIES: &str = "SELECT person, amount_cents FROM salaries";

pub(super) async fn allowed(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (reply, took) = query(demo, Transport::Https, PENDING_ORDERS).await?;
    let count = first_row(&reply).first().cloned().unwrap_or(Value::Null);
    if reply.is_error() || !count.is_u64() {
        return Err(unexpected("ALLOWED", reply.text()));
    }
    show(demo, "ALLOWED", format!("ana counts pending orders over https: {count}"), &reply, took)
}

pub(super) async fn masked(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (reply, took) = query(demo, Transport::Wss, CONTACTS).await?;
    let row = first_row(&reply);
    let cells: Vec<&str> = row.iter().filter_map(Value::as_str).collect();
    let is_masked =
        row.iter().skip(1).take(2).all(|cell| cell.as_str().is_some_and(|text| text.contains('*')));
    if reply.is_error() || !is_masked {
        return Err(unexpected("MASKED", reply.text()));
    }
    let what =
        format!("ana reads customers' contact data over wss, masked at the table: {}", cells.join(", "));
    show(demo, "MASKED", what, &reply, took)
}

pub(super) async fn denied(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (reply, took) = query(demo, Transport::Https, SALARIES).await?;
    let Some(code) = reply.refusal_code().map(str::to_owned) else {
        return Err(unexpected("DENIED", "the query was answered"));
    };
    if reply.decision() != "deny" {
        return Err(unexpected("DENIED", reply.text()));
    }
    let what = format!("ana may not read salaries: {code}: {}", reason(&reply));
    show(demo, "DENIED", what, &reply, took)
}

/// The caller is told that there is no such tool; the log knows better, and the administrator reads it.
pub(super) async fn invisible(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let arguments = to_raw_value(&json!({ "code": "print(1)" })).map_err(anyhow::Error::from)?;
    let mut ana = demo.cast.caller("ana", Transport::Wss).await?;
    let started = Instant::now();
    let reply = ana.call(INVISIBLE, &arguments).await?;
    let took = started.elapsed();
    if reply.error_code() != Some(-32602) || reply.call_id().is_some() {
        return Err(unexpected("DENIED", "an invisible tool was not answered like an unknown one"));
    }
    let refused = in_the_log(demo, "ana", INVISIBLE).await?;
    demo.say(&Step {
        word: "DENIED",
        tool: INVISIBLE.to_owned(),
        what: format!("ana is told `unknown tool`; the log, read by root, knows why: {}", refused.reason),
        call_id: refused.call_id,
        decision: "deny".to_owned(),
        took,
    });
    Ok(())
}

async fn query(demo: &Demo<'_>, transport: Transport, sql: &str) -> Result<(CallReply, Duration), Failure> {
    let arguments = json!({ "resource": "customer_database", "sql": sql });
    let arguments = to_raw_value(&arguments).map_err(anyhow::Error::from)?;
    let mut ana = demo.cast.caller("ana", transport).await?;
    let started = Instant::now();
    let reply = ana.call(QUERY, &arguments).await?;
    Ok((reply, started.elapsed()))
}

/// The first thing that the refusal says of this call, behind the sentence that all of its kind have.
fn reason(reply: &CallReply) -> String {
    let text = reply.text();
    let own = RefusalCode::Denied.sentence();
    let rest = text.strip_prefix(own).map(str::trim).filter(|rest| !rest.is_empty());
    let said = rest.unwrap_or(&text);
    said.split_inclusive(". ").next().unwrap_or(said).trim().to_owned()
}

fn first_row(reply: &CallReply) -> Vec<Value> {
    let rows = reply.data().get("rows").and_then(Value::as_array);
    rows.and_then(|rows| rows.first()).and_then(Value::as_array).cloned().unwrap_or_default()
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
        tool: QUERY.to_owned(),
        what,
        call_id: reply.call_id().ok_or_else(|| unexpected(word, "the reply names no call"))?.to_owned(),
        decision: reply.decision().to_owned(),
        took,
    };
    demo.kept.receipt(reply);
    demo.say(&step);
    Ok(())
}
