//! Owns the reading of a sandbox's output: bounded, whatever is written.

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

/// What one read may bring: a pipe's usual capacity is 64 KiB.
const CHUNK_BYTES: usize = 16 * 1024;

/// One stream, its first bytes kept.
#[derive(Debug)]
pub(crate) struct Capture {
    stream: pipe::Receiver,
    kept: Vec<u8>,
    limit: usize,
    truncated: bool,
}

impl Capture {
    /// Keeps at most `limit` bytes of `stream`.
    pub(crate) fn new(stream: pipe::Receiver, limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Capture { stream, kept: Vec::new(), limit, truncated: false }
    }

    /// Reads on; true as soon as there is more than the limit, false at the end
    /// of the stream. Nothing is lost if this is dropped in between.
    pub(crate) async fn overflows(&mut self) -> bool {
        let mut chunk = [0u8; CHUNK_BYTES];
        while !self.truncated {
            let Ok(count @ 1..) = self.stream.read(&mut chunk).await else { return false };
            let read = chunk.get(..count).unwrap_or_default();
            let room = self.limit.saturating_sub(self.kept.len());
            self.truncated = read.len() > room;
            self.kept.extend(read.iter().take(room));
        }
        true
    }

    /// The kept bytes, and whether there were more.
    pub(crate) fn into_parts(self) -> (Vec<u8>, bool) {
        (self.kept, self.truncated)
    }
}
