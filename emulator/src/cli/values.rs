//! The values of options, as types or with what was expected instead.
//!
//! Owns the forms of names that AWS gives, and the suggestions for near misses. Which option is
//! wrong, and the sentence around it, is for `complaint`.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;

use super::suggestion::nearest;
use crate::backend::Backend;
use crate::client::OnPin;
use crate::engine::Engine;
use crate::fault::{Fault, FaultError};
use crate::users::{AuthScheme, PasswordAuth};

/// The longest name of a database, in bytes:
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>.
const MAX_NAME: usize = 63;

/// The longest host name and the longest part of one, in bytes:
/// <https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4>.
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// An address and a port.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let expected = || "expected an address and a port such as 127.0.0.1:0".to_owned();
    text.parse().map_err(|_syntax: std::net::AddrParseError| expected())
}

/// A region, such as `eu-west-1`, `us-gov-east-1` or `eusc-de-east-1`.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
pub(super) fn region(text: &str) -> Result<String, String> {
    let is_word = |part: &&str| all(part, |byte| byte.is_ascii_lowercase());
    let parts: Vec<&str> = text.split('-').collect();
    let is_region = parts.len() >= 3
        && parts.split_last().is_some_and(|(number, words)| {
            all(number, |byte| byte.is_ascii_digit()) && words.iter().all(is_word)
        });
    checked(text, is_region, "expected an AWS region such as eu-west-1")
}

