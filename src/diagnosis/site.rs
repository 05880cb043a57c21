//! Where the probe runs, and how sentences speak of that place and of its settings.
//!
//! Sentences are written for the Lambda function. Elsewhere "the function" is another place, and its
//! variables are options of the command line. What only holds on one side is an alternative in the
//! sentence itself: `{in the function|elsewhere}`.

use std::borrow::Cow;

use super::{Advice, Command};
use crate::config::VARIABLES;

/// Where the probe runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Site {
    /// The Lambda function.
    #[default]
    Function,
    /// The command line, on a laptop, a server or in CI.
    Machine,
    /// The command line, in a container.
    Container,
    /// Nowhere: an application's error is explained.
    Application,
}

impl Site {
    /// What it is called in a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Function => "the function",
            Self::Machine => "this machine",
            Self::Container => "this container",
            Self::Application => "the application",
        }
    }

    /// A machine whose network is the same, in a sentence.
    pub(super) fn nearby(self) -> &'static str {
        match self {
            Self::Function => "on a machine in the function's subnets",
            Self::Machine | Self::Container => "here",
            Self::Application => "on a machine in the application's subnets",
        }
    }

    /// The text that holds there.
    pub(super) fn choose<'a>(self, in_function: &'a str, elsewhere: &'a str) -> &'a str {
        if self == Self::Function { in_function } else { elsewhere }
    }

    /// Whether a command is of use there: elsewhere there is no function to change or to ask.
    pub(super) fn has(self, command: Command) -> bool {
        self == Self::Function || !command.template().starts_with("aws lambda ")
    }

    /// Whether a cause is possible there: an application has no `DB_CONNECT_TO`.
    pub fn may_have(self, advice: &Advice) -> bool {
        self != Self::Application || !advice.cause.starts_with("If DB_CONNECT_TO is set")
    }

    /// A part of a template, with the function's variables as options where there are options.
    pub(super) fn literal(self, text: &str) -> Cow<'_, str> {
        if self == Self::Function { text.into() } else { options(text).into() }
    }

    /// The same for a finished sentence: what is in double quotes there is someone's value.
    pub(super) fn settings(self, text: &str) -> Cow<'_, str> {
        if self == Self::Function || !text.contains('_') {
            return text.into();
        }
        let parts = text.split('"').enumerate();
        let parts = parts.map(
            |(number, part)| {
                if number % 2 == 0 { options(part) } else { part.to_owned() }
            },
        );
        parts.collect::<Vec<String>>().join("\"").into()
    }
}

fn options(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut all = String::with_capacity(text.len());
    for word in text.split_inclusive(|letter| !is_part(letter)) {
        let (name, rest) = word.split_at(word.find(|it| !is_part(it)).unwrap_or(word.len()));
        match option(name) {
            Some(option) => all.extend([&option, rest]),
            None => all.push_str(word),
        }
    }
    all
}

/// The option for a variable: its name in kebab case, without prefix and unit.
fn option(variable: &str) -> Option<String> {
    VARIABLES.iter().find(|known| known.name == variable)?;
    let name = variable.strip_prefix("DB_").or_else(|| variable.strip_prefix("PROBE_"))?;
    let name = name.strip_suffix("_MS").unwrap_or(name);
    Some(format!("--{}", name.to_ascii_lowercase().replace('_', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::{Cause, Code, evidence};

    /// Causes that only a function has: its event, its deployment, its time.
    const OF_FUNCTIONS: [Code; 3] = [Code::ConfigInvalid, Code::EventInvalid, Code::CaInvalid];

    fn advice() -> impl Iterator<Item = &'static Advice> {
        let codes = Code::ALL.iter().filter(|code| !OF_FUNCTIONS.contains(code));
        let causes = codes.flat_map(|code| code.entry().causes.iter().copied());
        let beside = evidence::ADVICE.into_iter().flatten().copied();
        causes.chain(beside).filter(|advice| !advice.cause.starts_with("The invocation"))
    }

    #[test]
    fn elsewhere_no_remedy_speaks_of_the_function_or_its_variables() {
        for site in [Site::Machine, Site::Container, Site::Application] {
            for advice in advice() {
                let Cause { cause, remedy, commands, .. } = advice.generic(site, None);
                let last = advice.commands.last().filter(|last| !site.has(**last));
                assert!(last.is_none() || !remedy.contains("last command"), "{site:?}: {remedy}");
                for text in [cause, remedy] {
                    let text = text.replace("Give the function an execution role on Lambda", "");
                    let text = text.replace("In Lambda, deploy the function", "");
                    for words in ["he function", "DB_", "PROBE_", "{here}", "|"] {
                        assert!(!text.contains(words), "{site:?}: {words}: {text}");
                    }
                }
                assert!(!commands.iter().any(|it| it.starts_with("aws lambda ")), "{commands:?}");
            }
        }
    }

    #[test]
    fn settings_are_options_but_for_what_someone_called_so() {
        let text = "Set DB_PORT=1, DB_ASSUME_ROLE_ARN or PROBE_TIMEOUT_MS; \"DB_NAME\" and MY_DB_NAME stay.";
        let expected =
            "Set --port=1, --assume-role-arn or --timeout; \"DB_NAME\" and MY_DB_NAME stay.";
        assert_eq!(Site::Machine.settings(text), expected);
        assert_eq!(Site::Function.settings(text), text);
    }
}
