//! C2SP tlog-witness: `POST <prefix>/add-checkpoint` with the size that the witness knows, a proof that the
//! log only grew since, and the checkpoint; the answer is the witness's own signature.

use super::{Conflict, WitnessError};
use audit::View;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::Examined;
use egress::{Egress, Method, Request, To};

/// The witness says once which size it knows; a second correction means that somebody else feeds it.
const MAX_ATTEMPTS: u32 = 3;
/// A few signatures of a hundred bytes.
const MAX_COSIGNATURES_BYTES: usize = 4096;

/// What came back.
pub(super) struct Cosigned {
    /// Records under the checkpoint.
    pub(super) size: u64,
    /// The checkpoint with the witness's signatures under the log's.
    pub(super) note: String,
}

/// Brings the latest checkpoint to the witness. `seen` is the last note that it signed.
pub(super) async fn submit(
    view: &View,
    egress: &Egress,
    destination: &str,
    prefix: &str,
    seen: Option<&str>,
) -> Result<Cosigned, WitnessError> {
    let (size, note) = (view.checkpoint_size(), view.checkpoint_note());
    let mut old = seen.and_then(|note| view.open(note).ok()).map_or(0, |kept| kept.size);
    for _ in 0..MAX_ATTEMPTS {
        if old > size {
            return Err(WitnessError::Conflict(Conflict::Older { size: old }));
        }
        let proof = view.consistency_proof(old, size)?;
        let mut body = format!("old {old}\n");
        for hash in proof {
            body.push_str(&STANDARD.encode(hash));
            body.push('\n');
        }
        body.push('\n');
        body.push_str(&note);
        let request = Request {
            to: To::Destination { name: destination.to_owned(), path: format!("{prefix}/add-checkpoint") },
            method: Method::POST,
            headers: Vec::new(),
            credential: None,
            body: Bytes::from(body),
        };
        let answer = egress.send(request).await?;
        let text = answer.body.open(Examined::ByWitness);
        let text = String::from_utf8_lossy(&text).into_owned();
        match answer.status {
            200 => return Ok(Cosigned { size, note: note + cosignatures(&text) }),
            409 => match text.trim_end().parse::<u64>() {
                Ok(known) if known != old => old = known,
                // It knows this size, with another root.
                _ => return Err(WitnessError::Conflict(Conflict::Forked { size: old })),
            },
            422 => return Err(WitnessError::Conflict(Conflict::Forked { size: old })),
            status => return Err(WitnessError::Refused { status }),
        }
    }
    Err(WitnessError::Refused { status: 409 })
}

/// Lines that are signatures; anything else is left out.
fn cosignatures(text: &str) -> &str {
    let is_signed = text.len() <= MAX_COSIGNATURES_BYTES
        && text.ends_with('\n')
        && text.trim_end_matches('\n').split('\n').all(|line| line.starts_with("— "));
    if is_signed { text } else { "" }
}
