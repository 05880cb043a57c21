//! The environment block: what makes a client talk to this emulator.
//!
//! Owns the variables' names, and their forms for a POSIX shell and for a file. Does not know what a
//! client does with them.

/// Every name that a block may have, in the order in which they are printed.
pub(crate) const NAMES: [&str; 24] = [
    "DB_ENGINE",
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_REGION",
    "DB_CA_FILE",
    "DB_CONNECT_TO",
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGUSER",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "JDBC_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    SESSION_TOKEN,
    "READER_DB_HOST",
    "READER_DB_CONNECT_TO",
    ADMIN,
];

/// How many of them each block has at least.
const ALWAYS: usize = 9;

pub(crate) const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// Where the emulator shows sessions, pool and pins.
pub(crate) const ADMIN: &str = "EMULATOR_ADMIN";

/// Variables that keep an SDK from taking the block's keys as they are. botocore prefers the first to
/// `AWS_SESSION_TOKEN`, reads the second as the end of the keys, and fails for a profile that does
/// not exist; the SDK for JavaScript prefers a profile to keys.
/// <https://github.com/boto/botocore/blob/develop/botocore/credentials.py>
/// <https://github.com/aws/aws-sdk-js-v3/blob/main/packages/credential-provider-node/src/defaultProvider.ts>
pub(crate) const IN_THE_WAY: [&str; 4] =
    ["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// Variables with their values.
pub(crate) type Variables = Vec<(&'static str, String)>;

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
