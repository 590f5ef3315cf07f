//! What a caller may say: destinations, paths, headers, credentials.

use crate::world::{Server, config, destination, get, kind, ok, path, to_server};
use bytes::Bytes;
use domain::Secret;
use egress::{Egress, Method, Request, To};

#[tokio::test]
async fn method_headers_credential_and_body_arrive() {
    let server = Server::answering(ok("")).await;
    let request = Request {
        method: Method::POST,
        headers: vec![("Accept".to_owned(), "text/plain".to_owned()), ("x-trace".to_owned(), "7".to_owned())],
        credential: Some(Secret::new("Bearer s3cret".to_owned())),
        body: Bytes::from_static(b"hello"),
        ..get(path("/a"))
    };
    to_server(&server, |_| {}).send(request).await.unwrap();
    let asked = server.request();
    for line in [
        "POST /a HTTP/1.1",
        "accept: text/plain",
        "x-trace: 7",
        "authorization: Bearer s3cret",
        "content-length: 5",
    ] {
        assert!(asked.contains(line), "{line}: {asked}");
    }
    assert!(!asked.contains("cookie") && !asked.contains("referer"), "{asked}");
}

#[tokio::test]
async fn a_header_that_is_not_allowed_is_refused() {
    let server = Server::answering(ok("")).await;
    let everything = [
        "accept",
        "host",
        "authorization",
        "cookie",
        "content-length",
        "transfer-encoding",
        "connection",
        "te",
        "x-forwarded-for",
        "x-real-ip",
        "x-trace",
        "a b",
    ];
    let egress =
        to_server(&server, |destination| destination.headers = everything.map(str::to_owned).to_vec());
    for (name, value) in [
        ("Host", "evil.example"),
        ("host", "evil.example"),
        ("Authorization", "Bearer other"),
        ("Cookie", "a=b"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("TE", "trailers"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Other", "not on the list"),
        ("accept", "a\r\nHost: evil.example"),
        ("accept", "a\nb"),
        ("accept", "a\0b"),
        ("a b", "c"),
        ("accept\r\nhost", "evil.example"),
        ("", "c"),
    ] {
        let request = Request { headers: vec![(name.to_owned(), value.to_owned())], ..get(path("/")) };
        let error = egress.send(request).await.expect_err(name);
        assert_eq!(kind(&error), "header", "{name:?}: {error}");
        assert!(!error.to_string().contains('\n') && !error.to_string().contains("evil"), "{error}");
    }
    let twice = vec![("accept".to_owned(), "a".to_owned()), ("Accept".to_owned(), "b".to_owned())];
    assert_eq!(kind(&egress.send(Request { headers: twice, ..get(path("/")) }).await.unwrap_err()), "header");
    let broken = Some(Secret::new("Bearer a\r\nHost: b".to_owned()));
    assert_eq!(
        kind(&egress.send(Request { credential: broken, ..get(path("/")) }).await.unwrap_err()),
        "header"
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_path_that_can_be_read_in_two_ways_is_refused() {
    let server = Server::answering(ok("")).await;
    let egress = to_server(&server, |_| {});
    for bad in [
        "",
        "a",
        "//evil.example/",
        "/a//b",
        "/../a",
        "/a/../b",
        "/a/./b",
        "/a/%2e%2e/b",
        "/a/%2E%2e%2fb",
        "/%2f",
        "/a%5cb",
        "/a\\b",
        "/a%00",
        "/a%0d%0ab",
        "/a%252fb",
        "/a%",
        "/a%zz",
        "/a#b",
        "/a b",
        "/a\tb",
        "/a\r\nX: y",
        "/ä",
        "/a?b#c",
        "/..",
        "/.",
        "@evil.example/",
        "/a?b c",
        "/{a}",
        "/a|b",
    ] {
        let error = egress.send(get(path(bad))).await.expect_err(bad);
        assert_eq!(kind(&error), "malformed", "{bad:?}: {error}");
    }
    assert_eq!(server.connections(), 0);
    for good in ["/", "/a/b;c=d", "/a?b=%2f..%2f&c=//", "/a%20b", "/~a/-_.!*'()"] {
        assert!(egress.send(get(path(good))).await.is_ok(), "{good}");
    }
}

#[tokio::test]
async fn only_the_named_scheme_host_and_port_is_a_destination() {
    let server = Server::answering(ok("")).await;
    let port = server.address.port();
    let egress = to_server(&server, |_| {});
    assert!(egress.send(get(To::Url(format!("http://127.0.0.1:{port}/a")))).await.is_ok());
    for (url, expected) in [
        (format!("https://127.0.0.1:{port}/"), "not_a_destination"),
        (format!("http://127.0.0.1:{}/", port - 1), "not_a_destination"),
        (format!("http://localhost:{port}/"), "not_a_destination"),
        ("http://127.0.0.1/".to_owned(), "not_a_destination"),
        (format!("http://127.0.0.1:{port}@evil.example/"), "malformed"),
        (format!("http://127.0.0.1.evil.example:{port}/"), "not_a_destination"),
    ] {
        assert_eq!(kind(&egress.send(get(To::Url(url.clone()))).await.unwrap_err()), expected, "{url}");
    }
    let other = To::Destination { name: "other\n".to_owned(), path: "/".to_owned() };
    let error = egress.send(get(other)).await.unwrap_err();
    assert_eq!(
        (kind(&error), error.to_string().as_str()),
        ("unknown_destination", "there is no destination `other\\n`")
    );
}

#[tokio::test]
async fn nothing_of_a_request_is_shown_but_its_outline() {
    let request = Request {
        headers: vec![("x-api-key".to_owned(), "s3cret".to_owned())],
        credential: Some(Secret::new("s3cret".to_owned())),
        body: Bytes::from_static(b"s3cret"),
        ..get(To::Url("https://s3cret@a.example/?s3cret".to_owned()))
    };
    let shown = format!("{request:?}");
    assert!(
        !shown.contains("?s3cret") && !shown.contains("b\"s3cret") && !shown.contains("\"s3cret\""),
        "{shown}"
    );
    assert!(shown.contains("x-api-key") && shown.contains("GET"), "{shown}");
}

/// Two destinations on one host share no connection, and each keeps to its own limits.
#[tokio::test]
async fn destinations_do_not_share_connections() {
    let server = Server::hanging_after(ok("ok")).await;
    let port = server.address.port();
    let egress = Egress::new(config(vec![
        destination("upstream", "127.0.0.1", port),
        destination("second", "localhost", port),
    ]))
    .unwrap();
    assert!(egress.send(get(path("/"))).await.is_ok());
    let second = To::Destination { name: "second".to_owned(), path: "/".to_owned() };
    assert!(egress.send(get(second)).await.is_ok());
    assert_eq!(server.connections(), 2);
}
