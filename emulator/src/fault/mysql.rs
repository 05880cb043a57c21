//! The faults in MySQL's protocol. Those that speak no protocol are in `list` for both engines.
//!
//! Where a proxy was seen, or is documented, to say what one does, `texts::mysql` has the source.

use super::bytes::{GARBAGE, HTTP};
use super::{Action, AskedPlugin, Disruption, Fault, Kind, Mishap, Point, faults};
use crate::texts::mysql::{self as texts, rare};
use Action::{Close, Drip, Reset, Say, Send, SendAndClose, Stall};
use AskedPlugin::Named;
use Disruption::{Failover, Switchover};
use Kind::{AskFor, At, Later, Meets};
use Point::{Accept, Password, Query, Startup};

/// A greeting without the flag for TLS.
const GREETING_WITHOUT_TLS: &[u8] = b"\x4a\0\0\0\x0a8.0.28\0\x01\0\0\0abcdefgh\0\xff\xa7\x2d\x02\0\
    \x3f\0\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0mysql_native_password\0";
/// The longest packet that there is, after a login packet and after a query.
const HUGE_AFTER_LOGIN: &[u8] = b"\xff\xff\xff\x03\xfeAAAA";
const HUGE_AFTER_QUERY: &[u8] = b"\xff\xff\xff\x01AAAA";
/// The answer to some other query: no rows.
const EMPTY_ANSWER: &[u8] = b"\x07\0\0\x01\0\0\0\x02\0\0\0";

