//! A witness: a second place that keeps the log's checkpoints, out of reach of whoever administers the
//! log. A log that is shorter than what its witness saw, or another one, was restored or rewritten.

mod file;
mod url;

use crate::config::{Witness, WitnessKind};
use crate::export::ExportError;
use crate::sink::{Message, send_syslog};
use audit::{Audit, AuditError, NoteError, SearchQuery, View};
use domain::Clock;
use egress::{Egress, EgressError};
use std::path::PathBuf;
use std::sync::Arc;

/// Acceptances that are looked at: more restored snapshots than any log sees.
const MAX_ACCEPTANCES: usize = 1000;

/// How the log differs from what its witness saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The witness saw more records than there are.
    Older {
        /// Records that it saw.
        size: u64,
    },
    /// The first `size` records are not those that the witness saw.
    Forked {
        /// Records that it saw.
        size: u64,
    },
}

impl Conflict {
    /// Records that the witness saw.
    pub const fn size(&self) -> u64 {
        match self {
            Self::Older { size } | Self::Forked { size } => *size,
        }
    }
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Older { size } => write!(out, "it saw {size} records, and there are fewer"),
            Self::Forked { size } => write!(out, "the first {size} records are not those that it saw"),
        }
    }
}

/// A checkpoint that did not reach a witness, or was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The log is not the one that the witness saw.
    #[error("the log is not the one that its witness saw: {0}")]
    Conflict(Conflict),
    /// What the witness keeps is no checkpoint of this log.
    #[error("what the witness keeps is no checkpoint of this log")]
    Foreign(#[source] NoteError),
    /// What the witness kept is gone.
    #[error("`{path}` holds no checkpoint, and held one before")]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] AuditError),
    /// The witness was not reached.
    #[error("the witness was not reached")]
    Egress(#[from] EgressError),
    /// The witness does not take it.
    #[error("the witness answered with status {status}")]
    Refused {
        /// Its HTTP status.
        status: u16,
    },
    /// The witness was not reached, or the file not written.
    #[error(transparent)]
    Receiver(#[from] ExportError),
}

/// What a witness says of the log.
#[derive(Debug)]
pub enum Verdict {
    /// It saw this log, up to so many records.
    Agrees {
        /// Records that it saw.
        size: u64,
    },
    /// It does not answer questions, or has seen nothing yet.
    Silent,
    /// The log is another one.
    Conflict(Conflict),
    /// The log is another one, and the operator has said that this is known.
    Accepted(Conflict),
}

/// Asks the witness about the log as `view` shows it. A witness by URL gets the latest checkpoint.
pub async fn compare(
    view: &View,
    witness: &Witness,
    egress: &Egress,
    seen: Option<&str>,
) -> Result<Verdict, WitnessError> {
    let answer = match &witness.kind {
        WitnessKind::File(path) => {
            let note = file::last_note(path)?;
            match note {
                Some(note) => judge(view, &note),
                None if seen.is_some() => Err(WitnessError::Gone { path: path.clone() }),
                None => return Ok(Verdict::Silent),
            }
        }
        WitnessKind::Url { destination, path } => {
            url::submit(view, egress, destination, path, seen).await.map(|cosigned| cosigned.size)
        }
        WitnessKind::Syslog(_) => return Ok(Verdict::Silent),
    };
    match answer {
        Ok(size) => Ok(Verdict::Agrees { size }),
        Err(WitnessError::Conflict(conflict)) => Ok(Verdict::Conflict(conflict)),
        Err(error) => Err(error),
    }
}

/// How many records a kept note speaks of, if the log has them and they are the same.
fn judge(view: &View, note: &str) -> Result<u64, WitnessError> {
    let kept = view.open(note).map_err(WitnessError::Foreign)?;
    if kept.size > view.size() {
        return Err(WitnessError::Conflict(Conflict::Older { size: kept.size }));
    }
    if view.root(kept.size)? != kept.root {
        return Err(WitnessError::Conflict(Conflict::Forked { size: kept.size }));
    }
    Ok(kept.size)
}

/// True if the log has the operator's word that this difference is known.
fn is_accepted(audit: &Audit, witness: &str, conflict: &Conflict) -> Result<bool, AuditError> {
    let query = SearchQuery {
        event: Some(audit::Event::RestoreAccepted),
        limit: MAX_ACCEPTANCES,
        ..SearchQuery::default()
    };
    let page = audit.search(&query)?;
    Ok(page.records.iter().any(|record| {
        let is_witness = record.body.pointer("/entity/uid").and_then(|uid| uid.as_str()) == Some(witness);
        let size = record.body.pointer("/unmapped/witness_records").and_then(|size| size.as_u64());
        is_witness && size == Some(conflict.size())
    }))
}

/// The same, of the running log: a difference that the operator accepted is told apart.
pub async fn compare_running(
    audit: &Audit,
    witness: &Witness,
    egress: &Egress,
) -> Result<Verdict, WitnessError> {
    let seen = audit.cursor(&witness.name)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let verdict = compare(&audit.view(), witness, egress, seen.as_deref()).await?;
    match verdict {
        Verdict::Conflict(conflict) if is_accepted(audit, &witness.name, &conflict)? => {
            Ok(Verdict::Accepted(conflict))
        }
        other => Ok(other),
    }
}

/// One witness at work.
pub(crate) struct Watch {
    audit: Audit,
    witness: Witness,
    egress: Arc<Egress>,
    clock: Arc<dyn Clock>,
    /// Records that it has seen; `None` before it was asked.
    seen: Option<u64>,
}

impl Watch {
    pub(crate) const fn new(
        audit: Audit,
        witness: Witness,
        egress: Arc<Egress>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { audit, witness, egress, clock, seen: None }
    }

    pub(crate) fn name(&self) -> &str {
        &self.witness.name
    }

    /// Records that the witness has seen.
    pub(crate) fn position(&self) -> u64 {
        self.seen.unwrap_or_default()
    }

    /// Brings the latest checkpoint to the witness. Returns how many more records it speaks of.
    ///
    /// A log that turns out to be another one takes no call any more.
    pub(crate) async fn step(&mut self) -> Result<u64, WitnessError> {
        let before = match self.seen {
            Some(seen) => seen,
            None => self.stored_size()?,
        };
        self.seen = Some(before);
        let view = self.audit.view();
        let size = view.checkpoint_size();
        if size == before {
            return Ok(0);
        }
        let kept = match self.bring(&view).await {
            Err(WitnessError::Conflict(conflict)) => {
                if !is_accepted(&self.audit, &self.witness.name, &conflict)? {
                    tracing::error!(witness = self.witness.name, %conflict, "no call is taken until the restored log is accepted");
                    self.audit.halt("the log is not the one that its witness saw");
                }
                return Err(WitnessError::Conflict(conflict));
            }
            other => other?,
        };
        self.audit.set_cursor(&self.witness.name, kept.as_bytes())?;
        self.seen = Some(size);
        Ok(size.saturating_sub(before))
    }

    /// What is kept beside the log of what the witness has: the note, with the witness's own signatures.
    async fn bring(&self, view: &View) -> Result<String, WitnessError> {
        match &self.witness.kind {
            WitnessKind::File(path) => {
                let (path, note) = (path.clone(), view.checkpoint_note());
                let written = note.clone();
                let append = tokio::task::spawn_blocking(move || file::append(&path, &written)).await;
                append.map_err(|error| ExportError::Lost(error.to_string()))??;
                Ok(note)
            }
            WitnessKind::Url { destination, path } => {
                let seen = self.stored()?;
                let submitted = url::submit(view, &self.egress, destination, path, seen.as_deref());
                Ok(submitted.await?.note)
            }
            WitnessKind::Syslog(destination) => {
                let note = view.checkpoint_note();
                // A message is one line: JSON writes the note's line breaks as escapes.
                let text =
                    serde_json::json!({ "origin": self.audit.origin(), "checkpoint": note }).to_string();
                let message = Message::informational(self.clock.now(), "checkpoint", &text);
                send_syslog(&self.egress, destination, &[message]).await?;
                Ok(note)
            }
        }
    }

    fn stored(&self) -> Result<Option<String>, WitnessError> {
        let stored = self.audit.cursor(&self.witness.name)?;
        Ok(stored.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn stored_size(&self) -> Result<u64, WitnessError> {
        let stored = self.stored()?;
        let kept = stored.and_then(|note| self.audit.view().open(&note).ok());
        Ok(kept.map_or(0, |checkpoint| checkpoint.size))
    }
}
