//! Who is told that a call waits: from settings to a webhook.

use anyhow::Context as _;
use approvals::{SIGNATURE_HEADER, Webhook};
use domain::UnixMillis;
use egress::{Destination, Egress, EgressConfig, OwnAddresses, PrivateAddresses, Scheme, Unnamed};
use settings::{AdminListen, OverrideName, Settings};
use std::sync::Arc;

/// The webhook of a configuration, with a client that reaches its destination and nothing else.
pub(crate) fn webhook(settings: &Settings, now: UnixMillis) -> anyhow::Result<Option<Webhook>> {
    let Some(said) = &settings.approvals.webhook else { return Ok(None) };
    let secret = said.secret.read().context("the secret of `approvals.webhook`")?;
    let mut listeners = vec![settings.server.listen];
    if let AdminListen::Tcp(address) = settings.server.admin_listen {
        listeners.push(address);
    }
    let url = &settings.server.public_url;
    let own = OwnAddresses { listeners, names: vec![(url.host().to_owned(), url.port())] };
    let destinations = settings.destinations.iter().filter(|one| one.name == said.destination);
    let destinations = destinations.map(|one| destination(one, settings, now)).collect();
    let config = EgressConfig { destinations, unnamed: Unnamed::Refused, own, extra_roots: Vec::new() };
    let egress = Arc::new(Egress::new(config)?);
    let (destination, path) = (said.destination.clone(), said.path.clone());
    Ok(Some(Webhook { egress, destination, path, secret }))
}

fn destination(one: &settings::Destination, settings: &Settings, now: UnixMillis) -> Destination {
    let private = OverrideName::PrivateAddress { destination: one.name.clone() };
    Destination {
        name: one.name.clone(),
        host: one.host.clone(),
        port: one.port,
        scheme: match one.scheme {
            settings::Scheme::Https => Scheme::Https,
            settings::Scheme::Http => Scheme::Http,
        },
        private: match settings.active_override(&private, now) {
            Some(_) => PrivateAddresses::Allowed,
            None => PrivateAddresses::Refused,
        },
        headers: vec!["content-type".to_owned(), SIGNATURE_HEADER.to_owned()],
        timeout: one.timeout,
        max_response_bytes: one.max_response_bytes,
    }
}
