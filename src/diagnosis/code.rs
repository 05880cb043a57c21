//! The codes, which alarms, dashboards and scripts rely on.

use super::placeholder::{Context, fill};
use super::rules::authenticate::{admission, identity};
use super::rules::credentials::{keys, role};
use super::rules::secret::sentences;
use super::rules::{config, connect, credentials, query, resolve, tls};
use super::{Entry, Facts, Site};

macro_rules! codes {
    ($($variant:ident => $name:literal, $entry:expr;)+) => {
        /// What is wrong, in one word. A code does not fix its step: some occur at two.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant's meaning is its entry's first sentence")]
        pub enum Code {
            $($variant,)+
        }

        impl Code {
            /// Every code, in the order of the steps.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word itself, as reported.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The code of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }

            /// What it means, at such a place.
            pub fn meaning(self, site: Site) -> String {
                let facts = Facts { site, ..Facts::default() };
                fill(self.entry().meaning, Context::Prose, Some(&facts)).text
            }

            /// Its meaning and causes.
            pub fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$variant => &$entry,)+
                }
            }
        }
    };
}

codes! {
    ConfigInvalid => "config_invalid", config::CONFIG_INVALID;
    EventInvalid => "event_invalid", config::EVENT_INVALID;
    CaInvalid => "ca_invalid", config::CA_INVALID;
    CredentialsMissing => "credentials_missing", keys::MISSING;
    CredentialsMalformed => "credentials_malformed", keys::MALFORMED;
    CredentialsExpired => "credentials_expired", keys::EXPIRED;
    CredentialsTimeout => "credentials_timeout", keys::TIMEOUT;
    AssumeRoleDenied => "assume_role_denied", role::ROLE_DENIED;
    AssumeRoleFailed => "assume_role_failed", role::ROLE_FAILED;
    SecretDenied => "secret_denied", sentences::SECRET_DENIED;
    SecretNotFound => "secret_not_found", sentences::SECRET_NOT_FOUND;
    SecretMalformed => "secret_malformed", sentences::SECRET_MALFORMED;
    SecretTimeout => "secret_timeout", sentences::SECRET_TIMEOUT;
    SecretFailed => "secret_failed", sentences::SECRET_FAILED;
    SignFailed => "sign_failed", credentials::SIGN_FAILED;
    DnsNotFound => "dns_not_found", resolve::NOT_FOUND;
    DnsFailed => "dns_failed", resolve::FAILED;
    DnsTimeout => "dns_timeout", resolve::TIMEOUT;
    TcpRefused => "tcp_refused", connect::REFUSED;
    TcpUnreachable => "tcp_unreachable", connect::UNREACHABLE;
    TcpTimeout => "tcp_timeout", connect::TIMEOUT;
    TcpFailed => "tcp_failed", connect::FAILED;
    TlsNotOffered => "tls_not_offered", tls::NOT_OFFERED;
    TlsUnknownIssuer => "tls_unknown_issuer", tls::UNKNOWN_ISSUER;
    TlsNameMismatch => "tls_name_mismatch", tls::NAME_MISMATCH;
    TlsCertificateExpired => "tls_certificate_expired", tls::EXPIRED;
    TlsCertificateNotYetValid => "tls_certificate_not_yet_valid", tls::NOT_YET_VALID;
    TlsCertificateInvalid => "tls_certificate_invalid", tls::INVALID;
    TlsHandshakeFailed => "tls_handshake_failed", tls::HANDSHAKE_FAILED;
    TlsTimeout => "tls_timeout", tls::TIMEOUT;
    NotPostgres => "not_postgres", tls::NOT_POSTGRES;
    NotMysql => "not_mysql", tls::NOT_MYSQL;
    IamRejected => "iam_rejected", identity::IAM_REJECTED;
    IamThrottled => "iam_throttled", identity::IAM_THROTTLED;
    ProxyHasNoCredentials => "proxy_has_no_credentials", identity::NO_CREDENTIALS;
    PasswordRejected => "password_rejected", identity::PASSWORD_REJECTED;
    TlsRequired => "tls_required", identity::TLS_REQUIRED;
    PamRejected => "pam_rejected", identity::PAM_REJECTED;
    AuthMethodUnsupported => "auth_method_unsupported", identity::METHOD_UNSUPPORTED;
    StartupParameterUnsupported => "startup_parameter_unsupported", identity::PARAMETER_UNSUPPORTED;
    DatabaseNotFound => "database_not_found", admission::DATABASE_NOT_FOUND;
    TooManyConnections => "too_many_connections", admission::TOO_MANY_CONNECTIONS;
    ConnectionRateExceeded => "connection_rate_exceeded", admission::RATE_EXCEEDED;
    BorrowTimeout => "borrow_timeout", admission::BORROW_TIMEOUT;
    NoReader => "no_reader", admission::NO_READER;
    ServerUnavailable => "server_unavailable", admission::SERVER_UNAVAILABLE;
    ConnectNotPermitted => "connect_not_permitted", admission::CONNECT_NOT_PERMITTED;
    AuthTimeout => "auth_timeout", admission::TIMEOUT;
    AuthConnectionLost => "auth_connection_lost", admission::CONNECTION_LOST;
    AuthFailed => "auth_failed", admission::FAILED;
    QueryTimeout => "query_timeout", query::TIMEOUT;
    QueryFailed => "query_failed", query::FAILED;
    ConnectionLost => "connection_lost", query::CONNECTION_LOST;
    RoleMismatch => "role_mismatch", query::ROLE_MISMATCH;
    AuthNotAsked => "auth_not_asked", query::AUTH_NOT_ASKED;
    CertificateExpiring => "certificate_expiring", query::CERTIFICATE_EXPIRING;
}
