//! Where a batch goes: one way for each kind. A batch that came to nothing is sent again, whole.

mod file;
mod http;
mod syslog;
mod traces;

pub(crate) use syslog::{Message, send as send_syslog};

use crate::config::{Exporter, Sink};
use crate::export::ExportError;
use audit::ReadRecord;
use egress::Egress;
use std::sync::Arc;

/// A batch on its way out.
pub(crate) struct Batch {
    pub(crate) origin: String,
    pub(crate) records: Vec<ReadRecord>,
}

/// Delivers the batch; when it returns, the receiver has it as far as the kind can tell.
pub(crate) async fn deliver(
    exporter: &Exporter,
    egress: &Egress,
    batch: Arc<Batch>,
) -> Result<(), ExportError> {
    match &exporter.sink {
        Sink::File(path) => {
            let path = path.clone();
            let append = tokio::task::spawn_blocking(move || file::append(&path, &batch));
            append.await.unwrap_or_else(|error| Err(ExportError::Lost(error.to_string())))
        }
        Sink::Webhook(receiver) => http::webhook(receiver, egress, &batch).await,
        Sink::Otlp(receiver) => http::otlp(receiver, egress, &batch).await,
        Sink::OtlpTraces(receiver) => match traces::request(&batch) {
            Some(body) => http::post(receiver, egress, &body).await,
            None => Ok(()),
        },
        Sink::Syslog(destination) => {
            let messages: Vec<Message> =
                batch.records.iter().map(|record| Message::of_record(&batch.origin, record)).collect();
            syslog::send(egress, destination, &messages).await
        }
    }
}

/// The last record that a receiver is known to have, where it can be asked: its index and leaf.
pub(crate) fn last_received(sink: &Sink) -> Result<Option<(u64, String)>, ExportError> {
    match sink {
        Sink::File(path) => file::last(path),
        _ => Ok(None),
    }
}
