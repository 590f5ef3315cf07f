//! How long a WebSocket message may take to arrive, and for whom it takes room.
//!
//! Reads the headers of a client's frames (RFC 6455 §5.2) as they pass, to know whether a message has
//! begun and has not ended, and how big it will be: a big one is read on when its principal has room.
//! What the message says is the pipeline's.

use crate::shares::{FREE_BYTES, Holder, Room};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Bytes of a frame's header before its length is known: two, and an extended length of eight.
const LENGTH_BYTES: usize = 10;

/// A stream whose reads fail if a message takes longer than it may.
pub(crate) struct Arriving<S> {
    stream: S,
    frames: Frames,
    time: Duration,
    /// Runs while a message is half here.
    end: Option<Pin<Box<Sleep>>>,
    share: Arc<Holder>,
    /// Runs while there is no room for what was announced.
    waiting: Option<BoxFuture<Room>>,
    /// What the message that arrives has taken.
    room: Room,
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<S> Arriving<S> {
    /// `early` was read with the upgrade request and is handed to the WebSocket by other means.
    pub(crate) fn new(stream: S, early: &[u8], time: Duration, share: Arc<Holder>) -> Self {
        let (frames, room) = (Frames::default(), Room::default());
        let mut this = Self { stream, frames, time, end: None, share, waiting: None, room };
        this.take(early);
        this
    }

    /// Messages that are here whole, pings and pongs among them; `None` while one is half here.
    pub(crate) fn whole_messages(&self) -> Option<u64> {
        (!self.frames.is_partial()).then_some(self.frames.ended)
    }

    /// Payload of the biggest frame since [`Arriving::forget_biggest_frame`].
    pub(crate) const fn biggest_frame(&self) -> u64 {
        self.frames.biggest
    }

    pub(crate) const fn forget_biggest_frame(&mut self) {
        self.frames.biggest = 0;
    }

    fn take(&mut self, bytes: &[u8]) {
        let is_new = self.frames.take(bytes);
        if is_new || !self.frames.is_partial() {
            self.end = None;
        }
        if self.frames.is_partial() {
            let time = self.time;
            self.end.get_or_insert_with(|| Box::pin(sleep(time)));
        }
        let announced = std::mem::take(&mut self.frames.announced);
        if announced > 0 {
            let share = Arc::clone(&self.share);
            self.waiting = Some(Box::pin(async move { share.message(announced).await }));
        }
    }

    /// The room of the message that has just been read, for as long as it is under way.
    pub(crate) fn take_room(&mut self) -> Room {
        std::mem::take(&mut self.room)
    }

    fn poll_end(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.end {
            Some(end) => end.as_mut().poll(task).map(|()| Err(io::ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Arriving<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(waiting) = &mut this.waiting {
            let Poll::Ready(room) = waiting.as_mut().poll(task) else { return this.poll_end(task) };
            this.room.add(room);
            this.waiting = None;
        }
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(task, into);
        if let Poll::Ready(result) = read {
            this.take(into.filled().get(before..).unwrap_or_default());
            let is_over = this.end.as_ref().is_some_and(|end| end.deadline() <= Instant::now());
            return Poll::Ready(if is_over { Err(io::ErrorKind::TimedOut.into()) } else { result });
        }
        this.poll_end(task)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Arriving<S> {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(task, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(task)
    }
}

/// Where in its frames a peer is.
#[derive(Debug, Default)]
struct Frames {
    header: [u8; LENGTH_BYTES],
    /// Bytes of the present header that are here, the mask's not counted.
    got: usize,
    /// Bytes of the mask and the payload that are still to come; `None` while the header is read.
    left: Option<u64>,
    /// The message has had frames, but not its last one.
    has_more: bool,
    /// Bytes of payload that headers since the last look announced. Small frames announce nothing.
    announced: u64,
    /// Messages and control frames that ended.
    ended: u64,
    /// The longest frame.
    biggest: u64,
}

impl Frames {
    /// Follows `bytes`; true if a message ended in them.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        let mut ended = false;
        while let Some((first, rest)) = bytes.split_first() {
            match self.left {
                None => {
                    if let Some(place) = self.header.get_mut(self.got) {
                        *place = *first;
                    }
                    self.got += 1;
                    bytes = rest;
                    self.left = self.length();
                    let is_control = self.header.first().is_some_and(|first| first & 0x08 != 0);
                    self.announced += self.left.filter(|left| !is_control && *left > FREE_BYTES).unwrap_or(0);
                    self.biggest = self.biggest.max(self.left.unwrap_or_default());
                }
                Some(left) => {
                    let here = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    bytes = bytes.get(here..).unwrap_or_default();
                    self.left = Some(left.saturating_sub(here as u64));
                }
            }
            if self.left == Some(0) {
                ended |= self.end_frame();
            }
        }
        ended
    }

    fn is_partial(&self) -> bool {
        self.got > 0 || self.has_more
    }

    /// Bytes behind the header, once it is here.
    fn length(&self) -> Option<u64> {
        let [_, second, extended @ ..] = self.header;
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        let (needed, length) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes([extended[0], extended[1]]))),
            127 => (LENGTH_BYTES, u64::from_be_bytes(extended)),
            short => (2, u64::from(short)),
        };
        (self.got == needed).then(|| length.saturating_add(mask))
    }

    /// A control frame may stand between the frames of a message and does not end it. RFC 6455 §5.4.
    fn end_frame(&mut self) -> bool {
        let [first, ..] = self.header;
        let (is_last, is_control) = (first & 0x80 != 0, first & 0x08 != 0);
        (self.got, self.left) = (0, None);
        if !is_control {
            self.has_more = !is_last;
        }
        self.ended += u64::from(is_last);
        is_last && !is_control
    }
}

#[cfg(test)]
mod tests {
    use super::{Arriving, Frames};
    use crate::Limits;
    use crate::shares::{Holder, holder};
    use std::io::ErrorKind;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, sleep};

    fn share() -> Arc<Holder> {
        holder(Limits::default())
    }

    /// A masked frame with `length` bytes of payload.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match length {
            0..126 => frame.push(0x80 | length as u8),
            126..65536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(vec![b'x'; 4 + length]);
        frame
    }

