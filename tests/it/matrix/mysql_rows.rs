//! The table: what a server does, and what the report says.

use testkit::mysql::{NONCE, SSL, error, greeting_with, ok, switch};

use crate::support::mysql::{Point, Script, Speech, Then, health_row, health_row_of};

/// A row of the table: what the server does, and what the report says.
pub(super) struct Row {
    pub(super) script: Script,
    pub(super) said: &'static str,
}

fn says(point: Point, packet: Vec<u8>, said: &'static str) -> Row {
    Row { script: Script::says(point, &[packet]), said }
}

fn bytes(point: Point, bytes: &[u8], said: &'static str) -> Row {
    Row {
        script: Script { point, speech: Speech::Bytes(bytes.to_vec()), then: Then::Closes },
        said,
    }
}

fn silent(point: Point, then: Then, said: &'static str) -> Row {
    Row { script: Script::silent(point, then), said }
}

/// An error of a server that knows what the client understands.
fn refusal(number: u16, sqlstate: &str, text: &str) -> Vec<u8> {
    error(number, Some(sqlstate), text)
}

/// Servers that refuse the session before TLS, or are not MySQL, or have no TLS.
pub(super) fn before_tls() -> Vec<Row> {
    use Point::{Greeting, Handshake};
    let early = |number, text: &str| error(number, None, text);
    vec![
        says(
            Greeting,
            early(1040, "Connections rate limit exceeded (100)"),
            "connection_rate_exceeded at authenticate (failed), transient",
        ),
        says(
            Greeting,
            early(1040, "IAM authentication rate limit exceeded"),
            "iam_throttled at authenticate (failed), transient",
        ),
        says(
            Greeting,
            early(1040, "Number simultaneous connections exceeded (10)"),
            "too_many_connections at authenticate (failed), transient",
        ),
        says(
            Greeting,
            refusal(1040, "08004", "Too many connections"),
            "too_many_connections at authenticate (failed), transient",
        ),
        says(
            Greeting,
            early(1130, "Host '10.0.0.1' is not allowed to connect to this MySQL server"),
            "connect_not_permitted at authenticate (failed)",
        ),
        says(
            Greeting,
            early(1129, "Host '10.0.0.1' is blocked because of many connection errors"),
            "connect_not_permitted at authenticate (failed)",
        ),
        says(
            Greeting,
            greeting_with(0xdfff_ffff & !SSL, "mysql_native_password"),
            "tls_not_offered at tls (failed)",
        ),
        bytes(Greeting, b"SSH-2.0-OpenSSH_9.6\r\n", "not_mysql at tls (failed)"),
        bytes(Greeting, b"220 mail.example.com ESMTP\r\n", "not_mysql at tls (failed)"),
        bytes(Greeting, b"\x07\0\0\0\x0a8.0.28", "not_mysql at tls (failed)"),
        bytes(Greeting, b"J\0\0", "not_mysql at tls (failed)"),
        silent(Greeting, Then::Closes, "tls_handshake_failed at tls (failed), transient"),
        silent(Greeting, Then::Waits, "tls_timeout at tls (timeout), transient"),
        silent(Handshake, Then::Closes, "tls_handshake_failed at tls (failed), transient"),
        silent(Handshake, Then::Waits, "tls_timeout at tls (timeout), transient"),
        bytes(Handshake, b"\xff\x15\x04no", "tls_handshake_failed at tls (failed)"),
    ]
}

const DENIED: &str = "Access denied for user 'app'@'%' (using password: YES)";

