//! How a connection opens: `SSLRequest`, `GSSENCRequest`, `CancelRequest` or `StartupMessage`.
//!
//! Owns reading the four untyped messages and taking a `StartupMessage` apart. Does not know which
//! of them a proxy accepts: that is `client`.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{WireError, first_byte, take_cstr};

/// The longest opening packet, as in PostgreSQL
/// ([`MAX_STARTUP_PACKET_LENGTH`](https://github.com/postgres/postgres/blob/REL_16_STABLE/src/include/libpq/pqcomm.h)).
const MAX_LENGTH: u32 = 10_000;
const MIN_LENGTH: u32 = 8;

const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;

/// Protocol version 3.0, the only one that RDS Proxy speaks.
pub(crate) const VERSION_3_0: u32 = 3 << 16;

/// The first message of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The client asks for TLS.
    Ssl,
    /// The client asks for GSSAPI encryption.
    Gss,
    /// The client wants a query of another connection cancelled.
    Cancel,
    /// The client wants to log in.
    Startup { version: u32, body: Vec<u8> },
}

/// Reads the first message of a connection, or the next one after a refused encryption request.
pub(crate) async fn read_opening<R>(reader: &mut R) -> Result<Opening, WireError>
where
    R: AsyncRead + Unpin,
{
    let mut header = [first_byte(reader).await?, 0, 0, 0];
    reader.read_exact(header.get_mut(1..).unwrap_or_default()).await?;
    let length = u32::from_be_bytes(header);
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        // A length of ours begins with a zero, and what speaks another protocol does not.
        let [first, ..] = header;
        return Err(match first {
            0 => WireError::Length(length),
            _ => WireError::Foreign(header),
        });
    }
    let code = reader.read_u32().await?;
    let rest = length - MIN_LENGTH;
    let mut body = Vec::new();
    reader.take(u64::from(rest)).read_to_end(&mut body).await?;
    if u32::try_from(body.len()).ok() != Some(rest) {
        return Err(WireError::CutShort);
    }
    Ok(match code {
        SSL_REQUEST => Opening::Ssl,
        GSSENC_REQUEST => Opening::Gss,
        CANCEL_REQUEST => Opening::Cancel,
        version => Opening::Startup { version, body },
    })
}

/// The name and value pairs of a `StartupMessage`, in the client's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    /// Takes the body of a `StartupMessage` of protocol 3.0 apart.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, WireError> {
        let mut rest = body;
        let mut pairs = Vec::new();
        loop {
            match text(&mut rest)? {
                name if name.is_empty() => break,
                name => pairs.push((name, text(&mut rest)?)),
            }
        }
        if rest.is_empty() {
            Ok(Self(pairs))
        } else {
            Err(WireError::Malformed("bytes follow the end of the startup packet"))
        }
    }

    /// The value of a parameter; the last one counts, as in PostgreSQL.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Which user and database an answer is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names<'a> {
    pub(crate) user: &'a str,
    pub(crate) database: &'a str,
}

/// Those of a startup packet. Without a database name the user's is taken.
impl<'a> From<&'a Parameters> for Names<'a> {
    fn from(parameters: &'a Parameters) -> Self {
        let user = parameters.get("user").unwrap_or_default();
        let database = parameters.get("database").filter(|database| !database.is_empty());
        Self { user, database: database.unwrap_or(user) }
    }
}

fn text(rest: &mut &[u8]) -> Result<String, WireError> {
    let bytes = take_cstr(rest).ok_or(WireError::Malformed("the startup packet ends early"))?;
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(WireError::Malformed("the startup packet is no UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_startup_packet_comes_apart_in_order() {
        let body = b"user\0app\0database\0postgres\0user\0last\0\0";
        let parameters = Parameters::parse(body).expect("well formed");
        assert_eq!(parameters.0.len(), 3);
        assert_eq!(parameters.get("user"), Some("last"));
        assert_eq!(parameters.get("options"), None);
    }

    #[test]
    fn a_startup_packet_without_its_end_is_malformed() {
        for body in [&b""[..], b"user", b"user\0", b"user\0app", b"user\0app\0", b"\0\0"] {
            assert!(Parameters::parse(body).is_err(), "{body:?}");
        }
    }

    #[tokio::test]
    async fn a_huge_length_is_refused_before_it_is_read() {
        let opening = read_opening(&mut &b"GET / HTTP/1.1\r\n\r\n"[..]).await;
        assert!(
            matches!(opening, Err(WireError::Foreign([b'G', b'E', b'T', b' ']))),
            "{opening:?}"
        );
        let opening = read_opening(&mut &b"\0\xff\xff\xff\0\x03\0\0"[..]).await;
        assert!(matches!(opening, Err(WireError::Length(0x00ff_ffff))), "{opening:?}");
    }

    #[tokio::test]
    async fn only_before_its_first_byte_a_client_may_leave() {
        let opening = read_opening(&mut &b""[..]).await;
        assert!(matches!(opening, Err(WireError::Closed)), "{opening:?}");
        for bytes in [&b"\0"[..], b"\0\0\0\x08", b"\0\0\0\x09\0\x03\0\0"] {
            let opening = read_opening(&mut &bytes[..]).await;
            assert!(matches!(opening, Err(WireError::CutShort)), "{opening:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(body: Vec<u8>) {
            drop(Parameters::parse(&body));
        }
    }
}
