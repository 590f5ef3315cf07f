//! The bridge over WebSocket: one socket for all messages, opened again when it broke or the token changed.

use super::lines::Line;
use super::message::{failed, is_echoed, look, unusable};
use super::{Incoming, Outgoing, TokenFile};
use crate::Failure;
use crate::client::{ClientError, Endpoint, Trust, WebSocketConnection, WebSocketReceiver, WebSocketSender};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::timeout;

/// After the input's end, calls in flight may still take as long as the longest tool.
const LAST_ANSWERS: Duration = Duration::from_secs(300);

/// Requests without an answer that are remembered; a socket serves 64 at once.
const MAX_WAITING: usize = 256;

/// An open socket.
struct Socket {
    sender: WebSocketSender,
    receiver: WebSocketReceiver,
}

/// Carries messages until the input ends and the last one is answered.
pub(crate) async fn over_web_socket(
    endpoint: Endpoint,
    trust: Trust,
    mut token: TokenFile,
    mut incoming: Incoming,
    outgoing: Outgoing,
) -> Result<(), Failure> {
    let mut socket: Option<Socket> = None;
    let mut waiting: VecDeque<Value> = VecDeque::new();
    loop {
        let line = tokio::select! {
            line = incoming.next() => line?,
            message = receive(&mut socket) => {
                match message {
                    Ok(text) => answered(&text, &mut waiting, &outgoing).await?,
                    Err(error) => {
                        socket = None;
                        lost(&error.into(), &mut waiting, &outgoing).await?;
                    }
                }
                continue;
            }
        };
        let text = match line {
            None => break,
            Some(Line::Message(text)) => text,
            Some(Line::Unusable(why)) => {
                outgoing.message(&unusable(why)).await?;
                continue;
            }
        };
        if let Some(id) = look(&text, None).id.filter(is_echoed) {
            if waiting.len() >= MAX_WAITING {
                waiting.pop_front();
            }
            waiting.push_back(id);
        }
        if let Err(failure) = send(&mut socket, text, &endpoint, &trust, &mut token, waiting.len()).await {
            socket = None;
            lost(&failure, &mut waiting, &outgoing).await?;
        }
    }
    let last = async {
        while !waiting.is_empty() {
            match receive(&mut socket).await {
                Ok(text) => answered(&text, &mut waiting, &outgoing).await?,
                Err(error) => lost(&error.into(), &mut waiting, &outgoing).await?,
            }
        }
        Ok(())
    };
    let ended = timeout(LAST_ANSWERS, last).await.unwrap_or(Ok(()));
    if let Some(mut socket) = socket {
        socket.sender.close().await;
    }
    ended
}

/// The next message of the socket; for ever if there is none.
async fn receive(socket: &mut Option<Socket>) -> Result<String, ClientError> {
    match socket {
        Some(socket) => socket.receiver.receive().await,
        None => std::future::pending().await,
    }
}

/// Sends over the open socket. It is opened anew with a token that changed, unless answers are due on it.
async fn send(
    socket: &mut Option<Socket>,
    text: String,
    endpoint: &Endpoint,
    trust: &Trust,
    token: &mut TokenFile,
    due: usize,
) -> Result<(), Failure> {
    let (token, changed) = token.current()?;
    if changed && due <= 1 {
        *socket = None;
    }
    if socket.is_none() {
        let (sender, receiver) = WebSocketConnection::open(endpoint, trust, &token).await?.split();
        *socket = Some(Socket { sender, receiver });
    }
    match socket {
        Some(socket) => Ok(socket.sender.send(text).await?),
        None => Ok(()),
    }
}

/// Passes a message on; an answer is due no longer.
async fn answered(text: &str, waiting: &mut VecDeque<Value>, outgoing: &Outgoing) -> Result<(), Failure> {
    let message: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    if message.get("method").is_none() {
        waiting.retain(|waits| message.get("id") != Some(waits));
    }
    outgoing.message(text).await
}

/// The socket broke: every request without an answer gets one, so that no client waits for ever.
async fn lost(failure: &Failure, waiting: &mut VecDeque<Value>, outgoing: &Outgoing) -> Result<(), Failure> {
    while let Some(id) = waiting.pop_front() {
        outgoing.message(&failed(&id, failure)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Outgoing, VecDeque, answered, lost};
    use crate::Failure;
    use serde_json::json;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn every_request_is_answered_once_even_if_the_socket_breaks() {
        let (mut reader, writer) = tokio::io::duplex(64 * 1024);
        let outgoing = Outgoing::new(writer);
        let mut waiting = VecDeque::from([json!(1), json!("1"), json!(2)]);
        for text in [
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"?"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":"1","result":{}}"#,
        ] {
            answered(text, &mut waiting, &outgoing).await.unwrap();
        }
        assert_eq!(waiting, [json!(1), json!(2)]);
        lost(&Failure::unreachable("wss://here", "closed"), &mut waiting, &outgoing).await.unwrap();
        assert!(waiting.is_empty());
        drop(outgoing);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        let ids: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].clone())
            .collect();
        assert_eq!(ids, [json!(null), json!(null), json!("1"), json!(1), json!(2)]);
    }
}
