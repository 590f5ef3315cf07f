//! A thread beside the log's: makes what is derived from finished segments, off the path of calls.
//!
//! It reads segments that nobody writes any more and writes files of its own. It may be stopped at any
//! moment: what it did not come to is made by the next run, or at the first search.

use crate::disk::replace;
use crate::log::Shared;
use crate::read::Reader;
use crate::search::SegmentRows;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A segment is finished every few seconds at the busiest.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread; it ends when this is dropped.
pub(crate) struct Deriver {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Deriver {
    /// Starts the thread.
    pub(crate) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let work = move || follow(&shared, &stopped);
        let thread = std::thread::Builder::new().name("audit-derived".to_owned()).spawn(work)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Deriver {
    fn drop(&mut self) {
        self.stop.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the audit log's second thread ended by a panic");
        }
    }
}

fn follow(shared: &Shared, stopped: &Receiver<()>) {
    let reader = Reader::of_shared(shared);
    let mut made = BTreeSet::new();
    loop {
        for first in reader.segments() {
            if reader.is_active(first) || made.contains(&first) {
                continue;
            }
            if let Err(error) = make_rows(shared, &reader, first) {
                tracing::warn!(%error, segment = first, "the rows of an audit segment were not written");
            }
            // A disk that refused is not asked again; a search makes the rows for itself.
            made.insert(first);
            if stopped.try_recv() != Err(std::sync::mpsc::TryRecvError::Empty) {
                return;
            }
        }
        if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Writes the rows of a finished segment unless whole ones are there.
fn make_rows(shared: &Shared, reader: &Reader, first: u64) -> io::Result<()> {
    let path = shared.layout.search(first);
    if reader.derived(&path).is_some_and(|bytes| SegmentRows::from_bytes(&bytes, first).is_some()) {
        return Ok(());
    }
    let segment = reader.segment(first).map_err(io::Error::other)?;
    replace(shared.disk.as_ref(), &path, &SegmentRows::of(&segment, first).to_bytes(first))
}
