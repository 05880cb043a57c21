//! The command line and the page that describes it list the same options.

use std::collections::BTreeMap;

use clap::CommandFactory as _;
use rds_proxy_emulator::cli::Arguments;

/// Each option, and its default as the command line has it: `None` if it has none there.
fn options() -> BTreeMap<String, Option<String>> {
    let mut command = Arguments::command();
    // Adds --help and --version.
    command.build();
    let options = command.get_arguments().map(|argument| {
        let takes_value = argument.get_action().takes_values();
        let defaults = argument.get_default_values().iter();
        let default = defaults.map(|value| value.to_string_lossy().into_owned()).next();
        (format!("--{}", argument.get_long().unwrap()), default.filter(|_| takes_value))
    });
    options.collect()
}

#[test]
fn the_reference_lists_the_options_with_their_defaults() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| option | default | meaning |\n|---|---|---|\n").unwrap();
    let mut listed = BTreeMap::new();
    let options = options();
    for row in table.lines().take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        // A default that is made later, such as a demo principal, is described in words.
        let in_code = options.get(&name).is_some_and(Option::is_some);
        let default = in_code.then(|| cells[2].trim_matches('`').to_owned());
        listed.insert(name, default);
    }
    assert_eq!(listed, options);
}
