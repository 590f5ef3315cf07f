//! One request, from the caller's words to the bytes of the answer.

use crate::lookup::{Denial, Guard, Lookup, NotFound, SystemLookup};
use crate::{
    Destination, EgressConfig, EgressError, PrivateAddresses, Scheme, Unnamed, client, headers, target,
};
use bytes::{Bytes, BytesMut};
use domain::{Secret, Untrusted};
use reqwest::{Client, Method, Url};
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What a request to an unnamed host gets: the defaults of a destination.
const UNNAMED_TIMEOUT: Duration = Duration::from_secs(30);
const UNNAMED_MAX_RESPONSE_BYTES: u64 = 1024 * 1024;
/// More connections to one host than this wait for nothing.
const KEPT_OPEN: usize = 8;

/// Where a request goes.
#[derive(Clone, Debug)]
pub enum To {
    /// A path, with query, at a named destination.
    Destination {
        /// The destination's name.
        name: String,
        /// Starts with `/`.
        path: String,
    },
    /// A whole URL; its host and port are looked for among the destinations.
    Url(String),
}

/// A request.
pub struct Request {
    /// Where.
    pub to: To,
    /// How.
    pub method: Method,
    /// Names and values; each name must be on the destination's list.
    pub headers: Vec<(String, String)>,
    /// The value of `Authorization`, from the operator's secrets. Never from a caller.
    pub credential: Option<Secret<String>>,
    /// The body.
    pub body: Bytes,
}

/// Shows where and how, and of the rest only how much: values may be credentials or personal.
impl std::fmt::Debug for Request {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let to = match &self.to {
            To::Destination { name, .. } => name.as_str(),
            To::Url(url) => url.split(['?', '@']).next().unwrap_or_default(),
        };
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        out.debug_struct("Request")
            .field("to", &to)
            .field("method", &self.method)
            .field("headers", &names)
            .field("credential", &self.credential)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// An answer. Nobody has looked into it yet.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status; never one of a redirect.
    pub status: u16,
    /// The headers that say what the body is.
    pub headers: Untrusted<Vec<(String, String)>>,
    /// The body, as sent: nothing is decompressed.
    pub body: Untrusted<Bytes>,
}

/// The only HTTP client of the house.
pub struct Egress {
    config: EgressConfig,
    /// One for each destination, in their order.
    named: Vec<Route>,
    unnamed: Option<Route>,
    lookup: Arc<dyn Lookup>,
}

struct Route {
    client: Client,
    guard: Guard,
    timeout: Duration,
    max_response_bytes: u64,
}

impl Egress {
    /// Sets up a client for each destination.
    pub fn new(config: EgressConfig) -> Result<Self, EgressError> {
        Self::with_lookup(config, Arc::new(SystemLookup))
    }

    /// The same with another resolver than the system's.
    pub fn with_lookup(config: EgressConfig, lookup: Arc<dyn Lookup>) -> Result<Self, EgressError> {
        let own = Arc::new(config.own.clone());
        let route = |destination: &Destination| {
            let guard =
                Guard { own: Arc::clone(&own), private: destination.private, port: Some(destination.port) };
            Ok(Route {
                client: client::build(&config, destination.scheme, guard.clone(), &lookup, KEPT_OPEN)?,
                guard,
                timeout: destination.timeout,
                max_response_bytes: destination.max_response_bytes,
            })
        };
        let named = config.destinations.iter().map(route).collect::<Result<_, EgressError>>()?;
        let unnamed = match config.unnamed {
            Unnamed::Refused => None,
            Unnamed::PublicHttps => {
                let guard = Guard { own: Arc::clone(&own), private: PrivateAddresses::Refused, port: None };
                Some(Route {
                    client: client::build(&config, Scheme::Https, guard.clone(), &lookup, 0)?,
                    guard,
                    timeout: UNNAMED_TIMEOUT,
                    max_response_bytes: UNNAMED_MAX_RESPONSE_BYTES,
                })
            }
        };
        Ok(Self { config, named, unnamed, lookup })
    }

    /// Sends one request and takes its whole answer. Nothing is retried and no redirect followed.
    pub async fn send(&self, request: Request) -> Result<Response, EgressError> {
        let url = self.url(&request.to)?;
        let destination = target::destination(&url, &self.config.destinations);
        let route = self.route(&url, destination)?;
        let host = self.check_host(&url, route)?;
        let headers = headers::of_request(&request.headers, request.credential.as_ref(), destination)?;
        let sent = route.client.request(request.method, url).headers(headers).body(request.body).send();
        let exchange = async {
            let answer = sent.await.map_err(|error| explain(error, &host))?;
            take(answer, &host, route.max_response_bytes).await
        };
        let limit_ms = u64::try_from(route.timeout.as_millis()).unwrap_or(u64::MAX);
        let in_time = tokio::time::timeout(route.timeout, exchange).await;
        in_time.unwrap_or_else(|_| Err(EgressError::Timeout { host: host.clone(), limit_ms }))
    }

