//! What is wrong with a command line, in words.
//!
//! Owns the sentences for values and for options that do not exist; clap has those for the rest. A
//! value that holds secrets is not repeated.

use std::error::Error as _;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Arguments;
use super::suggestion::nearest;

/// Options whose values hold keys or passwords.
const SECRET: [&str; 3] = ["--backend", "--password-user", "--principal"];

const FOR_MORE: &str = "For more information, try '--help'.";

/// The text to print: a complaint, or what `--help` and `--version` say.
pub fn complaint(error: &clap::Error) -> String {
    let kind = error.kind();
    let said = if kind == ErrorKind::ValueValidation {
        value(error)
    } else {
        Some(unknown(error)).filter(|_| kind == ErrorKind::UnknownArgument)
    };
    match said {
        Some(said) => format!("error: {said}\n\n{FOR_MORE}\n"),
        // The rest, `--help` and `--version` among it, repeats no value.
        None => error.render().to_string(),
    }
}

/// `--region is "mars": expected an AWS region such as eu-west-1`.
fn value(error: &clap::Error) -> Option<String> {
    let option = text(error, ContextKind::InvalidArg)?.split(' ').next()?;
    let expected = error.source()?;
    let value = text(error, ContextKind::InvalidValue).filter(|_| !SECRET.contains(&option));
    Some(match value {
        Some(value) => format!("{option} is {value:?}: {expected}"),
        None => format!("{option}: {expected}"),
    })
}

/// An option that does not exist, or a value that belongs to none, which may be anything.
fn unknown(error: &clap::Error) -> String {
    let given = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let Some(option) = given.split('=').next().filter(|option| option.starts_with('-')) else {
        return "an argument belongs to no option: a command to run follows --exec".to_owned();
    };
    let mut command = Arguments::command();
    command.build();
    let names = command.get_arguments().filter_map(|argument| argument.get_long());
    match option.strip_prefix("--").and_then(|name| nearest(name, names)) {
        Some(name) => format!("there is no option {option}; did you mean --{name}?"),
        None => format!("there is no option {option}"),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    if let ContextValue::String(text) = error.get(kind)? { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn said(arguments: &[&str]) -> String {
        let arguments = [&["rds-proxy-emulator"], arguments].concat();
        complaint(&Arguments::try_parse_from(arguments).expect_err("wrong usage"))
    }

    #[test]
    fn a_wrong_value_is_named_with_what_was_expected() {
        for (arguments, expected) in [
            (
                ["--region", "mars"],
                "--region is \"mars\": expected an AWS region such as eu-west-1",
            ),
            (["--account", "12"], "--account is \"12\": expected the 12 digits of an AWS account"),
            (["--proxy-id", "app"], "--proxy-id is \"app\": expected the id of a proxy"),
            (["--endpoint-host", ""], "--endpoint-host is \"\": expected a host name such as"),
            (["--reader-host", "a b"], "--reader-host is \"a b\": expected a host name such as"),
            (["--database", ""], "--database is \"\": expected the name of a database"),
            (["--listen", "1"], "--listen is \"1\": expected an address and a port"),
            (["--fault", "iam-rejectd"], "--fault is \"iam-rejectd\": expected a name that"),
            (
                ["--init-sql", "/no.sql"],
                "--init-sql is \"/no.sql\": expected a file that can be read",
            ),
        ] {
            let said = said(&arguments);
            assert!(said.starts_with(&format!("error: {expected}")), "{said}");
            assert!(said.ends_with(&format!("\n\n{FOR_MORE}\n")), "{said}");
        }
    }

    #[test]
    fn no_secret_of_a_value_is_repeated() {
        for (arguments, expected) in [
            (["--principal", "A:canary"], "--principal: no =arn: follows the keys"),
            (["--password-user", "canary"], "--password-user: expected NAME:PASSWORD"),
            (["--backend", "postgres://u:canary@h:x"], "--backend: the port isn't a number"),
            (["--ca-out=ca.pem", "A:canary=arn:aws:x"], "an argument belongs to no option"),
        ] {
            let said = said(&arguments);
            assert!(said.starts_with(&format!("error: {expected}")), "{said}");
            assert!(!said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn an_option_that_does_not_exist_has_a_suggestion() {
        let said = said(&["--falt=canary"]);
        assert!(
            said.starts_with("error: there is no option --falt; did you mean --fault?"),
            "{said}"
        );
        assert!(!said.contains("canary"), "{said}");
    }
}
