//! The admin plane, over the socket of the data directory's owner: making tokens.

use crate::connection::http_over;
use anyhow::{Context as _, Result, ensure};
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use tokio::net::UnixStream;

/// Longer than any measurement.
const LIFETIME_SECONDS: u64 = 24 * 60 * 60;

#[derive(Deserialize)]
struct Made {
    token: String,
}

/// A token for the MCP endpoint for each of `people`.
pub async fn tokens(
    socket: &Path,
    people: impl Iterator<Item = String>,
    client: &str,
) -> Result<Vec<String>> {
    let stream =
        UnixStream::connect(socket).await.with_context(|| format!("nobody at {}", socket.display()))?;
    let mut sender = http_over(stream).await?;
    let mut tokens = Vec::new();
    for person in people {
        let asked =
            json!({ "person": person, "client": client, "audience": "mcp", "ttl_seconds": LIFETIME_SECONDS });
        let request = Request::post("/api/tokens")
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(asked.to_string()))?;
        sender.ready().await?;
        let reply = sender.send_request(request).await?;
        let status = reply.status();
        let body = reply.into_body().collect().await?.to_bytes();
        ensure!(
            status == StatusCode::CREATED,
            "no token for {person}: {status} {}",
            crate::call::shown(&body)
        );
        tokens.push(serde_json::from_slice::<Made>(&body)?.token);
    }
    Ok(tokens)
}
