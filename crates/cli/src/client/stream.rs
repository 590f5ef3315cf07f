//! One connection of any kind: TCP, TLS over TCP, a unix socket.

use super::{ClientError, Endpoint, Trust};
use admin::AdminAddress;
use rustls::CertificateError;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A server on the other side of the world needs under a second for both handshakes.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection.
pub(super) type Stream = Box<dyn Duplex>;

/// Connects to an MCP endpoint.
pub(super) async fn to_endpoint(endpoint: &Endpoint, trust: &Trust) -> Result<Stream, ClientError> {
    let url = endpoint.url();
    timeout(CONNECT_TIME, connect(endpoint, trust, &url))
        .await
        .unwrap_or_else(|_| Err(ClientError::unreachable(&url, "no connection within 10 seconds")))
}

async fn connect(endpoint: &Endpoint, trust: &Trust, url: &str) -> Result<Stream, ClientError> {
    let config = if endpoint.is_encrypted { Some(trust.client_config()?) } else { None };
    let socket = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(|error| ClientError::unreachable(url, error))?;
    socket.set_nodelay(true).map_err(|error| ClientError::unreachable(url, error))?;
    // `localhost` is a name like any other until it is seen where it leads.
    let is_here = socket.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    if config.is_none() && !is_here {
        return Err(ClientError::Address { url: url.to_owned(), why: "leads off this machine in clear" });
    }
    let Some(config) = config else { return Ok(Box::new(socket)) };
    let name = ServerName::try_from(endpoint.host.clone())
        .map_err(|_| ClientError::Address { url: url.to_owned(), why: "names no valid host" })?;
    let stream =
        TlsConnector::from(config).connect(name, socket).await.map_err(|error| of_handshake(url, error))?;
    Ok(Box::new(stream))
}

/// A certificate that does not hold is another matter than a line that broke.
fn of_handshake(url: &str, error: std::io::Error) -> ClientError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => {
            ClientError::Untrusted { address: url.to_owned(), why: in_words(why) }
        }
        _ => ClientError::unreachable(url, error),
    }
}

fn in_words(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::UnknownIssuer => "an authority that is not trusted here signed its certificate",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => "its certificate is not valid at this time",
        _ => "its certificate is not valid",
    }
}

/// Connects to an admin plane.
pub(super) async fn to_admin(address: &AdminAddress) -> Result<Stream, ClientError> {
    let wrong = |error: std::io::Error| ClientError::unreachable(&address.to_string(), error);
    Ok(match address {
        AdminAddress::Unix(path) => Box::new(UnixStream::connect(path).await.map_err(wrong)?),
        AdminAddress::Tcp(address) => Box::new(TcpStream::connect(address).await.map_err(wrong)?),
    })
}
