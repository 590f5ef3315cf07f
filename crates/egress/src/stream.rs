//! A stream of bytes over TLS to a named destination, for receivers that do not speak HTTP.

use crate::lookup::NotFound;
use crate::send::refused;
use crate::{Egress, EgressError, Scheme};
use rustls_platform_verifier::Verifier;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

/// A host that does not answer the first packet in this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An open stream to a destination whose certificate was verified.
pub type Stream = TlsStream<TcpStream>;

impl Egress {
    /// Connects to the destination `name`, which has to be one with TLS, at an address that was looked at.
    pub async fn connect(&self, name: &str) -> Result<Stream, EgressError> {
        let (destination, guard) = self.named(name)?;
        let host = destination.host.clone();
        if destination.scheme != Scheme::Https {
            return Err(EgressError::NotADestination {
                authority: format!("{host}:{} with TLS", destination.port),
            });
        }
        let broken = |source: std::io::Error| EgressError::Stream { host: host.clone(), source };
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let addresses: Vec<IpAddr> = match bare.parse() {
            Ok(address) => vec![address],
            Err(_) => {
                let found = self.lookup().addresses(bare.clone()).await;
                found.map_err(|source| EgressError::Unresolved { host: host.clone(), source })?
            }
        };
        if addresses.is_empty() {
            let NotFound(source) = NotFound(std::io::ErrorKind::NotFound.into());
            return Err(EgressError::Unresolved { host, source });
        }
        for address in &addresses {
            guard.check(*address).map_err(|denial| refused(denial, &host))?;
        }
        let connector = self.connector().map_err(broken)?;
        let server = ServerName::try_from(bare).map_err(|error| broken(std::io::Error::other(error)))?;
        let connect = async {
            let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
            for address in addresses {
                match open(SocketAddr::new(address, destination.port)).await {
                    Ok(stream) => return connector.connect(server, stream).await,
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
            Ok(connected) => connected.map_err(broken),
            Err(_) => Err(EgressError::Timeout { host, limit_ms: CONNECT_TIMEOUT.as_millis() as u64 }),
        }
    }

    fn connector(&self) -> std::io::Result<TlsConnector> {
        let failed = |error: &dyn std::fmt::Display| std::io::Error::other(error.to_string());
        let mut roots = Vec::new();
        for pem in self.extra_roots() {
            let found: Result<Vec<CertificateDer<'static>>, _> =
                CertificateDer::pem_slice_iter(pem).collect();
            roots.extend(found.map_err(|error| failed(&error))?);
        }
        let provider = Arc::new(default_provider());
        let verifier =
            Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(|error| failed(&error))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

#[expect(clippy::disallowed_methods, reason = "this crate is the one that connects out")]
async fn open(address: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(address).await
}
