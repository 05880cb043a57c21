//! `completions SHELL`: what a shell needs to complete commands and options.

use clap_complete::aot::{Bash, Fish, Zsh, generate};

use crate::options::{Arguments, PROGRAM, Shell};
use crate::status::Status;
use crate::terminal::Output;

/// Prints the shell's completions.
pub fn completions(shell: Shell, output: &Output) -> (Status, Vec<String>) {
    let mut command = Arguments::definition();
    let mut script = Vec::new();
    match shell {
        Shell::Bash => generate(Bash, &mut command, PROGRAM, &mut script),
        Shell::Zsh => generate(Zsh, &mut command, PROGRAM, &mut script),
        Shell::Fish => generate(Fish, &mut command, PROGRAM, &mut script),
    }
    output.write(&with_its_own_labels(&String::from_utf8_lossy(&script)));
    (Status::Healthy, vec![])
}

/// clap escapes the hyphens of the program's name in two ways in bash's script, so that no option of
/// a command is completed: <https://github.com/clap-rs/clap/issues/6421>. The other scripts have
/// neither.
fn with_its_own_labels(script: &str) -> String {
    script.replace(&PROGRAM.replace('-', "__subcmd__"), &PROGRAM.replace('-', "__"))
}
