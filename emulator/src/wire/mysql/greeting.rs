//! The first packet of a server: who it is, what it can do, and the challenge for a password.
//!
//! Owns `HandshakeV10` in both directions. What stands in the emulator's own is `client::mysql`'s.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use super::Fields;
use super::fields::push_text;
use crate::wire::WireError;

/// How long the challenge is.
pub(crate) const SCRAMBLE: usize = 20;

/// The first part of the challenge; the rest follows behind the flags.
const FIRST: usize = 8;

const VERSION: u8 = 10;

/// A server's greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub(crate) version: String,
    pub(crate) thread_id: u32,
    pub(crate) scramble: [u8; SCRAMBLE],
    pub(crate) capabilities: u32,
    pub(crate) character_set: u8,
    pub(crate) status: u16,
    pub(crate) plugin: String,
}

impl Greeting {
    /// The payload.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (first, second) = self.scramble.split_at(FIRST);
        let [low_a, low_b, high_a, high_b] = self.capabilities.to_le_bytes();
        let mut payload = vec![VERSION];
        push_text(&mut payload, self.version.as_bytes());
        payload.extend(self.thread_id.to_le_bytes());
        payload.extend(first);
        payload.extend([0, low_a, low_b, self.character_set]);
        payload.extend(self.status.to_le_bytes());
        let length = u8::try_from(SCRAMBLE + 1).unwrap_or_default();
        payload.extend([high_a, high_b, length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        payload.extend(second);
        payload.push(0);
        push_text(&mut payload, self.plugin.as_bytes());
        payload
    }

    /// Takes a payload apart, which is no error.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, WireError> {
        let malformed = WireError::Malformed("its greeting is none of protocol version 10");
        Self::fields(payload).ok_or(malformed)
    }

    fn fields(payload: &[u8]) -> Option<Self> {
        let mut fields = Fields(payload);
        if fields.byte()? != VERSION {
            return None;
        }
        let version = String::from_utf8_lossy(fields.text()).into_owned();
        let thread_id = fields.u32()?;
        let first = fields.bytes(FIRST)?;
        fields.byte()?;
        let low = fields.u16()?;
        let character_set = fields.byte()?;
        let status = fields.u16()?;
        let high = fields.u16()?;
        // The length of the whole challenge, then what is reserved; MariaDB has flags there.
        fields.bytes(11)?;
        let second = fields.bytes(SCRAMBLE - FIRST)?;
        fields.byte()?;
        let scramble = [first, second].concat().try_into().ok()?;
        let capabilities = u32::from(high) << 16 | u32::from(low);
        let plugin = String::from_utf8_lossy(fields.text()).into_owned();
        Some(Self { version, thread_id, scramble, capabilities, character_set, status, plugin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_comes_back_as_it_was() {
        let greeting = Greeting {
            version: "8.0.28".to_owned(),
            thread_id: 2_946_664_484,
            scramble: *b"abcdefghijklmnopqrst",
            capabilities: 0x81ff_f7ff,
            character_set: 45,
            status: 2,
            plugin: "mysql_native_password".to_owned(),
        };
        let payload = greeting.encode();
        assert_eq!(Greeting::parse(&payload).expect("sound"), greeting);
        for cut in 0..44 {
            assert!(Greeting::parse(&payload[..cut]).is_err(), "{cut}");
        }
    }

    /// As MariaDB 10.11.19 sent it.
    #[test]
    fn the_greeting_of_a_mariadb_is_read() {
        let payload = b"\x0a5.5.5-10.11.19-MariaDB-0+deb12u1\0\x05\0\0\0;5PQh&(5\0\xfe\xf7\x2d\
                        \x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0.w6~aUL>6xmF\0mysql_native_password\0";
        let greeting = Greeting::parse(payload).expect("sound");
        assert_eq!(greeting.version, "5.5.5-10.11.19-MariaDB-0+deb12u1");
        assert_eq!(greeting.scramble, *b";5PQh&(5.w6~aUL>6xmF");
        assert_eq!(greeting.capabilities, 0x81ff_f7fe);
        assert_eq!(greeting.plugin, "mysql_native_password");
    }
}
