//! The way to the key servers of issuers: the house's HTTP client, by the rules of the configuration.
//!
//! The client is made anew for each question, every few minutes, so that an override that has ended
//! does not hold for it any more.

use crate::way_out::way_out;
use authn::KeyServer;
use bytes::Bytes;
use domain::{Clock, Examined};
use egress::{Egress, EgressError, Method, Request, To, Unnamed};
use settings::Settings;
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
        let way = way_out(&self.settings, self.clock.now(), |_| true, &[], Unnamed::PublicHttps);
        let config = way.map_err(|error| format!("{error:#}"))?;
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
