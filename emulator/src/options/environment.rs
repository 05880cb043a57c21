//! What a client of the emulator gets.
//!
//! Owns which variables there are and their values. How they are written down is
//! `crate::emulator::environment`.

use std::net::SocketAddr;
use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Options;
use crate::backend::Backend;
use crate::emulator::environment::{SESSION_TOKEN, Variables};
use crate::engine::Engine;

/// The variables, in the order in which they are printed.
pub(crate) fn variables(
    options: &Options,
    (ca_file, database): (&Path, &str),
    address: SocketAddr,
    reader: Option<SocketAddr>,
) -> Variables {
    let (user, ca_file) = (first_user(options).unwrap_or_default(), ca_file.display().to_string());
    let port = options.port();
    let mut variables = vec![
        ("DB_ENGINE", options.engine.to_string()),
        ("DB_HOST", options.endpoint_host.clone()),
        ("DB_PORT", port.to_string()),
    ];
    if !database.is_empty() {
        variables.push(("DB_NAME", database.to_owned()));
    }
    variables.extend([
        ("DB_USER", user.to_owned()),
        ("DB_REGION", options.region.clone()),
        ("DB_CA_FILE", ca_file.clone()),
        ("DB_CONNECT_TO", address.to_string()),
    ]);
    if options.engine == Engine::PostgreSql {
        variables.extend(of_postgresql(options, (&ca_file, database, user), address));
    }
    variables.extend([
        ("AWS_REGION", options.region.clone()),
        // The only one that boto3 reads.
        ("AWS_DEFAULT_REGION", options.region.clone()),
    ]);
    if let Some(principal) = options.principals.first() {
        variables.push(("AWS_ACCESS_KEY_ID", principal.access_key_id.clone()));
        variables.push(("AWS_SECRET_ACCESS_KEY", principal.secret().to_owned()));
        if let Some(token) = principal.session_token() {
            variables.push((SESSION_TOKEN, token.to_owned()));
        }
    }
    if let Some(reader) = reader {
        variables.push(("READER_DB_HOST", options.reader_host.clone()));
        variables.push(("READER_DB_CONNECT_TO", reader.to_string()));
    }
    variables
}

/// What libpq, drivers that follow it, and pgjdbc's users read.
/// <https://www.postgresql.org/docs/current/libpq-envars.html>
fn of_postgresql(
    options: &Options,
    (ca_file, database, user): (&str, &str, &str),
    address: SocketAddr,
) -> [(&'static str, String); 8] {
    [
        ("PGHOST", options.endpoint_host.clone()),
        ("PGHOSTADDR", address.ip().to_string()),
        ("PGPORT", address.port().to_string()),
        ("PGDATABASE", database.to_owned()),
        ("PGUSER", user.to_owned()),
        ("PGSSLMODE", "verify-full".to_owned()),
        ("PGSSLROOTCERT", ca_file.to_owned()),
        ("JDBC_URL", jdbc_url(address, database, user, ca_file)),
    ]
}

/// Where pgjdbc connects to. It has no setting for an address beside the host's name, and that name
/// leads nowhere. So the URL has the address, and the certificate is verified against the authority
/// alone, which signs for emulators only.
/// <https://jdbc.postgresql.org/documentation/ssl/>
fn jdbc_url(address: SocketAddr, database: &str, user: &str, ca_file: &str) -> String {
    let [database, user, ca_file] =
        [database, user, ca_file].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
    format!(
        "jdbc:postgresql://{address}/{database}?user={user}&sslmode=verify-ca&sslrootcert={ca_file}"
    )
}

/// The database that clients get. On a server by URL that names none it is `postgres`, which
/// always exists behind a proxy
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>); with MySQL it is none.
pub(crate) fn database(options: &Options) -> String {
    let on_server = match options.engine {
        Engine::PostgreSql => "postgres",
        Engine::MySql => "",
    };
    let usual = || match &options.backend {
        Backend::Url(url) => url.database.clone().unwrap_or_else(|| on_server.to_owned()),
        Backend::Temporary | Backend::Cluster(_) | Backend::Absent => "app".to_owned(),
    };
    options.database.clone().unwrap_or_else(usual)
}

