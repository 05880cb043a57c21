//! Who signs tokens, and which database users each may connect as.
//!
//! Owns the `--principal` form, `dbuser` ARNs and IAM's wildcards. Does not know tokens.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// Every `dbuser` ARN has this form, in whatever partition. A plus sign is a run of characters without
/// a colon.
const ANY_DBUSER: &str = "arn:+:rds-db:+:+:dbuser:+/*";

/// An IAM identity with its keys and the `dbuser` ARNs that it may `rds-db:connect` to.
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    /// The access key id, which tokens name in clear.
    pub access_key_id: String,
    secret: String,
    session_token: Option<String>,
    patterns: Vec<String>,
}

impl Principal {
    /// A principal with these keys and patterns.
    pub fn new(
        access_key_id: impl Into<String>,
        secret: impl Into<String>,
        session_token: Option<String>,
        patterns: Vec<String>,
    ) -> Self {
        Self { access_key_id: access_key_id.into(), secret: secret.into(), session_token, patterns }
    }

    /// The one that is there unless others are named: it may connect as every user of every proxy.
    /// Its keys are AWS's documented examples in form and obviously no one's.
    pub fn demo() -> Self {
        Self::new(
            "AKIAEMULATEDEXAMPLE0",
            "not-a-secret/only-the-emulator-knows-it0",
            Some(demo_session_token()),
            vec!["arn:aws*:rds-db:*:*:dbuser:*".to_owned()],
        )
    }

    /// The secret access key.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The session token, which temporary credentials have.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Whether one of the patterns covers this `dbuser` ARN.
    pub fn may_connect(&self, arn: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, arn))
    }
}

/// As long as real ones are, since clients have failed for the length of a token:
/// <https://github.com/pgbouncer/pgbouncer/issues/430>.
fn demo_session_token() -> String {
    ["not/a/session/token/only/for/the/emulator"; 27].join("+") + "=="
}

/// Shows no key but the access key id.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("access_key_id", &self.access_key_id)
            .field("patterns", &self.patterns)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a `--principal`. Never repeats the text, which holds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrincipalError(&'static str);

impl fmt::Display for PrincipalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; expected ACCESS_KEY_ID:SECRET[:SESSION_TOKEN]=ARN_PATTERN[,ARN_PATTERN]",
            self.0
        )
    }
}

impl std::error::Error for PrincipalError {}

/// `ACCESS_KEY_ID:SECRET[:SESSION_TOKEN]=ARN_PATTERN[,ARN_PATTERN]`. The patterns begin at the
/// first `=arn:`, so that a session token may hold `=` and `/`.
impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (keys, patterns) =
            text.split_once("=arn:").ok_or(PrincipalError("no =arn: follows the keys"))?;
        let (id, rest) = keys.split_once(':').ok_or(PrincipalError("the secret is missing"))?;
        let (secret, session) = match rest.split_once(':') {
            Some((secret, session)) => (secret, Some(session)),
            None => (rest, None),
        };
        if id.is_empty() || secret.is_empty() || session == Some("") {
            return Err(PrincipalError("a key is empty"));
        }
        let patterns: Vec<String> =
            format!("arn:{patterns}").split(',').map(str::to_owned).collect();
        if patterns.iter().any(|pattern| !pattern.starts_with("arn:")) {
            return Err(PrincipalError("a pattern does not begin with arn:"));
        }
        if patterns.iter().any(|pattern| !have_common_match(pattern, ANY_DBUSER)) {
            return Err(PrincipalError(
                "a pattern matches no ARN of a database user, \
                 arn:aws:rds-db:REGION:ACCOUNT:dbuser:PROXY_ID/USER",
            ));
        }
        Ok(Self::new(id, secret, session.map(str::to_owned), patterns))
    }
}

/// The ARN that `rds-db:connect` asks for, in the region's partition.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
pub(crate) fn dbuser_arn(region: &str, account: &str, proxy_id: &str, user: &str) -> String {
    let partition = match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}")
}

/// IAM's wildcards: `*` is any run of characters, `?` any one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn matches(pattern: &str, text: &str) -> bool {
    // The reachable positions in the text, advanced by one pattern character at a time: linear in
    // memory, and no pattern makes it exponential.
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; text.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    for wanted in pattern.chars() {
        let mut seen = false;
        let mut previous = false;
        let shifted = std::iter::once(None).chain(text.iter().map(Some));
        for (here, character) in reachable.iter_mut().zip(shifted) {
            let was = *here;
            seen |= was;
            *here = match wanted {
                '*' => seen,
                '?' => previous,
                _ => previous && character == Some(&wanted),
            };
            previous = was;
        }
    }
    reachable.last().copied().unwrap_or(false)
}

