//! The environment block: what makes a client talk to this emulator.
//!
//! Owns the variables' names and their quoting for a POSIX shell. Does not know what a client does
//! with them.

use std::net::SocketAddr;
use std::path::Path;

use crate::options::{Backend, Options};
use crate::proxy::ENDPOINT_PORT;

/// The variables, in the order in which they are printed.
pub(crate) fn variables(
    options: &Options,
    (ca_file, database): (&Path, &str),
    address: SocketAddr,
    reader: Option<SocketAddr>,
) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("DB_HOST", options.endpoint_host.clone()),
        ("DB_PORT", ENDPOINT_PORT.to_string()),
        ("DB_NAME", database.to_owned()),
        ("DB_USER", first_user(options)),
        ("DB_REGION", options.region.clone()),
        ("DB_CA_FILE", ca_file.display().to_string()),
        ("DB_CONNECT_TO", address.to_string()),
        ("AWS_REGION", options.region.clone()),
    ];
    if let Some(principal) = options.principals.first() {
        variables.push(("AWS_ACCESS_KEY_ID", principal.access_key_id.clone()));
        variables.push(("AWS_SECRET_ACCESS_KEY", principal.secret().to_owned()));
        if let Some(token) = principal.session_token() {
            variables.push(("AWS_SESSION_TOKEN", token.to_owned()));
        }
    }
    if let Some(reader) = reader {
        variables.push(("READER_DB_HOST", options.reader_host.clone()));
        variables.push(("READER_DB_CONNECT_TO", reader.to_string()));
    }
    variables
}

/// `export NAME='value'`, one line each, for a POSIX shell
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>).
pub fn shell_block(variables: &[(&'static str, String)]) -> String {
    let lines = variables.iter().flat_map(|(name, value)| {
        ["export ", name, "='", &*value.replace('\'', r"'\''"), "'\n"].map(str::to_owned)
    });
    lines.collect()
}

/// The database that clients are told of. On a server by URL that names none it is `postgres`, which
/// always exists behind a proxy:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>.
pub(crate) fn database(options: &Options) -> String {
    let usual = || match &options.backend {
        Backend::Url(url) => url.database.clone().unwrap_or_else(|| "postgres".to_owned()),
        Backend::Temporary | Backend::Cluster(_) | Backend::Absent => "app".to_owned(),
    };
    options.database.clone().unwrap_or_else(usual)
}

/// The user that clients are told of, who owns the database.
pub(crate) fn first_user(options: &Options) -> String {
    let by_password = || options.password_users.first().map(|user| user.name.clone());
    options.iam_users.first().cloned().or_else(by_password).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_a_shell() {
        let variables = [("DB_USER", "o'brien $HOME\n`id`".to_owned()), ("DB_NAME", String::new())];
        assert_eq!(
            shell_block(&variables),
            "export DB_USER='o'\\''brien $HOME\n`id`'\nexport DB_NAME=''\n"
        );
    }
}
