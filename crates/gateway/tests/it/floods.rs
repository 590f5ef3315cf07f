//! Floods below a message: another protocol, heads and bodies that grow, control frames without end.

use crate::house::{House, Line, PATIENCE, WIDE, frame};
use gateway::Limits;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// One frame of HTTP/2: RFC 9113 §4.1.
fn h2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `:method GET`, `:scheme https`, `:path /` from the static table. RFC 7541.
const H2_HEAD: &[u8] = &[0x82, 0x87, 0x84];

/// Streams that are opened and reset at once: CVE-2023-44487.
fn rapid_reset() -> Vec<u8> {
    let mut bytes = [PREFACE, &h2_frame(4, 0, 0, &[])].concat();
    for number in 0..10_000_u32 {
        bytes.extend(h2_frame(1, 0x5, 2 * number + 1, H2_HEAD));
        bytes.extend(h2_frame(3, 0, 2 * number + 1, &8_u32.to_be_bytes()));
    }
    bytes
}

/// A head that never ends: CVE-2024-27316 and its like.
fn continuations() -> Vec<u8> {
    let mut bytes = [PREFACE, &h2_frame(4, 0, 0, &[]), &h2_frame(1, 0x1, 1, H2_HEAD)].concat();
    for _ in 0..10_000 {
        bytes.extend(h2_frame(9, 0, 1, &[0; 64]));
    }
    bytes
}

/// Sends as much as the other side takes, and waits until it has closed.
async fn poured(mut line: Line, bytes: &[u8]) -> Vec<u8> {
    let (mut from, mut to) = line.0.split();
    let mut said = Vec::new();
    let pours = async { drop(to.write_all(bytes).await) };
    let reads = async { drop(from.read_to_end(&mut said).await) };
    timeout(PATIENCE, async { tokio::join!(pours, reads) }).await.expect("it was not closed");
    said
}

#[tokio::test]
async fn http_2_is_not_spoken_so_its_floods_end_with_their_first_line() {
    let house = House::open(WIDE).await;
    for flood in [rapid_reset(), continuations()] {
        let said = poured(house.connect().await, &flood).await;
        assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 4"), "{said:?}");
    }
    let mut line = house.connect().await;
    line.send(
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\
          http2-settings: AAMAAABkAAQAAP__\r\n\r\n",
    )
    .await;
    assert_eq!(line.head().await, 200, "an upgrade to HTTP/2 in clear");
}