/// Whether some text matches both patterns. Only the right one may have plus signs.
fn have_common_match(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    // How far a text can have come in both at once.
    let (mut pending, mut seen) = (vec![(0, 0)], HashSet::new());
    while let Some((l, r)) = pending.pop() {
        if !seen.insert((l, r)) {
            continue;
        }
        match (left.get(l), right.get(r)) {
            (None, None) => return true,
            // A star matches nothing more, or also what comes next in the other pattern.
            (Some('*'), next) => {
                pending.push((l + 1, r));
                pending.extend(next.map(|_| (l, r + 1)));
            }
            (next, Some('*')) => {
                pending.push((l, r + 1));
                pending.extend(next.map(|_| (l + 1, r)));
            }
            (next, Some('+')) => {
                pending.push((l, r + 1));
                pending.extend(next.filter(|next| **next != ':').map(|_| (l + 1, r)));
            }
            (Some(a), Some(b)) if a == b || *a == '?' || *b == '?' => pending.push((l + 1, r + 1)),
            (Some(_), _) | (None, Some(_)) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_match_as_in_iam() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*app", "prx-1/app", true),
            ("prx-*/app_*", "prx-1/app_reader", true),
            ("prx-1/app", "prx-1/App", false),
            ("?", "Ω", true),
            ("**a**", "bab", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_begin_at_the_first_arn() {
        let text = "AKIA1:se/cret+:tok=en/a==:b=arn:aws:rds-db:x:1:dbuser:p/a,arn:aws:*/*";
        let principal: Principal = text.parse().expect("well formed");
        assert_eq!(principal.access_key_id, "AKIA1");
        assert_eq!(principal.secret(), "se/cret+");
        assert_eq!(principal.session_token(), Some("tok=en/a==:b"));
        assert!(principal.may_connect("arn:aws:x:2/b"));
        assert!(!principal.may_connect("arn:aws-cn:x:1/b"));
    }

    #[test]
    fn a_broken_principal_is_named_without_its_secrets() {
        for text in ["", "a:b", "a=arn:x", ":b=arn:x", "a:=arn:x", "a:b:=arn:x", "a:b=arn:x,y"] {
            assert!(text.parse::<Principal>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_must_match_some_database_user() {
        let user = "arn:aws:rds-db:us-east-1:123456789012:dbuser:prx-0/app";
        for pattern in [
            user,
            "arn:aws*:rds-db:*:*:dbuser:*",
            "arn:*",
            "arn:aws:*",
            "arn:aws:rds-db:*",
            "arn:aws:rds-??:us-east-1:*/app",
            "arn:*:dbuser:prx-0/*",
        ] {
            let principal = format!("A:b={pattern}").parse::<Principal>().expect(pattern);
            assert!(principal.may_connect(user), "{pattern}");
        }
        for pattern in [
            "arn:aws:rds:us-east-1:123456789012:db-proxy:prx-0",
            "arn:aws:rds-db:us-east-1:123456789012:dbuser:prx-0",
            "arn:aws:rds-db:us-east-1:123456789012:db-user:*/app",
            "arn:aws:iam::123456789012:role/app",
            "arn:aws:rds:*",
            "arn:",
        ] {
            let error = format!("A:b=arn:*,{pattern}").parse::<Principal>().expect_err(pattern);
            assert!(error.to_string().starts_with("a pattern matches no ARN"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Principal::demo());
        assert!(shown.contains("AKIAEMULATEDEXAMPLE0") && !shown.contains("not-a-"), "{shown}");
    }

    #[test]
    fn the_partition_follows_the_region() {
        let arn = |region| dbuser_arn(region, "1", "prx-1", "a/b");
        assert_eq!(arn("eu-west-1"), "arn:aws:rds-db:eu-west-1:1:dbuser:prx-1/a/b");
        assert!(arn("cn-north-1").starts_with("arn:aws-cn:"));
        assert!(arn("us-gov-west-1").starts_with("arn:aws-us-gov:"));
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_and_the_star(text in "[a-z:/*?]{0,40}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
        }

        #[test]
        fn parsing_never_panics(text: String) {
            drop(text.parse::<Principal>());
        }

        #[test]
        fn patterns_that_match_one_text_have_a_common_match(
            text in "[ab]{0,6}", left in "[ab*?]{0,6}", right in "[ab*?]{0,6}",
        ) {
            prop_assert_eq!(have_common_match(&left, &text), matches(&left, &text));
            prop_assert_eq!(have_common_match(&text, &left), matches(&left, &text));
            if matches(&left, &text) && matches(&right, &text) {
                prop_assert!(have_common_match(&left, &right));
            }
        }
    }
}
