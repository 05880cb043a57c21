//! The names and the words of MySQL's errors, for texts without a number.
//! <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>

/// What Node.js's drivers call an error.
pub(super) const NAMES: &[(&str, u16)] = &[
    ("ER_ACCESS_DENIED_ERROR", 1045),
    ("ER_ACCESS_DENIED_NO_PASSWORD_ERROR", 1698),
    ("ER_BAD_DB_ERROR", 1049),
    ("ER_CLIENT_INTERACTION_TIMEOUT", 4031),
    ("ER_CON_COUNT_ERROR", 1040),
    ("ER_DBACCESS_DENIED_ERROR", 1044),
    ("ER_HOST_IS_BLOCKED", 1129),
    ("ER_HOST_NOT_PRIVILEGED", 1130),
    ("ER_MUST_CHANGE_PASSWORD", 1820),
    ("ER_MUST_CHANGE_PASSWORD_LOGIN", 1862),
    ("ER_NOT_SUPPORTED_AUTH_MODE", 1251),
    ("ER_PLUGIN_IS_NOT_LOADED", 1524),
    ("ER_QUERY_INTERRUPTED", 1317),
    ("ER_QUERY_TIMEOUT", 3024),
    ("ER_SECURE_TRANSPORT_REQUIRED", 3159),
    ("ER_SERVER_OFFLINE_MODE", 3032),
    ("ER_SERVER_SHUTDOWN", 1053),
    ("ER_TOO_MANY_USER_CONNECTIONS", 1203),
    ("ER_USER_LIMIT_REACHED", 1226),
];

/// The parts of an error's words, in their order from the beginning, and its number. The most exact
/// come first.
pub(super) const WORDS: &[(&[&str], u16)] = &[
    (&["Access denied for user", "' to database '"], 1044),
    (&["Access denied for user", ") to database '"], 1044),
    (&["Access denied for user"], 1045),
    (&["ProxySQL Error: Access denied for user"], 1045),
    (&["Unknown database '"], 1049),
    (&["Too many connections"], 1040),
    (&["Connections rate limit exceeded"], 1040),
    (&["IAM authentication rate limit exceeded"], 1040),
    (&["Number simultaneous connections exceeded"], 1040),
    (&["Host '", "is not allowed to connect to this M"], 1130),
    (&["Host '", "blocked because of many connection errors"], 1129),
    (&["Connections using insecure transport are prohibited"], 3159),
    (&["Variable 'character_set_", "can't be set to the value of"], 1231),
    (&["Variable ''character_set_", "can't be set to the value of"], 1231),
    (&["Client does not support authentication protocol requested by server"], 1251),
    (&["Plugin '", "' is not loaded"], 1524),
    (&["User ", "already has more than 'max_user_connections' active connections"], 1203),
    (&["User '", "' has exceeded the '", "' resource"], 1226),
    (&["Your password has expired. To log in you must change it"], 1862),
    (&["The client was disconnected by the server because of inactivity"], 4031),
    (&["Server shutdown in progress"], 1053),
    (&["Query execution was interrupted, maximum statement execution time exceeded"], 3024),
    (&["The MySQL server is running with the --read-only"], 1290),
    (&["The MySQL server is running with the --super-read-only"], 1290),
    (&["The MariaDB server is running with the --read-only"], 1290),
    (&["Max connect timeout reached while reaching hostgroup"], 9001),
];
