//! A possible cause, with what speaks for it and what to type.
//!
//! The sentences stand once, as [`Advice`]; the function's answers and TROUBLESHOOTING.md are both
//! made from them. Words in braces are filled in from the configuration.

use super::Facts;

/// A cause that a code can have, and its remedy: sentences with `{host}` and the like in them.
#[derive(Debug)]
pub struct Advice {
    /// What may be wrong.
    pub cause: &'static str,
    /// What to do about it, to copy and paste where possible.
    pub remedy: &'static str,
}

/// A cause as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What may be wrong.
    pub cause: String,
    /// What was observed that speaks for it.
    pub evidence: Option<String>,
    /// What to do about it.
    pub remedy: String,
}

impl Advice {
    /// The cause, with the words in braces filled in.
    pub(super) fn fill(&self, facts: &Facts<'_>, evidence: Option<String>) -> Cause {
        Cause { cause: fill(self.cause, facts), evidence, remedy: fill(self.remedy, facts) }
    }
}

/// The words that stand in braces, and how a page that knows no configuration says them.
pub const PLACEHOLDERS: [(&str, &str); 14] = [
    ("{secret_region}", "REGION"),
    ("{account}", "ACCOUNT"),
    ("{proxy_id}", "prx-ID"),
    ("{proxy}", "PROXY"),
    ("{secret}", "SECRET_ARN"),
    ("{role}", "ROLE_ARN"),
    ("{host}", "HOST"),
    ("{port}", "PORT"),
    ("{socket}", "HOST:PORT"),
    ("{socket_name}", "HOST"),
    ("{region}", "REGION"),
    ("{partition}", "aws"),
    ("{user}", "USER"),
    ("{database}", "DATABASE"),
];

fn fill(text: &str, facts: &Facts<'_>) -> String {
    PLACEHOLDERS.iter().fold(text.to_owned(), |text, (placeholder, generic)| {
        if !text.contains(placeholder) {
            return text;
        }
        let value = facts.value(placeholder).unwrap_or_else(|| (*generic).to_owned());
        text.replace(placeholder, &value)
    })
}
