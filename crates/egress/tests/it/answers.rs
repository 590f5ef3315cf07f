//! What an upstream may answer, and what becomes of an answer that is too big, too late or elsewhere.

use crate::world::{Server, body, get, kind, ok, path, to_server};
use domain::Examined;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_plain_answer_arrives_whole() {
    let server = Server::answering(ok("hello")).await;
    let answer = to_server(&server, |_| {}).send(get(path("/a?b=c"))).await.unwrap();
    assert_eq!((answer.status, body(answer)), (200, "hello".to_owned()));
    assert!(server.request().starts_with("GET /a?b=c HTTP/1.1\r\n"), "{}", server.request());
}

#[tokio::test]
async fn an_error_of_the_upstream_is_an_answer() {
    let server = Server::answering("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n").await;
    let answer = to_server(&server, |_| {}).send(get(path("/"))).await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(
        answer.headers.open(Examined::ByOutputScan).contains(&("retry-after".to_owned(), "7".to_owned()))
    );
}

#[tokio::test]
async fn only_headers_that_describe_the_body_are_passed_on() {
    let echo = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nAuthorization: Bearer s3cret\r\nWWW-Authenticate: Basic\r\nX-Api-Key: s3cret\r\nETag: \"1\"\r\nContent-Length: 0\r\n\r\n";
    let server = Server::answering(echo).await;
    let answer = to_server(&server, |_| {}).send(get(path("/"))).await.unwrap();
    let headers = answer.headers.open(Examined::ByOutputScan);
    assert_eq!(headers, [("etag".to_owned(), "\"1\"".to_owned())]);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Server::answering(ok("elsewhere")).await;
    for status in [301, 302, 303, 307, 308, 300, 305] {
        let target = format!("http://{}/", elsewhere.address);
        for location in
            [target.as_str(), "http://169.254.169.254/latest/meta-data/", "/elsewhere", "file:///etc/passwd"]
        {
            let server = Server::answering(format!(
                "HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            ))
            .await;
            let error = to_server(&server, |_| {}).send(get(path("/"))).await.unwrap_err();
            assert_eq!(kind(&error), "redirect", "{status} {location}: {error}");
            assert_eq!(server.connections(), 1);
            assert!(!error.to_string().contains(location), "{error}");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_answer_is_taken_up_to_its_limit_and_no_further() {
    let limit = 64 * 1024;
    let server = Server::answering(ok(&"x".repeat(limit))).await;
    assert_eq!(body(to_server(&server, |_| {}).send(get(path("/"))).await.unwrap()).len(), limit);
    let chunk = format!("{:x}\r\n{}\r\n", 1024, "x".repeat(1024));
    for (name, answer) in [
        ("announced", ok(&"x".repeat(limit + 1))),
        ("announced and never sent", "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n".to_owned()),
        (
            "in chunks",
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(65)),
        ),
        ("until the end", format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(limit + 1))),
    ] {
        let server = Server::hanging_after(answer).await;
        let error = to_server(&server, |_| {}).send(get(path("/"))).await.unwrap_err();
        assert_eq!(kind(&error), "too_large", "{name}: {error}");
    }
    let server = Server::endless("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
    let error = to_server(&server, |_| {}).send(get(path("/"))).await.unwrap_err();
    assert_eq!(kind(&error), "too_large", "endless: {error}");
}

/// A gzip bomb stays what was sent: nothing is decompressed here, and none is asked for.
#[tokio::test]
async fn nothing_is_decompressed() {
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n".to_vec();
    answer.extend_from_slice(&[0x1f, 0x8b, 8, 0]);
    let server = Server::answering(answer).await;
    let answer = to_server(&server, |_| {}).send(get(path("/"))).await.unwrap();
    assert_eq!(answer.body.open(Examined::ByOutputScan).as_ref(), [0x1f, 0x8b, 8, 0]);
    assert!(!server.request().to_lowercase().contains("accept-encoding"), "{}", server.request());
}

#[tokio::test]
async fn a_slow_upstream_is_left_behind() {
    for (name, answer) in [
        ("says nothing", String::new()),
        ("stops in its headers", "HTTP/1.1 200 OK\r\nContent-".to_owned()),
        ("stops in its body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal".to_owned()),
    ] {
        let server = Server::hanging_after(answer).await;
        let start = Instant::now();
        let egress = to_server(&server, |destination| destination.timeout = Duration::from_millis(150));
        let error = egress.send(get(path("/"))).await.unwrap_err();
        assert_eq!(kind(&error), "timeout", "{name}: {error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error_without_the_path() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(100_000));
    for answer in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", many.as_str()]
    {
        let server = Server::answering(answer).await;
        let error = to_server(&server, |_| {}).send(get(path("/s3cret?token=s3cret"))).await.unwrap_err();
        assert_eq!(kind(&error), "exchange", "{error}");
        assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_an_error() {
    let server = Server::answering(ok("")).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error =
        to_server(&server, |destination| destination.port = port).send(get(path("/"))).await.unwrap_err();
    assert_eq!((kind(&error), server.connections()), ("exchange", 0));
}
