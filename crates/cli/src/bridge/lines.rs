//! Framing: one JSON-RPC message on each line. MCP, transports, stdio.

use crate::Failure;
use std::sync::Arc;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
    BufReader,
};
use tokio::sync::Mutex;

/// Bytes of one message; the server's own limit.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// What a line of the client was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A message.
    Message(String),
    /// Longer than [`MAX_LINE_BYTES`], or not UTF-8; it was read over.
    Unusable(&'static str),
}

/// The client's messages.
pub(crate) struct Incoming {
    reader: Box<dyn AsyncBufRead + Send + Unpin>,
    /// What was read of the line so far: a reading that is given up goes on here.
    partial: Vec<u8>,
    /// The rest of a line that is too long is being read over.
    is_skipping: bool,
}

impl Incoming {
    pub(crate) fn new(from: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self { reader: Box::new(BufReader::new(from)), partial: Vec::new(), is_skipping: false }
    }

    /// The next line that is not empty; `None` at the end of the input. Nothing is lost if the future
    /// is dropped.
    pub(super) async fn next(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            if self.is_skipping {
                self.skip().await?;
                return Ok(Some(Line::Unusable("a message is longer than 4 MiB")));
            }
            let room = (MAX_LINE_BYTES + 1).saturating_sub(self.partial.len());
            let mut limited = (&mut self.reader).take(room as u64);
            limited.read_until(b'\n', &mut self.partial).await.map_err(|error| broken(&error))?;
            if self.partial.is_empty() {
                return Ok(None);
            }
            let bytes = std::mem::take(&mut self.partial);
            if bytes.len() > MAX_LINE_BYTES && bytes.last() != Some(&b'\n') {
                self.is_skipping = true;
                continue;
            }
            let Ok(text) = String::from_utf8(bytes) else {
                return Ok(Some(Line::Unusable("a message is not UTF-8")));
            };
            let text = text.trim();
            if !text.is_empty() {
                return Ok(Some(Line::Message(text.to_owned())));
            }
        }
    }

    async fn skip(&mut self) -> Result<(), Failure> {
        while self.is_skipping {
            let buffer = self.reader.fill_buf().await.map_err(|error| broken(&error))?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |at| at + 1);
            self.is_skipping = end.is_none() && used > 0;
            self.reader.consume(used);
        }
        Ok(())
    }
}

/// The server's messages. Copies share the output; a message is never mixed with another.
#[derive(Clone)]
pub(crate) struct Outgoing {
    writer: Arc<Mutex<Box<dyn AsyncWrite + Send + Unpin>>>,
}

impl Outgoing {
    pub(crate) fn new(to: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { writer: Arc::new(Mutex::new(Box::new(to))) }
    }

    /// Writes one message as one line. Line breaks inside JSON are blanks between tokens: they become spaces.
    pub(super) async fn message(&self, text: &str) -> Result<(), Failure> {
        let mut line = text.trim().replace(['\n', '\r'], " ");
        line.push('\n');
        let mut writer = self.writer.lock().await;
        writer.write_all(line.as_bytes()).await.map_err(|error| broken(&error))?;
        writer.flush().await.map_err(|error| broken(&error))
    }
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::usage("stdio", format!("standard input or output broke off: {error}"), "start the bridge again")
}

#[cfg(test)]
mod tests {
    use super::{Incoming, Line, MAX_LINE_BYTES, Outgoing};
    use std::io::Cursor;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn lines(input: Vec<u8>) -> Vec<Line> {
        let mut incoming = Incoming::new(Cursor::new(input));
        let mut lines = Vec::new();
        while let Some(line) = incoming.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn each_line_is_a_message_and_the_last_needs_no_end() {
        let found = lines(b"{\"a\":1}\r\n\n  \n{\"b\":2}".to_vec()).await;
        assert_eq!(found, [Line::Message("{\"a\":1}".to_owned()), Line::Message("{\"b\":2}".to_owned())]);
    }

    #[tokio::test]
    async fn a_line_that_cannot_be_used_is_read_over() {
        let mut input = vec![b'x'; MAX_LINE_BYTES + 5];
        input.extend_from_slice(b"\n\xff\xfe\n{}\n");
        let found = lines(input).await;
        let [Line::Unusable(long), Line::Unusable(bytes), Line::Message(good)] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(
            (*long, *bytes, good.as_str()),
            ("a message is longer than 4 MiB", "a message is not UTF-8", "{}")
        );
    }

    #[tokio::test]
    async fn a_reading_that_is_given_up_loses_nothing() {
        let (mut writer, reader) = tokio::io::duplex(64);
        let mut incoming = Incoming::new(reader);
        writer.write_all(b"{\"a\":").await.unwrap();
        for _ in 0..3 {
            tokio::select! {
                biased;
                line = incoming.next() => panic!("{line:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
        writer.write_all(b"1}\n").await.unwrap();
        assert_eq!(incoming.next().await, Ok(Some(Line::Message("{\"a\":1}".to_owned()))));
    }

    #[tokio::test]
    async fn the_longest_message_passes() {
        let mut input = vec![b'x'; MAX_LINE_BYTES];
        input.push(b'\n');
        assert!(matches!(&lines(input).await[..], [Line::Message(text)] if text.len() == MAX_LINE_BYTES));
    }

    #[tokio::test]
    async fn a_message_goes_out_on_one_line() {
        let (mut reader, writer) = tokio::io::duplex(1024);
        let outgoing = Outgoing::new(writer);
        outgoing.message("{\n  \"a\": \"b\\n\"\r\n}\n").await.unwrap();
        drop(outgoing);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "{   \"a\": \"b\\n\"  }\n");
    }
}
