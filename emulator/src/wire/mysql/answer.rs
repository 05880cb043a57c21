//! What a server answers: `OK`, `ERR`, `EOF`, and the packets of a login.
//!
//! Owns these packets in both directions, and the status flags in them. Which of them come after
//! which command is `client::mysql`'s.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_response_packets.html>

use super::Fields;
use super::fields::push_text;
use crate::wire::Refusal;

/// The first byte of each.
pub(crate) const OK: u8 = 0x00;
pub(crate) const MORE_DATA: u8 = 0x01;
pub(crate) const LOCAL_INFILE: u8 = 0xfb;
/// `EOF`, an `OK` in its place, and a switch of plugins at the login.
pub(crate) const EOF: u8 = 0xfe;
pub(crate) const ERR: u8 = 0xff;

/// The flags of a session's state.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html>
pub(crate) mod status {
    pub(crate) const IN_TRANSACTION: u16 = 1;
    pub(crate) const AUTOCOMMIT: u16 = 2;
    pub(crate) const MORE_RESULTS: u16 = 8;
    pub(crate) const CURSOR_EXISTS: u16 = 64;
}

/// What `caching_sha2_password` says beyond its challenge.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>
pub(crate) mod caching_sha2 {
    pub(crate) const FAST_SUCCESS: u8 = 3;
    pub(crate) const FULL_LOGIN: u8 = 4;
}

/// An `OK` that changed nothing.
pub(crate) fn ok(status: u16) -> Vec<u8> {
    let [a, b] = status.to_le_bytes();
    vec![OK, 0, 0, a, b, 0, 0]
}

/// An `ERR`. Before the login it has no SQLSTATE, since the server does not know yet whether the
/// client can read one.
pub(crate) fn error(refusal: &Refusal, with_sqlstate: bool) -> Vec<u8> {
    let mut payload = vec![ERR];
    payload.extend(refusal.number.unwrap_or_default().to_le_bytes());
    if with_sqlstate {
        payload.push(b'#');
        payload.extend(refusal.sqlstate.bytes());
    }
    payload.extend(refusal.message.bytes());
    payload
}

/// The error in an `ERR`; none in any other packet.
pub(crate) fn parse_error(payload: &[u8]) -> Option<Refusal> {
    let mut fields = Fields(payload);
    if fields.byte()? != ERR {
        return None;
    }
    let number = fields.u16()?;
    let mut sqlstate = "HY000".to_owned();
    if let Some(rest) = fields.0.strip_prefix(b"#") {
        fields = Fields(rest);
        sqlstate = String::from_utf8_lossy(fields.bytes(5)?).into_owned();
    }
    let message = String::from_utf8_lossy(fields.0).into_owned();
    Some(Refusal {
        severity: "ERROR".into(),
        sqlstate: sqlstate.into(),
        message: message.into(),
        number: Some(number),
    })
}

/// The status in an `OK`, or in the `OK` that stands where an `EOF` did.
pub(crate) fn status_of_ok(payload: &[u8]) -> Option<u16> {
    let mut fields = Fields(payload);
    fields.byte()?;
    fields.integer()?;
    fields.integer()?;
    fields.u16()
}

/// The status in an `EOF`.
pub(crate) fn status_of_eof(payload: &[u8]) -> Option<u16> {
    let mut fields = Fields(payload);
    fields.byte()?;
    fields.u16()?;
    fields.u16()
}

/// Asks for the answer to another plugin.
pub(crate) fn switch(plugin: &str, data: &[u8]) -> Vec<u8> {
    let mut payload = vec![EOF];
    push_text(&mut payload, plugin.as_bytes());
    payload.extend(data);
    payload
}

/// The plugin and the data of a switch; none in any other packet, and in the one by which a server
/// asked for a password of before MySQL 4.1.
pub(crate) fn parse_switch(payload: &[u8]) -> Option<(String, &[u8])> {
    let mut fields = Fields(payload);
    if fields.byte()? != EOF || fields.0.is_empty() {
        return None;
    }
    let plugin = String::from_utf8_lossy(fields.text()).into_owned();
    Some((plugin, fields.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_back_with_and_without_its_sqlstate() {
        let refusal = Refusal {
            severity: "ERROR".into(),
            sqlstate: "28000".into(),
            message: "Access denied".into(),
            number: Some(1045),
        };
        let payload = error(&refusal, true);
        assert_eq!(payload, b"\xff\x15\x04#28000Access denied");
        assert_eq!(parse_error(&payload), Some(refusal.clone()));
        let payload = error(&refusal, false);
        assert_eq!(payload, b"\xff\x15\x04Access denied");
        assert_eq!(parse_error(&payload), Some(Refusal { sqlstate: "HY000".into(), ..refusal }));
        assert_eq!(parse_error(&ok(0)), None);
        assert_eq!(parse_error(b"\xff\x15\x04#28"), None);
    }

    #[test]
    fn the_status_is_found_in_each_packet() {
        assert_eq!(status_of_ok(&ok(status::AUTOCOMMIT)), Some(2));
        assert_eq!(status_of_ok(b"\xfe\xfc\x2c\x01\x05\x03\0\0\0"), Some(3));
        assert_eq!(status_of_eof(b"\xfe\x01\0\x22\0"), Some(0x22));
        assert_eq!((status_of_ok(b"\0\0\0\x01"), status_of_eof(b"\xfe\0\0")), (None, None));
    }

    #[test]
    fn a_switch_is_read_with_and_without_data() {
        assert_eq!(
            parse_switch(&switch("mysql_clear_password", b"")),
            Some(("mysql_clear_password".to_owned(), &b""[..]))
        );
        assert_eq!(parse_switch(b"\xfea\0bc"), Some(("a".to_owned(), &b"bc"[..])));
        assert_eq!((parse_switch(b"\xfe"), parse_switch(b"\x01\x04")), (None, None));
    }
}
