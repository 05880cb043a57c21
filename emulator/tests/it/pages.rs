//! The command line and the page that describes it list the same options, and the samples in
//! docs/emulator.md are what the emulator writes.

use std::collections::BTreeMap;

use clap::CommandFactory as _;
use rds_proxy_emulator::cli::Arguments;

use crate::support::binary::{end, ready, without_cluster};

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

/// The sample below a command of docs/emulator.md.
fn sample(command: &str) -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/emulator.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, below) = page.split_once(command).unwrap();
    let (_, sample) = below.split_once("```text\n").unwrap();
    sample.split("```").next().unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_page_shows_the_variables_that_are_printed() {
    let mut shown = sample("--admin 127.0.0.1:0 --reader-listen 127.0.0.1:0\n");
    assert_eq!(shown.split_off(shown.len() - 2), ["…", "ready"]);
    let mut command = without_cluster(&["--database", "app"]);
    let (child, printed) = ready(&mut command).await;
    end(child).await;
    // The file and the port are others each time.
    let same = |line: &str| match line.split_once('=') {
        Some((name, _)) if name.ends_with("CA_FILE") || name.ends_with("CONNECT_TO") => {
            name.to_owned()
        }
        _ => line.to_owned(),
    };
    let exports = printed.iter().filter(|line| line.starts_with("export "));
    let printed: Vec<String> = exports.take(shown.len()).map(|line| same(line)).collect();
    assert_eq!(shown.iter().map(|line| same(line)).collect::<Vec<_>>(), printed);
}
