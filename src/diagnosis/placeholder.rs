//! Placeholders in sentences and commands: which fact each stands for, and how it is quoted.
//!
//! A text is filled in one pass, so a name with braces is not filled again. Unknown facts are words in
//! capitals, never empty.

use std::borrow::Cow;

use super::{Facts, Site};

/// Where a text is read or pasted, which decides how values are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A sentence for a person.
    Prose,
    /// A command for a POSIX shell.
    Shell,
    /// A JSON document; placeholders are inside its strings.
    Json,
    /// A statement for `psql`: an identifier outside quotes, a literal inside single quotes.
    Sql,
    /// A statement for the `mysql` client: the same, with its own quotes.
    MySql,
}

macro_rules! placeholders {
    ($($(#[$doc:meta])* $variant:ident => $name:literal, $generic:literal;)+) => {
        /// A placeholder.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Placeholder {
            $($(#[$doc])* $variant,)+
        }

        impl Placeholder {
            /// Every placeholder.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name, without braces.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The word for it if the fact is unknown.
            pub fn generic(self) -> &'static str {
                match self {
                    $(Self::$variant => $generic,)+
                }
            }
        }
    };
}

placeholders! {
    /// Where the probe runs.
    Here => "here", "the function";
    /// A machine whose network is the same.
    Nearby => "nearby", "on a machine in the function's subnets";
    /// `DB_HOST`.
    Host => "host", "HOST";
    /// `DB_PORT`.
    Port => "port", "PORT";
    /// Where the socket goes: `DB_CONNECT_TO`, else host and port.
    Socket => "socket", "HOST:PORT";
    /// The name that is resolved for it.
    SocketName => "socket_name", "HOST";
    /// The port of it.
    SocketPort => "socket_port", "PORT";
    /// The region that signs.
    Region => "region", "REGION";
    /// The engine that is tested.
    Engine => "engine", "PostgreSQL or MySQL";
    /// The port of an RDS Proxy for it.
    ProxyPort => "proxy_port", "5432 (PostgreSQL) or 3306 (MySQL)";
    /// The engine family of an RDS Proxy for it.
    EngineFamily => "engine_family", "POSTGRESQL_OR_MYSQL";
    /// What Aurora calls it.
    AuroraEngine => "aurora_engine", "AURORA_ENGINE";
    /// What OpenSSL calls its way to ask for TLS.
    StartTls => "starttls", "POSTGRES_OR_MYSQL";
    /// A part of the name of its log's files.
    LogName => "log_name", "LOG_NAME";
    /// The partition of that region, as ARNs have it.
    Partition => "partition", "aws";
    /// The DNS suffix of that partition's services.
    ServiceSuffix => "service_suffix", "amazonaws.com";
    /// The address of RDS's certificates for that region.
    TrustStore => "trust_store", "TRUST_STORE_URL";
    /// The cluster's or instance's own name: the first part of `DB_HOST`.
    Identifier => "identifier", "IDENTIFIER";
    /// The proxy's account.
    Account => "account", "ACCOUNT";
    /// The proxy's name.
    Proxy => "proxy", "PROXY";
    /// The proxy's id.
    ProxyId => "proxy_id", "prx-ID";
    /// The database behind the proxy.
    Target => "target", "DATABASE_ID";
    /// The port of the database behind the proxy.
    TargetPort => "target_port", "DATABASE_PORT";
    /// The database user.
    User => "user", "USER";
    /// The database.
    Database => "database", "DATABASE";
    /// The secret's ARN.
    Secret => "secret", "SECRET_ARN";
    /// The secret's region.
    SecretRegion => "secret_region", "REGION";
    /// The role to assume.
    Role => "role", "ROLE_ARN";
    /// The role's name, the end of its ARN.
    RoleName => "role_name", "ROLE_NAME";
    /// The profile that keys come from.
    Profile => "profile", "PROFILE";
}

impl Placeholder {
    /// Whether it is a name that people chose, which is quoted in sentences. Regions, accounts,
    /// ports and ids are not.
    pub(super) fn is_name(self) -> bool {
        match self {
            Self::Host
            | Self::Socket
            | Self::SocketName
            | Self::Identifier
            | Self::Proxy
            | Self::Target
            | Self::User
            | Self::Database
            | Self::Secret
            | Self::Role
            | Self::RoleName
            | Self::Profile => true,
            Self::Here
            | Self::Nearby
            | Self::Port
            | Self::SocketPort
            | Self::Region
            | Self::Engine
            | Self::ProxyPort
            | Self::EngineFamily
            | Self::AuroraEngine
            | Self::StartTls
            | Self::LogName
            | Self::Partition
            | Self::ServiceSuffix
            | Self::TrustStore
            | Self::Account
            | Self::ProxyId
            | Self::TargetPort
            | Self::SecretRegion => false,
        }
    }
}

/// A filled text, and whether it contains the signing region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) text: String,
    pub(super) names_region: bool,
}

/// Fills a text's placeholders with the facts; without facts, with their generic words.
pub(super) fn fill(template: &str, context: Context, facts: Option<&Facts<'_>>) -> Filled {
    let mut filled = Filled { text: String::with_capacity(template.len()), names_region: false };
    let site = facts.filter(|_| context == Context::Prose).map_or(Site::Function, |it| it.site);
    let mut rest = template;
    let mut in_quotes = false;
    while let Some(at) = rest.find('{') {
        let (before, from_brace) = rest.split_at(at);
        push_literal(&mut filled.text, &site.literal(before), &mut in_quotes);
        if let Some((text, after)) = alternative(from_brace, context, site) {
            push_literal(&mut filled.text, &site.literal(text), &mut in_quotes);
            rest = after;
            continue;
        }
        let Some((placeholder, after)) = leading(from_brace) else {
            let (brace, after) = from_brace.split_at(1);
            filled.text.push_str(brace);
            rest = after;
            continue;
        };
        filled.names_region |= matches!(placeholder, Placeholder::Region | Placeholder::TrustStore);
        let known = facts.and_then(|facts| facts.value(placeholder));
        let is_alone = context == Context::Prose && is_a_word(&filled.text, after);
        match known {
            _ if placeholder == Placeholder::Here => push_here(&mut filled.text, site),
            _ if placeholder == Placeholder::Nearby => filled.text.push_str(site.nearby()),
            Some(name) if placeholder.is_name() && is_alone => {
                filled.text.extend(["\"", &name, "\""]);
            }
            Some(value) => filled.text.push_str(&quoted(&value, context, in_quotes)),
            None => filled.text.push_str(&quoted(placeholder.generic(), context, in_quotes)),
        }
        rest = after;
    }
    push_literal(&mut filled.text, &site.literal(rest), &mut in_quotes);
    filled
}

/// Whether a placeholder between these texts is a word of a sentence, instead of a part of one such
/// as an ARN or an assignment.
fn is_a_word(before: &str, after: &str) -> bool {
    let begins = before.is_empty() || before.ends_with([' ', '(']);
    let after = after.strip_prefix([',', '.', ';', ':', ')']).unwrap_or(after);
    begins && (after.is_empty() || after.starts_with([' ', ',', '.', ';', ')']))
}

/// Where the probe runs, in upper case where a sentence begins.
fn push_here(text: &mut String, site: Site) {
    let (first, rest) = site.as_str().split_at(1);
    if text.is_empty() || text.ends_with(". ") {
        text.push_str(&first.to_ascii_uppercase());
    } else {
        text.push_str(first);
    }
    text.push_str(rest);
}

/// A part without placeholders; its single quotes open and close.
fn push_literal(text: &mut String, literal: &str, in_quotes: &mut bool) {
    *in_quotes ^= literal.matches('\'').count() % 2 == 1;
    text.push_str(literal);
}

/// What a sentence that goes on with `{in the function|elsewhere}` says there, and what follows.
fn alternative(text: &str, context: Context, site: Site) -> Option<(&str, &str)> {
    let (both, after) = text.strip_prefix('{')?.split_once('}')?;
    let (in_function, elsewhere) = both.split_once('|')?;
    (context == Context::Prose).then(|| (site.choose(in_function, elsewhere), after))
}

/// The placeholder that a text begins with, and what follows it.
fn leading(text: &str) -> Option<(Placeholder, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let known = Placeholder::ALL.iter().find(|placeholder| placeholder.name() == name)?;
    Some((*known, after))
}

/// A value, quoted for such a text.
fn quoted(value: &str, context: Context, in_quotes: bool) -> Cow<'_, str> {
    match (context, in_quotes) {
        (Context::Prose, _) => value.into(),
        (Context::Shell, true) => value.replace('\'', r"'\''").into(),
        (Context::Shell, false) if is_plain_word(value) => value.into(),
        (Context::Shell, false) => format!("'{}'", value.replace('\'', r"'\''")).into(),
        (Context::Json, _) => json_escaped(value).into(),
        (Context::Sql, true) => value.replace('\'', "''").into(),
        (Context::Sql, false) => format!("\"{}\"", value.replace('"', "\"\"")).into(),
        // A backslash escapes, unless the server says otherwise.
        (Context::MySql, true) => value.replace('\\', r"\\").replace('\'', "''").into(),
        (Context::MySql, false) => format!("`{}`", value.replace('`', "``")).into(),
    }
}

