//! The faults: name, step and code that they must lead to, action, and what it is in words.
//!
//! `mysql` has those in MySQL's protocol. Every other failure that a server can cause is here once, each point of the conversation with each
//! way to break it, and every answer of RDS Proxy's that is known. The texts are in `texts`.

use super::bytes::{
    EMPTY_ANSWER, GARBAGE, HANDSHAKE_FAILURE, HTTP, HUGE_AUTHENTICATION, HUGE_ROW, PROTOCOL_VERSION,
};
use super::{Action, Disruption, Fault, Kind, Mishap, Point, faults};
use crate::texts::{self, rare};
use crate::tls::Flaw;
use crate::users::Method;
use Action::{Close, Drip, Reset, Say, Send, SendAndClose, Stall};
use Disruption::{Failover, Switchover};
use Kind::{After, Ask, At, Certificate, Later, Meets};
use Point::{Handshake, Password, Query, Ssl, Startup};

faults! {
    // Each point with each action.
    "error-at-ssl" tls tls_not_offered
        At(Ssl, Say(|_| rare::starting_up())),
        "Answer SSLRequest with an unencrypted ErrorResponse.";
    "close-at-ssl" tls tls_handshake_failed
        At(Ssl, Close),
        "Close the connection after SSLRequest.";
    "reset-at-ssl" tls tls_handshake_failed
        At(Ssl, Reset),
        "Reset the connection after SSLRequest.";
    "stall-at-ssl" tls tls_timeout
        At(Ssl, Stall),
        "Stop answering after SSLRequest.";
    "drip-at-ssl" tls tls_timeout
        At(Ssl, Drip),
        "Send one byte a second after SSLRequest.";
    "error-at-handshake" tls tls_handshake_failed
        At(Handshake, SendAndClose(HANDSHAKE_FAILURE)),
        "Answer the handshake with the alert handshake_failure.";
    "close-at-handshake" tls tls_handshake_failed
        At(Handshake, Close),
        "Close the connection in the TLS handshake.";
    "reset-at-handshake" tls tls_handshake_failed
        At(Handshake, Reset),
        "Reset the connection in the TLS handshake.";
    "stall-at-handshake" tls tls_timeout
        At(Handshake, Stall),
        "Stop answering in the TLS handshake.";
    "drip-at-handshake" tls tls_timeout
        At(Handshake, Drip),
        "Send one byte a second in the TLS handshake.";
    "error-at-startup" authenticate auth_failed
        At(Startup, Say(|_| rare::unknown_error())),
        "Answer the startup packet with \"Unknown error.\".";
    "close-at-startup" authenticate auth_connection_lost
        At(Startup, Close),
        "Close the connection after the startup packet.";
    "reset-at-startup" authenticate auth_connection_lost
        At(Startup, Reset),
        "Reset the connection after the startup packet.";
    "stall-at-startup" authenticate auth_timeout
        At(Startup, Stall),
        "Stop answering after the startup packet.";
    "drip-at-startup" authenticate auth_timeout
        At(Startup, Drip),
        "Send one byte a second after the startup packet.";
    "error-at-password" authenticate auth_failed
        At(Password, Say(|_| rare::unknown_error())),
        "Answer the password with \"Unknown error.\".";
    "close-at-password" authenticate auth_connection_lost
        At(Password, Close),
        "Close the connection after the password.";
    "reset-at-password" authenticate auth_connection_lost
        At(Password, Reset),
        "Reset the connection after the password.";
    "stall-at-password" authenticate auth_timeout
        At(Password, Stall),
        "Stop answering after the password.";
    "drip-at-password" authenticate auth_timeout
        At(Password, Drip),
        "Send one byte a second after the password.";
    "error-at-query" query query_failed
        At(Query, Say(|_| rare::unknown_error())),
        "Answer a query with \"Unknown error.\".";
    "close-at-query" query connection_lost
        At(Query, Close),
        "Close the connection after a query.";
    "reset-at-query" query connection_lost
        At(Query, Reset),
        "Reset the connection after a query.";
    "stall-at-query" query query_timeout
        At(Query, Stall),
        "Stop answering after a query.";
    "drip-at-query" query query_timeout
        At(Query, Drip),
        "Send one byte a second after a query.";
    // TLS and what is none.
    "tls-refused" tls tls_not_offered
        At(Ssl, Send(b"N")),
        "Decline TLS.";
    "http" tls not_postgres
        At(Ssl, SendAndClose(HTTP)),
        "Be a web server.";
    "garbage-at-ssl" tls not_postgres
        At(Ssl, SendAndClose(GARBAGE)),
        "Answer SSLRequest with random bytes.";
    "garbage-at-handshake" tls tls_handshake_failed
        At(Handshake, SendAndClose(GARBAGE)),
        "Answer the handshake with random bytes.";
    "tls-1-1" tls tls_handshake_failed
        At(Handshake, SendAndClose(PROTOCOL_VERSION)),
        "Answer the handshake as a server that supports only TLS 1.1 and older.";
    // Certificates.
    "certificate-other-name" tls tls_name_mismatch
        Certificate(Flaw::OtherName),
        "Present a certificate for another name.";
    "certificate-unknown-issuer" tls tls_unknown_issuer
        Certificate(Flaw::CorporateProxy),
        "Present a certificate of a corporate proxy's authority.";
    "certificate-rds-ca" tls tls_unknown_issuer
        Certificate(Flaw::RdsCa),
        "Present a chain like a database's, below an RDS authority.";
    "certificate-no-intermediate" tls tls_unknown_issuer
        Certificate(Flaw::NoIntermediate),
        "Leave out the intermediate certificate.";
    "certificate-expired" tls tls_certificate_expired
        Certificate(Flaw::Expired),
        "Present a certificate that expired an hour ago.";
    "certificate-not-yet-valid" tls tls_certificate_not_yet_valid
        Certificate(Flaw::NotYetValid),
        "Present a certificate that becomes valid in an hour.";
    "certificate-wrong-purpose" tls tls_certificate_invalid
        Certificate(Flaw::WrongPurpose),
        "Present a certificate for clients, not for servers.";
    "certificate-ends-soon" query certificate_expiring
        Certificate(Flaw::EndsSoon),
        "Present a certificate that expires in ten days.";
    "certificate-rsa" query healthy
        Certificate(Flaw::Rsa),
        "Present an RSA certificate, below ECDSA authorities.";
    "certificate-ecdsa" query healthy
        Certificate(Flaw::Ecdsa),
        "Present an ECDSA certificate, as usual.";
    // At the startup packet.
    "no-credentials" authenticate proxy_has_no_credentials
        At(Startup, Say(|names| texts::no_credentials(names.user))),
        "Have no credentials for any user.";
    "tls-required" authenticate tls_required
        At(Startup, Say(|_| texts::tls_required())),
        "Treat TLS as missing, as if something in between terminated it.";
    "iam-needs-tls" authenticate tls_required
        At(Startup, Say(|_| rare::iam_needs_tls())),
        "Treat TLS as missing, with the text for IAM users.";
    "iam-needs-tls-short" authenticate tls_required
        At(Startup, Say(|_| rare::iam_needs_tls_short())),
        "Treat TLS as missing, with the shorter text for IAM users.";
    "user-missing" authenticate auth_failed
        At(Startup, Say(|_| texts::user_missing())),
        "Report that the user name is missing.";
    "protocol-unsupported" authenticate startup_parameter_unsupported
        At(Startup, Say(|_| texts::protocol_version())),
        "Reject the protocol version.";
    "options-unsupported" authenticate startup_parameter_unsupported
        At(Startup, Say(|_| texts::command_line_options())),
        "Reject command-line options.";
    "parameter-unsupported" authenticate startup_parameter_unsupported
        At(Startup, Say(|_| texts::startup_option("statement_timeout"))),
        "Reject a startup parameter.";
    "replication-unsupported" authenticate startup_parameter_unsupported
        At(Startup, Say(|_| texts::streaming_replication())),
        "Reject replication.";
    "too-many-clients" authenticate too_many_connections
        At(Startup, Say(|_| rare::too_many_clients())),
        "Report too many clients.";
    "rate-exceeded" authenticate connection_rate_exceeded
        At(Startup, Say(|_| rare::rate_exceeded())),
        "Report too many new clients per second.";
    "garbage-at-startup" authenticate auth_failed
        At(Startup, SendAndClose(GARBAGE)),
        "Answer the startup packet with random bytes.";
    "huge-at-startup" authenticate auth_failed
        At(Startup, Send(HUGE_AUTHENTICATION)),
        "Announce a message of 2 GiB instead of asking for the password.";
    // How the client is asked to prove itself.
    "ask-scram" authenticate auth_method_unsupported
        Ask(Method::Scram),
        "Ask every user for SCRAM-SHA-256.";
    "ask-scram-plus" authenticate auth_method_unsupported
        Ask(Method::ScramPlus),
        "Ask every user for SCRAM-SHA-256-PLUS only.";
    "ask-md5" authenticate auth_method_unsupported
        Ask(Method::Md5),
        "Ask every user for MD5.";
    "ask-kerberos" authenticate auth_method_unsupported
        Ask(Method::Kerberos),
        "Ask every user for Kerberos.";
    "ask-gss" authenticate auth_method_unsupported
        Ask(Method::Gss),
        "Ask every user for GSSAPI.";
    "no-password-asked" authenticate auth_not_asked
        Ask(Method::Unasked),
        "Accept every user without asking for a token or a password.";
    // At the password.
    "iam-rejected" authenticate iam_rejected
        At(Password, Say(|names| texts::iam_failed(names.user))),
        "Reject every token.";
    "iam-rejected-for-user" authenticate iam_rejected
        At(Password, Say(|names| rare::iam_failed_for_user(names.user))),
        "Reject every token, with the documented text that was never seen.";
    "iam-throttled" authenticate iam_throttled
        At(Password, Say(|_| rare::iam_throttled())),
        "Report too many IAM logins at once.";
    "password-rejected" authenticate password_rejected
        At(Password, Say(|names| texts::wrong_password(names.user))),
        "Reject every password.";
    "method-unsupported" authenticate auth_method_unsupported
        At(Password, Say(|_| texts::unsupported_method())),
        "Reject the client's authentication method.";
    "method-unsupported-old" authenticate auth_method_unsupported
        At(Password, Say(|_| rare::unsupported_method_old())),
        "Reject the client's authentication method, with the text from before SCRAM.";
    "iam-required" authenticate auth_method_unsupported
        At(Password, Say(|_| rare::iam_required())),
        "Reject a password where a token is required.";
    "iam-not-the-scheme" authenticate auth_method_unsupported
        At(Password, Say(|_| rare::iam_not_the_scheme())),
        "Reject a token because the auth scheme accepts none.";
    "borrow-timeout-at-login" authenticate borrow_timeout
        At(Password, Say(|_| rare::borrow_timeout_at_login())),
        "Have no database connection for the login.";
    "no-reader" authenticate no_reader
        At(Password, Say(|_| texts::no_reader())),
        "Have no reader.";
    "no-writer" authenticate server_unavailable
        At(Password, Say(|_| rare::no_writer())),
        "Have no writer, with the documented text.";
    "no-writer-on-the-wire" authenticate server_unavailable
        At(Password, Say(|_| rare::no_writer_on_the_wire())),
        "Have no writer, with the text that the wire may have.";
    "database-not-found" authenticate database_not_found
        At(Password, Say(|names| texts::request_returned(&rare::database_missing(names.database)))),
        "Report that the client's database does not exist.";
    "connect-denied" authenticate connect_not_permitted
        At(Password, Say(|names| rare::connect_denied(names.database))),
        "Deny the user to connect to the database.";
    "backend-pam-rejected" authenticate pam_rejected
        At(Password, Say(|names| texts::request_returned(&rare::pam_failed(names.user)))),
        "Have the database reject the proxy's own token (the text is a guess).";
    // A database itself, where a proxy was expected.
    "direct-pam-rejected" authenticate pam_rejected
        At(Password, Say(|names| rare::pam_failed(names.user))),
        "Be a database that rejects the token.";
    "direct-password-rejected" authenticate password_rejected
        At(Password, Say(|names| rare::password_failed(names.user))),
        "Be a database that treats the token as a password.";
    "direct-database-not-found" authenticate database_not_found
        At(Password, Say(|names| rare::database_missing(names.database))),
        "Be a server that has no such database.";
    "direct-tls-required" authenticate tls_required
        At(Startup, Say(|names| rare::hba_wants_tls(names.user, names.database))),
        "Be a database that requires TLS and sees none.";
    "direct-rejected" authenticate connect_not_permitted
        At(Startup, Say(|names| rare::hba_rejects(names.user, names.database))),
        "Be a database whose pg_hba.conf rejects the client.";
    "direct-full" authenticate too_many_connections
        At(Startup, Say(|_| rare::database_full())),
        "Be a database at its max_connections.";
    "direct-starting-up" authenticate server_unavailable
        At(Startup, Say(|_| rare::starting_up())),
        "Be a database that is starting up.";
    // At a query.
    "borrow-timeout" query borrow_timeout
        At(Query, Say(|_| texts::borrow_timeout())),
        "Have no database connection for a query.";
    "shutting-down" query server_unavailable
        At(Query, Say(|_| rare::shutting_down())),
        "Shut down.";
    "statement-timeout" query query_timeout
        At(Query, Say(|_| rare::statement_timeout())),
        "Cancel the statement for a statement timeout.";
    "read-only" query role_mismatch
        At(Query, Say(|_| rare::read_only())),
        "Reject the statement as a write on a reader.";
    "empty-at-query" query query_failed
        At(Query, Send(EMPTY_ANSWER)),
        "Send another query's answer.";
    "garbage-at-query" query query_failed
        At(Query, SendAndClose(GARBAGE)),
        "Answer with random bytes.";
    "huge-at-query" query query_failed
        At(Query, Send(HUGE_ROW)),
        "Announce a row of 2 GiB.";
    // Behind the proxy. `mishap` has the sources.
    "failover" query server_unavailable
        Meets(Mishap::Disruption(Failover)),
        "Fail over at a query: cut off clients in a statement or transaction; no database for 3 s.";
    "failover-after" query healthy
        Later(Failover),
        "The same N seconds after the first login.";
    "blue-green" query server_unavailable
        Meets(Mishap::Disruption(Switchover)),
        "Switch over at a query: statements get 57P01, and all clients are disconnected.";
    "blue-green-after" query healthy
        Later(Switchover),
        "The same N seconds after the first login.";
    "pool-exhausted" query borrow_timeout
        Meets(Mishap::Exhausted),
        "Have other clients hold all database connections, until the borrow timeout.";
    "lost-reader" query healthy
        Meets(Mishap::LostReader),
        "Lose the reader of a pinned session of the read-only endpoint (the text is a guess).";
    "cross-talk" query query_failed
        Meets(Mishap::CrossTalk),
        "Send the answer to another session's last query instead of this one's.";
    // Some seconds into a session.
    "close-after" query healthy
        After(Close),
        "Close each session N seconds after its login.";
    "reset-after" query healthy
        After(Reset),
        "Reset each session N seconds after its login.";
    "stall-after" query healthy
        After(Stall),
        "Stop answering N seconds after the login.";
}