/// Errors in place of asking for the token, or of accepting it: number, SQLSTATE, text.
const REFUSALS: [(Point, u16, &str, &str, &str); 13] = [
    (Point::Token, 1045, "28000", DENIED, "iam_rejected at authenticate (failed)"),
    (Point::Response, 1045, "28000", DENIED, "auth_method_unsupported at authenticate (failed)"),
    (
        Point::Response,
        3159,
        "HY000",
        "This RDS Proxy requires TLS connections",
        "tls_required at authenticate (failed)",
    ),
    (
        Point::Response,
        1524,
        "HY000",
        "Plugin 'AWSAuthenticationPlugin' is not loaded",
        "auth_method_unsupported at authenticate (failed)",
    ),
    (
        Point::Token,
        1049,
        "42000",
        "Unknown database 'orders'",
        "database_not_found at authenticate (failed)",
    ),
    (
        Point::Token,
        1044,
        "42000",
        "Access denied for user 'app'@'%' to database 'orders'",
        "connect_not_permitted at authenticate (failed)",
    ),
    (
        Point::Token,
        1231,
        "42000",
        "Variable ''character_set_client'' can't be set",
        "startup_parameter_unsupported at authenticate (failed)",
    ),
    (
        Point::Token,
        9501,
        "HY000",
        "Timed-out waiting to acquire database connection",
        "borrow_timeout at authenticate (failed), transient",
    ),
    (
        Point::Token,
        1105,
        "HY000",
        "Target group doesnt have any associated read-only instances",
        "no_reader at authenticate (failed)",
    ),
    (
        Point::Token,
        1203,
        "42000",
        "User app already has more than 'max_user_connections'",
        "too_many_connections at authenticate (failed), transient",
    ),
    (
        Point::Token,
        1053,
        "08S01",
        "Server shutdown in progress",
        "server_unavailable at authenticate (failed), transient",
    ),
    (
        Point::Token,
        1105,
        "HY000",
        "Unknown error",
        "auth_failed at authenticate (failed), transient",
    ),
    (
        Point::Token,
        1862,
        "HY000",
        "Your password has expired.",
        "password_rejected at authenticate (failed)",
    ),
];

/// Servers that refuse the login.
pub(super) fn at_the_login() -> Vec<Row> {
    use Point::{Response, Token};
    const UNSUPPORTED: &str = "auth_method_unsupported at authenticate (failed)";
    const FAILED: &str = "auth_failed at authenticate (failed)";
    let refused = REFUSALS.map(|(point, number, sqlstate, text, said)| {
        says(point, refusal(number, sqlstate, text), said)
    });
    let others = [
        says(Response, switch("mysql_native_password", NONCE), UNSUPPORTED),
        says(Response, switch("caching_sha2_password", NONCE), UNSUPPORTED),
        says(Token, vec![7], FAILED),
        bytes(Token, b"\xff\xff\xff\x04", FAILED),
        bytes(Token, b"\x01\0\0\x09\0", FAILED),
        silent(Response, Then::Closes, "auth_connection_lost at authenticate (failed), transient"),
        silent(Response, Then::Waits, "auth_timeout at authenticate (timeout), transient"),
        silent(Token, Then::Waits, "auth_timeout at authenticate (timeout), transient"),
    ];
    refused.into_iter().chain(others).collect()
}

/// Servers that do not answer the question.
pub(super) fn at_the_question() -> Vec<Row> {
    use Point::Question;
    let row = |packets: Vec<Vec<u8>>, said| Row { script: Script::says(Question, &packets), said };
    vec![
        says(
            Question,
            refusal(9501, "HY000", "Timed-out waiting to acquire database connection"),
            "borrow_timeout at query (failed), transient",
        ),
        says(
            Question,
            refusal(1053, "08S01", "Server shutdown in progress"),
            "server_unavailable at query (failed), transient",
        ),
        says(
            Question,
            refusal(1045, "28000", "Access denied for user 'app'@'10.0.0.1' (using password: YES)"),
            "password_rejected at query (failed)",
        ),
        says(
            Question,
            refusal(
                3024,
                "HY000",
                "Query execution was interrupted, maximum statement execution time exceeded",
            ),
            "query_timeout at query (failed), transient",
        ),
        says(
            Question,
            refusal(
                4031,
                "HY000",
                "The client was disconnected by the server because of inactivity.",
            ),
            "connection_lost at query (failed), transient",
        ),
        says(
            Question,
            refusal(1193, "HY000", "Unknown system variable 'innodb_read_only'"),
            "query_failed at query (failed)",
        ),
        says(Question, ok(), "query_failed at query (failed)"),
        says(Question, b"\xfb/etc/passwd".to_vec(), "query_failed at query (failed)"),
        row(health_row(b"0123456789abcdef0123456789abcdef"), "query_failed at query (failed)"),
        row(
            health_row_of([None, None, Some("junk"), Some("0"), Some("0")], b""),
            "query_failed at query (failed)",
        ),
        silent(Question, Then::Closes, "connection_lost at query (failed), transient"),
        silent(Question, Then::Waits, "query_timeout at query (timeout), transient"),
    ]
}
