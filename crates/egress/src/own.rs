//! The gateway's own listeners: an agent that could call them could approve itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Where the gateway listens and what it is called outside.
#[derive(Clone, Debug, Default)]
pub struct OwnAddresses {
    /// Listeners as bound. An unspecified address (`0.0.0.0`, `[::]`) stands for every address of this machine.
    pub listeners: Vec<SocketAddr>,
    /// Host names, in lower case, and ports under which the gateway is reached from outside.
    pub names: Vec<(String, u16)>,
}

impl OwnAddresses {
    /// Whether a connection to `ip` and `port` would reach the gateway; without a port, any port counts.
    pub(crate) fn has(&self, ip: IpAddr, port: Option<u16>) -> bool {
        let ip = ip.to_canonical();
        self.listeners.iter().any(|listener| {
            let same_port = port.is_none_or(|port| port == listener.port());
            same_port
                && (listener.ip().to_canonical() == ip
                    || listener.ip().is_unspecified() && is_of_this_machine(ip))
        })
    }

    /// Whether the gateway is called so.
    pub(crate) fn has_name(&self, host: &str, port: u16) -> bool {
        self.names.iter().any(|(name, own)| name == host && *own == port)
    }
}

/// The kernel lets a socket be bound to the machine's own addresses only, and to those of groups;
/// where it was told otherwise (`ip_nonlocal_bind`) every address counts as own, which refuses too
/// much and never too little.
fn is_of_this_machine(ip: IpAddr) -> bool {
    let is_of_group = ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST);
    ip.is_loopback() || ip.is_unspecified() || !is_of_group && UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::OwnAddresses;

    fn check(listener: &str, address: &str, port: Option<u16>, own: bool) {
        let addresses = OwnAddresses { listeners: vec![listener.parse().unwrap()], names: Vec::new() };
        assert_eq!(addresses.has(address.parse().unwrap(), port), own, "{listener} {address} {port:?}");
    }

    #[test]
    fn a_listener_is_own_in_every_spelling() {
        check("127.0.0.1:8443", "127.0.0.1", Some(8443), true);
        check("127.0.0.1:8443", "127.0.0.1", Some(443), false);
        check("127.0.0.1:8443", "127.0.0.1", None, true);
        check("127.0.0.1:8443", "::ffff:127.0.0.1", Some(8443), true);
        check("127.0.0.1:8443", "127.0.0.2", Some(8443), false);
        for unspecified in ["0.0.0.0:8443", "[::]:8443"] {
            for local in ["127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "::"] {
                check(unspecified, local, Some(8443), true);
                check(unspecified, local, Some(443), false);
            }
            check(unspecified, "192.0.2.77", Some(8443), false);
        }
    }

    #[test]
    fn names_are_compared_with_their_port() {
        let own = OwnAddresses { listeners: Vec::new(), names: vec![("mcp.example.com".to_owned(), 443)] };
        assert!(own.has_name("mcp.example.com", 443));
        assert!(!own.has_name("mcp.example.com", 8444) && !own.has_name("example.com", 443));
    }
}
