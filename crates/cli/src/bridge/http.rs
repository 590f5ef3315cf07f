//! The bridge over Streamable HTTP: one POST for each message, answers as they come.

use super::lines::Line;
use super::message::{Looked, failed, is_message, look, negotiated_version, unusable};
use super::{Incoming, Outgoing, TokenFile};
use crate::Failure;
use crate::client::{ClientError, Endpoint, HttpConnection, HttpReply, Trust};
use bytes::Bytes;
use domain::Secret;
use http::Method;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Messages under way at once; beyond it the input is not read until one is answered.
const MAX_IN_FLIGHT: usize = 16;

/// Connections that wait for their next message.
struct Server {
    endpoint: Endpoint,
    trust: Trust,
    idle: Mutex<Vec<HttpConnection>>,
    negotiated: Mutex<Option<String>>,
}

/// Carries messages until the input ends and the last one is answered.
pub(crate) async fn over_http(
    endpoint: Endpoint,
    trust: Trust,
    mut token: TokenFile,
    mut incoming: Incoming,
    outgoing: Outgoing,
) -> Result<(), Failure> {
    let server = Arc::new(Server { endpoint, trust, idle: Mutex::default(), negotiated: Mutex::default() });
    let mut under_way: JoinSet<Result<(), Failure>> = JoinSet::new();
    while let Some(line) = incoming.next().await? {
        let text = match line {
            Line::Message(text) => text,
            Line::Unusable(why) => {
                outgoing.message(&unusable(why)).await?;
                continue;
            }
        };
        while under_way.len() >= MAX_IN_FLIGHT {
            joined(under_way.join_next().await)?;
        }
        let looked = look(&text, server.negotiated.lock().await.as_deref());
        let token = token.current().map(|(token, _)| token);
        let carried = carry(Arc::clone(&server), text, looked, token, outgoing.clone());
        // What comes after a handshake needs its answer: the version goes into every later header.
        if under_way.is_empty() && carried.1 {
            carried.0.await?;
        } else {
            under_way.spawn(carried.0);
        }
        while let Some(ended) = under_way.try_join_next() {
            joined(Some(ended))?;
        }
    }
    while let Some(ended) = under_way.join_next().await {
        joined(Some(ended))?;
    }
    Ok(())
}

fn joined(ended: Option<Result<Result<(), Failure>, tokio::task::JoinError>>) -> Result<(), Failure> {
    match ended {
        Some(Ok(result)) => result,
        _ => Ok(()),
    }
}

/// The way of one message, and whether the next one has to wait for it.
fn carry(
    server: Arc<Server>,
    text: String,
    looked: Looked,
    token: Result<Secret<String>, Failure>,
    outgoing: Outgoing,
) -> (impl Future<Output = Result<(), Failure>> + Send, bool) {
    let is_initialize = looked.is_initialize;
    let way = async move {
        let answered = match token {
            Ok(token) => server.post(&text, &looked, &token).await,
            Err(failure) => Err(failure),
        };
        match (answered, &looked.id) {
            (Ok(reply), _) if reply.body.is_empty() => Ok(()),
            (Ok(reply), _) => {
                if looked.is_initialize {
                    *server.negotiated.lock().await = negotiated_version(&reply.body);
                }
                outgoing.message(&String::from_utf8_lossy(&reply.body)).await
            }
            (Err(failure), Some(id)) => outgoing.message(&failed(id, &failure)).await,
            (Err(_), None) => Ok(()),
        }
    };
    (way, is_initialize)
}

impl Server {
    async fn post(&self, text: &str, looked: &Looked, token: &Secret<String>) -> Result<HttpReply, Failure> {
        let headers = looked.mirrored.headers()?;
        let body = Bytes::copy_from_slice(text.as_bytes());
        let mut connection = self.connection().await?;
        let reply = connection.send(Method::POST, &self.endpoint.path, Some(token), headers, body).await?;
        let mut idle = self.idle.lock().await;
        if idle.len() < MAX_IN_FLIGHT {
            idle.push(connection);
        }
        // A proxy's page is no message, and the client reads nothing but messages.
        if !reply.body.is_empty() && !is_message(&reply.body) {
            let what = format!("status {} and no message", reply.status.as_u16());
            return Err(ClientError::answer(&self.endpoint.url(), what).into());
        }
        Ok(reply)
    }

    async fn connection(&self) -> Result<HttpConnection, Failure> {
        let idle = {
            let mut idle = self.idle.lock().await;
            idle.retain(|connection| !connection.is_closed());
            idle.pop()
        };
        match idle {
            Some(connection) => Ok(connection),
            None => Ok(HttpConnection::open(&self.endpoint, &self.trust).await?),
        }
    }
}
