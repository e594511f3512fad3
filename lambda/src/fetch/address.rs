//! Which addresses are public: those where a server can be that everyone may reach.
//!
//! After the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890). Where these allow for a block that no
//! image is ever served from (AMT, ORCHID, 6to4, Teredo), it counts as not public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The blocks of IPv4 that are not public, with the bits of their prefix.
const NOT_PUBLIC: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),        // this network, RFC 791; Linux takes 0.0.0.0 for itself
    ([10, 0, 0, 0], 8),       // private, RFC 1918
    ([100, 64, 0, 0], 10),    // shared by carriers (CGNAT), RFC 6598; metadata of some clouds
    ([127, 0, 0, 0], 8),      // loopback, RFC 1122; the Runtime API of AWS Lambda
    ([168, 63, 129, 16], 32), // Azure's own services, as its machines see them
    ([169, 254, 0, 0], 16),   // link-local, RFC 3927; metadata and credentials on AWS
    ([172, 16, 0, 0], 12),    // private, RFC 1918
    ([192, 0, 0, 0], 24),     // IETF protocol assignments, RFC 6890
    ([192, 0, 2, 0], 24),     // documentation, RFC 5737
    ([192, 52, 193, 0], 24),  // AMT, RFC 7450
    ([192, 88, 99, 0], 24),   // relays of 6to4, RFC 7526
    ([192, 168, 0, 0], 16),   // private, RFC 1918
    ([198, 18, 0, 0], 15),    // benchmarking, RFC 2544
    ([198, 51, 100, 0], 24),  // documentation, RFC 5737
    ([203, 0, 113, 0], 24),   // documentation, RFC 5737
    ([224, 0, 0, 0], 4),      // multicast, RFC 5771
    ([240, 0, 0, 0], 4),      // reserved and limited broadcast, RFC 1112, RFC 919
];

/// Whether a server that everyone may reach can be at `address`.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let inside = |(block, bits): &([u8; 4], u32)| {
        let host_bits = 32 - bits;
        address.to_bits() >> host_bits == Ipv4Addr::from(*block).to_bits() >> host_bits
    };
    !NOT_PUBLIC.iter().any(inside)
}

/// Of IPv6 only 2000::/3 is given out to networks. Addresses that embed an IPv4 address count as that one where they
/// lead to it by themselves; where a tunnel must be set up for them, they are not public at all.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // IPv4-mapped (RFC 4291), and NAT64's well-known prefix (RFC 6052), which AWS's gateways use too.
        [0, 0, 0, 0, 0, 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // ISATAP: an IPv4 address behind the identifier of an interface, RFC 5214.
        [_, _, _, _, 0 | 0x0200, 0x5EFE, _, _] => false,
        // 2001::/23, IETF protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID, …
        [0x2001, 0..=0x01FF, ..] => false,
        // Documentation, RFC 3849 and RFC 9637.
        [0x2001, 0x0DB8, ..] | [0x3FFF, 0..=0x0FFF, ..] => false,
        // 6to4, RFC 3056.
        [0x2002, ..] => false,
        [0x2000..=0x3FFF, ..] => true,
        // All else: loopback and ::, IPv4-compatible and -translated, 64:ff9b:1::/48 (NAT64 of a network's own),
        // 100::/64 (discard), 5f00::/16 (segment routing), fc00::/7 (unique local, metadata of AWS among them),
        // fe80::/10 (link-local), fec0::/10 (site-local), ff00::/8 (multicast), and what is not given out.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_public() {
        for address in [
            "1.0.0.0",
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "52.95.110.1",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2600:1f18::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:800::200e",
            "3ffe::1",
            "3fff:1000::1",
            "::ffff:8.8.8.8",
            "::ffff:808:808",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_that_are_not() {
        for address in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.192",
            "192.0.2.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::8.8.8.8",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:100.64.0.1",
            "::ffff:0:8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:0:0:0:1:808:808",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "100::1",
            "1fff:ffff::1",
            "2001::1",
            "2001:0:53aa:64c:0:7a7e:3f57:fefe",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "2001:db8:ffff:ffff::1",
            "2002::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2002:a9fe:a9fe::1",
            "2606:4700::5efe:7f00:1",
            "2606:4700::200:5efe:808:808",
            "3fff::1",
            "3fff:fff:ffff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::23",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fdff:ffff::1",
            "fe80::1",
            "fe80::a9fe:a9fe",
            "febf:ffff::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn blocks_of_the_table_begin_where_their_prefix_says() {
        for (block, bits) in NOT_PUBLIC {
            let host_bits = 32 - bits;
            assert_eq!(Ipv4Addr::from(block).to_bits() & ((1_u64 << host_bits) - 1) as u32, 0, "{block:?}/{bits}");
        }
    }
}
