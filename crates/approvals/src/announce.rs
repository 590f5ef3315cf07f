//! Telling somebody outside that a call waits: a signed message for each, until it was taken.
//!
//! It says which approval, which tool and until when; neither arguments nor who asks. A message may come
//! twice, and none is lost while its approval waits.

use crate::Approvals;
use domain::Secret;
use egress::{Egress, Method, Request, To};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use store::ApprovalRow;
use tokio::sync::watch;

/// Carries the time and the signature.
pub const SIGNATURE_HEADER: &str = "secure-mcp-signature";

/// Without word of a new one: an approval of an hour may wait so long for its message.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// After the first failure, and doubled by each that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Messages of one look.
const MAX_BATCH: u32 = 32;

/// Where messages go.
pub struct Webhook {
    /// The only HTTP client.
    pub egress: Arc<Egress>,
    /// The destination's name.
    pub destination: String,
    /// The path at it.
    pub path: String,
    /// What the receiver knows as well: messages are signed with it.
    pub secret: Secret<Vec<u8>>,
}

impl Webhook {
    /// Announces what waits, until the server stops.
    pub async fn follow(self, approvals: Arc<Approvals>, mut stopping: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let wait = match self.announce(&approvals).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    LOOK_EVERY
                }
                Err(why) => {
                    tracing::warn!(why, destination = self.destination, "an approval could not be announced");
                    let wait = pause;
                    pause = (2 * pause).min(LONGEST_PAUSE);
                    wait
                }
            };
            // A new request is no reason to try a receiver again that has just failed.
            let asked = async {
                if wait == LOOK_EVERY {
                    approvals.asked.notified().await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = asked => {}
                () = tokio::time::sleep(wait) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn announce(&self, approvals: &Approvals) -> Result<(), String> {
        loop {
            let now = approvals.clock.now();
            let waiting = approvals.store.unannounced_approvals(now, MAX_BATCH).await;
            let waiting = waiting.map_err(|error| error.to_string())?;
            if waiting.is_empty() {
                return Ok(());
            }
            for row in waiting {
                self.send(&row, now.seconds()).await?;
                approvals.store.note_announced(row.request.id).await.map_err(|error| error.to_string())?;
            }
        }
    }

    async fn send(&self, row: &ApprovalRow, seconds: u64) -> Result<(), String> {
        let body = message(row);
        let signature = signature(self.secret.expose(), seconds, &body);
        let request = Request {
            to: To::Destination { name: self.destination.clone(), path: self.path.clone() },
            method: Method::POST,
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                (SIGNATURE_HEADER.to_owned(), signature),
            ],
            credential: None,
            body: body.into(),
        };
        let answer = self.egress.send(request).await.map_err(|error| error.to_string())?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(format!("status {}", answer.status)) }
    }
}

fn message(row: &ApprovalRow) -> String {
    let request = &row.request;
    json!({
        "event": "approval_requested",
        "id": request.id,
        "tenant": request.principal.tenant,
        "tool": request.tool,
        "arguments_sha256": request.arguments,
        "needed": request.terms.needed,
        "requested_ms": request.requested.0,
        "expires_ms": request.expires.0,
    })
    .to_string()
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA-256 over the seconds, a full stop and the body. The time is in it, so that
/// a receiver can refuse an old message.
fn signature(secret: &[u8], seconds: u64, body: &str) -> String {
    let tag = secrets::hmac_sha256(secret, format!("{seconds}.{body}").as_bytes());
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The value is Python's: `hmac.new(b"secret", message, "sha256").hexdigest()`.
    #[test]
    fn the_signature_is_the_one_that_others_compute() {
        let expected = "t=1800000000,v1=a3a3a89d741ab4479a0558057e11db2fd6f05574889ccd246c83fee494d1a693";
        assert_eq!(signature(b"secret", 1_800_000_000, "{\"event\":\"approval_requested\"}"), expected);
    }
}
