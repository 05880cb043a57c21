//! The words of drivers, languages and operating systems for what happens before a server speaks,
//! in lower case. `tests/corpus/` has each in a text that someone posted.
//!
//! The most exact come first: a trace often has a general complaint around the cause.

use rds_proxy_probe::diagnosis::{Advice, Code, driver};

/// The code, and the words that it was recognized by.
pub(super) fn find(text: &str) -> Option<(Code, &'static str)> {
    let text = text.to_lowercase();
    let has_all = |words: &[&str]| words.iter().all(|words| text.contains(words));
    let (words, code) = WORDS.iter().find(|(words, _)| has_all(words))?;
    words.last().map(|shown| (*code, *shown))
}

/// A code whose cause a driver names itself, and the words that it was recognized by.
pub(super) fn find_cause(text: &str) -> Option<(Code, &'static str, &'static Advice)> {
    let text = text.to_lowercase();
    let within = |words: &&[&'static str]| words.iter().copied().find(|it| text.contains(it));
    CAUSES.iter().find_map(|(words, code, advice)| Some((*code, within(words)?, *advice)))
}

/// Words for each of these causes.
const CAUSES: &[(&[&str], Code, &Advice)] = &[
    (
        &[
            "plugin 'mysql_clear_password' cannot be loaded",
            "plugin mysql_clear_password could not be loaded",
            "unknown plugin mysql_clear_password",
            "mysql_clear_password_not_enabled",
            "this user requires clear text authentication",
            "method 'mysql_clear_password' is not supported",
            "method 'mysql_clear_password' not supported",
            "unsupported authentication method: mysql_clear_password",
            "unknown authentication protocol: `mysql_clear_password`",
            "mysql_cleartext_plugin disabled",
            "mysql_clear_password must be enabled on the client side",
        ],
        Code::AuthMethodUnsupported,
        &driver::WITHOUT_CLEARTEXT,
    ),
    (
        &["password authentication is not supported over insecure channels"],
        Code::TlsRequired,
        &driver::IN_CLEAR,
    ),
];

/// Words that all occur, and what they mean.
type Row = (&'static [&'static str], Code);

