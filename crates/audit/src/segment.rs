//! One segment: a header, then frames, then zeros or nothing.

use crate::record::{BadFrame, Frame, MAGIC, read_frame};
use domain::{Digest, UnixMillis};

const SEGMENT_MAGIC: [u8; 8] = *b"smcplog1";
/// Bytes before the first frame.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 32;

/// The header: magic, first index, time of creation, and eight bytes of the SHA-256 of these.
pub(crate) fn segment_header(first: u64, created: UnixMillis) -> Vec<u8> {
    let mut header = SEGMENT_MAGIC.to_vec();
    header.extend_from_slice(&first.to_be_bytes());
    header.extend_from_slice(&created.0.to_be_bytes());
    let check = Digest::of(&header);
    header.extend(check.as_bytes().iter().take(8));
    header
}

/// When the segment that starts at `first` was begun; `None` if the bytes are not its header.
pub(crate) fn created(bytes: &[u8], first: u64) -> Option<UnixMillis> {
    let time = bytes.get(16..24).and_then(|time| time.try_into().ok())?;
    header_fits(bytes, first).then(|| UnixMillis(u64::from_be_bytes(time)))
}

/// True if the bytes begin with the header of the segment that starts at `first`.
fn header_fits(bytes: &[u8], first: u64) -> bool {
    let Some(time) = bytes.get(16..24).and_then(|time| time.try_into().ok()) else { return false };
    bytes.get(..SEGMENT_HEADER_BYTES) == Some(&segment_header(first, UnixMillis(u64::from_be_bytes(time))))
}

/// Where the walk over a segment stopped, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Index of the record that should stand there.
    pub(crate) index: u64,
    /// Bytes from the start of the segment.
    pub(crate) offset: usize,
    pub(crate) reason: BadFrame,
}

/// The frames of a segment, one after another.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    stop: Stop,
    stopped: bool,
}

impl<'a> Walk<'a> {
    /// Starts at the header. A wrong header stops the walk at once.
    pub(crate) fn new(bytes: &'a [u8], first: u64) -> Self {
        let fits = header_fits(bytes, first);
        let reason = match bytes.len() {
            // A file that was made and not written.
            _ if bytes.iter().all(|byte| *byte == 0) => BadFrame::Incomplete,
            length if length < SEGMENT_HEADER_BYTES => BadFrame::Incomplete,
            _ => BadFrame::Damaged("the segment's header is damaged"),
        };
        let offset = if fits { SEGMENT_HEADER_BYTES } else { 0 };
        Self { bytes, stop: Stop { index: first, offset, reason }, stopped: !fits }
    }

    /// Goes on where a walk over the same segment, then shorter, stopped.
    pub(crate) fn resumed(bytes: &'a [u8], stop: Stop) -> Self {
        Self { bytes, stop, stopped: stop.offset < SEGMENT_HEADER_BYTES }
    }

    /// Where it stands: behind the last frame that it gave.
    pub(crate) const fn stop(&self) -> Stop {
        self.stop
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = (usize, Frame<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        let Stop { index, offset, .. } = self.stop;
        let read = read_frame(self.bytes.get(offset..).unwrap_or_default()).and_then(|frame| {
            let right = frame.header.index == index && frame.batch() <= index;
            right.then_some(frame).ok_or(BadFrame::Damaged("another record stands here"))
        });
        match read {
            Ok(frame) => {
                self.stop.index += 1;
                self.stop.offset += frame.length();
                Some((offset, frame))
            }
            Err(reason) => {
                self.stopped = true;
                self.stop.reason = reason;
                None
            }
        }
    }
}

/// True if what stands at the stop was durable once: a frame after it belongs to a later write, and a
/// later write begins only when everything before it is synced.
pub(crate) fn was_durable(bytes: &[u8], stop: Stop) -> bool {
    let tail = bytes.get(stop.offset..).unwrap_or_default();
    let starts = tail.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC);
    starts
        .filter_map(|(at, _)| read_frame(tail.get(at..)?).ok())
        .any(|frame| frame.header.index > stop.index && frame.batch() > stop.index)
}
