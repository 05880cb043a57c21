//! A `postgres://` or `mysql://` URL: a server that is there already.
//!
//! Owns taking the URL apart. What its parts mean to the emulator: sessions run as the client's own
//! user, as behind a real proxy, with that user's own password or else the URL's. The URL's own user
//! runs the script of `--init-sql` and nothing else. The connection is plain TCP: a database on the same machine or network.
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::engine::Engine;

/// A server by URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// What it is, by the scheme.
    pub engine: Engine,
    /// Host name or address, without brackets.
    pub host: String,
    /// The port, its engine's own unless named.
    pub port: u16,
    /// The database, if named.
    pub database: Option<String>,
    /// The user, if named.
    pub user: Option<String>,
    password: Option<String>,
}

impl Url {
    /// The password, which serves users that have none.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

/// Shows no password.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Url")
            .field("engine", &self.engine)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a URL. Never repeats it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlError(&'static str);

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; expected postgres:// or mysql:// and [USER[:PASSWORD]@]HOST[:PORT][/DATABASE]",
            self.0
        )
    }
}

impl std::error::Error for UrlError {}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let schemes = [
            ("postgres://", Engine::PostgreSql),
            ("postgresql://", Engine::PostgreSql),
            ("mysql://", Engine::MySql),
        ];
        let (rest, engine) = schemes
            .iter()
            .find_map(|(scheme, engine)| Some((text.strip_prefix(scheme)?, *engine)))
            .ok_or(UrlError("it does not begin with postgres:// or mysql://"))?;
        if rest.contains('?') {
            return Err(UrlError("parameters are not supported"));
        }
        let (authority, database) = match rest.split_once('/') {
            Some((authority, database)) => (authority, Some(database)),
            None => (rest, None),
        };
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (user, address),
            None => ("", authority),
        };
        let (user, password) = match user.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user, None),
        };
        let user = Some(user).filter(|user| !user.is_empty()).map(decode).transpose()?;
        let password = password.map(decode).transpose()?;
        let (host, port) = split_port(address, engine.port())?;
        let database = database.filter(|name| !name.is_empty()).map(decode).transpose()?;
        Ok(Self { engine, host: host.to_owned(), port, database, user, password })
    }
}

fn split_port(address: &str, usual: u16) -> Result<(&str, u16), UrlError> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(UrlError("a bracket is missing"))?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(UrlError("the brackets don't hold an IPv6 address"));
            }
            match rest.strip_prefix(':') {
                None if !rest.is_empty() => {
                    return Err(UrlError("only a port may follow the bracket"));
                }
                port => (host, port),
            }
        }
        None => match address.split_once(':') {
            Some((host, port)) => (named(host)?, Some(port)),
            None => (named(address)?, None),
        },
    };
    let port = port.map_or(Ok(usual), parse_port)?;
    Ok((host, port))
}

/// A host name, or an IPv4 address.
fn named(host: &str) -> Result<&str, UrlError> {
    if host.is_empty() {
        return Err(UrlError("the host is missing"));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte) || byte >= 0x80;
    if host.bytes().all(fits) {
        Ok(host)
    } else {
        Err(UrlError("the host isn't a valid host name"))
    }
}

fn parse_port(port: &str) -> Result<u16, UrlError> {
    let digits = Some(port).filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    number.ok_or(UrlError("the port isn't a number from 1 to 65535"))
}

fn decode(text: &str) -> Result<String, UrlError> {
    let is_escape = |rest: &str| {
        rest.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    if !text.split('%').skip(1).all(is_escape) {
        return Err(UrlError("a percent sign needs two hexadecimal digits after it"));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if text.contains('\0') => Err(UrlError("%00 is not allowed")),
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(UrlError("an escape is no UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart() {
        let parts = |text: &str| {
            let url: Url = text.parse().expect("well formed");
            (url.host, url.port, url.database, url.user, url.password)
        };
        let owned = |text: &str| Some(text.to_owned());
        assert_eq!(parts("postgres://db"), ("db".to_owned(), 5432, None, None, None));
        assert_eq!(
            parts("postgresql://%40u:p%40%2F@[::1]:6000/a%20b"),
            ("::1".to_owned(), 6000, owned("a b"), owned("@u"), owned("p@/"))
        );
        assert_eq!(parts("mysql://db"), ("db".to_owned(), 3306, None, None, None));
        let (.., user, password) = parts("postgresql://:p@db");
        assert_eq!((user, password), (None, owned("p")));
    }

    #[test]
    fn a_broken_url_is_named_without_its_password() {
        for text in [
            "db",
            "http://db",
            "postgres://",
            "postgres://u@:1",
            "postgres://h:x/",
            "postgres://h/?sslmode=require",
            "postgres://[::1/",
        ] {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_left_over_or_is_no_host_or_port_is_refused() {
        for (text, what) in [
            ("postgres://[::1]junk/", "only a port may follow the bracket"),
            ("postgres://[::1]:5432junk/", "the port isn't a number from 1 to 65535"),
            ("postgres://[db]/", "the brackets don't hold an IPv6 address"),
            ("postgres://[]/", "the brackets don't hold an IPv6 address"),
            ("postgres://::1/", "the host is missing"),
            ("postgres://h:1:2/", "the port isn't a number from 1 to 65535"),
            ("postgres://h:+1/", "the port isn't a number from 1 to 65535"),
            ("postgres://h:0/", "the port isn't a number from 1 to 65535"),
            ("postgres://h:65536/", "the port isn't a number from 1 to 65535"),
            ("postgres://h:/", "the port isn't a number from 1 to 65535"),
            ("postgres://one,two/", "the host isn't a valid host name"),
            ("postgres://h#x/", "the host isn't a valid host name"),
            ("postgres://a b/", "the host isn't a valid host name"),
            ("postgres://h%41/", "the host isn't a valid host name"),
            ("postgres://h/a%zz", "a percent sign needs two hexadecimal digits after it"),
            ("postgres://h/a%", "a percent sign needs two hexadecimal digits after it"),
            ("postgres://u:%4@h/a", "a percent sign needs two hexadecimal digits after it"),
            ("postgres://h/a%00b", "%00 is not allowed"),
            ("postgres://h/%ff", "an escape is no UTF-8"),
        ] {
            let error = text.parse::<Url>().expect_err(text);
            assert_eq!(error, UrlError(what), "{text}");
        }
        for text in ["postgres://db_1.example-2.com", "postgres://[fe80::1]", "postgres://h/a%25b"]
        {
            text.parse::<Url>().expect(text);
        }
    }
}