/// The user that clients log in as, who owns the database.
pub(crate) fn first_user(options: &Options) -> Option<&str> {
    let by_password = || options.password_users.first().map(|user| user.name.as_str());
    options.iam_users.first().map(String::as_str).or_else(by_password)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::emulator::environment::{
        IN_THE_WAY, NAMES, file_lines, is_of_an_emulator, not_to_inherit, shell_block,
    };
    use crate::users::Principal;

    use super::*;

    fn variables_of(options: &Options, reader: Option<SocketAddr>) -> Variables {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        variables(options, (Path::new("/tmp/ca file.pem"), "app"), address, reader)
    }

    fn without_session_token() -> Options {
        let principals = vec![Principal::new("AKIA", "secret", None, Vec::new())];
        Options { principals, ..Options::default() }
    }

    #[test]
    fn keys_without_a_session_token_do_not_meet_the_one_of_others() {
        let block = shell_block(&variables_of(&without_session_token(), None));
        assert!(
            block.ends_with("SECRET_ACCESS_KEY='secret'\nunset AWS_SESSION_TOKEN\n"),
            "{block}"
        );
        let block = shell_block(&variables_of(&Options::default(), None));
        assert!(!block.contains("unset"), "{block}");
    }

    #[test]
    fn what_an_emulator_wrote_into_a_file_is_known_again() {
        let reader = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        for variables in [
            variables_of(&Options::default(), None),
            variables_of(&Options::default(), reader),
            variables_of(&without_session_token(), reader),
        ] {
            let lines = file_lines(&variables).expect("no line breaks");
            assert!(lines.contains("\nDB_CA_FILE=/tmp/ca file.pem\n"), "{lines}");
            assert!(is_of_an_emulator(lines.as_bytes()), "{lines}");
            for other in [
                lines.clone() + "MINE=1\n",
                lines.clone() + "# mine\n",
                lines.replacen("DB_PORT", "DB_FORT", 1),
                lines.lines().rev().map(|line| line.to_owned() + "\n").collect(),
            ] {
                assert!(!is_of_an_emulator(other.as_bytes()), "{other}");
            }
        }
        assert!(!is_of_an_emulator(b"") && !is_of_an_emulator(b"AWS_REGION=us-east-1\n"));
        let user = vec!["a\nb".to_owned()];
        let variables = variables_of(&Options { iam_users: user, ..Options::default() }, None);
        assert_eq!(file_lines(&variables), Err("DB_USER"));
    }

    #[test]
    fn a_command_inherits_no_variable_that_belongs_to_another_block_or_to_other_keys() {
        let left: Vec<&str> =
            not_to_inherit(&variables_of(&without_session_token(), None)).collect();
        let expected =
            ["AWS_SESSION_TOKEN", "READER_DB_HOST", "READER_DB_CONNECT_TO", "EMULATOR_ADMIN"];
        assert_eq!(left, [&expected[..], &IN_THE_WAY].concat());
        let reader = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        let left: Vec<&str> = not_to_inherit(&variables_of(&Options::default(), reader)).collect();
        assert_eq!(left, [&["EMULATOR_ADMIN"], &IN_THE_WAY[..]].concat());
    }

    #[test]
    fn the_variables_for_libpq_and_jdbc_lead_to_the_socket() {
        let iam_users = vec!["a b&c".to_owned()];
        let options = Options { iam_users, endpoint_port: Some(15432), ..Options::default() };
        let variables: HashMap<_, _> = variables_of(&options, None).into_iter().collect();
        for (name, expected) in [
            ("DB_PORT", "15432"),
            ("PGHOST", &options.endpoint_host),
            ("PGHOSTADDR", "127.0.0.1"),
            ("PGPORT", "1"),
            ("PGDATABASE", "app"),
            ("PGUSER", "a b&c"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/tmp/ca file.pem"),
            (
                "JDBC_URL",
                "jdbc:postgresql://127.0.0.1:1/app?user=a%20b%26c&sslmode=verify-ca\
                 &sslrootcert=%2Ftmp%2Fca%20file%2Epem",
            ),
        ] {
            assert_eq!(variables[name], expected, "{name}");
        }
    }

    #[test]
    fn the_demo_session_token_is_as_long_as_real_ones() {
        let variables: HashMap<_, _> =
            variables_of(&Options::default(), None).into_iter().collect();
        assert!(variables[SESSION_TOKEN].len() > 1024, "{}", variables[SESSION_TOKEN].len());
    }

    #[test]
    fn the_names_are_in_order() {
        let reader = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        let names = variables_of(&Options::default(), reader).into_iter().map(|(name, _)| name);
        assert_eq!(names.collect::<Vec<_>>(), NAMES[..NAMES.len() - 1], "all but the page");
    }
}
