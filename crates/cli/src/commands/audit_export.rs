//! `audit export`: the log as one file, for whoever verifies it elsewhere. Reads files; needs no server, no
//! key and no lock, and opens no personal field.

use super::audit_verify::failure_of;
use crate::arguments::Export;
use crate::context::Context;
use crate::{Exit, Failure};
use serde_json::json;

pub(super) fn run(asked: &Export, context: Context<'_>) -> Result<Exit, Failure> {
    let directory = match &asked.dir {
        Some(directory) => directory.clone(),
        None => asked.home.settings()?.audit.dir,
    };
    if asked.file.exists() {
        return Err(Failure::usage(
            "file_exists",
            format!("`{}` is there already", asked.file.display()),
            "name a new file, or move that one away",
        ));
    }
    let bytes = audit::export(&directory, &asked.file).map_err(|error| failure_of(&error))?;
    context.output.say(
        format!("{bytes} bytes are in {}", asked.file.display()),
        &json!({ "file": asked.file, "bytes": bytes }),
    );
    Ok(Exit::Ok)
}
