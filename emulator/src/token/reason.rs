//! Why a token is refused.
//!
//! Owns the reasons and their words for the emulator's own log, where no part of a token that is
//! secret may stand. What is checked, and in which order, is `verify`.

use std::fmt;

use time::Duration;

/// The one algorithm that a token may name.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The longest life that a token may claim:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>.
pub(super) const MAX_LIFE_S: i64 = 900;

/// Why a token was refused. Carries what the token claims, never a part that is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Empty,
    Form(&'static str),
    Missing(&'static str),
    Host(String),
    Port(u16),
    Action,
    User(String),
    Algorithm,
    SignedHeaders,
    Date,
    Expires,
    Expired { ago: Duration },
    Future { ahead: Duration },
    Scope(&'static str),
    Region(String),
    UnknownKey,
    SessionToken,
    Signature,
    NotPermitted(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the password is empty"),
            Self::Form(what) => write!(f, "the password is no token: {what}"),
            Self::Missing(name) => write!(f, "the token has no {name}"),
            Self::Host(host) => write!(f, "the token is for the host {host:?}"),
            Self::Port(port) => write!(f, "the token is for port {port}"),
            Self::Action => f.write_str("the token's Action is not connect"),
            Self::User(user) => write!(f, "the token is for the user {user:?}"),
            Self::Algorithm => write!(f, "the token's algorithm is not {ALGORITHM}"),
            Self::SignedHeaders => f.write_str("the token signs other headers than host"),
            Self::Date => f.write_str("the token's X-Amz-Date is no time"),
            Self::Expires => write!(f, "the token's X-Amz-Expires is not 1 to {MAX_LIFE_S}"),
            Self::Expired { ago } => write!(f, "the token expired {} s ago", ago.whole_seconds()),
            Self::Future { ahead } => {
                write!(f, "the token is from the future by {} s", ahead.whole_seconds())
            }
            Self::Scope(what) => write!(f, "the token's credential scope is wrong: {what}"),
            Self::Region(region) => write!(f, "the token is for the region {region:?}"),
            Self::UnknownKey => f.write_str("the token's access key is no principal's"),
            Self::SessionToken => f.write_str("the session token is not the principal's"),
            Self::Signature => f.write_str("the signature does not match"),
            Self::NotPermitted(arn) => write!(f, "the principal may not rds-db:connect to {arn}"),
        }
    }
}
