//! A file that grows by a line for each record. A line that was cut off is taken away before the next.
#![allow(clippy::disallowed_methods, reason = "the file that an operator has records written into")]

use super::Batch;
use crate::export::ExportError;
use crate::shown::shown;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// More than two of the longest lines: a record has 64 KiB, and its JSON escapes none of it twice.
const TAIL_BYTES: u64 = 512 * 1024;

fn open(path: &Path) -> Result<File, ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(failed)
}

/// Where the last whole line begins and ends.
fn last_line(file: &mut File) -> io::Result<(Vec<u8>, u64)> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = tail.get(..whole.saturating_sub(1)).unwrap_or_default();
    let begin = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Ok((lines.get(begin..).unwrap_or_default().to_vec(), from + whole as u64))
}

/// Index and leaf of the last record in the file.
pub(super) fn last(path: &Path) -> Result<Option<(u64, String)>, ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    let (line, _) = last_line(&mut open(path)?).map_err(failed)?;
    let Ok(value) = serde_json::from_slice::<Value>(&line) else { return Ok(None) };
    let index = value.get("index").and_then(Value::as_u64);
    let leaf = value.get("leaf").and_then(Value::as_str).map(str::to_owned);
    Ok(index.zip(leaf))
}

/// Appends the records and makes them durable.
pub(super) fn append(path: &Path, batch: &Batch) -> Result<(), ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    let mut file = open(path)?;
    let mut write = || {
        let (_, end) = last_line(&mut file)?;
        let mut text = Vec::new();
        for record in &batch.records {
            text.extend_from_slice(shown(&batch.origin, record).to_string().as_bytes());
            text.push(b'\n');
        }
        // What a write that broke off left behind is no record.
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let written = file.write_all(&text).and_then(|()| file.sync_data());
        if written.is_err() {
            file.set_len(end)?;
        }
        written
    };
    write().map_err(failed)
}
