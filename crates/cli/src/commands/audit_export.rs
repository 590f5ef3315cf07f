//! `audit export`: the log as one file, for whoever verifies it elsewhere. Reads files; needs no server, no
//! key and no lock, and opens no personal field.

use super::audit_verify::failure_of;
use crate::arguments::Export;
use crate::context::Context;
use crate::{Exit, Failure};
use audit::VerifyError;
use serde_json::json;
use std::io::ErrorKind;
use std::path::Path;

pub(super) fn run(asked: &Export, context: Context<'_>) -> Result<Exit, Failure> {
    let directory = match &asked.dir {
        Some(directory) => directory.clone(),
        None => asked.home.settings()?.audit.dir,
    };
    if let Some(out) = &asked.tiles {
        tiles(&directory, out, context)?;
    }
    if let Some(file) = &asked.file {
        whole(&directory, file, context)?;
    }
    Ok(Exit::Ok)
}

fn whole(directory: &Path, file: &Path, context: Context<'_>) -> Result<(), Failure> {
    let bytes = audit::export(directory, file).map_err(|error| not_written(file, &error))?;
    context
        .output
        .say(format!("{bytes} bytes are in {}", file.display()), &json!({ "file": file, "bytes": bytes }));
    Ok(())
}

fn tiles(directory: &Path, out: &Path, context: Context<'_>) -> Result<(), Failure> {
    let done = audit::export_tiles(directory, out).map_err(|error| not_written(out, &error))?;
    context.output.say(
        format!("{} tiles over {} records are in {}", done.tiles, done.records, out.display()),
        &json!({ "folder": out, "tiles": done.tiles, "records": done.records }),
    );
    Ok(())
}

/// Nothing is overwritten and nothing mixed.
fn not_written(target: &Path, error: &VerifyError) -> Failure {
    match error {
        VerifyError::Io { path, source } if path == target && source.kind() == ErrorKind::AlreadyExists => {
            Failure::usage(
                "file_exists",
                format!("`{}` is there already", target.display()),
                "name a new file, or move that one away",
            )
        }
        _ => failure_of(error),
    }
}
