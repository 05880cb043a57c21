//! The table at the top of TROUBLESHOOTING.md: each step, what it does, and the codes that it can
//! end with. docs/reference.md lists the same codes; a test compares the two.

use std::fmt::Write as _;

use super::Code;
use crate::probe::Step;

/// Writes the table, each code a link to its entry.
pub(super) fn table(page: &mut String) -> std::fmt::Result {
    writeln!(page, "\n| step | what the probe does there | codes |\n|---|---|---|")?;
    for step in Step::ALL {
        let codes = Code::ALL.iter().filter(|code| code.steps().contains(&step));
        let links = codes.map(|code| format!("[`{0}`](#{0})", code.as_str()));
        let links = links.collect::<Vec<_>>().join(", ");
        writeln!(page, "| `{}` | {} | {links} |", step.as_str(), work(step))?;
    }
    Ok(())
}

fn work(step: Step) -> &'static str {
    match step {
        Step::Config => "reads its variables, trust anchors and the event",
        Step::Credentials => {
            "gets AWS keys and, if so configured, assumes a role or reads a secret"
        }
        Step::Sign => "signs the IAM token, without a network",
        Step::Resolve => "looks up the host name",
        Step::Connect => "opens a TCP connection",
        Step::Tls => "asks for TLS and verifies the certificate",
        Step::Authenticate => "logs in",
        Step::Query => "asks the database one question",
    }
}

impl Code {
    /// The steps at which it occurs. A server may delay the rejection of a login until the query;
    /// only the codes with which RDS Proxy is known to do that have both.
    pub fn steps(self) -> &'static [Step] {
        match self {
            Self::ConfigInvalid | Self::EventInvalid | Self::CaInvalid => &[Step::Config],
            Self::CredentialsMissing
            | Self::CredentialsMalformed
            | Self::CredentialsExpired
            | Self::CredentialsTimeout
            | Self::AssumeRoleDenied
            | Self::AssumeRoleFailed
            | Self::SecretDenied
            | Self::SecretNotFound
            | Self::SecretMalformed
            | Self::SecretTimeout
            | Self::SecretFailed => &[Step::Credentials],
            Self::SignFailed => &[Step::Sign],
            Self::DnsNotFound | Self::DnsFailed | Self::DnsTimeout => &[Step::Resolve],
            Self::TcpRefused | Self::TcpUnreachable | Self::TcpTimeout | Self::TcpFailed => {
                &[Step::Connect]
            }
            Self::TlsNotOffered
            | Self::TlsUnknownIssuer
            | Self::TlsNameMismatch
            | Self::TlsCertificateExpired
            | Self::TlsCertificateNotYetValid
            | Self::TlsCertificateInvalid
            | Self::TlsHandshakeFailed
            | Self::TlsTimeout
            | Self::NotPostgres
            | Self::NotMysql => &[Step::Tls],
            Self::IamRejected
            | Self::IamThrottled
            | Self::ProxyHasNoCredentials
            | Self::PasswordRejected
            | Self::TlsRequired
            | Self::PamRejected
            | Self::AuthMethodUnsupported
            | Self::StartupParameterUnsupported
            | Self::DatabaseNotFound
            | Self::TooManyConnections
            | Self::ConnectionRateExceeded
            | Self::NoReader
            | Self::ConnectNotPermitted
            | Self::AuthTimeout
            | Self::AuthConnectionLost
            | Self::AuthFailed
            | Self::AuthNotAsked => &[Step::Authenticate],
            Self::BorrowTimeout | Self::ServerUnavailable => &[Step::Authenticate, Step::Query],
            Self::QueryTimeout
            | Self::QueryFailed
            | Self::ConnectionLost
            | Self::RoleMismatch
            | Self::CertificateExpiring => &[Step::Query],
        }
    }
}
