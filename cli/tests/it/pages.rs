//! The command line and docs/reference.md list the same commands and options, docs/cli.md shows each
//! command, and each variable of the function has an option.

use std::collections::BTreeSet;

use rds_proxy_probe::config::VARIABLES;
use rds_proxy_probe_cli::options::{Arguments, Connection, PROGRAM};

/// Variables without an option: a check always logs in, and no invocation can fail.
const WITHOUT_OPTION: [&str; 2] = ["DB_SESSION_MAX_AGE_S", "PROBE_FAIL_INVOCATION"];

fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The section of docs/reference.md about the command line.
fn section() -> String {
    let page = page("reference.md");
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

fn commands() -> BTreeSet<String> {
    let commands = Arguments::definition();
    commands.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

#[test]
fn the_reference_lists_the_commands() {
    assert_eq!(listed("command"), commands());
}

/// In a section, not in the table above them.
#[test]
fn the_page_about_the_command_line_has_a_section_that_types_each_command() {
    let page = page("cli.md");
    let (_, sections) = page.split_once("\n## ").unwrap();
    let blocks = sections.split("\n```").skip(1).step_by(2);
    let shells: Vec<&str> = blocks.filter_map(|block| block.strip_prefix("sh\n")).collect();
    for command in commands() {
        let typed = format!("{PROGRAM} {command} ");
        assert!(shells.iter().any(|block| block.contains(&typed)), "{command}");
    }
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
