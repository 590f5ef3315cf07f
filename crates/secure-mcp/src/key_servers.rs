//! The way to the key servers of issuers: the house's HTTP client, by the rules of the configuration.
//!
//! The client is made anew for each question, every few minutes, so that an override that has ended
//! does not hold for it any more.

use authn::KeyServer;
use bytes::Bytes;
use domain::{Clock, Examined};
use egress::{
    Destination, Egress, EgressConfig, EgressError, Method, OwnAddresses, PrivateAddresses, Request, Scheme,
    To, Unnamed,
};
use settings::{AdminListen, OverrideName, Settings};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A document of a few kilobytes; whoever waits for it holds a connection.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Asks any key server over https, and those in private networks that a destination and an override name.
pub(crate) struct KeyServers {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
}

impl KeyServer for KeyServers {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
        Box::pin(async move {
            let in_time = timeout(ANSWER_TIME, self.ask(url)).await;
            in_time.unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER_TIME.as_secs())))
        })
    }
}

impl KeyServers {
    async fn ask(&self, url: &str) -> Result<String, String> {
        let config = config(&self.settings, self.clock.as_ref());
        // It reads the system's certificate authorities.
        let egress = tokio::task::spawn_blocking(move || Egress::new(config))
            .await
            .map_err(|_| "the client was not made".to_owned())?
            .map_err(|error| said(&error))?;
        let request = Request {
            to: To::Url(url.to_owned()),
            method: Method::GET,
            headers: Vec::new(),
            credential: None,
            body: Bytes::new(),
        };
        let response = egress.send(request).await.map_err(|error| said(&error))?;
        if response.status != 200 {
            return Err(format!("HTTP status {}", response.status));
        }
        let body = response.body.open(Examined::ByKeySet);
        String::from_utf8(body.to_vec()).map_err(|_| "the document is not UTF-8".to_owned())
    }
}

fn said(error: &EgressError) -> String {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}; {}", error.hint())
}

/// What may be asked at this moment.
fn config(settings: &Settings, clock: &dyn Clock) -> EgressConfig {
    let now = clock.now();
    let destinations = settings.destinations.iter().map(|said| {
        let private = OverrideName::PrivateAddress { destination: said.name.clone() };
        Destination {
            name: said.name.clone(),
            host: said.host.clone(),
            port: said.port,
            scheme: match said.scheme {
                settings::Scheme::Https => Scheme::Https,
                settings::Scheme::Http => Scheme::Http,
            },
            private: match settings.active_override(&private, now) {
                Some(_) => PrivateAddresses::Allowed,
                None => PrivateAddresses::Refused,
            },
            headers: said.headers.clone(),
            timeout: said.timeout,
            max_response_bytes: said.max_response_bytes,
        }
    });
    EgressConfig {
        destinations: destinations.collect(),
        unnamed: Unnamed::PublicHttps,
        own: own_addresses(settings),
        extra_roots: Vec::new(),
    }
}

fn own_addresses(settings: &Settings) -> OwnAddresses {
    let server = &settings.server;
    let mut listeners = vec![server.listen];
    if let AdminListen::Tcp(address) = &server.admin_listen {
        listeners.push(*address);
    }
    let names = vec![(server.public_url.host().to_owned(), server.public_url.port())];
    OwnAddresses { listeners, names }
}