#[tokio::test]
async fn http_2_is_refused_by_alpn() {
    let house = House::open_with_tls(WIDE).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(house.authority.as_bytes()).unwrap()).unwrap();
    let connect = async |offered: &[&[u8]]| {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, house.connect().await.0).await
    };
    let only_h2 = connect(&[b"h2"]).await.expect_err("HTTP/2 was agreed on").to_string();
    assert!(only_h2.contains("NoApplicationProtocol"), "{only_h2}");
    let both = connect(&[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(both.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    connect(&[]).await.expect("a client without ALPN");
}

#[tokio::test]
async fn a_head_that_is_too_big_or_has_too_many_lines_is_refused() {
    let house = House::open(WIDE).await;
    let head = house.head(2);
    let head = head.trim_end_matches("\r\n");
    let one = format!("{head}\r\nx-long: {}\r\n\r\n{{}}", "x".repeat(64 * 1024));
    let many: String = (0..2000).map(|number| format!("\r\nx{number}: y")).collect();
    let same: String = "\r\nx: y".repeat(2000);
    for bomb in [one, format!("{head}{many}\r\n\r\n{{}}"), format!("{head}{same}\r\n\r\n{{}}")] {
        let said = poured(house.connect().await, bomb.as_bytes()).await;
        let said = String::from_utf8_lossy(&said);
        assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    }
    assert!(house.connect().await.is_alive().await);
}

#[tokio::test]
async fn nothing_is_decompressed() {
    let house = House::open(WIDE).await;
    let body = vec![0_u8; 512];
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let head = house.head(body.len());
        let head = format!("{}\r\ncontent-encoding: {coding}\r\n\r\n", head.trim_end_matches("\r\n"));
        let mut line = house.connect().await;
        line.send(&[head.as_bytes(), &body].concat()).await;
        assert_eq!(line.head().await, 415, "{coding}");
    }
    // On a WebSocket compression is not agreed on, and a frame that says it is compressed ends the socket.
    let House { address, token, .. } = &house;
    let mut line = house.connect().await;
    line.send(
        format!(
            "GET /mcp/ws HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\
             sec-websocket-protocol: mcp\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .as_bytes(),
    )
    .await;
    let mut said = Vec::new();
    while !said.ends_with(b"\r\n\r\n") {
        said.push(timeout(PATIENCE, line.0.read_u8()).await.unwrap().unwrap());
    }
    let said = String::from_utf8(said).unwrap().to_ascii_lowercase();
    assert!(said.starts_with("http/1.1 101") && !said.contains("extensions"), "{said}");
    line.send(&frame(0xc1, b"compressed, it says")).await;
    line.closed().await;
}

/// Pings of a client that takes the answers, and of one that does not: the one is served on, the other
/// is let go, and neither is remembered ping by ping.
#[tokio::test]
async fn pings_without_end_neither_stop_a_socket_nor_hold_the_server() {
    let pings: usize = std::env::var("SECURE_MCP_SOAK_PINGS").map_or(20_000, |text| text.parse().unwrap());
    let house = House::open(Limits { write_time: Duration::from_secs(2), ..WIDE }).await;
    let list = frame(0x81, br#"{"jsonrpc": "2.0", "id": 77, "method": "tools/list"}"#);
    let ping = frame(0x89, &[b'p'; 125]);

    let socket = house.web_socket(house.connect().await).await;
    let (mut from, mut to) = socket.0.into_split();
    let sends = tokio::spawn(async move {
        for _ in 0..pings {
            to.write_all(&ping).await.unwrap();
        }
        to.write_all(&list).await.unwrap();
        to
    });
    let mut seen: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let found = async {
        while !seen.windows(7).any(|window| window == b"\"id\":77") {
            let count = from.read(&mut buffer).await.unwrap();
            assert!(count > 0, "closed among pings");
            let kept = seen.len().saturating_sub(4096);
            seen.drain(..kept);
            seen.extend(&buffer[..count]);
        }
    };
    timeout(PATIENCE * 10, found).await.expect("no answer behind the pings");
    let _to = sends.await.unwrap();

    let mut deaf = house.web_socket(house.connect().await).await;
    let ping = frame(0x89, &[b'p'; 125]);
    let ends = async { while deaf.0.write_all(&ping).await.is_ok() {} };
    timeout(PATIENCE, ends).await.expect("a peer that takes no answer is not let go");
    assert!(house.connect().await.is_alive().await);
}

#[tokio::test]
async fn one_principal_has_its_share_of_sockets_and_of_calls_at_once() {
    let house = House::open(Limits { principal_sockets: 2, principal_running: 1, ..WIDE }).await;
    let first = house.web_socket(house.connect().await).await;
    let second = house.web_socket(house.connect().await).await;
    let House { address, token, .. } = &house;
    let upgrade = format!(
        "GET /mcp/ws HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-protocol: mcp\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let mut third = house.connect().await;
    third.send(upgrade.as_bytes()).await;
    assert_ne!(third.head().await, 101, "one more than the principal may have");
    drop((first, second));
    let call =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"}}}"#;
    // With room for one at a time, many at once are all answered, one after the other.
    let mut lines = Vec::new();
    for _ in 0..20 {
        let mut line = house.connect().await;
        line.send(format!("{}{call}", house.head(call.len())).as_bytes()).await;
        lines.push(line);
    }
    for mut line in lines {
        assert_eq!(line.head().await, 200);
    }
}
