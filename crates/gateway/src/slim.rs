//! A WebSocket whose buffers are small again after a big message.
//!
//! The library keeps its buffers at the size of the biggest frame for as long as the socket lives: 4 MiB
//! each way for a socket that idles afterwards. Where nothing is under way it can be made anew around the
//! same stream. What a message says is the socket's owner's.

use crate::arriving::Arriving;
use crate::http_service::MAX_MESSAGE_BYTES;
use crate::shares::{Holder, Room};
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Read buffer of one socket, and what one read takes at most: a typical call fits, and an idle socket stays
/// small.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// A frame over this is not what a socket usually carries. 16,384 sockets that keep this much each way
/// are 2 GiB at the very most.
const BIG_FRAME_BYTES: u64 = 64 * 1024;

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_MESSAGE_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
}

/// A server's side of an upgraded connection.
pub(crate) struct Slim<S> {
    /// Absent only while it is made anew, which nothing interrupts.
    socket: Option<WebSocketStream<Arriving<S>>>,
    /// Messages that were handed out.
    taken: u64,
    has_sent_big: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Slim<S> {
    /// `early` was read with the upgrade request; `time` is for the arrival of one message, `share` its
    /// principal's.
    pub(crate) async fn new(stream: S, early: &[u8], time: Duration, share: Arc<Holder>) -> Self {
        let stream = Arriving::new(stream, early, time, share);
        let socket =
            WebSocketStream::from_partially_read(stream, early.to_vec(), Role::Server, Some(config())).await;
        Self { socket: Some(socket), taken: 0, has_sent_big: false }
    }

    /// The next message; nothing is lost if the wait is given up.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        if self.is_big()
            && self.is_at_rest()
            && let Err(error) = self.slim().await
        {
            return Some(Err(error));
        }
        let message = self.socket.as_mut()?.next().await;
        self.taken += u64::from(matches!(message, Some(Ok(_))));
        message
    }

    /// The room of the message that was handed out last, for as long as it is under way.
    pub(crate) fn take_room(&mut self) -> Room {
        self.socket.as_mut().map(|socket| socket.get_mut().take_room()).unwrap_or_default()
    }

    /// Sends and flushes one message.
    pub(crate) async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.has_sent_big |= message.len() as u64 > BIG_FRAME_BYTES;
        let Some(socket) = &mut self.socket else { return Err(Error::AlreadyClosed) };
        socket.send(message).await
    }

    pub(crate) async fn close(&mut self, frame: CloseFrame) -> Result<(), Error> {
        let Some(socket) = &mut self.socket else { return Err(Error::AlreadyClosed) };
        socket.close(Some(frame)).await
    }

    fn is_big(&self) -> bool {
        let arrived = self.socket.as_ref().map_or(0, |socket| socket.get_ref().biggest_frame());
        self.has_sent_big || arrived > BIG_FRAME_BYTES
    }

    /// Whether everything that was read was handed out, so that the read buffer holds nothing.
    fn is_at_rest(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.get_ref().whole_messages() == Some(self.taken))
    }

    /// Lets go of the buffers. The flush may wait, and what it sends stays with the socket until it has; the
    /// rest does not wait.
    async fn slim(&mut self) -> Result<(), Error> {
        let Some(socket) = &mut self.socket else { return Err(Error::AlreadyClosed) };
        socket.flush().await?;
        if let Some(socket) = self.socket.take() {
            let mut stream = socket.into_inner();
            stream.forget_biggest_frame();
            self.has_sent_big = false;
            self.socket = Some(WebSocketStream::from_raw_socket(stream, Role::Server, Some(config())).await);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BIG_FRAME_BYTES, Slim};
    use crate::Limits;
    use crate::shares::holder;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio_tungstenite::tungstenite::Message;

    /// A client's frame with an empty mask.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first, 0x80 | 127];
        frame.extend((payload.len() as u64).to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(payload);
        frame
    }

    #[tokio::test]
    async fn after_a_big_message_the_buffers_are_new_and_nothing_is_lost() {
        let (near, mut far) = duplex(4 * 1024 * 1024);
        let mut socket = Slim::new(near, &[], Duration::from_secs(20), holder(Limits::default())).await;
        let big = vec![b'x'; 1024 * 1024];
        for round in 0u8..3 {
            // One behind the other, a ping among them, and half of one more.
            let last = frame(0x81, &[b'a' + round; 10]);
            let (half, rest) = last.split_at(7);
            let all = [frame(0x81, &big), frame(0x89, b"p"), frame(0x81, b"small"), half.to_vec()].concat();
            far.write_all(&all).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap().len(), big.len());
            assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
            assert!(socket.is_big());
            assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap().as_str(), "small");
            far.write_all(rest).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap().into_data(), vec![b'a' + round; 10]);
            assert!(socket.is_big() && socket.is_at_rest());
            // The wait for the next one begins with letting go.
            assert!(tokio::time::timeout(Duration::from_millis(1), socket.next()).await.is_err());
            assert!(!socket.is_big());
            // The pong was sent.
            assert_eq!(far.read_u16().await.unwrap(), 0x8a01);
            assert_eq!(far.read_u8().await.unwrap(), b'p');
        }
    }

    #[tokio::test]
    async fn after_a_big_answer_the_buffers_are_new() {
        let (near, mut far) = duplex(4 * 1024 * 1024);
        let mut socket =
            Slim::new(near, &frame(0x81, b"early"), Duration::from_secs(20), holder(Limits::default())).await;
        assert_eq!(socket.next().await.unwrap().unwrap().into_data().as_ref(), b"early");
        let answer = vec![b'y'; 2 * BIG_FRAME_BYTES as usize];
        socket.send(Message::Text(String::from_utf8(answer).unwrap().into())).await.unwrap();
        assert!(socket.is_big());
        far.write_all(&frame(0x81, b"next")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap().into_data().as_ref(), b"next");
        assert!(!socket.is_big());
    }
}