    #[test]
    fn a_message_is_partial_from_its_first_byte_to_its_last() {
        for length in [0, 1, 125, 126, 300, 65_535, 65_536, 70_000] {
            let bytes = frame(0x81, length);
            let mut frames = Frames::default();
            assert!(!frames.is_partial());
            for (at, byte) in bytes.iter().enumerate() {
                let is_last = at + 1 == bytes.len();
                assert_eq!(frames.take(&[*byte]), is_last, "{length}: byte {at}");
                assert_eq!(frames.is_partial(), !is_last, "{length}: byte {at}");
            }
            let mut frames = Frames::default();
            assert!(frames.take(&[bytes.clone(), bytes].concat()) && !frames.is_partial());
        }
    }

    #[test]
    fn a_message_in_pieces_ends_with_its_last_piece_and_not_with_a_ping() {
        let mut frames = Frames::default();
        for (piece, ends, partial) in [
            (frame(0x01, 5), false, true),
            (frame(0x89, 3), false, true),
            (frame(0x00, 200), false, true),
            (frame(0x8a, 0), false, true),
            (frame(0x80, 1), true, false),
            (frame(0x89, 0), false, false),
        ] {
            assert_eq!(frames.take(&piece), ends);
            assert_eq!(frames.is_partial(), partial);
        }
        // A new message that begins in the bytes that end another one is a new one.
        let both = [frame(0x81, 4), vec![0x81]].concat();
        assert!(frames.take(&both) && frames.is_partial());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_drips_is_given_up_and_a_pause_between_messages_is_not() {
        let time = Duration::from_secs(20);
        let (near, mut far) = duplex(1024);
        let mut near = Arriving::new(near, &[], time, share());
        let mut buffer = [0; 1024];
        for _ in 0..3 {
            far.write_all(&frame(0x81, 10)).await.unwrap();
            assert_eq!(near.read(&mut buffer).await.unwrap(), 16);
            sleep(3 * time).await;
        }
        let started = Instant::now();
        let drip = tokio::spawn(async move {
            for byte in frame(0x81, 100) {
                far.write_all(&[byte]).await.unwrap();
                sleep(Duration::from_secs(3)).await;
            }
        });
        let error = loop {
            match near.read(&mut buffer).await {
                Ok(count) => assert!(count > 0),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(started.elapsed() >= time && started.elapsed() < time + Duration::from_secs(4));
        drip.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_with_the_upgrade_counts() {
        let (near, _far) = duplex(1024);
        let mut near = Arriving::new(near, &frame(0x81, 10)[..5], Duration::from_secs(20), share());
        let error = near.read(&mut [0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_big_message_is_read_on_when_there_is_room() {
        let share = holder(Limits { principal_bytes: 100 * 1024, ..Limits::default() });
        let taken = share.message(64 * 1024).await;
        let (near, mut far) = duplex(256 * 1024);
        let mut near = Arriving::new(near, &[], Duration::from_secs(20), Arc::clone(&share));
        far.write_all(&frame(0x81, 60_000)).await.unwrap();
        // A small one needs no room.
        let mut buffer = vec![0; 4096];
        assert_eq!(near.read(&mut buffer).await.unwrap(), 4096);
        let more = tokio::time::timeout(Duration::from_secs(5), near.read(&mut buffer)).await;
        assert!(more.is_err(), "read on without room");
        drop(taken);
        assert_eq!(near.read(&mut buffer).await.unwrap(), 4096);
        let room = near.take_room();
        let full = tokio::time::timeout(Duration::from_secs(5), share.message(64 * 1024)).await;
        assert!(full.is_err(), "a message that is under way gave its room back");
        drop(room);
        share.message(64 * 1024).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_gets_no_room_is_given_up() {
        let share = holder(Limits { principal_bytes: 100 * 1024, ..Limits::default() });
        let _taken = share.message(64 * 1024).await;
        let (near, mut far) = duplex(256 * 1024);
        let mut near = Arriving::new(near, &[], Duration::from_secs(20), share);
        far.write_all(&frame(0x81, 60_000)).await.unwrap();
        let mut buffer = vec![0; 4096];
        assert!(near.read(&mut buffer).await.unwrap() > 0);
        assert_eq!(near.read(&mut buffer).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
