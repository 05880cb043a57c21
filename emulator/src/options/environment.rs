//! What a client of the emulator is told.
//!
//! Owns which variables there are and their values. How they are written down is
//! `crate::emulator::environment`.

use std::net::SocketAddr;
use std::path::Path;

use super::Options;
use crate::backend::Backend;
use crate::client::ENDPOINT_PORT;
use crate::emulator::environment::{SESSION_TOKEN, Variables};

/// The variables, in the order in which they are printed.
pub(crate) fn variables(
    options: &Options,
    (ca_file, database): (&Path, &str),
    address: SocketAddr,
    reader: Option<SocketAddr>,
) -> Variables {
    let mut variables = vec![
        ("DB_HOST", options.endpoint_host.clone()),
        ("DB_PORT", ENDPOINT_PORT.to_string()),
        ("DB_NAME", database.to_owned()),
        ("DB_USER", first_user(options).unwrap_or_default().to_owned()),
        ("DB_REGION", options.region.clone()),
        ("DB_CA_FILE", ca_file.display().to_string()),
        ("DB_CONNECT_TO", address.to_string()),
        ("AWS_REGION", options.region.clone()),
        // The only one that boto3 reads.
        ("AWS_DEFAULT_REGION", options.region.clone()),
    ];
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

/// The user that clients log in as, who owns the database.
pub(crate) fn first_user(options: &Options) -> Option<&str> {
    let by_password = || options.password_users.first().map(|user| user.name.as_str());
    options.iam_users.first().map(String::as_str).or_else(by_password)
}

#[cfg(test)]
mod tests {
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
    fn the_names_are_in_order() {
        let reader = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        let names = variables_of(&Options::default(), reader).into_iter().map(|(name, _)| name);
        assert_eq!(names.collect::<Vec<_>>(), NAMES[..NAMES.len() - 1], "all but the page");
    }
}
