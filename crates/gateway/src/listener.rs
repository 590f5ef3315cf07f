//! The listening socket, and one task for each connection.

use crate::held::held;
use crate::progress::Progress;
use crate::shares::Shares;
use crate::stream::Stream;
use crate::{Guard, Limits, ProtectedResource, http_service};
use domain::{Refusal, RefusalCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use pipeline::Pipeline;
use rustls::ServerConfig;
use settings::Network;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

/// Connections that the kernel keeps for us while the accept loop is busy; the usual `somaxconn`.
const BACKLOG: u32 = 4096;

/// Between two tries while no connection can be accepted: twenty a second cost next to nothing.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of one request's head, and of hyper's read buffer at most.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Between two lines of the log about connections that are not taken.
const TROUBLE_EVERY: Duration = Duration::from_secs(60);

/// Calls in flight get this long to end when the server goes down.
pub(crate) const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A gateway that cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct GatewayError {
    address: SocketAddr,
    #[source]
    source: std::io::Error,
}

/// How the server looks from outside.
#[derive(Clone, Debug)]
pub struct Front {
    /// The names that it answers to.
    pub guard: Guard,
    /// What it says of itself to clients that have no token.
    pub resource: ProtectedResource,
    /// The proxies whose word for a client's address is taken.
    pub proxies: Vec<Network>,
}

/// What every connection shares.
pub(crate) struct Shared {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) front: Front,
    pub(crate) limits: Limits,
    pub(crate) shares: Shares,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Shared {
    /// A refusal for the record, of a request or a connection that is answered by other means or not at all.
    pub(crate) fn note(&self, peer: IpAddr, code: RefusalCode, why: &'static str) {
        let _answered_otherwise = self.pipeline.turn_away(peer, Refusal::new(code, why));
    }
}

/// Whose connections are taken.
#[derive(Clone, Debug)]
pub enum Peers {
    /// Everybody's: TLS ends here, or the listener is this machine's alone.
    Any,
    /// Those of this machine and of the proxies that end TLS for us: nobody else may speak in clear.
    Proxies(Vec<Network>),
}

impl Peers {
    fn allow(&self, peer: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Proxies(networks) => {
                let peer = peer.to_canonical();
                peer.is_loopback() || networks.iter().any(|network| network.contains(peer))
            }
        }
    }
}

/// One connection's place among [`Limits::connections`]; a WebSocket takes it along.
#[derive(Clone)]
pub(crate) struct Place(#[expect(dead_code, reason = "held, not read")] Arc<OwnedSemaphorePermit>);

/// Why connections are not taken, said now and then: a flood must not fill the log.
#[derive(Default)]
struct Trouble(Option<Instant>);

impl Trouble {
    fn says(&mut self, what: &str) {
        if self.0.is_none_or(|last| last.elapsed() > TROUBLE_EVERY) {
            tracing::warn!("{what}");
            self.0 = Some(Instant::now());
        }
    }
}

/// A bound listener, not serving yet.
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
}

impl Gateway {
    /// Binds `address`; port 0 takes a free one.
    pub fn bind(address: SocketAddr) -> Result<Self, GatewayError> {
        let wrong = |source| GatewayError { address, source };
        let socket =
            if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }.map_err(wrong)?;
        socket.set_reuseaddr(true).map_err(wrong)?;
        socket.bind(address).map_err(wrong)?;
        let listener = socket.listen(BACKLOG).map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stopping` turns true, then lets calls in flight end.
    pub async fn serve(
        self,
        pipeline: Arc<Pipeline>,
        front: Front,
        tls: Option<Arc<ServerConfig>>,
        peers: Peers,
        limits: Limits,
        mut stopping: watch::Receiver<bool>,
    ) {
        let shared = Arc::new(Shared {
            pipeline,
            front,
            limits,
            shares: Shares::new(limits),
            stopping: stopping.clone(),
        });
        let acceptor = tls.map(TlsAcceptor::from);
        let room = Arc::new(Semaphore::new(limits.connections));
        let mut trouble = Trouble::default();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stopped(&mut stopping) => break,
            };
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: give the connections that exist time to end.
                    trouble.says(&format!("cannot accept a connection: {error}"));
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                // Closed at once: a client that waits in the kernel's queue would learn nothing.
                trouble.says("as many connections as there may be: one more is closed");
                continue;
            };
            if !peers.allow(peer.ip()) {
                tracing::debug!(%peer, "not one of the trusted proxies");
                continue;
            }
            let place = Place(Arc::new(place));
            tokio::spawn(connection(Arc::clone(&shared), acceptor.clone(), socket, peer, place));
        }
        drop(self.listener);
        let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
        let _drained = timeout(DRAIN_TIME, room.acquire_many(all)).await;
    }
}

async fn connection(
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
    socket: TcpStream,
    peer: SocketAddr,
    place: Place,
) {
    // Without it an answer of two writes waits 40 ms for the client's delayed acknowledgement.
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let limits = shared.limits;
    let socket = Progress::new(socket, limits.write_time);
    let stream = match acceptor {
        None => Stream::Plain(socket),
        Some(acceptor) => match timeout(limits.handshake_time, acceptor.accept(socket)).await {
            Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidData => {
                shared.note(peer.ip(), RefusalCode::Malformed, "no TLS that is spoken here");
                return;
            }
            _ => return,
        },
    };
    let mut stopping = shared.stopping.clone();
    let noted = Arc::clone(&shared);
    let service = service_fn(move |request| {
        let (shared, place) = (Arc::clone(&shared), place.clone());
        async move { Ok::<_, Infallible>(held(http_service::respond(shared, peer.ip(), place, request).await)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stopped(&mut stopping) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        if error.is_parse_too_large() {
            noted.note(peer.ip(), RefusalCode::TooLarge, "a head over the limit");
        } else if error.is_parse() {
            noted.note(peer.ip(), RefusalCode::Malformed, "no HTTP that is spoken here");
        }
        tracing::debug!(%error, %peer, "connection ended");
    }
}

/// Waits until the server goes down; a sender that is gone counts as that.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use super::Peers;

    #[test]
    fn only_the_named_proxies_and_this_machine_speak_in_clear() {
        let peers = Peers::Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        for (peer, allowed) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("192.168.1.1", false),
            ("::ffff:192.168.1.1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(peers.allow(peer.parse().unwrap()), allowed, "{peer}");
        }
    }
}
