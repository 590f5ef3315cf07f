//! TLS: a certificate that nobody vouches for, or for another name, ends the exchange before a byte is sent.

use crate::world::{Names, body, config, destination, get, kind, path};
use domain::Secret;
use egress::{Destination, Egress, EgressConfig, Request, Scheme};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server with a certificate for `upstream.example`; returns its port, its PEM and what it was asked.
async fn server() -> (u16, Vec<u8>, Arc<Mutex<String>>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["upstream.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&request[..read]));
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure").await;
        }
    });
    (port, cert.pem().into_bytes(), asked)
}

fn egress(host: &str, port: u16, extra_roots: Vec<Vec<u8>>) -> Egress {
    let upstream = Destination { scheme: Scheme::Https, ..destination("upstream", host, port) };
    let names =
        Names::default().with("upstream.example", &[&["127.0.0.1"]]).with("other.example", &[&["127.0.0.1"]]);
    Egress::with_lookup(EgressConfig { extra_roots, ..config(vec![upstream]) }, Arc::new(names)).unwrap()
}

#[tokio::test]
async fn a_certificate_is_checked_for_its_authority_and_its_name() {
    let (port, pem, asked) = server().await;
    let request = || Request { credential: Some(Secret::new("Bearer s3cret".to_owned())), ..get(path("/")) };
    for (host, roots) in
        [("upstream.example", vec![]), ("other.example", vec![pem.clone()]), ("127.0.0.1", vec![pem.clone()])]
    {
        let error = egress(host, port, roots).send(request()).await.unwrap_err();
        assert_eq!(kind(&error), "exchange", "{host}: {error}");
    }
    assert_eq!(*asked.lock().unwrap(), "", "nothing was sent to a server that nobody vouches for");
    let answer = egress("upstream.example", port, vec![pem]).send(request()).await.unwrap();
    assert_eq!(body(answer), "secure");
    assert!(asked.lock().unwrap().contains("host: upstream.example"));
}

#[tokio::test]
async fn a_root_that_is_no_certificate_is_refused_at_the_start() {
    let upstream = Destination { scheme: Scheme::Https, ..destination("upstream", "upstream.example", 443) };
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let answer = Egress::new(EgressConfig { extra_roots: vec![broken], ..config(vec![upstream]) });
    assert_eq!(answer.map(drop).map_err(|error| kind(&error)), Err("setup"));
}