const WORDS: &[Row] = &[
    // Certificates.
    (&["does not match host name"], Code::TlsNameMismatch),
    (&["err_tls_cert_altname_invalid"], Code::TlsNameMismatch),
    (&["does not match certificate's altnames"], Code::TlsNameMismatch),
    (&["hostname mismatch, certificate is not valid for"], Code::TlsNameMismatch),
    (&["could not be verified by hostnameverifier"], Code::TlsNameMismatch),
    (&["remotecertificatenamemismatch"], Code::TlsNameMismatch),
    (&["notvalidforname"], Code::TlsNameMismatch),
    (&["certificate not valid for name"], Code::TlsNameMismatch),
    (&["certificate is valid for", ", not "], Code::TlsNameMismatch),
    (&["certificate is not yet valid"], Code::TlsCertificateNotYetValid),
    (&["certificate has expired"], Code::TlsCertificateExpired),
    (&["cert_has_expired"], Code::TlsCertificateExpired),
    (&["invalid peer certificate: expired"], Code::TlsCertificateExpired),
    (&["unsupportedcertversion"], Code::TlsCertificateInvalid),
    (&["causedasendentity"], Code::TlsCertificateInvalid),
    (&["ee certificate key too weak"], Code::TlsCertificateInvalid),
    (&["unknownissuer"], Code::TlsUnknownIssuer),
    (&["self signed certificate"], Code::TlsUnknownIssuer),
    (&["self-signed certificate"], Code::TlsUnknownIssuer),
    (&["unable to get local issuer certificate"], Code::TlsUnknownIssuer),
    (&["unable to verify the first certificate"], Code::TlsUnknownIssuer),
    (&["pkix path building failed"], Code::TlsUnknownIssuer),
    (&["path does not chain with any of the trust anchors"], Code::TlsUnknownIssuer),
    (&["certificate signed by unknown authority"], Code::TlsUnknownIssuer),
    (&["remotecertificatechainerrors"], Code::TlsUnknownIssuer),
    (&["the remote certificate is invalid"], Code::TlsUnknownIssuer),
    (&["could not open ssl root certificate file"], Code::TlsUnknownIssuer),
    (&["root certificate file", "does not exist"], Code::TlsUnknownIssuer),
    (&["certificate verify failed"], Code::TlsUnknownIssuer),
    // TLS itself.
    (&["server does not support ssl"], Code::TlsNotOffered),
    (&["ssl is required", "the server do"], Code::TlsNotOffered),
    (&["no ssl enabled connection from this host is configured"], Code::TlsNotOffered),
    (&["could not fork new process for connection"], Code::TlsNotOffered),
    (&["received invalid response to ssl negotiation"], Code::NotPostgres),
    (&["received unencrypted data after ssl response"], Code::NotPostgres),
    (&["no application protocol"], Code::TlsHandshakeFailed),
    (&["ssl routines", "wrong version number"], Code::TlsHandshakeFailed),
    (&["handshake failure"], Code::TlsHandshakeFailed),
    (&["handshakefailure"], Code::TlsHandshakeFailed),
    (&["tls handshake eof"], Code::TlsHandshakeFailed),
    (&["ssl authentication error"], Code::TlsHandshakeFailed),
    (&["ssl connection error"], Code::TlsHandshakeFailed),
    (&["handshake_ssl_error"], Code::TlsHandshakeFailed),
    // The login, as drivers say it.
    (&["p1000", "authentication failed"], Code::PasswordRejected),
    (&["was denied access on the database"], Code::ConnectNotPermitted),
    (&["scram exchange: wrong password"], Code::PasswordRejected),
    (&["scram authentication requires libpq version 10"], Code::AuthMethodUnsupported),
    (&["authentication type 10 is not supported"], Code::AuthMethodUnsupported),
    (&["authentication method 10 not supported"], Code::AuthMethodUnsupported),
    (&["role \"", "\" does not exist"], Code::AuthFailed),
    (&["canceling statement due to conflict with recovery"], Code::QueryFailed),
    // AWS.
    (&["unable to locate credentials"], Code::CredentialsMissing),
    (&["could not load credentials from any providers"], Code::CredentialsMissing),
    (&["unable to load credentials from any of the providers"], Code::CredentialsMissing),
    (&["no valid providers in chain"], Code::CredentialsMissing),
    (&["the security token included in the request is expired"], Code::CredentialsExpired),
    (&["expiredtoken"], Code::CredentialsExpired),
    (&["not authorized to perform: sts:assumerole"], Code::AssumeRoleDenied),
    (&["not authorized to perform: secretsmanager:getsecretvalue"], Code::SecretDenied),
    (&["access to kms is not allowed"], Code::SecretDenied),
    (&["secrets manager can't find the specified secret"], Code::SecretNotFound),
    // Names.
    (&["temporary failure in name resolution"], Code::DnsFailed),
    (&["getaddrinfo eai_again"], Code::DnsFailed),
    (&["lookup ", "server misbehaving"], Code::DnsFailed),
    (&["name or service not known"], Code::DnsNotFound),
    (&["nodename nor servname provided"], Code::DnsNotFound),
    (&["name does not resolve"], Code::DnsNotFound),
    (&["no address associated with hostname"], Code::DnsNotFound),
    (&["getaddrinfo enotfound"], Code::DnsNotFound),
    (&["getaddrinfo failed"], Code::DnsNotFound),
    (&["could not translate host name"], Code::DnsNotFound),
    (&["failed to lookup address information"], Code::DnsNotFound),
    (&["unknownhostexception"], Code::DnsNotFound),
    (&["unknown mysql server host"], Code::DnsNotFound),
    (&["no such host"], Code::DnsNotFound),
    // Connections.
    (&["econnrefused"], Code::TcpRefused),
    (&["connection refused"], Code::TcpRefused),
    (&["actively refused"], Code::TcpRefused),
    // MySQL's own library has only the number of the system's error.
    (&["can't connect to mysql server on", "(111)"], Code::TcpRefused),
    (&["can't connect to mysql server on", "(10061)"], Code::TcpRefused),
    (&["can't connect to mysql server on", "(110)"], Code::TcpTimeout),
    (&["can't connect to mysql server on", "(10060)"], Code::TcpTimeout),
    (&["can't connect to mysql server on", "(113)"], Code::TcpUnreachable),
    (&["no route to host"], Code::TcpUnreachable),
    (&["ehostunreach"], Code::TcpUnreachable),
    (&["network is unreachable"], Code::TcpUnreachable),
    (&["enetunreach"], Code::TcpUnreachable),
    (&["timeout during reading attempt"], Code::QueryTimeout),
    (&["exception while reading from stream", "did not properly respond"], Code::QueryTimeout),
    (&["query read timeout"], Code::QueryTimeout),
    (&["communications link failure", "read timed out"], Code::QueryTimeout),
    (&["etimedout"], Code::TcpTimeout),
    (&["connection timed out"], Code::TcpTimeout),
    (&["connect timed out"], Code::TcpTimeout),
    (&["timeout expired"], Code::TcpTimeout),
    (&["dial tcp", "i/o timeout"], Code::TcpTimeout),
    (&["can't reach database server"], Code::TcpTimeout),
    (&["can't connect to mysql server", "timed out"], Code::TcpTimeout),
    (&["did not properly respond after a period of time"], Code::TcpTimeout),
    (&["connect_utils", "timeouterror"], Code::TcpTimeout),
    (&["task timed out after"], Code::TcpTimeout),
    // Sessions.
    (
        &["connection to server at", "server closed the connection unexpectedly"],
        Code::AuthConnectionLost,
    ),
    (&["connection terminated unexpectedly"], Code::AuthConnectionLost),
    (&["server closed the connection unexpectedly"], Code::ConnectionLost),
    (&["ssl connection has been closed unexpectedly"], Code::ConnectionLost),
    (&["ssl syscall error"], Code::ConnectionLost),
    (&["connection was closed in the middle of operation"], Code::ConnectionLost),
    (&["attempted to read past the end of the stream"], Code::ConnectionLost),
    (&["forcibly closed by the remote host"], Code::ConnectionLost),
    (&["error occurred while sending to the backend"], Code::ConnectionLost),
    (&["lost connection to mysql server"], Code::ConnectionLost),
    (&["protocol_connection_lost"], Code::ConnectionLost),
    (&["[mysql]", "unexpected eof"], Code::ConnectionLost),
    (&["mysql server has gone away"], Code::ConnectionLost),
    (&["communications link failure"], Code::ConnectionLost),
    (&["econnreset"], Code::ConnectionLost),
    (&["connection reset by peer"], Code::ConnectionLost),
    (&["broken pipe"], Code::ConnectionLost),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_lower_case_and_none_hides_behind_another() {
        for (place, (words, _)) in WORDS.iter().enumerate() {
            let all = words.join(" ");
            assert_eq!(all, all.to_lowercase());
            let (first, _) = WORDS
                .iter()
                .enumerate()
                .find(|(_, (earlier, _))| earlier.iter().all(|part| all.contains(part)))
                .unwrap();
            assert_eq!(first, place, "{words:?} is never reached");
        }
    }
}
