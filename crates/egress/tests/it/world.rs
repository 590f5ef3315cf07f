//! Servers that answer as told, resolvers that answer as told, and requests in few words.

use bytes::Bytes;
use domain::Examined;
use egress::{
    Destination, Egress, EgressConfig, EgressError, Found, Lookup, Method, OwnAddresses, PrivateAddresses,
    Request, Response, Scheme, To, Unnamed,
};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server on loopback that gives every connection the same bytes, and remembers what it was asked.
pub struct Server {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers with `answer` and closes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::run(answer.into(), End::Close).await
    }

    /// Answers with `answer` and then says nothing more.
    pub async fn hanging_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::run(answer.into(), End::Hang).await
    }

    /// Answers with `answer`, and then with its last kilobyte for ever.
    pub async fn endless(answer: impl Into<Vec<u8>>) -> Self {
        Self::run(answer.into(), End::Repeat).await
    }

    async fn run(answer: Vec<u8>, end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Self { address, connections: Arc::clone(&connections), asked: Arc::clone(&asked) };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (answer, asked) = (answer.clone(), Arc::clone(&asked));
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        let mut part = [0; 4096];
                        let read = stream.read(&mut part).await.unwrap_or(0);
                        if read == 0 {
                            return;
                        }
                        request.extend_from_slice(&part[..read]);
                    }
                    asked.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                    let _ = stream.write_all(&answer).await;
                    match end {
                        End::Close => drop(stream.shutdown().await),
                        End::Hang => std::future::pending().await,
                        End::Repeat => while stream.write_all(&[b'x'; 1024]).await.is_ok() {},
                    }
                });
            }
        });
        server
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The only request so far.
    pub fn request(&self) -> String {
        let asked = self.asked.lock().unwrap();
        assert_eq!(asked.len(), 1);
        asked[0].clone()
    }
}

#[derive(Clone, Copy)]
enum End {
    Close,
    Hang,
    Repeat,
}

/// A whole answer with `body`.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Answers for each name the next list of its row; the last one for ever.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>);

impl Names {
    pub fn with(self, name: &str, answers: &[&[&str]]) -> Self {
        let answers =
            answers.iter().rev().map(|list| list.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), answers);
        self
    }
}

impl Lookup for Names {
    fn addresses(&self, host: String) -> Found {
        let mut rows = self.0.lock().unwrap();
        let answer = rows
            .get_mut(&host)
            .map(|lists| if lists.len() > 1 { lists.pop().unwrap() } else { lists[0].clone() });
        Box::pin(async move {
            answer.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "no such name"))
        })
    }
}

/// A destination that may be private, spoken to in clear, with small limits.
pub fn destination(name: &str, host: &str, port: u16) -> Destination {
    Destination {
        name: name.to_owned(),
        host: host.to_owned(),
        port,
        scheme: Scheme::Http,
        private: PrivateAddresses::Allowed,
        headers: vec!["accept".to_owned(), "x-trace".to_owned()],
        timeout: Duration::from_secs(10),
        max_response_bytes: 64 * 1024,
    }
}

pub fn config(destinations: Vec<Destination>) -> EgressConfig {
    EgressConfig {
        destinations,
        unnamed: Unnamed::Refused,
        own: OwnAddresses::default(),
        extra_roots: Vec::new(),
    }
}

/// An egress to `server`, named `upstream`.
pub fn to_server(server: &Server, change: impl FnOnce(&mut Destination)) -> Egress {
    let mut destination = destination("upstream", "127.0.0.1", server.address.port());
    change(&mut destination);
    Egress::new(config(vec![destination])).unwrap()
}

pub fn get(to: To) -> Request {
    Request { to, method: Method::GET, headers: Vec::new(), credential: None, body: Bytes::new() }
}

pub fn path(path: &str) -> To {
    To::Destination { name: "upstream".to_owned(), path: path.to_owned() }
}

pub fn body(response: Response) -> String {
    String::from_utf8(response.body.open(Examined::ByOutputScan).to_vec()).unwrap()
}

/// The kind of an error, as the tables name it.
pub fn kind(error: &EgressError) -> &'static str {
    match error {
        EgressError::Malformed { .. } => "malformed",
        EgressError::UnknownDestination { .. } => "unknown_destination",
        EgressError::NotADestination { .. } => "not_a_destination",
        EgressError::Own { .. } => "own",
        EgressError::ForbiddenAddress { .. } => "forbidden_address",
        EgressError::Header { .. } => "header",
        EgressError::Unresolved { .. } => "unresolved",
        EgressError::Timeout { .. } => "timeout",
        EgressError::Redirect { .. } => "redirect",
        EgressError::TooLarge { .. } => "too_large",
        EgressError::Exchange { .. } => "exchange",
        EgressError::Stream { .. } => "stream",
        EgressError::Setup(_) => "setup",
    }
}