    /// A destination and what is checked of its addresses, for streams.
    pub(crate) fn named(&self, name: &str) -> Result<(&Destination, &Guard), EgressError> {
        let position = self.config.destinations.iter().position(|destination| destination.name == name);
        let found =
            position.and_then(|at| Some((self.config.destinations.get(at)?, &self.named.get(at)?.guard)));
        let (destination, guard) = found.ok_or_else(|| EgressError::UnknownDestination {
            name: name.chars().take(64).flat_map(char::escape_default).collect(),
        })?;
        if self.config.own.has_name(&destination.host, destination.port) {
            return Err(EgressError::Own { host: destination.host.clone() });
        }
        Ok((destination, guard))
    }

    pub(crate) fn lookup(&self) -> &dyn Lookup {
        self.lookup.as_ref()
    }

    pub(crate) fn extra_roots(&self) -> &[Vec<u8>] {
        &self.config.extra_roots
    }

    fn url(&self, to: &To) -> Result<Url, EgressError> {
        match to {
            To::Url(text) => target::read(text),
            To::Destination { name, path } => {
                let known = self.config.destinations.iter().find(|destination| destination.name == *name);
                let unknown = || EgressError::UnknownDestination {
                    name: name.chars().take(64).flat_map(char::escape_default).collect(),
                };
                target::at(known.ok_or_else(unknown)?, path)
            }
        }
    }

    fn route(&self, url: &Url, destination: Option<&Destination>) -> Result<&Route, EgressError> {
        let named = destination.and_then(|destination| {
            let at = self.config.destinations.iter().position(|other| std::ptr::eq(other, destination))?;
            self.named.get(at)
        });
        let is_usual = url.scheme() == "https" && url.port_or_known_default() == Some(443);
        named
            .or(self.unnamed.as_ref().filter(|_| is_usual))
            .ok_or_else(|| EgressError::NotADestination { authority: url.origin().ascii_serialization() })
    }

    /// What can be said before any look-up. An address in the URL never meets the resolver, so it is checked here.
    fn check_host(&self, url: &Url, route: &Route) -> Result<String, EgressError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        if self.config.own.has_name(&host, url.port_or_known_default().unwrap_or_default()) {
            return Err(EgressError::Own { host });
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match literal.map(|ip| route.guard.check(ip)) {
            Ok(Err(denial)) => Err(refused(denial, &host)),
            Ok(Ok(())) | Err(_) => Ok(host),
        }
    }
}

/// The whole body, and no more than the limit.
async fn take(mut answer: reqwest::Response, host: &str, limit_bytes: u64) -> Result<Response, EgressError> {
    let status = answer.status();
    if status.is_redirection() && status != reqwest::StatusCode::NOT_MODIFIED {
        return Err(EgressError::Redirect { host: host.to_owned(), status: status.as_u16() });
    }
    let too_large = || EgressError::TooLarge { host: host.to_owned(), limit_bytes };
    if answer.content_length().is_some_and(|length| length > limit_bytes) {
        return Err(too_large());
    }
    let headers = headers::of_response(answer.headers());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| explain(error, host))? {
        if (body.len() + chunk.len()) as u64 > limit_bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response {
        status: status.as_u16(),
        headers: Untrusted::new(headers),
        body: Untrusted::new(body.freeze()),
    })
}

pub(crate) fn refused(denial: Denial, host: &str) -> EgressError {
    match denial {
        Denial::Own => EgressError::Own { host: host.to_owned() },
        Denial::Class(class) => EgressError::ForbiddenAddress { host: host.to_owned(), class },
    }
}

/// Finds this crate's own reason inside the client's error.
fn explain(error: reqwest::Error, host: &str) -> EgressError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(denial) = inner.downcast_ref::<Denial>() {
            return refused(*denial, host);
        }
        if let Some(NotFound(source)) = inner.downcast_ref::<NotFound>() {
            let source = std::io::Error::new(source.kind(), source.to_string());
            return EgressError::Unresolved { host: host.to_owned(), source };
        }
        cause = inner.source();
    }
    EgressError::Exchange { host: host.to_owned(), source: error.without_url() }
}