/// Whether a shell accepts it without quotes, anywhere in a word.
fn is_plain_word(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@%+,=".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

/// Inside a JSON string ([RFC 8259, section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
fn json_escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '"' | '\\' => escaped.extend(['\\', letter]),
            '\u{0}'..='\u{1f}' => {
                escaped.extend(format!("\\u{:04x}", u32::from(letter)).chars());
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, context: Context, in_quotes: bool, expected: &str) {
        assert_eq!(quoted(value, context, in_quotes), expected);
    }

    #[test]
    fn a_value_is_quoted_for_where_it_stands() {
        check("app", Context::Shell, false, "app");
        check("it's", Context::Shell, false, r"'it'\''s'");
        check("it's", Context::Shell, true, r"it'\''s");
        check("a\"b\\\n", Context::Json, false, r#"a\"b\\\u000a"#);
        check("a\"b", Context::Sql, false, "\"a\"\"b\"");
        check("it's", Context::Sql, true, "it''s");
        check("it's", Context::Prose, false, "it's");
    }

    #[test]
    fn a_name_that_is_a_word_of_a_sentence_is_quoted() {
        for (before, after, expected) in [
            ("", " does", true),
            ("to ", ".", true),
            ("to (", "). ", true),
            ("than ", ": a tunnel", true),
            ("as ", ", or", true),
            ("to ", ":5432", false),
            ("dbuser:prx-1/", ".", false),
            ("DB_USER=", ", ", false),
            ("\"", "\"", false),
        ] {
            assert_eq!(is_a_word(before, after), expected, "{before}…{after}");
        }
    }

    #[test]
    fn an_alternative_is_chosen_by_the_place_in_sentences_alone() {
        let text = "Set it{ in the template|}, {as|or} {here} {nearby}.";
        let fill =
            |site, context| fill(text, context, Some(&Facts { site, ..Facts::default() })).text;
        let lambda =
            "Set it in the template, as the function on a machine in the function's subnets.";
        assert_eq!(fill(Site::Function, Context::Prose), lambda);
        assert_eq!(fill(Site::Machine, Context::Prose), "Set it, or this machine here.");
        assert!(
            fill(Site::Machine, Context::Shell).starts_with("Set it{ in the template|}, {as|or}")
        );
    }

    #[test]
    fn what_is_not_known_is_a_word_and_other_braces_stay() {
        let text = "{\"Resource\": \"{secret}\"} {unknown} {";
        let filled = fill(text, Context::Json, None);
        assert_eq!(filled.text, "{\"Resource\": \"SECRET_ARN\"} {unknown} {");
        assert!(!filled.names_region);
        assert!(fill("--region {region}", Context::Shell, None).names_region);
    }
}
