//! The admin plane's client: JSON over its socket or port.

use super::http_connection::HttpConnection;
use super::{ClientError, stream};
use crate::Failure;
use crate::failure::advice;
use admin::{AdminAddress, MadeToken};
use bytes::Bytes;
use domain::Secret;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// The plane itself gives up a request after 30 seconds; a decision takes milliseconds.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// As long as the plane itself takes for a replay of its log.
const SLOW_ANSWER_TIME: Duration = Duration::from_secs(600);

/// A way to the admin plane, with a token or as the owner of the data directory.
pub(crate) struct AdminClient {
    address: AdminAddress,
    token: Option<Secret<String>>,
}

impl AdminClient {
    /// With `token`; without one, only tokens can be made, over the socket, by its owner.
    pub(crate) const fn new(address: AdminAddress, token: Option<Secret<String>>) -> Self {
        Self { address, token }
    }

    /// The same plane with an admin token for `person` through `client`, made as the data directory's owner.
    pub(crate) async fn acting_as(
        operator: AdminAddress,
        person: &str,
        client: &str,
    ) -> Result<Self, Failure> {
        let request = json!({ "person": person, "client": client, "audience": "admin", "ttl_seconds": 60 });
        let made = Self::new(operator.clone(), None).create_token(&request).await?;
        Ok(Self::new(operator, Some(made.token)))
    }

    /// Makes a token.
    pub(crate) async fn create_token(&self, request: &Value) -> Result<MadeToken, Failure> {
        let reply = self.post("/api/tokens", request).await?;
        let text = |name: &str| reply.get(name).and_then(Value::as_str).map(str::to_owned);
        match (text("token"), text("token_id")) {
            (Some(token), Some(id)) => Ok(MadeToken { token: Secret::new(token), id }),
            _ => Err(ClientError::answer(&self.address.to_string(), "without a token").into()),
        }
    }

    /// Reads `path`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, Bytes::new(), ANSWER_TIME).await
    }

    /// Sends `body` to `path`.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, Bytes::from(body.to_string()), ANSWER_TIME).await
    }

    /// The same for what takes minutes.
    pub(crate) async fn post_slowly(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, Bytes::from(body.to_string()), SLOW_ANSWER_TIME).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes, limit: Duration) -> Result<Value, Failure> {
        let answer = timeout(limit, self.ask(method, path, body)).await;
        answer.unwrap_or_else(|_| {
            let cause = format!("no answer within {} seconds", limit.as_secs());
            Err(Failure::unreachable(&self.address.to_string(), cause))
        })
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Value, Failure> {
        let address = self.address.to_string();
        let host = match &self.address {
            AdminAddress::Unix(_) => "localhost".to_owned(),
            AdminAddress::Tcp(address) => address.to_string(),
        };
        let stream = stream::to_admin(&self.address).await?;
        let mut connection = HttpConnection::over(stream, address.clone(), host).await?;
        let reply = connection.send(method, path, self.token.as_ref(), HeaderMap::new(), body).await?;
        let value: Value = serde_json::from_slice(&reply.body).map_err(|_| {
            ClientError::answer(&address, format!("HTTP status {} without JSON", reply.status))
        })?;
        if reply.status.is_success() {
            return Ok(value);
        }
        Err(refused(reply.status, &value))
    }
}

/// The failure in an error body `{code, cause, fix}`.
fn refused(status: StatusCode, value: &Value) -> Failure {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = text("code").unwrap_or_else(|| status.as_u16().to_string());
    let fix = text("fix").unwrap_or_else(|| advice(&code).to_owned());
    let cause = text("cause").unwrap_or_else(|| format!("the server answered HTTP status {status}"));
    Failure::refused(&code, cause, fix)
}
