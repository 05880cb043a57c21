//! Access keys in the environment, and what may be wrong with their variables.
//!
//! A problem names variables and never holds a value. None of them is a problem of the
//! configuration, since the keys may come from elsewhere; keys that no service can accept are
//! reported before anything is signed with them.

use aws_credential_types::Credentials;

use super::variables::NearMiss;
use crate::clock::parse_rfc3339;

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const PROFILE: &str = "AWS_PROFILE";

/// What is wrong with the variables of the keys, or with those set in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// One is set under a name that no SDK reads.
    Misnamed(NearMiss),
    /// One is set without the other that belongs to it.
    Half {
        /// The one that is set.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// The keys are there, but no service can accept them.
    Flaw(KeyFlaw),
    /// The key is a long-term one, and a session token is set beside it.
    StraySessionToken,
}

/// Why no service can accept keys, wherever they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlaw {
    /// This part contains a blank or a line end.
    Blanks(KeyPart),
    /// This part contains a quote.
    Quotes(KeyPart),
    /// The key is a temporary one, and has no session token.
    NoSessionToken,
}

/// What keys consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// The access key's id.
    Id,
    /// The secret access key.
    Secret,
    /// The session token.
    SessionToken,
}

/// What people set by mistake, by the variable that they mean: names of older tools, the files'
/// settings, typing errors.
const NEAR_MISSES: [(&str, &[&str]); 4] = [
    (
        ID,
        &[
            "AWS_ACCESS_KEY",
            "AWS_ACCESSKEY",
            "AWS_ACCESS_KEYID",
            "AWS_ACCESSKEY_ID",
            "AWS_ACCESS_ID",
            "AWS_KEY",
            "AWS_KEY_ID",
            "AMAZON_ACCESS_KEY_ID",
            "ACCESS_KEY_ID",
            "aws_access_key_id",
        ],
    ),
    (
        SECRET,
        &[
            "AWS_SECRET_KEY",
            "AWS_SECRETKEY",
            "AWS_SECRET",
            "AWS_SECRET_ACCESSKEY",
            "AWS_SECRET_ACCESS_KEY_ID",
            "AWS_SECRET_KEY_ID",
            "AWS_ACCESS_KEY_SECRET",
            "AWS_ACCESS_SECRET_KEY",
            "AWS_ACCESS_SECRET",
            "AMAZON_SECRET_ACCESS_KEY",
            "aws_secret_access_key",
        ],
    ),
    (
        TOKEN,
        &[
            "AWS_SECURITY_TOKEN",
            "AWS_SESSION_KEY",
            "AWS_TOKEN",
            "SESSION_TOKEN",
            "aws_session_token",
        ],
    ),
    (PROFILE, &["AWS_DEFAULT_PROFILE", "AWS_PROFILE_NAME", "aws_profile"]),
];

/// These two belong together: <https://docs.aws.amazon.com/sdkref/latest/guide/access-assume-role-web.html>
const WEB_IDENTITY: [&str; 2] = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"];

