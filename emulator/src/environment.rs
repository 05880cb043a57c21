//! The environment block: what makes a client talk to this emulator.
//!
//! Owns the variables' names, and their forms for a POSIX shell and for a file. Does not know what a
//! client does with them.

use std::net::SocketAddr;
use std::path::Path;

use crate::options::{Backend, Options};
use crate::proxy::ENDPOINT_PORT;

/// Every name that a block may have, in the order in which they are printed.
const NAMES: [&str; 14] = [
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_REGION",
    "DB_CA_FILE",
    "DB_CONNECT_TO",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    SESSION_TOKEN,
    "READER_DB_HOST",
    "READER_DB_CONNECT_TO",
];

/// How many of them each block has, at its beginning.
const ALWAYS: usize = 9;

const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// Variables that keep an SDK from taking the block's keys as they are. botocore prefers the first to
/// `AWS_SESSION_TOKEN`, reads the second as the end of the keys, and fails for a profile that does
/// not exist; the SDK for JavaScript prefers a profile to keys.
/// <https://github.com/boto/botocore/blob/develop/botocore/credentials.py>
/// <https://github.com/aws/aws-sdk-js-v3/blob/main/packages/credential-provider-node/src/defaultProvider.ts>
const IN_THE_WAY: [&str; 4] =
    ["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// Variables with their values.
pub(crate) type Variables = Vec<(&'static str, String)>;

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

/// `export NAME='value'`, one line each, for a POSIX shell
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>). Keys
/// without a session token would be taken with the one of other keys, so that one is unset.
pub fn shell_block(variables: &[(&'static str, String)]) -> String {
    let lines = variables.iter().flat_map(|(name, value)| {
        ["export ", name, "='", &*value.replace('\'', r"'\''"), "'\n"].map(str::to_owned)
    });
    let mut block: String = lines.collect();
    if has(variables, "AWS_ACCESS_KEY_ID") && !has(variables, SESSION_TOKEN) {
        block.extend(["unset ", SESSION_TOKEN, "\n"]);
    }
    block
}

/// `NAME=value`, one line each, without quotes: each value is as it stands. A name whose value has a
/// line break is an error, since this form can't say it.
/// <https://docs.docker.com/reference/cli/docker/container/run/#env>
pub(crate) fn file_lines(variables: &[(&'static str, String)]) -> Result<String, &'static str> {
    match variables.iter().find(|(_, value)| value.contains(['\n', '\r'])) {
        Some((name, _)) => Err(name),
        None => Ok(variables.iter().flat_map(|(name, value)| [name, "=", value, "\n"]).collect()),
    }
}

/// Whether a file holds such lines of some emulator's, and nothing else.
pub(crate) fn is_of_an_emulator(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else { return false };
    let found: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let known: Vec<&str> = NAMES.into_iter().filter(|name| found.contains(name)).collect();
    text.lines().count() == found.len() && found == known && found.len() >= ALWAYS
}

/// Variables that a command must not inherit with this block: those that only other blocks have, and
/// those that keep an SDK from the block's keys.
pub fn not_to_inherit(variables: &[(&'static str, String)]) -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().filter(|name| !has(variables, name)).chain(IN_THE_WAY)
}

fn has(variables: &[(&'static str, String)], name: &str) -> bool {
    variables.iter().any(|(known, _)| *known == name)
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
pub(crate) fn first_user(options: &Options) -> Option<&str> {
    let by_password = || options.password_users.first().map(|user| user.name.as_str());
    options.iam_users.first().map(String::as_str).or_else(by_password)
}

#[cfg(test)]
mod tests {
    use crate::principal::Principal;

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
    fn values_are_quoted_for_a_shell() {
        let variables = [("DB_USER", "o'brien $HOME\n`id`".to_owned()), ("DB_NAME", String::new())];
        assert_eq!(
            shell_block(&variables),
            "export DB_USER='o'\\''brien $HOME\n`id`'\nexport DB_NAME=''\n"
        );
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
        let expected = ["AWS_SESSION_TOKEN", "READER_DB_HOST", "READER_DB_CONNECT_TO"];
        assert_eq!(left, [&expected[..], &IN_THE_WAY].concat());
        let reader = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        let left: Vec<&str> = not_to_inherit(&variables_of(&Options::default(), reader)).collect();
        assert_eq!(left, IN_THE_WAY);
    }

    #[test]
    fn the_names_are_in_order() {
        let reader = Some(SocketAddr::from(([127, 0, 0, 1], 2)));
        let names = variables_of(&Options::default(), reader).into_iter().map(|(name, _)| name);
        assert_eq!(names.collect::<Vec<_>>(), NAMES);
    }
}
