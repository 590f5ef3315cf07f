//! `audit export`: the log as one file, for whoever verifies it elsewhere. Reads files; needs no server, no
//! key and no lock, and opens no personal field.

use super::audit_verify::failure_of;
use crate::arguments::Export;
use crate::context::Context;
use crate::{Exit, Failure};
use audit::VerifyError;
use serde_json::json;
use std::io::ErrorKind;

pub(super) fn run(asked: &Export, context: Context<'_>) -> Result<Exit, Failure> {
    let directory = match &asked.dir {
        Some(directory) => directory.clone(),
        None => asked.home.settings()?.audit.dir,
    };
    let bytes = audit::export(&directory, &asked.file).map_err(|error| match &error {
        VerifyError::Io { path, source }
            if *path == asked.file && source.kind() == ErrorKind::AlreadyExists =>
        {
            Failure::usage(
                "file_exists",
                format!("`{}` is there already", asked.file.display()),
                "name a new file, or move that one away",
            )
        }
        _ => failure_of(&error),
    })?;
    context.output.say(
        format!("{bytes} bytes are in {}", asked.file.display()),
        &json!({ "file": asked.file, "bytes": bytes }),
    );
    Ok(Exit::Ok)
}
