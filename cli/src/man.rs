//! `man [COMMAND]`: a manual page, for `man -l -` or a folder of pages.

use clap_mangen::Man;

use crate::options::{Arguments, nearest};
use crate::status::Status;
use crate::terminal::Output;

/// Prints the page of the program, or of a command.
pub fn man(name: Option<&str>, output: &Output) -> (Status, Vec<String>) {
    let mut whole = Arguments::definition().disable_help_subcommand(true);
    whole.build();
    let Some(name) = name else { return print(whole, output) };
    let Some(command) = whole.find_subcommand(name) else {
        let names: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
        let problem = match nearest(name, names.iter().copied()) {
            Some(near) => format!("there is no command {name:?}; did you mean {near}?"),
            None => format!("there is no command {name:?}: expected one of {}", names.join(", ")),
        };
        return (Status::Misused, vec![problem]);
    };
    print(command.clone(), output)
}

fn print(command: clap::Command, output: &Output) -> (Status, Vec<String>) {
    let mut page = Vec::new();
    match Man::new(command).render(&mut page) {
        Ok(()) => {
            output.write(&String::from_utf8_lossy(&page));
            (Status::Healthy, vec![])
        }
        Err(error) => (Status::Misused, vec![format!("the page cannot be written: {error}")]),
    }
}
