//! What keeps an application's driver from logging in, and never the probe: it always encrypts, and
//! sends nothing that RDS Proxy doesn't accept.

use crate::config::Engine;
use crate::diagnosis::Advice;

/// <https://dev.mysql.com/doc/refman/8.4/en/cleartext-pluggable-authentication.html>,
/// <https://sidorares.github.io/node-mysql2/docs/documentation/authentication-switch>,
/// <https://github.com/go-sql-driver/mysql#allowcleartextpasswords>,
/// <https://docs.rs/mysql_async/latest/mysql_async/struct.Opts.html#method.enable_cleartext_plugin>
pub static WITHOUT_CLEARTEXT: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "In an application: the server asks for the token itself (mysql_clear_password), and \
            the driver doesn't send it: that is disabled, or the driver can't.",
    remedy: "Enable it in the driver, with TLS on and the certificate verified. The mysql client: \
             --enable-cleartext-plugin. What links libmysqlclient: \
             LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN=1. Node.js: mysql2 with enableCleartextPlugin, \
             before 3.22 with authPlugins. Go: allowCleartextPasswords=true. Rust: \
             enable_cleartext_plugin. MariaDB's Connector/C: install its plugin \
             mysql_clear_password. Other drivers: use a version that has mysql_clear_password.",
    commands: &[],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>
pub static IN_CLEAR: Advice = Advice {
    engine: None,
    cause: "In an application: its driver connects without TLS.",
    remedy: "Enable TLS in the driver and verify the certificate: with libpq's and similar drivers \
             sslmode=verify-full, with MySQL's ssl-mode VERIFY_IDENTITY. A proxy's certificate is \
             from Amazon's roots, a database's from RDS's.",
    commands: &[],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html#rds-proxy.limitations>
pub(in crate::diagnosis) static STARTUP_PARAMETER: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "In an application: its connection string has options=… or another startup parameter \
            that RDS Proxy doesn't accept.",
    remedy: "Remove the parameter from the connection string. Set what it sets for the user \
             instead (ALTER ROLE), or in the proxy's initialization query.",
    commands: &[],
};

pub(in crate::diagnosis) static NO_DATABASE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "In an application: its connection string names no database, and then the user's name \
            counts as one.",
    remedy: "Name the database in the connection string.",
    commands: &[],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/charset-connection.html#charset-connection-impermissible-client-charset>
pub(in crate::diagnosis) static CHARACTER_SET: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "In an application: it asks for a character set that a client can't have, such as ucs2, \
            utf16 or utf32.",
    remedy: "Set the connection's character set to utf8mb4.",
    commands: &[],
};
