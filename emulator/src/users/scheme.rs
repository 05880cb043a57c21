//! How the proxy is set up to authenticate: `DefaultAuthScheme`, `IAMAuth`, `ClientPasswordAuthType`.
//!
//! Owns the settings and their names on the command line. What follows from them is in `client` for
//! the client's side and in `backend` for the database's.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_UserAuthConfig.html>

use std::fmt;
use std::str::FromStr;

use super::{Method, Plugin};
use crate::engine::Engine;

/// Where credentials come from, and whether IAM users may use theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthScheme {
    /// `secrets`: a secret for each user, and for IAM users also `IAMAuth: REQUIRED`.
    #[default]
    Secrets,
    /// `secrets-iam-disabled`: the same, but IAM users' entries say `IAMAuth: DISABLED`. They are
    /// asked for the secret's password, which no token is.
    SecretsIamDisabled,
    /// `iam`: end to end, `DefaultAuthScheme: IAM_AUTH`. Any user may bring a token. The proxy logs
    /// in to the database with its own, so the role must hold `rds_iam` there.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html>
    Iam,
}

/// How password users are asked for their passwords: `ClientPasswordAuthType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordAuth {
    /// `scram-sha-256`: `POSTGRES_SCRAM_SHA_256`, the default for PostgreSQL.
    #[default]
    ScramSha256,
    /// `md5`: `POSTGRES_MD5`.
    Md5,
    /// `cleartext`: PostgreSQL's, inside TLS, which a database may ask for and RDS Proxy does not.
    Cleartext,
    /// `caching_sha2_password`: `MYSQL_CACHING_SHA2_PASSWORD`, the default for MySQL.
    CachingSha2Password,
    /// `mysql_native_password`: `MYSQL_NATIVE_PASSWORD`.
    MysqlNativePassword,
}

/// What a way to ask for passwords is in an engine's protocol.
pub(crate) enum Asks {
    PostgreSql(Method),
    MySql(Plugin),
}

impl PasswordAuth {
    /// An engine's default.
    pub(crate) fn usual(engine: Engine) -> Self {
        match engine {
            Engine::PostgreSql => Self::ScramSha256,
            Engine::MySql => Self::CachingSha2Password,
        }
    }

    pub(crate) fn asks(self) -> Asks {
        match self {
            Self::ScramSha256 => Asks::PostgreSql(Method::Scram),
            Self::Md5 => Asks::PostgreSql(Method::Md5),
            Self::Cleartext => Asks::PostgreSql(Method::Cleartext),
            Self::CachingSha2Password => Asks::MySql(Plugin::CachingSha2),
            Self::MysqlNativePassword => Asks::MySql(Plugin::Native),
        }
    }
}

/// Its name on the command line.
impl fmt::Display for PasswordAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ScramSha256 => "scram-sha-256",
            Self::Md5 => "md5",
            Self::Cleartext => "cleartext",
            Self::CachingSha2Password => "caching_sha2_password",
            Self::MysqlNativePassword => "mysql_native_password",
        })
    }
}

/// A value that is none of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemeError(&'static str);

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

impl std::error::Error for SchemeError {}

impl FromStr for AuthScheme {
    type Err = SchemeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "secrets" => Ok(Self::Secrets),
            "secrets-iam-disabled" => Ok(Self::SecretsIamDisabled),
            "iam" => Ok(Self::Iam),
            _ => Err(SchemeError("secrets, secrets-iam-disabled or iam")),
        }
    }
}

impl FromStr for PasswordAuth {
    type Err = SchemeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "scram-sha-256" => Ok(Self::ScramSha256),
            "md5" => Ok(Self::Md5),
            "cleartext" => Ok(Self::Cleartext),
            "caching_sha2_password" => Ok(Self::CachingSha2Password),
            "mysql_native_password" => Ok(Self::MysqlNativePassword),
            _ => Err(SchemeError(
                "scram-sha-256, md5 or cleartext, or for MySQL caching_sha2_password or \
                 mysql_native_password",
            )),
        }
    }
}
