//! Owns which refusal a failure becomes, and what of it the caller reads.
//!
//! Compiling against the twin may be explained in SQLite's own words: it has no data. A failure of a
//! run is told in fixed sentences, since SQLite's words may quote stored values.

use crate::guard::{Refused, Stopped, Unfit};
use crate::twin::Misfit;
use domain::{Refusal, RefusalCode};
use rusqlite::{Error, ErrorCode};

/// Signs of SQLite's message, and of a name, that the caller gets back.
const MAX_MESSAGE_SIGNS: usize = 200;
/// After this time a source that was busy or changed is worth another try.
const RETRY_MS: u64 = 500;
/// How SQLite begins to say that a name means nothing.
const UNKNOWN_NAME: [&str; 2] = ["no such table: ", "no such column: "];
/// Words in SQLite's messages about a statement that is too big, whichever way.
const TOO_BIG: [&str; 4] = ["too many", "too large", "too deep", "too long"];

/// A refusal of arguments, with what is wrong with them.
pub(crate) fn arguments(hint: impl Into<String>) -> Refusal {
    let hint = hint.into();
    Refusal::new(RefusalCode::InvalidArguments, "the arguments of a query do not fit").with_hint(hint)
}

/// A limit was reached.
pub(crate) fn limit(name: &'static str, internal: &'static str) -> Refusal {
    Refusal::new(RefusalCode::LimitExceeded, internal).with_limit(name)
}

/// The plan and the source do not fit each other any more.
pub(crate) fn not_planned() -> Refusal {
    Refusal::new(RefusalCode::Internal, "the statement compiled to something else than was planned")
}

/// The source changed between plan and run.
pub(crate) fn changed() -> Refusal {
    Refusal::new(
        RefusalCode::UpstreamUnavailable,
        "the schema of the source changed since the call was planned",
    )
    .with_hint("The database changed while the call was on its way; retry it.")
    .with_retry_after_ms(RETRY_MS)
}

/// The resource is not one that this server has, or not for this caller: the same to both.
pub(crate) fn no_resource() -> Refusal {
    Refusal::new(RefusalCode::Denied, "the resource has no source, or the view shows nothing of it")
        .with_hint("The resource is not available to you.")
}

/// What the twin said. `readable` is the line that lists the caller's tables.
pub(crate) fn misfit(misfit: &Misfit, readable: &str) -> Refusal {
    match (&misfit.why, &misfit.refused) {
        (Unfit::Empty, _) => arguments("At /sql: expected one SELECT statement, found none."),
        (Unfit::Several, _) => arguments("At /sql: expected exactly one statement."),
        (Unfit::NotARead, _) => not_a_read(),
        (Unfit::Sqlite(error), refused) => compile(error, refused.as_ref(), readable),
    }
}

fn not_a_read() -> Refusal {
    Refusal::new(RefusalCode::Denied, "the statement does something else than read")
        .with_hint("Only a SELECT over the tables that you can read is possible.")
}

fn compile(error: &Error, refused: Option<&Refused>, readable: &str) -> Refusal {
    let message = message(error);
    if let Some(name) = UNKNOWN_NAME.iter().find_map(|start| message.strip_prefix(start)) {
        // After a name in double quotes SQLite adds that it may have been meant as text.
        let (name, advice) = match name.split_once(" - should") {
            Some((name, _)) => (name.trim_matches('"'), " Text goes in single quotes."),
            None => (name, ""),
        };
        return Refusal::new(
            RefusalCode::Denied,
            "the statement names a table or column outside the caller's view",
        )
        .with_hint(format!("`{}` is not available to you.{advice} {readable}", shortened(name)));
    }
    match (code(error), refused) {
        (_, Some(Refused::Function(name))) => {
            Refusal::new(RefusalCode::Denied, "the statement calls a function outside the list")
                .with_hint(format!("The function `{}` cannot be used here.", shortened(name)))
        }
        (_, Some(Refused::Other)) => not_a_read(),
        (Some(ErrorCode::OperationInterrupted), _) => {
            limit("compile_time", "the statement compiled for too long")
        }
        (Some(ErrorCode::TooBig), _) => too_complex(),
        _ if TOO_BIG.iter().any(|words| message.contains(words)) => too_complex(),
        _ => arguments(format!("At /sql: {}.", shortened(&message))),
    }
}

fn too_complex() -> Refusal {
    limit("statement_complexity", "the statement is too big for the engine's limits")
}

/// What a run ended with.
pub(crate) fn run(error: &Error, stopped: Option<Stopped>) -> Refusal {
    let because = |text: &str| format!("{text} (SQLite {})", extended_code(error));
    match (code(error), stopped) {
        (Some(ErrorCode::OperationInterrupted), Some(Stopped::Late)) => timeout(),
        (Some(ErrorCode::OperationInterrupted), Some(Stopped::Spilled)) => {
            limit("max_spill_bytes", "the query wrote too much into temporary files")
        }
        (Some(ErrorCode::OperationInterrupted), _) => {
            Refusal::new(RefusalCode::Timeout, "the query was cancelled")
        }
        (Some(ErrorCode::TooBig), _) => limit("max_cell_bytes", "a cell or row exceeds its limit"),
        (Some(ErrorCode::AuthorizationForStatementDenied), _) => {
            Refusal::new(RefusalCode::Denied, "the gate refused at the run what the twin had let pass")
        }
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => {
            Refusal::new(RefusalCode::Busy, because("the source is being written"))
                .with_retry_after_ms(RETRY_MS)
        }
        (Some(ErrorCode::SchemaChanged), _) => changed(),
        (Some(ErrorCode::OutOfMemory | ErrorCode::DiskFull), _) => {
            Refusal::new(RefusalCode::Busy, because("no memory or disk left for the query"))
        }
        (Some(ErrorCode::Unknown | ErrorCode::TypeMismatch), _) => {
            Refusal::new(RefusalCode::InvalidArguments, because("the statement failed while it ran"))
                .with_hint(
                    "At /sql: the statement failed while it ran; check its functions and what it gives them.",
                )
        }
        _ => unreadable(because("the source cannot be read")),
    }
}

/// The query did not end in time.
pub(crate) fn timeout() -> Refusal {
    Refusal::new(RefusalCode::Timeout, "the query reached its deadline")
}

/// The source's file does not answer.
pub(crate) fn unreadable(internal: String) -> Refusal {
    Refusal::new(RefusalCode::UpstreamUnavailable, internal)
}

fn code(error: &Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

fn extended_code(error: &Error) -> String {
    error.sqlite_error().map_or_else(|| "driver".to_owned(), |error| error.extended_code.to_string())
}

/// SQLite's own words, without the statement that the driver adds.
fn message(error: &Error) -> String {
    match error {
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::SqliteFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_MESSAGE_SIGNS).collect()
}
