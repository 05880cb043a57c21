//! The command line and docs/reference.md list the same commands and options, and each variable of
//! the function has an option.

use std::collections::BTreeSet;

use rds_proxy_probe::config::VARIABLES;
use rds_proxy_probe_cli::options::{Arguments, Connection};

/// Variables without an option: a check always logs in, and no invocation can fail.
const WITHOUT_OPTION: [&str; 2] = ["DB_SESSION_MAX_AGE_S", "PROBE_FAIL_INVOCATION"];

/// The section of docs/reference.md about the command line.
fn section() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## The command line\n").unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

/// The first text in backticks of each row of the table with this head, up to its first blank.
fn listed(head: &str) -> BTreeSet<String> {
    let section = section();
    let (_, table) = section.split_once(&format!("| {head} |")).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let names =
        rows.map(|row| row.split('`').nth(1).unwrap().split(' ').next().unwrap().to_owned());
    names.collect()
}

#[test]
fn the_reference_lists_the_commands() {
    let commands = Arguments::definition();
    let commands: BTreeSet<String> =
        commands.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(listed("command"), commands);
}

#[test]
fn the_reference_lists_the_options() {
    let mut whole = Arguments::definition();
    whole.build();
    let options: BTreeSet<String> = whole
        .get_subcommands()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
        .filter(|option| option != "--help")
        .collect();
    assert_eq!(listed("option"), options);
}

#[test]
fn every_variable_has_an_option_of_its_name() {
    let variables = VARIABLES.iter().map(|variable| variable.name);
    for variable in variables.filter(|name| !WITHOUT_OPTION.contains(name)) {
        let words = variable.trim_start_matches("DB_").trim_start_matches("PROBE_");
        let option =
            format!("--{}", words.trim_end_matches("_MS").to_lowercase().replace('_', "-"));
        assert_eq!(Connection::option_for(variable), Some(option.as_str()), "{variable}");
    }
}
