//! From a host's name to addresses that may be called. Looked up once for each connection; the
//! connection goes to what was looked at, so a second answer of the resolver changes nothing.

use crate::address::{Class, class};
use crate::{OwnAddresses, PrivateAddresses};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// Addresses of a host, in a while.
pub type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Where names are looked up: the system's resolver, or a test's.
pub trait Lookup: Send + Sync {
    /// Every address of `host`.
    fn addresses(&self, host: String) -> Found;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, host: String) -> Found {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denial {
    #[error("the gateway's own address")]
    Own,
    #[error("a forbidden address ({0})")]
    Class(&'static str),
}

/// A name that did not resolve, marked so that it is found again in the client's error.
#[derive(Debug, thiserror::Error)]
#[error("the name does not resolve")]
pub(crate) struct NotFound(#[source] pub(crate) std::io::Error);

/// What is checked of every address, for one client.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) own: Arc<OwnAddresses>,
    pub(crate) private: PrivateAddresses,
    /// The destination's port; `None` where it varies, and then an own address counts on every port.
    pub(crate) port: Option<u16>,
}

impl Guard {
    /// Own before everything: no setting opens it.
    pub(crate) fn check(&self, ip: IpAddr) -> Result<(), Denial> {
        if self.own.has(ip, self.port) {
            return Err(Denial::Own);
        }
        match class(ip) {
            Class::Public => Ok(()),
            Class::Private(_) if self.private == PrivateAddresses::Allowed => Ok(()),
            Class::Private(name) | Class::Never(name) => Err(Denial::Class(name)),
        }
    }
}

/// The resolver that the HTTP client is given: one bad address refuses the whole name.
pub(crate) struct Guarded {
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) guard: Guard,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.addresses(name.as_str().to_owned());
        let guard = self.guard.clone();
        Box::pin(async move {
            let addresses = found.await.map_err(NotFound)?;
            if addresses.is_empty() {
                return Err(NotFound(std::io::ErrorKind::NotFound.into()).into());
            }
            addresses.iter().try_for_each(|ip| guard.check(*ip))?;
            // Port 0 is replaced by the URL's.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}
