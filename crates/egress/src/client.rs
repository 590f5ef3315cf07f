//! The underlying HTTP client, with everything off that it would do by itself.

use crate::lookup::{Guard, Guarded, Lookup};
use crate::{EgressConfig, EgressError, Scheme};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, tls};
use std::sync::Arc;
use std::time::Duration;

/// A host that does not answer the first packet in this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Below the 60 s after which common servers close an idle connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A client for one destination, so that no connection is shared between two; `kept_open`
/// connections at most wait for its next request.
pub(crate) fn build(
    config: &EgressConfig,
    scheme: Scheme,
    guard: Guard,
    lookup: &Arc<dyn Lookup>,
    kept_open: usize,
) -> Result<Client, EgressError> {
    let builder = Client::builder()
        .dns_resolver(Guarded { lookup: Arc::clone(lookup), guard })
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .https_only(scheme == Scheme::Https)
        .tls_version_min(tls::Version::TLS_1_2)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(kept_open)
        .user_agent(concat!("secure-mcp/", env!("CARGO_PKG_VERSION")));
    let roots: Result<Vec<Certificate>, _> =
        config.extra_roots.iter().map(|pem| Certificate::from_pem(pem)).collect();
    let roots = roots.map_err(EgressError::Setup)?;
    let builder = match scheme {
        // In clear nothing is vouched for, so the system's authorities need not be there.
        Scheme::Http => builder.tls_certs_only([]),
        Scheme::Https => builder.tls_certs_merge(roots),
    };
    builder.build().map_err(EgressError::Setup)
}
