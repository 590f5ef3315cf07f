//! The one writer of quotas: behind the calls' back, many counters in one commit.

use crate::counter::Counter;
use std::sync::Arc;
use store::Store;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Counters of one commit.
const MAX_BATCH: usize = 1024;

/// Where counters queue for the disk. Bounded by their number: none is in the queue twice.
pub(crate) type Queue = UnboundedSender<Arc<Counter>>;

/// Starts the writer; it ends when the queue is gone.
pub(crate) fn start(store: Store) -> Queue {
    let (queue, queued) = unbounded_channel();
    tokio::spawn(write(store, queued));
    queue
}

async fn write(store: Store, mut queued: UnboundedReceiver<Arc<Counter>>) {
    let mut batch = Vec::new();
    while queued.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let rows: Vec<_> = batch.iter().map(|counter| counter.row_ahead()).collect();
        let written = store.put_quotas(rows.clone()).await;
        if let Err(error) = &written {
            tracing::error!(%error, "the use of quotas cannot be written: calls under them are refused");
        }
        for (counter, row) in batch.drain(..).zip(&rows) {
            counter.note(row, written.is_ok());
        }
    }
}
