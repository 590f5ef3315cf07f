//! Who is told that a call waits: from settings to a webhook.

use crate::way_out::way_out;
use anyhow::Context as _;
use approvals::{SIGNATURE_HEADER, Webhook};
use domain::UnixMillis;
use egress::{Egress, Unnamed};
use settings::Settings;
use std::sync::Arc;

/// The webhook of a configuration, with a client that reaches its destination and nothing else.
pub(crate) fn webhook(settings: &Settings, now: UnixMillis) -> anyhow::Result<Option<Webhook>> {
    let Some(said) = &settings.approvals.webhook else { return Ok(None) };
    let secret = said.secret.read().context("the secret of `approvals.webhook`")?;
    let headers = ["content-type", SIGNATURE_HEADER];
    let is_meant = |name: &str| name == said.destination;
    let egress = Arc::new(Egress::new(way_out(settings, now, is_meant, &headers, Unnamed::Refused)?)?);
    let (destination, path) = (said.destination.clone(), said.path.clone());
    Ok(Some(Webhook { egress, destination, path, secret }))
}
