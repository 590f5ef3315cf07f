//! The servers that are measured beside the product, each as a child process of its own.
//!
//! They hold no policy, write no log and look at no output: what is left is the cost of moving a
//! JSON-RPC message through HTTP.

mod echo;
mod hop;
mod message;
mod peer;

pub use hop::token;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use hyper::server::conn::http1;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// As many as the product asks for.
const BACKLOG: u32 = 4096;

/// Which floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FloorKind {
    /// (a) Answers on bare hyper.
    Echo,
    /// (b) Verifies a token and passes the call on.
    Hop,
    /// (c) rmcp as it comes: answers as an event stream.
    Rmcp,
    /// (c) rmcp with JSON answers.
    RmcpJson,
}

impl FloorKind {
    /// The word on the command line.
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Listens on a free port of this machine, prints it, and serves until standard input ends.
pub fn run(kind: FloorKind, upstream: Option<SocketAddr>) -> Result<()> {
    end_with_parent();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        println!("{}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        match kind {
            FloorKind::Echo => echo::serve(listener).await,
            FloorKind::Hop => hop::serve(listener, upstream.context("a hop needs --upstream")?).await,
            FloorKind::Rmcp => peer::serve(listener, peer::Answers::EventStream).await,
            FloorKind::RmcpJson => peer::serve(listener, peer::Answers::Json).await,
        }
    })
}

/// Nobody measures once the parent is gone; its end of the pipe closes however it ends.
fn end_with_parent() {
    std::thread::spawn(|| {
        let mut nothing = [0; 64];
        while matches!(std::io::stdin().read(&mut nothing), Ok(1..)) {}
        std::process::exit(0);
    });
}

async fn next(listener: &TcpListener) -> Result<TcpStream> {
    let (socket, _) = listener.accept().await?;
    // As in the product: without it an answer of two writes waits for the client's acknowledgement.
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Serves one connection with `service`, in a task of its own.
macro_rules! serve_connection {
    ($socket:expr, $service:expr) => {{
        let (socket, service) = ($socket, $service);
        tokio::spawn(async move {
            // A client that has measured enough just goes.
            let _ended = $crate::floor::connections().serve_connection(TokioIo::new(socket), service).await;
        });
    }};
}
use serve_connection;

fn connections() -> http1::Builder {
    http1::Builder::new()
}
