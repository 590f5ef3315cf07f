//! Where a request came from when proxies stand in front.
//!
//! Only `X-Forwarded-For`, and only from proxies that the configuration names: of the hops that it lists,
//! from the last one on, the first that is no such proxy. `Forwarded`, `X-Real-IP`, `X-Forwarded-Host`
//! and the rest are never read. The address is for records and limits; no access depends on it.

use http::HeaderMap;
use settings::Network;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Proxies in a row. A longer list is read no further than this: the rest is whatever a client wrote.
const MAX_HOPS: usize = 16;

/// The client's address; the peer's own if it is no named proxy.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer;
    let mut hops = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','))
        .map(|hop| address(hop.trim()))
        .take(MAX_HOPS);
    while is_proxy(client) {
        // What is no address was not written by a proxy: the proxy that passed it on is all that is known.
        let Some(Some(hop)) = hops.next() else { break };
        client = hop;
    }
    client
}

/// Some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::client;
    use http::{HeaderMap, HeaderValue};

    fn check(peer: &str, lines: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        for ignored in ["forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "x-forwarded-host"] {
            headers.insert(ignored, HeaderValue::from_static("for=198.51.100.66"));
        }
        let proxies = ["10.0.0.0/8", "2001:db8:1::/48"].map(|text| text.parse().unwrap());
        let found = client(peer.parse().unwrap(), &headers, &proxies);
        assert_eq!(found.to_string(), expected, "{peer} {lines:?}");
    }

    #[test]
    fn only_a_named_proxy_says_who_the_client_is() {
        check("203.0.113.5", &["198.51.100.1"], "203.0.113.5");
        check("127.0.0.1", &["198.51.100.1"], "127.0.0.1");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("2001:db8:1::9", &["2001:db8:2::1"], "2001:db8:2::1");
        check("10.0.0.1", &["198.51.100.1:55555"], "198.51.100.1");
        check("10.0.0.1", &["[2001:db8:2::1]:55555"], "2001:db8:2::1");
    }

    #[test]
    fn what_a_client_wrote_in_front_is_not_believed() {
        check("10.0.0.1", &["192.0.2.66, 198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["192.0.2.66", "198.51.100.1, 10.0.0.2"], "198.51.100.1");
        check("10.0.0.1", &["10.9.9.9, 198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["unknown"], "10.0.0.1");
        check("10.0.0.1", &["198.51.100.1, "], "10.0.0.1");
        check("10.0.0.1", &["198.51.100.1, 10.0.0.3, <script>"], "10.0.0.1");
        check("10.0.0.1", &["10.0.0.4, 10.0.0.3"], "10.0.0.4");
    }

    #[test]
    fn a_list_of_fifty_is_read_to_its_limit() {
        let all = ["198.51.100.1"].into_iter().chain(std::iter::repeat_n("10.0.0.7", 50));
        check("10.0.0.1", &[&all.collect::<Vec<_>>().join(", ")], "10.0.0.7");
    }
}
