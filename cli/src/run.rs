//! Runs the command that a command line asks for.

use std::sync::Arc;

use crate::check::check;
use crate::completions::completions;
use crate::diagnose::diagnose;
use crate::explain::explain;
use crate::inspect::inspect;
use crate::man::man;
use crate::options::{Arguments, Command};
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::terminal::Output;
use crate::token::token;
use crate::watch::watch;

/// Runs it. What is wrong goes to standard error, one text for each problem.
pub async fn run(
    arguments: Arguments,
    surroundings: &Surroundings,
    output: &Arc<Output>,
) -> (Status, Vec<String>) {
    match arguments.command {
        Command::Check(options) => check(&options, surroundings, output).await,
        Command::Watch(options) => watch(&options, surroundings, output).await,
        Command::Inspect(options) => inspect(&options, surroundings, output).await,
        Command::Diagnose { text } => diagnose(&text, output),
        Command::Explain { code } => explain(&code, surroundings, output),
        Command::Token { connection } => token(&connection, surroundings, output).await,
        Command::Completions { shell } => completions(shell, output),
        Command::Man { command } => man(command.as_deref(), output),
    }
}
