//! What is wrong with a command line, in words: what was found, what was expected, and the nearest
//! name. clap has the words for the rest.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Arguments, PROGRAM, nearest};

/// The text to print: a complaint, or what `--help` and `--version` say. `words` is the command
/// line.
pub fn complaint(error: &clap::Error, words: &[OsString]) -> String {
    let command = command(words);
    let more = match &command {
        Some(command) => format!("{PROGRAM} {} --help", command.get_name()),
        None => format!("{PROGRAM} --help"),
    };
    let said = said(error, command.as_ref(), words);
    said.map_or_else(
        || error.render().to_string(),
        |said| format!("error: {said}\n\nSee '{more}'.\n"),
    )
}

#[expect(clippy::wildcard_enum_match_arm, reason = "clap's enum is open")]
fn said(
    error: &clap::Error,
    command: Option<&clap::Command>,
    words: &[OsString],
) -> Option<String> {
    match error.kind() {
        ErrorKind::ValueValidation => value(error),
        ErrorKind::InvalidValue => choice(error),
        ErrorKind::UnknownArgument => Some(unknown(error, command, words)),
        ErrorKind::InvalidSubcommand => Some(unknown_command(error)),
        _ => None,
    }
}

/// The command whose options the command line has.
fn command(words: &[OsString]) -> Option<clap::Command> {
    let mut whole = Arguments::definition();
    whole.build();
    let names = words.iter().filter_map(|word| word.to_str());
    names.skip(1).find_map(|word| whole.find_subcommand(word)).cloned()
}

/// `--timeout is "5": expected a duration such as 500ms, 5s or 2m`.
fn value(error: &clap::Error) -> Option<String> {
    let option = text(error, ContextKind::InvalidArg)?.split(' ').next()?;
    let value = text(error, ContextKind::InvalidValue)?;
    Some(format!("{option} is {value:?}: {}", error.source()?))
}

/// A value that is none of a few; clap also says so where a value is missing.
fn choice(error: &clap::Error) -> Option<String> {
    let option = text(error, ContextKind::InvalidArg)?.split(' ').next()?;
    let value = text(error, ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let ContextValue::Strings(choices) = error.get(ContextKind::ValidValue)? else { return None };
    let expected = choices.join(", ");
    let name = option.trim_matches(['<', '>']);
    Some(match value {
        Some(value) => {
            let near = nearest(value, choices.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("{name} is {value:?}: expected one of {expected}{near}")
        }
        None => format!("{name} has no value: expected one of {expected}"),
    })
}

/// The options that the command does not have, or a word that belongs to none, which may be anything.
/// clap names the first one alone.
fn unknown(error: &clap::Error, command: Option<&clap::Command>, words: &[OsString]) -> String {
    let first = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let Some(first) = option(first) else { return "a word belongs to no option".to_owned() };
    let arguments = command.into_iter().flat_map(clap::Command::get_arguments);
    let names: Vec<&str> = arguments.filter_map(clap::Arg::get_long).collect();
    let is_known = |name: &str| names.contains(&name) || name == "help" || name == "version";
    let given = words.iter().filter_map(|word| option(word.to_str()?));
    let others = given.skip_while(|given| *given != first).skip(1);
    // Behind "--" there are no options.
    let others = others.take_while(|given| *given != "--").filter(|given| {
        *given != first && given.strip_prefix("--").is_some_and(|name| !is_known(name))
    });
    let all: Vec<String> =
        std::iter::once(first).chain(others).map(|it| missing(it, &names)).collect();
    all.join("\nerror: ")
}

/// The option of a word, without its value.
fn option(word: &str) -> Option<&str> {
    word.split('=').next().filter(|option| option.starts_with('-'))
}

fn missing(option: &str, names: &[&str]) -> String {
    if option == "--password" {
        return "there is no option --password: a password comes from Secrets Manager, with \
                --auth secret and --secret-arn"
            .to_owned();
    }
    match option.strip_prefix("--").and_then(|name| nearest(name, names.iter().copied())) {
        Some(name) => format!("there is no option {option}; did you mean --{name}?"),
        None => format!("there is no option {option}"),
    }
}

fn unknown_command(error: &clap::Error) -> String {
    let given = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    let whole = Arguments::definition();
    let names: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
    match nearest(given, names.iter().copied()) {
        Some(name) => format!("there is no command {given:?}; did you mean {name}?"),
        None => format!("there is no command {given:?}: expected one of {}", names.join(", ")),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    if let ContextValue::String(text) = error.get(kind)? { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str]) -> String {
        let words = [&[PROGRAM], arguments].concat();
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        complaint(&Arguments::read(words.clone()).expect_err("wrong usage"), &words)
    }

    #[test]
    fn what_is_wrong_is_named_with_what_was_expected() {
        for (arguments, expected) in [
            (
                &["check", "--timeout", "5"][..],
                "--timeout is \"5\": expected a duration such as 500ms, 5s or 2m",
            ),
            (&["check", "--output", "xml"], "--output is \"xml\": expected one of text, json"),
            (&["completions", "tcsh"], "SHELL is \"tcsh\": expected one of bash, zsh, fish"),
            (&["check", "--hots", "x"], "there is no option --hots; did you mean --host?"),
            (&["check", "--nonsense"], "there is no option --nonsense"),
            (
                &["check", "--output", "jsno"],
                "--output is \"jsno\": expected one of text, json, html; did you mean json?",
            ),
            (
                &["completions", "zhs"],
                "SHELL is \"zhs\": expected one of bash, zsh, fish; did you mean zsh?",
            ),
            (
                &["check", "--hots", "a", "--user", "b", "--prot=1", "--x"],
                "there is no option --hots; did you mean --host?\n\
                 error: there is no option --prot; did you mean --port?\n\
                 error: there is no option --x",
            ),
            (&["chekc"], "there is no command \"chekc\"; did you mean check?"),
            (&["frobnicate"], "there is no command \"frobnicate\": expected one of check, "),
        ] {
            let said = said(arguments);
            assert!(said.starts_with(&format!("error: {expected}")), "{said}");
            assert!(said.contains("\n\nSee 'rds-proxy-probe "), "{said}");
        }
    }

    #[test]
    fn a_password_is_not_repeated_and_has_its_answer() {
        for arguments in [&["check", "--password=canary"], &["check", "canary"]] {
            let said = said(arguments);
            assert!(!said.contains("canary"), "{said}");
        }
        let said = said(&["check", "--password", "canary"]);
        assert!(said.starts_with("error: there is no option --password: a password"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }

    #[test]
    fn a_value_that_looks_like_an_option_is_not_repeated() {
        let said = said(&["check", "--hots", "canary", "--password=canary", "--", "--canary"]);
        assert!(!said.contains("canary"), "{said}");
        assert_eq!(said.matches("error: ").count(), 2, "{said}");
    }

    #[test]
    fn help_is_named_for_the_command_at_hand() {
        assert!(said(&["check", "--x"]).ends_with("See 'rds-proxy-probe check --help'.\n"));
        assert!(said(&["x"]).ends_with("See 'rds-proxy-probe --help'.\n"));
    }
}
