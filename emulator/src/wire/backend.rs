//! Messages as a server sends them, and the two that open a session at the database.
//!
//! Owns turning values into bytes and an `ErrorResponse` into its fields. Does not know which text
//! answers what: that is `texts`.
//! Format: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use super::{Refusal, startup::VERSION_3_0, take, take_cstr};

/// What `AuthenticationXxx` asks for.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-AUTHENTICATIONOK>
pub(crate) mod authentication {
    pub(crate) const OK: u32 = 0;
    pub(crate) const KERBEROS: u32 = 2;
    pub(crate) const CLEARTEXT_PASSWORD: u32 = 3;
    pub(crate) const MD5_PASSWORD: u32 = 5;
    pub(crate) const GSS: u32 = 7;
    pub(crate) const SASL: u32 = 10;
    pub(crate) const SASL_CONTINUE: u32 = 11;
    pub(crate) const SASL_FINAL: u32 = 12;

    /// A request: its code, then what the method adds.
    pub(crate) fn request(code: u32, rest: &[u8]) -> Vec<u8> {
        super::message(super::tag::AUTHENTICATION, &[&code.to_be_bytes(), rest].concat())
    }
}

/// Tags of the server's messages.
pub(crate) mod tag {
    pub(crate) const AUTHENTICATION: u8 = b'R';
    pub(crate) const BACKEND_KEY_DATA: u8 = b'K';
    pub(crate) const COPY_IN_RESPONSE: u8 = b'G';
    pub(crate) const DATA_ROW: u8 = b'D';
    pub(crate) const ERROR_RESPONSE: u8 = b'E';
    pub(crate) const NOTICE_RESPONSE: u8 = b'N';
    pub(crate) const PARAMETER_STATUS: u8 = b'S';
    pub(crate) const READY_FOR_QUERY: u8 = b'Z';
}

/// A typed message with this body.
pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 5);
    bytes.push(tag);
    bytes.extend(length(body.len() + 4));
    bytes.extend(body);
    bytes
}

/// An `ErrorResponse` with the fields S, V, C and M, the ones that a proxy's answer is known to have.
/// <https://www.postgresql.org/docs/current/protocol-error-fields.html>
pub(crate) fn error_response(refusal: &Refusal) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in [
        (b'S', &refusal.severity),
        (b'V', &refusal.severity),
        (b'C', &refusal.sqlstate),
        (b'M', &refusal.message),
    ] {
        body.push(field);
        body.extend(value.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body.push(0);
    message(tag::ERROR_RESPONSE, &body)
}

/// The severity, SQLSTATE and message of an `ErrorResponse`'s body.
pub(crate) fn parse_error_response(mut body: &[u8]) -> Refusal {
    let (mut severity, mut sqlstate, mut message) =
        ("FATAL".to_owned(), "XX000".to_owned(), String::new());
    while let Some([field]) = take::<1>(&mut body) {
        let Some(value) = take_cstr(&mut body) else { break };
        let value = String::from_utf8_lossy(value).into_owned();
        match field {
            b'V' => severity = value,
            b'C' => sqlstate = value,
            b'M' => message = value,
            _ => {}
        }
    }
    Refusal {
        severity: severity.into(),
        sqlstate: sqlstate.into(),
        message: message.into(),
        number: None,
    }
}

/// `ParameterStatus`.
pub(crate) fn parameter_status(name: &str, value: &str) -> Vec<u8> {
    message(tag::PARAMETER_STATUS, format!("{name}\0{value}\0").as_bytes())
}

/// `ReadyForQuery`, outside of a transaction.
pub(crate) fn ready_for_query() -> Vec<u8> {
    message(tag::READY_FOR_QUERY, b"I")
}

/// A `StartupMessage` of protocol 3.0.
pub(crate) fn startup<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut body = VERSION_3_0.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend(name.bytes());
        body.push(0);
        body.extend(value.bytes());
        body.push(0);
    }
    body.push(0);
    [&length(body.len() + 4)[..], &body].concat()
}

/// A message's length field. Our own messages are far below the bound that saturates here.
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_response_has_four_fields_and_comes_back() {
        let refusal = Refusal {
            severity: "FATAL".into(),
            sqlstate: "28000".into(),
            message: "This RDS Proxy requires TLS connections".into(),
            number: None,
        };
        let bytes = error_response(&refusal);
        let text = b"SFATAL\0VFATAL\0C28000\0MThis RDS Proxy requires TLS connections\0\0";
        assert_eq!(bytes[..5], [b'E', 0, 0, 0, u8::try_from(text.len()).expect("short") + 4]);
        assert_eq!(bytes[5..], text[..]);
        assert_eq!(parse_error_response(&bytes[5..]), refusal);
    }
}
