//! The listening socket, file or port, and one task for each connection.

use crate::AdminAddress;
use crate::caller::Peer;
use crate::error::ApiError;
use crate::gate::turn_away;
use crate::metrics::RequestCounts;
use crate::parts::{AdminParts, Shared};
use crate::respond::router;
use axum::Router;
use axum::body::Body;
use domain::{Refusal, RefusalCode};
use http::Request;
use http::header::HOST;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tower::ServiceExt as _;

/// Operators, approvers and a metrics reader; a loop that opens more has to wait.
const MAX_CONNECTIONS: usize = 64;

/// Nobody is far away on this plane.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// Bytes of one request's head.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Requests in flight get this long to end when the server goes down.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// The owner alone.
const SOCKET_MODE: u32 = 0o600;

/// An admin plane that cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum AdminBindError {
    /// The address is one of a network.
    #[error("the admin plane cannot listen on `{address}`: it is not an address of this machine alone")]
    NotLoopback {
        /// As asked for.
        address: SocketAddr,
    },
    /// Another server answers there.
    #[error("another server answers on `{}`", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is not a socket is in the way.
    #[error("`{}` is not a socket", path.display())]
    NotSocket {
        /// What is in the way.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("the admin plane cannot listen on `{address}`")]
    Io {
        /// As asked for.
        address: AdminAddress,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl AdminBindError {
    /// What the operator can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => "use a unix socket or 127.0.0.1; reach it from elsewhere through ssh",
            Self::InUse { .. } => "stop the other server, or use another data directory",
            Self::NotSocket { .. } => "move the file away, or name another place",
            Self::Io { .. } => "check the rights on the folder, and that the path is shorter than 108 bytes",
        }
    }
}

enum Socket {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

/// A bound listener, not serving yet.
pub struct Admin {
    socket: Socket,
    address: AdminAddress,
}

impl Admin {
    /// Binds `address`; port 0 takes a free one. A socket file that nobody answers on is removed first.
    pub fn bind(address: &AdminAddress) -> Result<Self, AdminBindError> {
        let wrong = |source| AdminBindError::Io { address: address.clone(), source };
        match address {
            AdminAddress::Unix(path) => {
                remove_stale(path).map_err(wrong)??;
                let listener = UnixListener::bind(path).map_err(wrong)?;
                let mode = std::fs::Permissions::from_mode(SOCKET_MODE);
                std::fs::set_permissions(path, mode).map_err(wrong)?;
                Ok(Self { socket: Socket::Unix(listener, path.clone()), address: address.clone() })
            }
            AdminAddress::Tcp(asked) if !asked.ip().is_loopback() => {
                Err(AdminBindError::NotLoopback { address: *asked })
            }
            AdminAddress::Tcp(asked) => {
                let socket = if asked.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() };
                let socket = socket.map_err(wrong)?;
                socket.set_reuseaddr(true).map_err(wrong)?;
                socket.bind(*asked).map_err(wrong)?;
                let listener = socket.listen(MAX_CONNECTIONS as u32).map_err(wrong)?;
                let address = AdminAddress::Tcp(listener.local_addr().map_err(wrong)?);
                Ok(Self { socket: Socket::Tcp(listener), address })
            }
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> &AdminAddress {
        &self.address
    }

    /// Serves until `stopping` turns true, then lets requests in flight end and removes the socket file.
    pub async fn serve(self, parts: Arc<AdminParts>, mut stopping: watch::Receiver<bool>) {
        let shared = Arc::new(Shared { parts, counts: RequestCounts::default() });
        let router = router(&shared);
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let next = async {
                let place = Arc::clone(&room).acquire_owned().await;
                (place, self.socket.accept().await)
            };
            let (place, accepted) = tokio::select! {
                next = next => next,
                _ = stopping.wait_for(|stop| *stop) => break,
            };
            let Ok(place) = place else { break };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "the admin plane cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let service =
                Connection { shared: Arc::clone(&shared), router: router.clone(), peer, hosts: self.hosts() };
            let stopping = stopping.clone();
            tokio::spawn(async move {
                service.serve(stream, stopping).await;
                drop(place);
            });
        }
        if let Socket::Unix(_, path) = &self.socket {
            remove(path);
        }
        let _drained = timeout(DRAIN_TIME, room.acquire_many(MAX_CONNECTIONS as u32)).await;
    }

    /// `Host` headers of this listener; none are compared on a unix socket, which no web page reaches.
    fn hosts(&self) -> Option<Arc<[String]>> {
        match &self.address {
            AdminAddress::Unix(_) => None,
            AdminAddress::Tcp(address) => {
                Some([address.to_string(), format!("localhost:{}", address.port())].into())
            }
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Socket {
    async fn accept(&self) -> io::Result<(Box<dyn Duplex>, Peer)> {
        match self {
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                let uid = stream.peer_cred().ok().map(|peer| peer.uid());
                Ok((Box::new(stream), Peer::over_unix(uid)))
            }
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok((Box::new(stream), Peer::over_tcp(address.ip())))
            }
        }
    }
}

#[derive(Clone)]
struct Connection {
    shared: Arc<Shared>,
    router: Router,
    peer: Peer,
    hosts: Option<Arc<[String]>>,
}

impl Connection {
    async fn serve(self, stream: Box<dyn Duplex>, mut stopping: watch::Receiver<bool>) {
        let service = service_fn(move |request| {
            let connection = self.clone();
            async move { connection.respond(request).await }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut served = std::pin::pin!(served);
        let ended = tokio::select! {
            ended = served.as_mut() => ended,
            // Only whether it ended is kept: the value that is waited for holds a lock.
            _ = async { stopping.wait_for(|stop| *stop).await.is_ok() } => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "admin connection ended");
        }
    }

    async fn respond(
        self,
        request: Request<Incoming>,
    ) -> Result<http::Response<Body>, std::convert::Infallible> {
        if !self.is_for_us(&request) {
            let refusal = Refusal::new(RefusalCode::BadHost, "the Host header is not the admin plane's");
            return Ok(ApiError::into_response(turn_away(&self.shared, self.peer, refusal)));
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        self.router.oneshot(request).await
    }

    fn is_for_us(&self, request: &Request<Incoming>) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let mut named = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else { return false };
        hosts.iter().any(|own| own.as_bytes() == host.as_bytes())
    }
}

/// Removes a socket file that nobody answers on.
fn remove_stale(path: &Path) -> io::Result<Result<(), AdminBindError>> {
    let about = match std::fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(())),
        Err(error) => return Err(error),
    };
    if !about.file_type().is_socket() {
        return Ok(Err(AdminBindError::NotSocket { path: path.to_owned() }));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            remove(path);
            Ok(Ok(()))
        }
        Err(error) => Err(error),
        Ok(_) => Ok(Err(AdminBindError::InUse { path: path.to_owned() })),
    }
}

#[expect(clippy::disallowed_methods, reason = "the socket file is this crate's own")]
fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "cannot remove the admin socket");
    }
}
