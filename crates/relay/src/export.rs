//! One exporter: from its cursor on, batch after batch, each acknowledged before the cursor moves.
//!
//! At least once: a batch whose acknowledgement did not come is sent again, with the same identifiers.

use crate::config::Exporter;
use crate::numbers::Counter;
use crate::sink::{Batch, deliver, last_received};
use audit::{Audit, AuditError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use egress::{Egress, EgressError};
use std::path::PathBuf;
use std::sync::Arc;

/// Records of one batch: about half a megabyte, 16 MiB at the very worst.
const BATCH_RECORDS: u64 = 256;

/// A batch that did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] AuditError),
    /// The receiver was not reached.
    #[error("the receiver was not reached")]
    Egress(#[from] EgressError),
    /// The receiver did not take it.
    #[error("the receiver answered with status {status}")]
    Refused {
        /// Its HTTP status.
        status: u16,
    },
    /// The receiver broke off.
    #[error("the receiver broke off")]
    Stream(#[source] std::io::Error),
    /// The file cannot be written.
    #[error("cannot write `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The work was given up in the middle.
    #[error("the work was not finished: {0}")]
    Lost(String),
}

/// Where an exporter stands.
pub(crate) struct Export {
    pub(crate) audit: Audit,
    pub(crate) exporter: Exporter,
    pub(crate) egress: Arc<Egress>,
    /// The next record; `None` before the cursor was read.
    next: Option<u64>,
}

impl Export {
    pub(crate) const fn new(audit: Audit, exporter: Exporter, egress: Arc<Egress>) -> Self {
        Self { audit, exporter, egress, next: None }
    }

    /// Sends the next batch. False if there was none.
    pub(crate) async fn step(&mut self, counter: &Counter) -> Result<bool, ExportError> {
        let next = match self.next {
            Some(next) => next,
            None => self.blocking(resume).await?,
        };
        self.next = Some(next);
        let size = self.audit.size();
        counter.stands_at(next);
        if next >= size {
            return Ok(false);
        }
        let until = size.min(next + BATCH_RECORDS);
        let records = self
            .blocking(move |audit, exporter| Ok(audit.export_records(next..until, exporter.personal)?))
            .await?;
        let Some(last) = records.last() else { return Ok(false) };
        let (after, leaf, count) = (last.index + 1, STANDARD.encode(last.leaf), records.len() as u64);
        let batch = Arc::new(Batch { origin: self.audit.origin().to_owned(), records });
        deliver(&self.exporter, &self.egress, batch).await?;
        // From here on the receiver has it: if the cursor cannot be written, this run still goes on from here.
        self.next = Some(after);
        counter.acknowledged(count);
        counter.stands_at(after);
        self.blocking(move |audit, exporter| {
            Ok(audit.set_cursor(&exporter.name, format!("{after} {leaf}\n").as_bytes())?)
        })
        .await?;
        Ok(true)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Audit, &Exporter) -> Result<T, ExportError> + Send + 'static,
    ) -> Result<T, ExportError> {
        let (audit, exporter) = (self.audit.clone(), self.exporter.clone());
        let done = tokio::task::spawn_blocking(move || work(&audit, &exporter)).await;
        done.unwrap_or_else(|error| Err(ExportError::Lost(error.to_string())))
    }
}

/// The record to go on with: behind the cursor, or behind what the receiver is known to have.
fn resume(audit: &Audit, exporter: &Exporter) -> Result<u64, ExportError> {
    let stored = audit.cursor(&exporter.name)?;
    let stored = stored.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(read_cursor);
    let received = last_received(&exporter.sink)?.map(|(index, leaf)| (index + 1, leaf));
    let known = [stored, received];
    let ours = |(next, leaf): &(u64, String)| {
        let at = next.checked_sub(1)?;
        let own = audit.leaf(at).ok()?;
        (STANDARD.encode(own) == *leaf).then_some(*next)
    };
    let next = known.iter().flatten().filter_map(ours).max().unwrap_or_default();
    if next == 0 && known.iter().flatten().next().is_some() {
        tracing::warn!(
            exporter = exporter.name,
            "the log is not the one that was exported; it is sent from its beginning"
        );
    }
    Ok(next.max(audit.first()))
}

fn read_cursor(text: &str) -> Option<(u64, String)> {
    let (next, leaf) = text.trim_end().split_once(' ')?;
    Some((next.parse().ok()?, leaf.to_owned()))
}
