//! A token taken apart: host, port and parameters.
//!
//! Owns the form and nothing else: any parameter order, any parameters, with or without the slash
//! before the query (the Go SDK leaves it out:
//! <https://github.com/aws/aws-sdk-go-v2/blob/main/feature/rds/auth/connect_test.go>). Does not
//! know which parameters a good token has.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::reason::Reason;

/// The longest token that is looked at. Session tokens have no fixed bound; real ones stay far
/// below this.
const MAX_LENGTH: usize = 16 * 1024;

/// A name and a value, decoded.
type Parameter<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A token's parts, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The host as written, without the port.
    pub(crate) host: &'a str,
    /// The port as written.
    pub(crate) port: u16,
    /// Names and values, decoded, in the token's order. No name occurs twice.
    pub(crate) parameters: Vec<Parameter<'a>>,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(crate) fn parse(token: &'a str) -> Result<Self, Reason> {
        if token.is_empty() {
            return Err(Reason::Empty);
        }
        if token.len() > MAX_LENGTH {
            return Err(Reason::Form("it is longer than 16 KiB"));
        }
        let (authority, query) =
            token.split_once('?').ok_or(Reason::Form("it has no query, so it is no token"))?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = authority.rsplit_once(':').ok_or(Reason::Form("it has no port"))?;
        if host.is_empty()
            || host.contains(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)))
        {
            return Err(Reason::Form("its host is no host name"));
        }
        // u16's parser takes a leading plus sign, which no endpoint has.
        let port = Some(port)
            .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|port| port.parse().ok())
            .ok_or(Reason::Form("its port is no number"))?;
        Ok(Self { host, port, parameters: parameters(query)? })
    }

    /// A parameter's decoded value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}

fn parameters(query: &str) -> Result<Vec<Parameter<'_>>, Reason> {
    let mut parameters: Vec<Parameter<'_>> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').ok_or(Reason::Form("a parameter has no value"))?;
        let name = decode(name)?;
        if parameters.iter().any(|(key, _)| *key == name) {
            return Err(Reason::Form("a parameter occurs twice"));
        }
        parameters.push((name, decode(value)?));
    }
    Ok(parameters)
}

/// Percent-decoding that takes nothing but RFC 3986's form: a stray `%` is an error, a `+` is a
/// plus sign (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).
fn decode(text: &str) -> Result<Cow<'_, str>, Reason> {
    for escape in text.split('%').skip(1) {
        let mut digits = escape.bytes();
        if ![digits.next(), digits.next()].iter().flatten().all(u8::is_ascii_hexdigit)
            || escape.len() < 2
        {
            return Err(Reason::Form("a percent sign begins no escape"));
        }
    }
    percent_decode_str(text).decode_utf8().or(Err(Reason::Form("an escape is no UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_apart_with_and_without_the_slash() {
        for token in ["h.example:5432/?A=1&B=a%20b%2Bc+", "h.example:5432?A=1&B=a%20b%2Bc+"] {
            let token = Token::parse(token).expect("well formed");
            assert_eq!((token.host, token.port), ("h.example", 5432));
            assert_eq!((token.get("A"), token.get("B")), (Some("1"), Some("a b+c+")));
            assert_eq!(token.get("C"), None);
        }
    }

    #[test]
    fn what_is_no_token_is_refused_by_form() {
        for text in [
            "secret",
            "h/?A=1",
            "h:/?A=1",
            "h:+1/?A=1",
            "h:65536/?A=1",
            "https://h:1/?A=1",
            "h:1//?A=1",
            "h:1/x?A=1",
            ":1/?A=1",
            "h:1/?A",
            "h:1/?A=1&A=2",
            "h:1/?A=%",
            "h:1/?A=%2",
            "h:1/?A=%2x",
            "h:1/?A=%ff",
            "h:1/?A=1&",
        ] {
            assert!(matches!(Token::parse(text), Err(Reason::Form(_))), "{text}");
        }
        assert_eq!(Token::parse(""), Err(Reason::Empty));
    }
}
