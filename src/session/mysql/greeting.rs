//! The server's first packet: what it can do, its number of the connection, and the nonce for
//! passwords. Its version is left out: the database says its own.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use super::capabilities::{PLUGIN_AUTH, SSL};
use super::fields::Fields;
use super::password::NONCE;
use super::plugin::Plugin;
use crate::token::Secrets;

/// The only version of the protocol that servers have had since MySQL 3.21.
pub(super) const VERSION: u8 = 10;

/// What a server says of itself before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Its number of the connection.
    pub(super) connection: u32,
    /// What it can do.
    pub(super) capabilities: u32,
    /// The plugin that its nonce is for, if it names one.
    pub(super) plugin: Option<Plugin>,
    /// What a password's digest is made with.
    pub(super) nonce: [u8; NONCE],
}

impl Greeting {
    /// Reads a greeting; `None` if it is none.
    pub(super) fn read(payload: &[u8], secrets: &Secrets) -> Option<Self> {
        let mut fields = Fields::new(payload);
        if fields.byte()? != VERSION {
            return None;
        }
        let _server_version = fields.until_nul()?;
        let connection = fields.u32()?;
        let nonce_begin = fields.take(8)?;
        fields.byte()?;
        let capabilities_low = fields.u16()?;
        let _character_set = fields.byte()?;
        let _status = fields.u16()?;
        let capabilities = u32::from(capabilities_low) | u32::from(fields.u16()?) << 16;
        let nonce_length = usize::from(fields.byte()?);
        fields.take(10)?;
        // A NUL ends the nonce, and is counted.
        let nonce_end = fields.take(nonce_length.saturating_sub(8).max(13))?;
        let nonce = [nonce_begin, nonce_end.get(..NONCE - 8)?].concat();
        let plugin = (capabilities & PLUGIN_AUTH != 0)
            .then(|| Plugin::named(fields.until_nul_or_end(), secrets));
        Some(Self { connection, capabilities, plugin, nonce: nonce.try_into().ok()? })
    }

    /// Whether it offers TLS.
    pub(super) fn offers_tls(&self) -> bool {
        self.capabilities & SSL != 0
    }
}

#[cfg(test)]
mod tests {
    use mysql_common::constants::{CapabilityFlags, StatusFlags};
    use mysql_common::packets::HandshakePacket;
    use mysql_common::proto::MySerialize as _;
    use proptest::prelude::*;

    use super::*;

    fn read(payload: &[u8]) -> Option<Greeting> {
        Greeting::read(payload, &Secrets::default())
    }

    #[test]
    fn a_plugin_is_named_up_to_a_nul_or_the_end() {
        let start = [
            &b"\x0a8.0.28\0"[..],
            &[1, 2, 3, 4],
            b"01234567\0",
            &[0xff, 0xff, 45, 2, 0, 0xff, 0xdf, 21],
            &[0; 10],
            b"89abcdefghij\0",
        ]
        .concat();
        let expected = Greeting {
            connection: 0x0403_0201,
            capabilities: 0xdfff_ffff,
            plugin: Some(Plugin::CachingSha2),
            nonce: *b"0123456789abcdefghij",
        };
        for end in [&b"caching_sha2_password\0"[..], b"caching_sha2_password"] {
            let greeting = read(&[&*start, end].concat());
            assert_eq!(greeting.as_ref(), Some(&expected));
        }
        assert!(expected.offers_tls());
    }

    proptest! {
        #[test]
        fn any_greeting_is_read_as_another_library_wrote_it(
            version in "[0-9A-Za-z.-]{0,40}",
            connection: u32,
            nonce in proptest::array::uniform20(1_u8..),
            bits: u32,
            plugin in "[a-z_]{1,60}",
        ) {
            // Without these flags it writes another form.
            let needed = CapabilityFlags::CLIENT_PLUGIN_AUTH
                | CapabilityFlags::CLIENT_SECURE_CONNECTION;
            let capabilities = CapabilityFlags::from_bits_truncate(bits) | needed;
            let (begin, mut end) = (nonce[..8].try_into().unwrap(), nonce[8..].to_vec());
            end.push(0);
            let theirs = HandshakePacket::new(
                10,
                version.as_bytes(),
                connection,
                begin,
                Some(end),
                capabilities,
                45,
                StatusFlags::empty(),
                Some(plugin.as_bytes()),
            );
            let mut payload = Vec::new();
            theirs.serialize(&mut payload);
            let ours = read(&payload).unwrap();
            prop_assert_eq!(ours.connection, connection);
            prop_assert_eq!(ours.capabilities, capabilities.bits());
            prop_assert_eq!(ours.nonce, nonce);
            let named = ours.plugin.unwrap();
            prop_assert_eq!(named.as_str(), plugin.as_str());
            for cut in 0..payload.len() - plugin.len() - 2 {
                prop_assert_eq!(read(&payload[..cut]), None);
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_read(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&payload);
            read(&[&[VERSION], &*payload].concat());
        }
    }
}