faults! {
    // The greeting, which PostgreSQL has none of.
    "error-at-greeting" authenticate auth_failed
        At(Accept, Say(|_| rare::unknown_error())),
        "Send \"Unknown error\" in place of the greeting.";
    "close-at-greeting" tls tls_handshake_failed
        At(Accept, Close),
        "Close the connection before the greeting.";
    "reset-at-greeting" tls tls_handshake_failed
        At(Accept, Reset),
        "Reset the connection before the greeting.";
    "stall-at-greeting" tls tls_timeout
        At(Accept, Stall),
        "Send no greeting.";
    "drip-at-greeting" tls tls_timeout
        At(Accept, Drip),
        "Send one byte a second from the greeting on.";
    "garbage-at-greeting" tls not_mysql
        At(Accept, SendAndClose(GARBAGE)),
        "Send random bytes in place of the greeting.";
    "http" tls not_mysql
        At(Accept, SendAndClose(HTTP)),
        "Answer like a web server in place of the greeting.";
    "tls-refused" tls tls_not_offered
        At(Accept, Send(GREETING_WITHOUT_TLS)),
        "Offer no TLS.";
    "rate-exceeded" authenticate connection_rate_exceeded
        At(Accept, Say(|_| rare::rate_exceeded())),
        "Report too many new clients per second, in place of the greeting.";
    "too-many-clients" authenticate too_many_connections
        At(Accept, Say(|_| rare::too_many_clients())),
        "Report too many clients, in place of the greeting.";
    // At the login packet.
    "error-at-startup" authenticate auth_failed
        At(Startup, Say(|_| rare::unknown_error())),
        "Answer the login packet with \"Unknown error\".";
    "tls-required" authenticate tls_required
        At(Startup, Say(|_| texts::tls_required())),
        "Treat TLS as missing, as if something in between terminated it.";
    "garbage-at-startup" authenticate auth_failed
        At(Startup, SendAndClose(GARBAGE)),
        "Answer the login packet with random bytes.";
    "huge-at-startup" authenticate auth_failed
        At(Startup, Send(HUGE_AFTER_LOGIN)),
        "Announce a packet of 16 MiB instead of asking for the token.";
    "character-set-unsupported" authenticate startup_parameter_unsupported
        At(Startup, Say(|_| rare::character_set_unsupported())),
        "Refuse the client's character set.";
    // How the client is asked to prove itself.
    "ask-native" authenticate auth_method_unsupported
        AskFor(Named("mysql_native_password")),
        "Ask every user for mysql_native_password.";
    "ask-caching-sha2" authenticate auth_method_unsupported
        AskFor(Named("caching_sha2_password")),
        "Ask every user for caching_sha2_password.";
    "ask-sha256" authenticate auth_method_unsupported
        AskFor(Named("sha256_password")),
        "Ask every user for sha256_password.";
    "ask-ed25519" authenticate auth_method_unsupported
        AskFor(Named("client_ed25519")),
        "Ask every user for MariaDB's ed25519.";
    "ask-dialog" authenticate auth_method_unsupported
        AskFor(Named("dialog")),
        "Ask every user by PAM's dialog.";
    "no-password-asked" authenticate auth_not_asked
        AskFor(AskedPlugin::None),
        "Accept every user without asking for a token or a password.";
    // At the token or password.
    "error-at-password" authenticate auth_failed
        At(Password, Say(|_| rare::unknown_error())),
        "Answer the token with \"Unknown error\".";
    "iam-rejected" authenticate iam_rejected
        At(Password, Say(|names| texts::access_denied(names.user, true))),
        "Reject every token.";
    "password-expired" authenticate password_rejected
        At(Password, Say(|_| rare::password_expired())),
        "Have a database whose password for the user has expired (through a proxy a guess).";
    "iam-throttled" authenticate iam_throttled
        At(Password, Say(|_| rare::iam_throttled())),
        "Report too many IAM logins at once.";
    "borrow-timeout-at-login" authenticate borrow_timeout
        At(Password, Say(|_| texts::borrow_timeout_at_login())),
        "Have no database connection for the login.";
    "no-reader" authenticate no_reader
        At(Password, Say(|_| texts::no_reader())),
        "Have no reader.";
    "database-not-found" authenticate database_not_found
        At(Password, Say(|names| rare::database_missing(names.database))),
        "Report that the client's database does not exist.";
    "connect-denied" authenticate connect_not_permitted
        At(Password, Say(|names| rare::connect_denied(names.user, names.database))),
        "Deny the user the database.";
    // A database itself, where a proxy was expected.
    "direct-host-denied" authenticate connect_not_permitted
        At(Accept, Say(|_| rare::host_denied())),
        "Be a database that the client's host may not connect to.";
    "direct-full" authenticate too_many_connections
        At(Accept, Say(|_| rare::database_full())),
        "Be a database at its max_connections.";
    "direct-user-full" authenticate too_many_connections
        At(Password, Say(|names| rare::user_is_full(names.user))),
        "Be a database at the user's max_user_connections.";
    "direct-tls-required" authenticate tls_required
        At(Startup, Say(|_| rare::database_wants_tls())),
        "Be a database that requires TLS and sees none.";
    "direct-shutting-down" authenticate server_unavailable
        At(Startup, Say(|_| rare::shutting_down())),
        "Be a database that shuts down.";
    // At a query.
    "error-at-query" query query_failed
        At(Query, Say(|_| rare::unknown_error())),
        "Answer a query with \"Unknown error\".";
    "borrow-timeout" query borrow_timeout
        At(Query, Say(|_| texts::borrow_timeout())),
        "Have no database connection for a query.";
    "secret-rejected" query password_rejected
        At(Query, Say(|names| rare::secret_rejected(names.user))),
        "Have a database that rejects the password in the proxy's secret (when and how, a guess).";
    "shutting-down" query server_unavailable
        At(Query, Say(|_| rare::shutting_down())),
        "Shut down.";
    "statement-timeout" query query_timeout
        At(Query, Say(|_| rare::statement_timeout())),
        "End the statement for its max_execution_time.";
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
        At(Query, Send(HUGE_AFTER_QUERY)),
        "Announce a packet of 16 MiB.";
    // Behind the proxy. `mishap` has the sources.
    "failover" query connection_lost
        Meets(Mishap::Disruption(Failover)),
        "Fail over at a query: cut off clients in a statement or transaction; no database for 3 s.";
    "failover-after" query healthy
        Later(Failover),
        "The same N seconds after the first login.";
    "blue-green" query connection_lost
        Meets(Mishap::Disruption(Switchover)),
        "Switch over at a query: all clients are disconnected.";
    "blue-green-after" query healthy
        Later(Switchover),
        "The same N seconds after the first login.";
    "pool-exhausted" query borrow_timeout
        Meets(Mishap::Exhausted),
        "Have other clients hold all database connections, until the borrow timeout.";
    "lost-reader" query healthy
        Meets(Mishap::LostReader),
        "Lose the reader of a pinned session of the read-only endpoint, and disconnect its client.";
    "cross-talk" query query_failed
        Meets(Mishap::CrossTalk),
        "Answer a query with another session's answer.";
}