/// What else names a provider of the SDK's chain, in its order
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).
const PROVIDERS: [&str; 4] = [
    PROFILE,
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// How the ids of long-term and of temporary keys begin
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
const LONG_TERM: &str = "AKIA";
const TEMPORARY: &str = "ASIA";

/// What the environment has of keys.
pub(super) struct EnvironmentKeys {
    pub(super) keys: Option<Credentials>,
    pub(super) profile: Option<String>,
    pub(super) providers: Vec<&'static str>,
    pub(super) problems: Vec<KeyProblem>,
}

impl EnvironmentKeys {
    /// Reads more variables only if the usual ones have no keys: each read costs time.
    pub(super) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| get(name).filter(|value| !value.is_empty());
        let is_set = |name: &str| value(name).is_some();
        let (id, secret, token) = (value(ID), value(SECRET), value(TOKEN));
        let mut problems = Vec::new();
        match (id, secret) {
            (Some(id), Some(secret)) => {
                let flaws = KeyFlaw::all(&id, &secret, token.as_deref());
                if flaws.contains(&KeyFlaw::NoSessionToken) {
                    problems.extend(near_miss(TOKEN, is_set).map(KeyProblem::Misnamed));
                }
                problems.extend(flaws.into_iter().map(KeyProblem::Flaw));
                if token.is_some() && id.starts_with(LONG_TERM) {
                    problems.push(KeyProblem::StraySessionToken);
                }
                // Set by `aws configure export-credentials --format env`; Lambda does not set it.
                let end = value("AWS_CREDENTIAL_EXPIRATION").as_deref().and_then(parse_rfc3339);
                let keys = Credentials::new(id, secret, token, end, "the environment");
                Self { keys: Some(keys), profile: None, providers: vec![], problems }
            }
            (id, secret) => {
                let mut half = |set: Option<()>, missing: Option<()>, names: [&'static str; 2]| {
                    if let (Some(()), None) = (set, missing) {
                        let [set, missing] = names;
                        problems.push(KeyProblem::Half { set, missing });
                    }
                };
                // The SDK accepts this name for the other half.
                let other_half = secret.or_else(|| value("SECRET_ACCESS_KEY")).map(drop);
                let id = id.map(drop);
                half(id, other_half, [ID, SECRET]);
                half(other_half, id, [SECRET, ID]);
                let [file, role] = WEB_IDENTITY.map(|name| value(name).map(drop));
                half(file, role, WEB_IDENTITY);
                let profile = value(PROFILE);
                let missing =
                    [(ID, id), (SECRET, other_half), (PROFILE, profile.as_ref().map(|_| ()))];
                let missing = missing.into_iter().filter(|(_, set)| set.is_none());
                let near_misses = missing.filter_map(|(name, _)| near_miss(name, is_set));
                problems.extend(near_misses.map(KeyProblem::Misnamed));
                let providers = PROVIDERS.into_iter().filter(|name| is_set(name)).collect();
                Self { keys: None, profile, providers, problems }
            }
        }
    }
}

/// The keys that Lambda puts into the environment, which are the function's own
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
pub fn environment_keys(get: impl Fn(&str) -> Option<String>) -> Option<Credentials> {
    EnvironmentKeys::read(get).keys
}

impl KeyProblem {
    /// The flaw, if it is one.
    pub fn flaw(&self) -> Option<KeyFlaw> {
        match self {
            Self::Flaw(flaw) => Some(*flaw),
            Self::Misnamed(_) | Self::Half { .. } | Self::StraySessionToken => None,
        }
    }
}

impl KeyFlaw {
    /// All flaws of these keys. AWS's keys consist of letters, digits, `+`, `/` and `=`; those of
    /// stand-ins for AWS may have more, so only what no key has counts.
    pub(crate) fn all(id: &str, secret: &str, token: Option<&str>) -> Vec<Self> {
        let parts = [
            (KeyPart::Id, Some(id)),
            (KeyPart::Secret, Some(secret)),
            (KeyPart::SessionToken, token),
        ];
        let mut flaws = Vec::new();
        for (part, value) in parts {
            let value = value.unwrap_or_default();
            // A session token has over a thousand characters, and this takes few instructions.
            if value.bytes().all(|it| it.is_ascii_graphic() && it != b'"' && it != b'\'') {
                continue;
            }
            if value.contains(char::is_whitespace) {
                flaws.push(Self::Blanks(part));
            }
            if value.contains(['"', '\'']) {
                flaws.push(Self::Quotes(part));
            }
        }
        let plain = id.trim_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
        if plain.starts_with(TEMPORARY) && token.is_none() {
            flaws.push(Self::NoSessionToken);
        }
        flaws
    }
}

impl KeyPart {
    /// The variable that it is in.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Id => ID,
            Self::Secret => SECRET,
            Self::SessionToken => TOKEN,
        }
    }

    /// What the SDK's files call it.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Id => "aws_access_key_id",
            Self::Secret => "aws_secret_access_key",
            Self::SessionToken => "aws_session_token",
        }
    }
}