/// A host name that a certificate can be made for.
pub(super) fn host(text: &str) -> Result<String, String> {
    let is_label = |label: &str| {
        label.len() <= MAX_LABEL
            && all(label, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = text.rsplit('.').next().is_some_and(|last| all(last, |b| b.is_ascii_digit()));
    let is_host = text.len() <= MAX_HOST && text.split('.').all(is_label) && !is_address;
    checked(
        text,
        is_host,
        "expected a host name such as app.proxy-abc123.eu-west-1.rds.amazonaws.com",
    )
}

/// A port.
pub(super) fn port(text: &str) -> Result<u16, String> {
    let digits = Some(text).filter(|text| all(text, |byte| byte.is_ascii_digit()));
    let port = digits.and_then(|text| text.parse().ok()).filter(|port| *port > 0);
    port.ok_or_else(|| "expected a port from 1 to 65535".to_owned())
}

/// An account: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>.
pub(super) fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && all(text, |byte| byte.is_ascii_digit());
    checked(text, is_account, "expected the 12 digits of an AWS account such as 123456789012")
}

/// The id of a proxy, which is not its name:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>.
pub(super) fn proxy_id(text: &str) -> Result<String, String> {
    let is_id = text
        .strip_prefix("prx-")
        .is_some_and(|rest| all(rest, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    let expected = "expected the id of a proxy, the last part of its ARN, such as \
                    prx-0123456789abcdef0";
    checked(text, is_id, expected)
}

/// The name of a database.
pub(super) fn database(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.len() <= MAX_NAME;
    checked(text, is_name, "expected the name of a database, 1 to 63 bytes long")
}

/// Which engine is behind the proxy.
pub(super) fn engine(text: &str) -> Result<Engine, String> {
    named(text, &["postgresql", "mysql"])
}

/// What is behind the proxy.
pub(super) fn backend(text: &str) -> Result<Backend, String> {
    text.parse().map_err(|error| suggesting(error, text, ["temporary"].into_iter()))
}

/// Where credentials come from.
pub(super) fn auth_scheme(text: &str) -> Result<AuthScheme, String> {
    named(text, &["secrets", "secrets-iam-disabled", "iam"])
}

/// How passwords are asked for.
pub(super) fn password_auth(text: &str) -> Result<PasswordAuth, String> {
    named(
        text,
        &["scram-sha-256", "md5", "cleartext", "caching_sha2_password", "mysql_native_password"],
    )
}

/// What happens at a statement that pins.
pub(super) fn on_pin(text: &str) -> Result<OnPin, String> {
    named(text, &["log", "error"])
}

/// A way to misbehave, of one engine or of both.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedFault {
    postgresql: Option<Fault>,
    mysql: Option<Fault>,
}

impl NamedFault {
    /// What it is with this engine.
    pub(super) fn of(self, engine: Engine) -> Option<Fault> {
        match engine {
            Engine::PostgreSql => self.postgresql,
            Engine::MySql => self.mysql,
        }
    }
}

/// A way to misbehave. Which engine is meant is not known yet.
pub(super) fn fault(text: &str) -> Result<NamedFault, String> {
    let named = [Engine::PostgreSql, Engine::MySql].map(|engine| Fault::named(engine, text));
    let [postgresql, mysql] = named;
    if postgresql.is_ok() || mysql.is_ok() {
        return Ok(NamedFault { postgresql: postgresql.ok(), mysql: mysql.ok() });
    }
    let is_number = |error: &FaultError| matches!(error, FaultError::Number(_));
    if [&postgresql, &mysql].iter().any(|named| named.as_ref().is_err_and(is_number)) {
        return Err("expected NAME, NAME:N or NAME:N+, with N from 1 on".to_owned());
    }
    let names = Fault::of(Engine::PostgreSql).chain(Fault::of(Engine::MySql));
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let expected = "expected a name that --list-faults prints";
    Err(suggesting(expected, name, names.map(|fault| fault.name)))
}

fn named<T: FromStr<Err: Display>>(text: &str, names: &[&str]) -> Result<T, String> {
    text.parse().map_err(|error| suggesting(error, text, names.iter().copied()))
}

/// What was expected, and what was probably meant.
fn suggesting<'a>(
    expected: impl Display,
    text: &str,
    names: impl Iterator<Item = &'a str>,
) -> String {
    match nearest(text, names) {
        Some(name) => format!("{expected}; did you mean \"{name}\"?"),
        None => expected.to_string(),
    }
}

fn checked(text: &str, is_good: bool, expected: &str) -> Result<String, String> {
    if is_good { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

/// Whether a text consists of such bytes, and of one at least.
fn all(text: &str, is_good: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is_good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    fn check(value: fn(&str) -> Result<String, String>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(value(text).as_deref(), Ok(*text));
        }
        for text in bad {
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn regions_of_all_partitions_are_taken_and_no_other_word() {
        let good = ["us-east-1", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1", "me-x-22"];
        let bad =
            ["", "mars", "us-east", "us-east-1a", "US-EAST-1", "us--1", "us-east-", "eu_west_1"];
        check(region, &good, &bad);
    }

    #[test]
    fn hosts_are_names_that_a_certificate_can_have() {
        let Options { endpoint_host, reader_host, .. } = Options::default();
        let long = format!("{}.com", "a".repeat(63));
        let too_long = format!("{}.com", "a".repeat(64));
        let all_too_long = ["abc."; 64].concat() + "de";
        let good = [&endpoint_host, &reader_host, "db", "App.Example.com", "1.db", &long];
        let bad =
            ["", ".", "a..b", "a.", "-a.b", "a-.b", "a b", "ü.de", "a_b.c", "127.0.0.1", "::1"];
        check(host, &good, &bad);
        check(host, &[], &[&too_long, &all_too_long, "db:5432", "https://db"]);
    }

    #[test]
    fn accounts_and_proxies_have_their_form() {
        check(account, &["123456789012"], &["", "12345678901", "1234567890123", "12345678901a"]);
        let bad = ["", "prx-", "proxy-1", "my-proxy", "prx-A", "prx-0/app", "prx-*"];
        check(proxy_id, &["prx-0123456789abcdef0", "prx-1"], &bad);
        check(database, &["app", "a b\"c", &"ü".repeat(31)], &["", &"ü".repeat(32)]);
    }

    #[test]
    fn near_misses_are_named_with_what_was_probably_meant() {
        let said = [
            fault("iam-rejectd:2").map(drop),
            fault("mars").map(drop),
            fault("iam-rejected:0").map(drop),
            auth_scheme("secret").map(drop),
            password_auth("scram").map(drop),
            backend("temporay").map(drop),
            backend("postgres://u:secret@h:x").map(drop),
            address("localhost").map(drop),
            port("0").map(drop),
            port("+1").map(drop),
        ];
        let expected = [
            "expected a name that --list-faults prints; did you mean \"iam-rejected\"?",
            "expected a name that --list-faults prints",
            "expected NAME, NAME:N or NAME:N+, with N from 1 on",
            "expected secrets, secrets-iam-disabled or iam; did you mean \"secrets\"?",
            "expected scram-sha-256, md5 or cleartext, or for MySQL caching_sha2_password or \
             mysql_native_password; did you mean \"scram-sha-256\"?",
            "it does not begin with postgres:// or mysql://; expected postgres:// or mysql:// and \
             [USER[:PASSWORD]@]HOST[:PORT][/DATABASE]; did you mean \"temporary\"?",
            "the port isn't a number from 1 to 65535; expected postgres:// or mysql:// and \
             [USER[:PASSWORD]@]HOST[:PORT][/DATABASE]",
            "expected an address and a port such as 127.0.0.1:0",
            "expected a port from 1 to 65535",
            "expected a port from 1 to 65535",
        ];
        assert_eq!(said, expected.map(|text| Err(text.to_owned())));
    }
}
