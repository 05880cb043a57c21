//! Blocks of IPv4 addresses.

use std::net::Ipv4Addr;

/// A block of IPv4 addresses, such as `10.0.1.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: u32,
    mask: u32,
    length: u32,
}

impl Cidr {
    /// Reads a block; `None` if it is none, or one of IPv6.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').unwrap_or((text, "32"));
        let address: Ipv4Addr = address.parse().ok()?;
        let length: u32 = length.parse().ok().filter(|length| *length <= 32)?;
        let mask = if length == 0 { 0 } else { u32::MAX << (32 - length) };
        Some(Self { address: u32::from(address) & mask, mask, length })
    }

    /// Whether all of another block is in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.length <= other.length && other.address & self.mask == self.address
    }

    /// How many bits are fixed: of two that fit, the longer is the more exact.
    pub fn length(&self) -> u32 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_contains_what_begins_as_it_does() {
        for (outer, inner, expected) in [
            ("10.0.0.0/16", "10.0.1.0/24", true),
            ("10.0.1.0/24", "10.0.0.0/16", false),
            ("10.0.0.0/16", "10.1.0.0/24", false),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("10.0.0.7/16", "10.0.9.9/32", true),
            ("10.0.0.1", "10.0.0.1/32", true),
        ] {
            let (outer, inner) = (Cidr::parse(outer).unwrap(), Cidr::parse(inner).unwrap());
            assert_eq!(outer.contains(&inner), expected, "{outer:?} {inner:?}");
        }
    }

    #[test]
    fn nonsense_is_no_block() {
        for text in ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/0", "10.0.0.0/"] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }
}
