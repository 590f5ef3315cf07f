//! A way out of the house for one purpose: the destinations of the configuration, as they may be reached
//! at this moment.
//!
//! Each purpose has a client of its own: what a tool may set of a destination's headers is not for the log,
//! and the reverse.

use anyhow::Context as _;
use domain::UnixMillis;
use egress::{Destination, EgressConfig, OwnAddresses, PrivateAddresses, Scheme, Unnamed};
use settings::{AdminListen, Links, OverrideName, Settings};

/// A file of a few certificates.
const MAX_CA_BYTES: u64 = 1024 * 1024;

/// The destinations that `is_meant` names, with these headers; `unnamed` is for every other address.
pub(crate) fn way_out(
    settings: &Settings,
    now: UnixMillis,
    is_meant: impl Fn(&str) -> bool,
    headers: &[&str],
    unnamed: Unnamed,
) -> anyhow::Result<EgressConfig> {
    let mut extra_roots = Vec::new();
    let mut destinations = Vec::new();
    for one in settings.destinations.iter().filter(|one| is_meant(&one.name)) {
        if let Some(file) = &one.ca_file {
            let pem = settings::read_trusted(file, Links::Followed, MAX_CA_BYTES)
                .with_context(|| format!("the authority of the destination `{}`", one.name))?;
            extra_roots.push(pem.into_bytes());
        }
        destinations.push(destination(one, settings, now, headers));
    }
    Ok(EgressConfig { destinations, unnamed, own: own_addresses(settings), extra_roots })
}

fn destination(
    one: &settings::Destination,
    settings: &Settings,
    now: UnixMillis,
    headers: &[&str],
) -> Destination {
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
        headers: headers.iter().map(|name| (*name).to_owned()).collect(),
        timeout: one.timeout,
        max_response_bytes: one.max_response_bytes,
    }
}

/// Where this server itself is: never a destination.
fn own_addresses(settings: &Settings) -> OwnAddresses {
    let server = &settings.server;
    let mut listeners = vec![server.listen];
    if let AdminListen::Tcp(address) = server.admin_listen {
        listeners.push(address);
    }
    OwnAddresses { listeners, names: vec![(server.public_url.host().to_owned(), server.public_url.port())] }
}
