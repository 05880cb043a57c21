//! What can go wrong between the socket and an encrypted stream.
//!
//! [`classify`] is the one place that reads rustls' errors. It turns them into our own
//! variants, with the facts as fields and rustls' own error beside them.

use std::io;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};

/// No encrypted stream.
#[derive(Debug)]
pub enum TlsError {
    /// The server does not offer TLS.
    NotOffered,
    /// The server answered the request for TLS with an unencrypted error message, as a database can
    /// that starts no session; its text is not kept, since nothing says who sent it.
    ErrorBeforeTls,
    /// The server left the request for TLS unanswered, and answered a handshake without it.
    ExpectsTls,
    /// The server closed the connection.
    Closed(Moment),
    /// The certificate does not chain to a trust anchor.
    UnknownIssuer,
    /// The certificate is for other names.
    NameMismatch,
    /// The certificate has expired.
    Expired {
        /// The time of the check.
        now: Option<SystemTime>,
    },
    /// The certificate is not valid yet.
    NotYetValid {
        /// The time of the check.
        now: Option<SystemTime>,
    },
    /// The certificate is unusable for another reason.
    InvalidCertificate(CertificateError),
    /// The handshake failed for a reason that is not the certificate.
    Handshake(Error),
    /// The socket failed.
    Io(Moment, io::Error),
}

/// How far the conversation got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The server had not agreed to TLS yet.
    BeforeTls,
    /// The server agreed, and the handshake has started.
    Handshake,
}

/// Classifies an error of the handshake's stream.
pub(super) fn classify(error: io::Error) -> TlsError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(reason)) => classify_certificate(reason.clone()),
        Some(other) => TlsError::Handshake(other.clone()),
        None => from_io(Moment::Handshake, error),
    }
}

/// Classifies an error of the socket.
pub(crate) fn from_io(moment: Moment, error: io::Error) -> TlsError {
    let closed = matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    );
    if closed { TlsError::Closed(moment) } else { TlsError::Io(moment, error) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "rustls' enum is not exhaustive")]
fn classify_certificate(reason: CertificateError) -> TlsError {
    match reason {
        CertificateError::UnknownIssuer => TlsError::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsError::NameMismatch
        }
        CertificateError::Expired => TlsError::Expired { now: None },
        CertificateError::ExpiredContext { time, .. } => TlsError::Expired { now: system(time) },
        CertificateError::NotValidYet => TlsError::NotYetValid { now: None },
        CertificateError::NotValidYetContext { time, .. } => {
            TlsError::NotYetValid { now: system(time) }
        }
        other => TlsError::InvalidCertificate(other),
    }
}

fn system(time: UnixTime) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()))
}
