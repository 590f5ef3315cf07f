//! Names and the addresses behind them: all looked at, one bad refuses all, and what was looked at is called.

use crate::world::{Names, Server, body, config, destination, get, kind, ok, path};
use egress::{Egress, EgressConfig, OwnAddresses, PrivateAddresses, Scheme, To, Unnamed};
use std::net::SocketAddr;
use std::sync::Arc;

fn egress(server: &Server, names: Names, private: PrivateAddresses) -> Egress {
    let mut upstream = destination("upstream", "upstream.example", server.address.port());
    upstream.private = private;
    Egress::with_lookup(config(vec![upstream]), Arc::new(names)).unwrap()
}

async fn refused(egress: &Egress, to: To) -> &'static str {
    kind(&egress.send(get(to)).await.expect_err("it was sent"))
}

#[tokio::test]
async fn a_name_with_a_private_address_needs_a_destination_that_allows_it() {
    let server = Server::answering(ok("private")).await;
    let names = || Names::default().with("upstream.example", &[&["127.0.0.1"]]);
    let answer = egress(&server, names(), PrivateAddresses::Allowed).send(get(path("/"))).await.unwrap();
    assert_eq!(body(answer), "private");
    assert_eq!(
        refused(&egress(&server, names(), PrivateAddresses::Refused), path("/")).await,
        "forbidden_address"
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn one_bad_address_among_good_ones_refuses_the_name() {
    let server = Server::answering(ok("")).await;
    for list in [
        &["8.8.8.8", "127.0.0.1"][..],
        &["127.0.0.1", "8.8.8.8"],
        &["2606:4700::1", "::1"],
        &["8.8.8.8", "169.254.169.254"],
        &["8.8.8.8", "::ffff:10.0.0.1"],
        &["8.8.8.8", "64:ff9b::a00:1"],
    ] {
        let names = Names::default().with("upstream.example", &[list]);
        assert_eq!(
            refused(&egress(&server, names, PrivateAddresses::Refused), path("/")).await,
            "forbidden_address",
            "{list:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn metadata_and_link_local_stay_refused_where_private_is_allowed() {
    let server = Server::answering(ok("")).await;
    for address in [
        "169.254.169.254",
        "fd00:ec2::254",
        "168.63.129.16",
        "100.100.100.200",
        "fe80::1",
        "0.0.0.0",
        "224.0.0.1",
        "::ffff:127.0.0.1",
    ] {
        let names = Names::default().with("upstream.example", &[&[address]]);
        assert_eq!(
            refused(&egress(&server, names, PrivateAddresses::Allowed), path("/")).await,
            "forbidden_address",
            "{address}"
        );
    }
}

/// The resolver says something else each time; a connection goes to what was looked at for it.
#[tokio::test]
async fn a_name_that_moves_after_the_look_is_not_followed() {
    let server = Server::answering(ok("first")).await;
    let trap = Server::answering(ok("second")).await;
    assert_ne!(server.address, trap.address);
    let names = Names::default().with("upstream.example", &[&["127.0.0.1"], &["169.254.169.254"]]);
    let egress = egress(&server, names, PrivateAddresses::Allowed);
    assert_eq!(body(egress.send(get(path("/"))).await.unwrap()), "first");
    assert_eq!(refused(&egress, path("/")).await, "forbidden_address");
    assert_eq!((server.connections(), trap.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_without_addresses_is_refused() {
    let server = Server::answering(ok("")).await;
    assert_eq!(
        refused(&egress(&server, Names::default(), PrivateAddresses::Allowed), path("/")).await,
        "unresolved"
    );
    let names = Names::default().with("upstream.example", &[&[]]);
    assert_eq!(refused(&egress(&server, names, PrivateAddresses::Allowed), path("/")).await, "unresolved");
}

fn own(listener: SocketAddr) -> OwnAddresses {
    OwnAddresses { listeners: vec![listener], names: vec![("mcp.example.com".to_owned(), 443)] }
}

/// The gateway's own address, named by the operator as a private destination, behind four spellings.
#[tokio::test]
async fn the_gateway_is_never_called_whatever_the_configuration_says() {
    let gateway = Server::answering(ok("approved")).await;
    let port = gateway.address.port();
    for listener in
        [gateway.address, SocketAddr::new([0, 0, 0, 0].into(), port), format!("[::]:{port}").parse().unwrap()]
    {
        for host in ["127.0.0.1", "localhost", "own.example", "127.0.0.2", "[::1]"] {
            let is_listener = listener.ip().is_unspecified()
                || host == "127.0.0.1"
                || host == "localhost"
                || host == "own.example";
            if !is_listener {
                continue;
            }
            let names =
                Names::default().with("localhost", &[&["127.0.0.1"]]).with("own.example", &[&["127.0.0.1"]]);
            let config =
                EgressConfig { own: own(listener), ..config(vec![destination("upstream", host, port)]) };
            let egress = Egress::with_lookup(config, Arc::new(names)).unwrap();
            assert_eq!(refused(&egress, path("/")).await, "own", "{listener} {host}");
            assert_eq!(
                refused(&egress, To::Url(format!("http://{host}:{port}/api/approve"))).await,
                "own",
                "{listener} {host}"
            );
        }
    }
    assert_eq!(gateway.connections(), 0);
}

/// Beside the gateway, on another port of the same machine, a service may be named.
#[tokio::test]
async fn a_neighbour_of_the_gateway_may_be_called() {
    let (gateway, neighbour) =
        (Server::answering(ok("gateway")).await, Server::answering(ok("neighbour")).await);
    let upstream = destination("upstream", "127.0.0.1", neighbour.address.port());
    let config = EgressConfig {
        own: own(SocketAddr::new([0, 0, 0, 0].into(), gateway.address.port())),
        ..config(vec![upstream])
    };
    let answer = Egress::new(config).unwrap().send(get(path("/"))).await.unwrap();
    assert_eq!((body(answer), gateway.connections()), ("neighbour".to_owned(), 0));
}

#[tokio::test]
async fn the_gateway_s_public_name_is_not_called_either() {
    let names = Names::default().with("mcp.example.com", &[&["8.8.8.8"]]);
    let mut named = destination("upstream", "mcp.example.com", 443);
    named.scheme = Scheme::Https;
    let config = EgressConfig {
        own: own("127.0.0.1:8443".parse().unwrap()),
        unnamed: Unnamed::PublicHttps,
        ..config(vec![named])
    };
    let egress = Egress::with_lookup(config, Arc::new(names)).unwrap();
    assert_eq!(refused(&egress, path("/mcp")).await, "own");
    assert_eq!(refused(&egress, To::Url("https://mcp.example.com/mcp".to_owned())).await, "own");
}
