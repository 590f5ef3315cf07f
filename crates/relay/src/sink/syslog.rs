//! Syslog: RFC 5424 messages over TLS, framed by their length (RFC 5425).
//!
//! The protocol has no acknowledgement. So a batch has a connection of its own, and counts as received
//! once the receiver, told that nothing more comes, has read all of it and closed its side in order.

use crate::export::ExportError;
use crate::shown::shown;
use audit::{Event, ReadRecord};
use domain::UnixMillis;
use egress::Egress;
use jiff::Timestamp;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// "log audit".
const FACILITY: u8 = 13;
const WARNING: u8 = 4;
const INFORMATIONAL: u8 = 6;
/// A receiver that does not take a batch in this time is not there.
const BATCH_TIME: Duration = Duration::from_secs(30);
/// RFC 5424 §6.4: a message in UTF-8 begins with it.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One message.
pub(crate) struct Message(String);

impl Message {
    pub(crate) fn of_record(origin: &str, record: &ReadRecord) -> Self {
        let warns = matches!(record.event, Event::Refused | Event::Abandoned | Event::ApprovalDenied);
        let severity = if warns { WARNING } else { INFORMATIONAL };
        Self::new(severity, record.time, record.event.name(), &shown(origin, record).to_string())
    }

    /// A message of the log itself.
    pub(crate) fn informational(time: UnixMillis, kind: &str, text: &str) -> Self {
        Self::new(INFORMATIONAL, time, kind, text)
    }

    fn new(severity: u8, time: UnixMillis, kind: &str, text: &str) -> Self {
        let moment = i64::try_from(time.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let moment = moment.map_or_else(|| "-".to_owned(), |moment| format!("{moment:.3}"));
        let priority = FACILITY * 8 + severity;
        Self(format!("<{priority}>1 {moment} - secure-mcp - {kind} - {BYTE_ORDER_MARK}{text}"))
    }

    fn framed(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{} ", self.0.len()).as_bytes());
        out.extend_from_slice(self.0.as_bytes());
    }
}

/// Sends the messages and waits until the receiver has closed its side.
pub(crate) async fn send(
    egress: &Egress,
    destination: &str,
    messages: &[Message],
) -> Result<(), ExportError> {
    let mut stream = egress.connect(destination).await?;
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| message.framed(&mut bytes));
    let exchange = async {
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        stream.shutdown().await?;
        // A receiver that answers is none; one that breaks off without an orderly close is an error here.
        let mut answer = [0u8; 64];
        while stream.read(&mut answer).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    match timeout(BATCH_TIME, exchange).await {
        Ok(ended) => ended.map_err(ExportError::Stream),
        Err(_) => Err(ExportError::Stream(std::io::ErrorKind::TimedOut.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::Message;
    use domain::UnixMillis;

    #[test]
    fn a_message_has_the_form_of_rfc_5424_and_its_length_before_it() {
        let message = Message::informational(UnixMillis(1_795_000_000_123), "checkpoint", "text é");
        let mut framed = Vec::new();
        message.framed(&mut framed);
        let text = String::from_utf8(framed).unwrap();
        let expected = "<110>1 2026-11-18T11:06:40.123Z - secure-mcp - checkpoint - \u{feff}text é";
        assert_eq!(text, format!("{} {expected}", expected.len()));
    }
}
