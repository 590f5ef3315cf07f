//! `[approvals]`: who is told that a call waits.

use crate::Destination;
use crate::error::Fault;
use crate::raw::{RawApprovals, RawWebhook};
use crate::secret_reference::SecretReference;
use std::path::Path;

/// What is said about approvals in general; who has to agree is said for each tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Who is told.
    pub webhook: Option<Webhook>,
}

/// Where a message goes for each call that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The name of a destination.
    pub destination: String,
    /// The path at it.
    pub path: String,
    /// What messages are signed with.
    pub secret: SecretReference,
}

impl Approvals {
    pub(crate) fn check(raw: RawApprovals, base: &Path, destinations: &[Destination]) -> Result<Self, Fault> {
        let webhook = raw.webhook.map(|raw| Webhook::check(raw, base, destinations)).transpose()?;
        Ok(Self { webhook })
    }
}

impl Webhook {
    fn check(raw: RawWebhook, base: &Path, destinations: &[Destination]) -> Result<Self, Fault> {
        if !destinations.iter().any(|known| known.name == raw.destination) {
            let cause = format!("names no destination: `{}`", raw.destination.escape_debug());
            let advice = "write the name of an [[egress.destination]]";
            return Err(Fault::new("approvals.webhook.destination", cause, advice));
        }
        if !raw.path.starts_with('/') {
            return Err(Fault::new("approvals.webhook.path", "does not start with /", "write /PATH"));
        }
        let secret = SecretReference::parse(&raw.secret, "approvals.webhook.secret", base)?;
        Ok(Self { destination: raw.destination, path: raw.path, secret })
    }
}
