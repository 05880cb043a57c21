//! A server's error packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use super::fields::Fields;
use super::packet::ERR;
use crate::session::{ErrorCode, ServerError, TEXT_LIMIT};
use crate::token::Secrets;

/// The error that a packet is; `None` if it is none.
///
/// An error in place of the greeting may come without its SQLSTATE: the server does not know yet
/// what the client understands.
pub(super) fn server_error(payload: &[u8], secrets: &Secrets) -> Option<ServerError> {
    let mut fields = Fields::new(payload);
    if fields.byte()? != ERR {
        return None;
    }
    let number = fields.u16().unwrap_or_default();
    let rest = fields.rest();
    let (sqlstate, message) =
        match rest.strip_prefix(b"#").and_then(|rest| rest.split_at_checked(5)) {
            Some((sqlstate, message)) => (Some(sqlstate), message),
            None => (None, rest),
        };
    let sqlstate = sqlstate.and_then(|sqlstate| str::from_utf8(sqlstate).ok());
    let message = secrets.clean(&String::from_utf8_lossy(message), TEXT_LIMIT);
    Some(ServerError { code: ErrorCode::mysql(number, sqlstate), message })
}

#[cfg(test)]
mod tests {
    use mysql_common::constants::CapabilityFlags;
    use mysql_common::io::ParseBuf;
    use mysql_common::packets::ErrPacket;
    use proptest::prelude::*;

    use super::*;

    fn error(payload: &[u8]) -> Option<ServerError> {
        server_error(payload, &Secrets::default())
    }

    #[test]
    fn an_error_is_read_with_and_without_its_sqlstate() {
        let denied = error(b"\xff\x15\x04#28000Access denied").unwrap();
        assert_eq!(denied.code, ErrorCode::mysql(1045, Some("28000")));
        assert_eq!((denied.code.sqlstate(), denied.code.number()), (Some("28000"), Some(1045)));
        assert_eq!(denied.message, "Access denied");
        let full = error(b"\xff\x10\x04Too many connections").unwrap();
        assert_eq!((full.code.sqlstate(), full.code.number()), (None, Some(1040)));
        assert_eq!(full.message, "Too many connections");
        assert_eq!(error(b"\xff\x10\x04#0").unwrap().message, "#0");
        assert_eq!(error(b"\0"), None);
    }

    #[test]
    fn a_secret_in_an_error_does_not_get_out_of_it() {
        let mut secrets = Secrets::default();
        secrets.add("0123456789abcdef0123456789abcdef");
        let payload = b"\xff\x15\x04#01234 denied: 0123456789abcdef0123456789abcdef";
        let denied = server_error(payload, &secrets).unwrap();
        assert_eq!(denied.message, " denied: (redacted)");
        let odd = server_error(b"\xff\x15\x04#0a\xffz!no", &secrets).unwrap();
        assert_eq!((odd.code.sqlstate(), odd.message.as_str()), (None, "no"));
    }

    proptest! {
        #[test]
        fn any_error_is_read_as_another_library_reads_it(
            number in 1_u16..,
            sqlstate in "[0-9A-Z]{5}",
            message in "[^#\0]{1,60}",
        ) {
            let mut payload = vec![0xff];
            payload.extend(number.to_le_bytes());
            payload.extend(format!("#{sqlstate}{message}").as_bytes());
            let flags = CapabilityFlags::CLIENT_PROTOCOL_41;
            let ErrPacket::Error(theirs) = ParseBuf(&payload).parse::<ErrPacket<'_>>(flags).unwrap()
            else {
                // Its progress reports have a separate number.
                prop_assert_eq!(number, 0xffff);
                return Ok(());
            };
            let ours = error(&payload).unwrap();
            prop_assert_eq!(ours.code.number(), Some(theirs.error_code()));
            let theirs_state = theirs.sql_state_ref().map(|state| state.as_str().into_owned());
            prop_assert_eq!(ours.code.sqlstate(), theirs_state.as_deref());
            prop_assert_eq!(ours.message, theirs.message_str());
        }
    }
}
