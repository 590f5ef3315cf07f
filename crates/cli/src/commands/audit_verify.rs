//! `audit verify`: the log against its own checkpoints and against what was kept elsewhere. Reads
//! files; needs no server, no key and no lock.

use crate::arguments::Verify;
use crate::context::Context;
use crate::{Exit, Failure, WitnessLine, files};
use audit::{ReceiptFile, Verified, VerifierKey, VerifyError, VerifyRequest, VerifySource, verify};
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn run(asked: &Verify, context: Context<'_>) -> Result<Exit, Failure> {
    let source = match (&asked.dir, &asked.export) {
        (Some(directory), _) => VerifySource::Directory(directory.clone()),
        (None, Some(export)) => VerifySource::Export(export.clone()),
        (None, None) => VerifySource::Directory(asked.home.settings()?.audit.dir),
    };
    let request = VerifyRequest {
        source,
        checkpoint: asked.checkpoint.as_deref().map(files::read_text).transpose()?,
        receipts: asked.receipt.iter().map(|file| receipt(file)).collect::<Result<_, _>>()?,
        public_key: asked.key.as_deref().map(key).transpose()?,
    };
    let verified = verify_log(&request).map_err(|error| failure_of(&error))?;
    say(&verified, request.receipts.len(), context);
    if asked.witness { ask_witnesses(asked, context).await } else { Ok(Exit::Ok) }
}

/// Exit code 2 if a witness saw another log.
async fn ask_witnesses(asked: &Verify, context: Context<'_>) -> Result<Exit, Failure> {
    let settings = asked.home.settings()?;
    let lines = context.server.compare_witnesses(&settings).await?;
    if lines.is_empty() {
        return Err(Failure::usage(
            "no_witness",
            "the configuration names no witness",
            "write one, [[audit.witness]], and give the configuration with --config",
        ));
    }
    for WitnessLine { witness, agrees, said } in &lines {
        let word = match agrees {
            Some(true) => "agrees",
            Some(false) => "DIFFERS",
            None => "silent",
        };
        let value = json!({ "witness": witness, "agrees": agrees, "said": said });
        context.output.say(format!("{word:<7}  {witness}: {said}"), &value);
    }
    match lines.iter().find(|line| line.agrees == Some(false)) {
        None => Ok(Exit::Ok),
        Some(line) => Err(Failure::not_verified(
            "log_restored",
            format!("the log is not the one that the witness `{}` saw: {}", line.witness, line.said),
            "keep the folder as it is: it is evidence. Find out who put an older or another log here",
        )),
    }
}

/// Verifies a log.
pub(crate) fn verify_log(request: &VerifyRequest) -> Result<Verified, VerifyError> {
    verify(request)
}

fn key(text: &str) -> Result<VerifierKey, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(
            "public_key",
            "this is no log's public key",
            "write <name>+<hash>+<key>, as in the file checkpoint.pub",
        )
    })
}

/// The file holds a receipt, or the whole reply that a receipt came in.
fn receipt(file: &Path) -> Result<ReceiptFile, Failure> {
    read_receipt(&files::read_text(file)?).map_err(|error| {
        let cause = format!("`{}` is no receipt: {error}", file.display());
        Failure::usage(
            "receipt",
            cause,
            "keep a call's whole reply, or the `receipt` of its `_meta[\"secure-mcp/call\"]`, in a file of its own",
        )
    })
}

fn read_receipt(text: &str) -> Result<ReceiptFile, serde_json::Error> {
    let mut value: Value = serde_json::from_str(text)?;
    // As `call --json` prints it, or with the envelope that it travels in.
    for place in ["/_meta/secure-mcp~1call/receipt", "/result/_meta/secure-mcp~1call/receipt"] {
        if let Some(receipt) = value.pointer_mut(place) {
            return serde_json::from_value(receipt.take());
        }
    }
    serde_json::from_value(value)
}

fn say(verified: &Verified, receipts: usize, context: Context<'_>) {
    let Verified { origin, records, first, signed_records, checkpoints_checked, torn_bytes, .. } = verified;
    let unsigned = records.saturating_sub(*signed_records);
    let mut line =
        format!("ok: {records} records of {origin} hold under {checkpoints_checked} signed checkpoints");
    if receipts > 0 {
        line.push_str(&format!(" and {receipts} receipts"));
    }
    if *first > 0 {
        line.push_str(&format!("; the first {first} were dropped, as the log says"));
    }
    if unsigned > 0 {
        line.push_str(&format!("; the last {unsigned} are not signed yet"));
    }
    if *torn_bytes > 0 {
        line.push_str(&format!("; {torn_bytes} bytes at the end were never synced"));
    }
    let value = json!({
        "verified": true,
        "origin": origin,
        "records": records,
        "first": first,
        "signed_records": signed_records,
        "checkpoints_checked": checkpoints_checked,
        "receipts_checked": receipts,
        "torn_bytes": torn_bytes,
    });
    context.output.say(line, &value);
}

/// Exit code 2 with the first bad index where the log does not hold; 1 where there is nothing to verify.
pub(crate) fn failure_of(error: &VerifyError) -> Failure {
    let mut cause = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        cause = format!("{cause}: {error}");
        source = error.source();
    }
    let keep = "keep the folder as it is: it is evidence. Compare it with a copy, and with checkpoints and receipts kept elsewhere";
    match error {
        VerifyError::NoLog { .. } => {
            Failure::usage("no_log", cause, "name the log's folder with --dir, or the --data-dir")
        }
        VerifyError::Io { .. } => {
            Failure::usage("log_unreadable", cause, "check the path and your rights on it")
        }
        VerifyError::Receipt { .. } => {
            Failure::not_verified("receipt_not_verified", cause, "check that the receipt is of this log")
        }
        _ => Failure::not_verified("log_not_verified", cause, keep),
    }
}

#[cfg(test)]
mod tests {
    use super::read_receipt;
    use serde_json::json;

    #[test]
    fn a_receipt_is_read_alone_and_out_of_its_reply() {
        let receipt =
            json!({ "origin": "secure-mcp/local", "intent_index": 6, "outcome_index": 7, "leaf": "x" });
        let result =
            json!({ "content": [], "_meta": { "secure-mcp/call": { "call_id": "c", "receipt": receipt } } });
        let alone = read_receipt(&receipt.to_string()).unwrap();
        for reply in [result.clone(), json!({ "jsonrpc": "2.0", "id": 1, "result": result })] {
            assert_eq!(read_receipt(&reply.to_string()).unwrap(), alone, "{reply}");
        }
        for other in ["", "{}", "[]", r#"{"_meta": {"secure-mcp/call": {}}}"#] {
            assert!(read_receipt(other).is_err(), "{other}");
        }
    }
}
