//! The table of forged requests: `forgery.toml`, one row a URL. None may reach the gateway or a private address.

use crate::world::{Names, Server, config, destination, get, kind, ok};
use egress::{Egress, EgressConfig, OwnAddresses, To, Unnamed};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Names that the resolver knows, with their addresses.
    names: std::collections::BTreeMap<String, Vec<String>>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// `PORT` is the port of the gateway.
    url: String,
    refused: String,
}

/// Hosts that nothing names may be called over https here, and the gateway's address is even a named
/// private destination: what is refused is refused for what it is.
#[tokio::test]
async fn no_forged_request_leaves() {
    let gateway = Server::answering(ok("approved")).await;
    let port = gateway.address.port();
    let table: Table = toml::from_str(include_str!("forgery.toml")).unwrap();
    let names = table.names.iter().fold(Names::default(), |names, (name, addresses)| {
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        names.with(name, &[&addresses])
    });
    let config = EgressConfig {
        unnamed: Unnamed::PublicHttps,
        own: OwnAddresses { listeners: vec![SocketAddr::new([0, 0, 0, 0].into(), port)], names: Vec::new() },
        ..config(vec![
            destination("own", "127.0.0.1", port),
            destination("own6", "[::1]", port),
            destination("own by name", "localhost", port),
        ])
    };
    let egress = Egress::with_lookup(config, Arc::new(names)).unwrap();
    let mut wrong = Vec::new();
    for case in &table.case {
        let url = case.url.replace("PORT", &port.to_string());
        match egress.send(get(To::Url(url.clone()))).await {
            Ok(_) => wrong.push(format!("{url:?}: sent")),
            Err(error) if kind(&error) != case.refused => {
                wrong.push(format!("{url:?}: {} ({error})", kind(&error)))
            }
            Err(_) => {}
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(gateway.connections(), 0);
    assert!(table.case.len() >= 60);
    println!("forged requests: {} passed", table.case.len());
}
