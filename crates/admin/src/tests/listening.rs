//! The socket file, the port, and their ends.

use super::house::House;
use crate::{Admin, AdminAddress, AdminBindError};
use http::StatusCode;
use std::os::unix::fs::PermissionsExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    let house = House::open().await;
    assert_eq!(house.socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    house.stop.send(true).unwrap();
    house.ended.await.unwrap();
    assert!(!house.socket.exists());
}

#[tokio::test]
async fn a_socket_that_answers_is_left_alone() {
    let house = House::open().await;
    let second = Admin::bind(&AdminAddress::Unix(house.socket.clone()));
    assert!(matches!(second.map(drop), Err(AdminBindError::InUse { .. })));
    let (status, _) = house.send("GET", "/api/status", Some(&house.admin("root")), "").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_socket_that_nobody_answers_on_is_replaced_and_a_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let address = AdminAddress::Unix(path.clone());
    assert_eq!(Admin::bind(&address).unwrap().address(), &address);
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let refused = Admin::bind(&AdminAddress::Unix(file.clone()));
    assert!(matches!(refused.map(drop), Err(AdminBindError::NotSocket { .. })));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn an_address_of_a_network_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8444"] {
        let refused = Admin::bind(&AdminAddress::Tcp(address.parse().unwrap())).map(drop).unwrap_err();
        assert!(matches!(refused, AdminBindError::NotLoopback { .. }), "{address}");
        assert!(refused.hint().contains("127.0.0.1"));
    }
}

/// The first line of the answer to a raw request on a port of its own.
async fn first_line(house: &House, request: impl Fn(&str) -> String) -> String {
    let admin = Admin::bind(&AdminAddress::Tcp(([127, 0, 0, 1], 0).into())).unwrap();
    let AdminAddress::Tcp(address) = admin.address().clone() else { panic!("not a port") };
    let (stop, stopping) = watch::channel(false);
    let served = tokio::spawn(admin.serve(house.parts.clone(), stopping));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request(&address.to_string()).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    stop.send(true).unwrap();
    served.await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn over_a_port_nobody_is_the_owner_and_the_host_has_to_be_ours() {
    let house = House::open().await;
    let body = r#"{"person":"ana","client":"desk","audience":"admin"}"#;
    let token = house.admin("root");
    let post = |host: &str, token: Option<&str>| {
        let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let length = body.len();
        format!(
            "POST /api/tokens HTTP/1.1\r\nhost: {host}\r\n{token}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
    };
    assert_eq!(first_line(&house, |own| post(own, None)).await, "HTTP/1.1 401 Unauthorized");
    assert_eq!(first_line(&house, |_| post("evil.example", Some(&token))).await, "HTTP/1.1 403 Forbidden");
    assert_eq!(first_line(&house, |own| post(own, Some(&token))).await, "HTTP/1.1 201 Created");
}
