//! What faults send that is no message of the proxy's.

/// A fatal TLS alert, `handshake_failure`: <https://www.rfc-editor.org/rfc/rfc8446#section-6>.
pub(super) const HANDSHAKE_FAILURE: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";
/// A fatal TLS alert, `protocol_version`, from a server of TLS 1.1.
pub(super) const PROTOCOL_VERSION: &[u8] = b"\x15\x03\x02\x00\x02\x02\x46";
/// What a web server makes of an `SSLRequest`.
pub(super) const HTTP: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// What is neither PostgreSQL nor TLS: no message begins with this byte.
pub(super) const GARBAGE: &[u8] =
    b"\xde\xad\xbe\xef\x00\xff\x13\x37\xde\xad\xbe\xef\x00\xff\x13\x37";
/// An `AuthenticationRequest` that announces the longest message there is.
pub(super) const HUGE_AUTHENTICATION: &[u8] = b"R\x7f\xff\xff\xff\0\0\0\x03";
/// A `DataRow` that does so.
pub(super) const HUGE_ROW: &[u8] = b"D\x7f\xff\xff\xff\0\x01\x7f\xff\xff\xf0AAAA";
/// The answer to some other query: no columns, no rows.
pub(super) const EMPTY_ANSWER: &[u8] =
    b"1\0\0\0\x042\0\0\0\x04n\0\0\0\x04C\0\0\0\x0dSELECT 0\0Z\0\0\0\x05I";