fn near_miss(variable: &'static str, is_set: impl Fn(&str) -> bool) -> Option<NearMiss> {
    let (_, names) = NEAR_MISSES.iter().find(|(meant, _)| *meant == variable)?;
    let set = names.iter().copied().find(|name| is_set(name))?;
    Some(NearMiss { variable, set })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> EnvironmentKeys {
        EnvironmentKeys::read(|name| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn problems(vars: &[(&str, &str)]) -> Vec<KeyProblem> {
        read(vars).problems
    }

    fn misnamed(variable: &'static str, set: &'static str) -> KeyProblem {
        KeyProblem::Misnamed(NearMiss { variable, set })
    }

    #[test]
    fn keys_as_lambda_sets_them_have_no_problem() {
        let vars = [(ID, "ASIAEXAMPLE"), (SECRET, "secret"), (TOKEN, "token"), ("AWS_KEY", "x")];
        let read = read(&vars);
        assert_eq!((read.problems, read.profile), (vec![], None));
        assert_eq!(read.keys.unwrap().access_key_id(), "ASIAEXAMPLE");
        assert_eq!(problems(&[]), []);
        let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/keys");
        let providers = self::read(&[(PROFILE, "local"), container]).providers;
        assert_eq!(providers, [PROFILE, container.0]);
        assert_eq!(problems(&[(PROFILE, "local")]), []);
    }

    #[test]
    fn names_that_no_sdk_reads_are_seen() {
        let vars = [("AWS_ACCESS_KEY", "a"), ("AWS_SECRET_KEY", "b")];
        let expected = [misnamed(ID, "AWS_ACCESS_KEY"), misnamed(SECRET, "AWS_SECRET_KEY")];
        assert_eq!(problems(&vars), expected);
        let profile = problems(&[("AWS_DEFAULT_PROFILE", "local")]);
        assert_eq!(profile, [misnamed(PROFILE, "AWS_DEFAULT_PROFILE")]);
        let token = [(ID, "ASIA1"), (SECRET, "b"), ("AWS_SECURITY_TOKEN", "c")];
        let expected =
            [misnamed(TOKEN, "AWS_SECURITY_TOKEN"), KeyProblem::Flaw(KeyFlaw::NoSessionToken)];
        assert_eq!(problems(&token), expected);
    }

    #[test]
    fn half_a_pair_is_seen() {
        let half = |set, missing| KeyProblem::Half { set, missing };
        assert_eq!(problems(&[(ID, "AKIA1")]), [half(ID, SECRET)]);
        assert_eq!(problems(&[(SECRET, "s"), (ID, "")]), [half(SECRET, ID)]);
        assert_eq!(problems(&[(ID, "AKIA1"), ("SECRET_ACCESS_KEY", "s")]), []);
        let [file, role] = WEB_IDENTITY;
        assert_eq!(problems(&[(file, "/token")]), [half(file, role)]);
        assert_eq!(problems(&[(role, "arn")]), [], "a role alone may be anything's");
    }

    #[test]
    fn blanks_line_ends_and_quotes_in_a_value_are_seen() {
        use KeyPart::{Id, Secret, SessionToken};
        for (name, part) in [(ID, Id), (SECRET, Secret), (TOKEN, SessionToken)] {
            for (value, expected) in [
                ("\"AKIA1\"", vec![KeyFlaw::Quotes(part)]),
                ("'AKIA1", vec![KeyFlaw::Quotes(part)]),
                ("AKIA1\n", vec![KeyFlaw::Blanks(part)]),
                (" AKIA1", vec![KeyFlaw::Blanks(part)]),
                ("AK IA1", vec![KeyFlaw::Blanks(part)]),
                ("'AKIA1'\r\n", vec![KeyFlaw::Blanks(part), KeyFlaw::Quotes(part)]),
                ("AK/I+A=1", vec![]),
            ] {
                let mut vars = vec![(ID, "a"), (SECRET, "b"), (TOKEN, "c")];
                vars.retain(|(other, _)| *other != name);
                vars.push((name, value));
                let mut found = problems(&vars);
                found.retain(|problem| *problem != KeyProblem::StraySessionToken);
                let expected: Vec<_> = expected.into_iter().map(KeyProblem::Flaw).collect();
                assert_eq!(found, expected, "{name}={value:?}");
            }
        }
    }

    #[test]
    fn a_session_token_belongs_to_temporary_keys() {
        for id in ["ASIA1", "\"ASIA1\"", " ASIA1"] {
            let temporary = problems(&[(ID, id), (SECRET, "s")]);
            assert!(temporary.contains(&KeyProblem::Flaw(KeyFlaw::NoSessionToken)), "{id:?}");
        }
        let stray = problems(&[(ID, "AKIA1"), (SECRET, "s"), (TOKEN, "t")]);
        assert_eq!(stray, [KeyProblem::StraySessionToken]);
        assert_eq!(problems(&[(ID, "test"), (SECRET, "s"), (TOKEN, "t")]), []);
    }
}
