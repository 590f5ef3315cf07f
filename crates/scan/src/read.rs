//! One output read: measured first, then scanned, beside the others if it is big.

use crate::OutputScanner;
use crate::body::Body;
use crate::places::{Pass, Sight};
use crate::refusal::Read;
use crate::scanner::Tally;
use audit::FindingCount;
use domain::{ControlVerdict, Examined, Refusal, RefusalCode, Untrusted, Verdict};
use execute::Output;
use serde_json::{Value, json};
use validate::Aside;

/// What came of reading one output.
pub(crate) struct Reading {
    pub(crate) body: Result<Body, Refusal>,
    pub(crate) verdicts: Vec<ControlVerdict>,
    pub(crate) findings: Vec<FindingCount>,
}

impl Reading {
    /// There was no output: the controls speak of the refusal that is sent in its place, and say so.
    pub(crate) fn of_nothing(refusal: Refusal, scanner: &OutputScanner) -> Self {
        let tally = Read::of(&refusal, scanner).tally;
        let said = |verdict: ControlVerdict| match verdict.verdict {
            Verdict::NotConfigured => verdict,
            _ => verdict.because("no output; the refusal was read"),
        };
        let verdicts = tally.verdicts().into_iter().map(said).collect();
        Self { body: Err(refusal), verdicts, findings: tally.counts() }
    }

    /// There was an output that nobody read.
    fn unread(refusal: Refusal) -> Self {
        Self { body: Err(refusal), verdicts: Tally::unread_verdicts(), findings: Vec::new() }
    }
}

/// Reads an output of at most `limit` bytes. A bigger one is not even scanned; one that breaks the
/// scanner is refused as `internal`.
pub(crate) async fn read(
    output: Untrusted<Output>,
    scanner: &OutputScanner,
    sight: Sight,
    limit: u64,
) -> Reading {
    let output = output.open(Examined::ByOutputScan);
    let bytes = output.content.iter().map(least_bytes).sum::<u64>() + least_bytes(&output.structured);
    if bytes > limit {
        return Reading::unread(over_limit());
    }
    if bytes <= Aside::INLINE_BYTES {
        return scanned(output, scanner, sight, limit);
    }
    let own = scanner.clone();
    let done = scanner.aside.run(move || scanned(output, &own, sight, limit)).await;
    done.unwrap_or_else(Reading::unread)
}

/// Bytes that `value` has as JSON at least: escapes and numbers take more.
fn least_bytes(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(items) => items.iter().map(least_bytes).sum::<u64>() + 2,
        Value::Object(members) => {
            members.iter().map(|(key, value)| key.len() as u64 + 3 + least_bytes(value)).sum::<u64>() + 2
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn scanned(output: Output, scanner: &OutputScanner, sight: Sight, limit: u64) -> Reading {
    let mut pass = Pass::new(scanner, sight);
    let body = rewritten(output, &mut pass, limit);
    Reading { body, verdicts: pass.tally.verdicts(), findings: pass.tally.counts() }
}

fn rewritten(mut output: Output, pass: &mut Pass<'_>, limit: u64) -> Result<Body, Refusal> {
    pass.result(&mut output.content, &mut output.structured);
    if !output.structured.is_object() {
        output.structured = json!({ "value": output.structured });
    }
    if pass.tally.is_blocked() {
        return Err(Refusal::new(
            RefusalCode::OutputBlocked,
            "a finding or an unreadable part stands in the output",
        ));
    }
    let body = Body::new(&output.content, &output.structured, output.is_error)?;
    if body.bytes() > limit { Err(over_limit()) } else { Ok(body) }
}

fn over_limit() -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, "the output is over the tool's limit")
        .with_limit("max_output_bytes")
}

#[cfg(test)]
mod tests;
