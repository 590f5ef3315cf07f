//! Which addresses are never called, and which only for a destination that may be private.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// An address of the public internet.
    Public,
    /// Of this machine or of a private network; called if the destination allows it. Holds its name.
    Private(&'static str),
    /// Never called. Holds its name.
    Never(&'static str),
}

/// The class of an address.
pub(crate) fn class(ip: IpAddr) -> Class {
    match ip {
        IpAddr::V4(ip) => class_of_v4(ip),
        IpAddr::V6(ip) => class_of_v6(ip),
    }
}

/// Metadata services of clouds that are reached at addresses of public or private blocks.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200)];
const METADATA_V6: [Ipv6Addr; 1] = [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)];

/// IANA IPv4 Special-Purpose Address Registry, with multicast and the reserved block.
fn class_of_v4(ip: Ipv4Addr) -> Class {
    if METADATA_V4.contains(&ip) {
        return Class::Never("cloud metadata");
    }
    match ip.octets() {
        [0, ..] => Class::Never("this network"),
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => Class::Private("private network"),
        [127, ..] => Class::Private("loopback"),
        [100, 64..=127, ..] => Class::Private("shared network"),
        [169, 254, ..] => Class::Never("link-local"),
        [192, 0, 0, _] => Class::Never("protocol assignments"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Never("documentation"),
        [192, 88, 99, _] => Class::Never("6to4 relay"),
        [198, 18..=19, ..] => Class::Never("benchmarking"),
        [224..=239, ..] => Class::Never("multicast"),
        [240..=255, ..] => Class::Never("reserved"),
        _ => Class::Public,
    }
}

/// Only global unicast (2000::/3) can be public; what translates to IPv4 is never called, since the
/// address behind it would not be looked at. IANA IPv6 Special-Purpose Address Registry.
fn class_of_v6(ip: Ipv6Addr) -> Class {
    if METADATA_V6.contains(&ip) {
        return Class::Never("cloud metadata");
    }
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Private("loopback"),
        [0, 0, 0, 0, 0, 0xffff, ..] => Class::Never("IPv4-mapped"),
        [0x64, 0xff9b, ..] => Class::Never("NAT64"),
        [0xfc00..=0xfdff, ..] => Class::Private("unique local"),
        [0xfe80..=0xfebf, ..] => Class::Never("link-local"),
        [0xff00..=0xffff, ..] => Class::Never("multicast"),
        [0x2001, 0, ..] => Class::Never("Teredo"),
        [0x2001, 0..=0x1ff, ..] => Class::Never("protocol assignments"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Never("documentation"),
        [0x2002, ..] => Class::Never("6to4"),
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Never("not global"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, class};

    fn check(public: &[&str], private: &[&str], never: &[&str]) {
        for (texts, expected) in [(public, "Public"), (private, "Private"), (never, "Never")] {
            for text in texts {
                let found = class(text.parse().unwrap());
                assert!(format!("{found:?}").starts_with(expected), "{text}: {found:?}");
            }
        }
    }

    #[test]
    fn each_block_ends_where_it_ends() {
        check(
            &[
                "9.255.255.255",
                "11.0.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.0.0.1",
                "128.0.0.1",
            ],
            &[
                "10.0.0.0",
                "10.255.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "192.168.0.1",
                "100.64.0.0",
                "100.127.255.255",
                "127.255.255.254",
            ],
            &[
                "0.0.0.0",
                "0.255.255.255",
                "169.254.0.1",
                "198.18.0.1",
                "198.19.255.255",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
            ],
        );
        check(
            &[
                "169.253.255.255",
                "169.255.0.0",
                "198.17.0.0",
                "198.20.0.0",
                "223.255.255.255",
                "192.0.1.0",
                "8.8.8.8",
                "192.88.98.1",
            ],
            &["::1", "fc00::1", "fdff::1"],
            &[
                "192.0.0.192",
                "192.0.2.1",
                "198.51.100.1",
                "203.0.113.1",
                "192.88.99.1",
                "168.63.129.16",
                "100.100.100.200",
            ],
        );
        check(
            &[
                "2606:4700::1",
                "2000::1",
                "2001:200::1",
                "2001:4860:4860::8888",
                "2003::1",
                "3ffe::1",
                "3fff:1000::1",
            ],
            &[],
            &[
                "::",
                "::ffff:8.8.8.8",
                "::8.8.8.8",
                "64:ff9b::808:808",
                "64:ff9b:1::1",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1",
            ],
        );
        check(
            &[],
            &[],
            &[
                "2001::1",
                "2001:1ff::1",
                "2001:db8::1",
                "2002:808:808::1",
                "3fff:fff::1",
                "4000::1",
                "5f00::1",
                "fd00:ec2::254",
            ],
        );
        assert_eq!(class("127.0.0.1".parse().unwrap()), Class::Private("loopback"));
    }
}
