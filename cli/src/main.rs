//! The process: command line, environment, clock, standard output and exit status.

#![expect(clippy::disallowed_methods, reason = "the one place that reads environment and clock")]

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe_cli::options::{Arguments, PROGRAM, complaint};
use rds_proxy_probe_cli::run::run;
use rds_proxy_probe_cli::status::Status;
use rds_proxy_probe_cli::surroundings::Surroundings;
use rds_proxy_probe_cli::terminal::{Output, Style};

fn main() -> ExitCode {
    // A panic's message may hold anything; its location is enough to find it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        complain(&format!("{PROGRAM}: panicked at {place}\n"));
    }));
    let words: Vec<OsString> = env::args_os().collect();
    let arguments = match Arguments::read(words.clone()) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error, &words),
    };
    ExitCode::from(start(arguments).code())
}

/// Runs the command on this thread; like the function, it mostly waits for the network.
fn start(arguments: Arguments) -> Status {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("error: the process cannot start: {error}\n"));
            return Status::Misused;
        }
    };
    let surroundings = Surroundings::new(variable, Clock::new(SystemTime::now));
    let style = Style::new(&surroundings, terminal_size());
    let output = Arc::new(Output::new(style, io::stdout()));
    let (status, problems) = runtime.block_on(run(arguments, &surroundings, &output));
    for problem in problems {
        complain(&format!("error: {problem}\n"));
    }
    // A name may still be looked up by a thread that nothing waits for.
    runtime.shutdown_background();
    match output.error() {
        // A reader that has seen enough, as in "| head", is no failure.
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(&format!("error: standard output cannot be written: {error}\n"));
            status.max(Status::Misused)
        }
        Some(_) | None => status,
    }
}

/// Prints what `--help` or `--version` asks for, or what is wrong with the command line.
fn explain(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let text = complaint(error, words);
    if error.use_stderr() {
        complain(&text);
        return ExitCode::from(Status::Misused.code());
    }
    // If nothing reads it, the exit status remains.
    drop(io::stdout().write_all(text.as_bytes()));
    ExitCode::SUCCESS
}

/// Standard error may be closed; ignore errors.
fn complain(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

/// A variable of the environment; what is not UTF-8 in it is replaced.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The terminal's columns and rows, if standard output is one.
fn terminal_size() -> Option<(u16, u16)> {
    let stdout = io::stdout();
    if !rustix::termios::isatty(&stdout) {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok();
    Some(size.map_or((0, 0), |size| (size.ws_col, size.ws_row)))
}
