//! The binary: arguments, environment, signals.
//!
//! Owns what a process has and a library should not: reading the environment, printing, waiting for
//! SIGINT and SIGTERM, or for a command. Everything else is the library's.
#![expect(clippy::disallowed_methods, reason = "the one place that reads environment and clock")]

mod descriptors;
mod exec;
mod signals;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::panic;
use std::process::ExitCode;
use std::time::Duration;

use descriptors::Descriptors;
use rds_proxy_emulator::cli::{Arguments, complaint, fault_list};
use rds_proxy_emulator::{Log, Options, Writer, shell_block, start};
use signals::Signals;

/// How long the end waits for the reader of the log.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The exit status of a start that failed.
const FAILED: u8 = 1;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::take(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    // Nothing else writes to standard error from here on, so that nothing waits for its reader.
    let log = match Writer::new(io::stderr()) {
        Ok(log) => log,
        Err(error) => {
            // There is nowhere left to say that stderr is closed.
            drop(writeln!(io::stderr(), "rds-proxy-emulator: cannot write a log: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let _flush = Flush(log.clone());
    let panics = log.clone();
    panic::set_hook(Box::new(move |panic| {
        panics.line(format_args!("{}", panic.to_string().replace('\n', " ")));
    }));
    let command = arguments.command_to_run();
    let failed = if command.is_none() { FAILED } else { exec::NOT_STARTED };
    let outcome = if arguments.list_faults {
        print(&fault_list(arguments.engine())).map(|()| 0).map_err(Into::into)
    } else {
        let options = Options { log: Log::Writer(log.clone()), ..arguments.into_options() };
        let bin = std::env::var_os(options.engine.bin_variable());
        let options = Options { programs: (bin, std::env::var_os("PATH")), ..options };
        run(options, command, &log).await
    };
    ExitCode::from(outcome.unwrap_or_else(|error| {
        log.line(format_args!("{error}"));
        failed
    }))
}

/// Prints what `--help` or `--version` asks for, or what is wrong with the command line.
fn explain(error: &clap::Error) -> ExitCode {
    let text = complaint(error);
    // If nothing reads it, the exit status remains.
    if !error.use_stderr() {
        drop(print(&text));
        return ExitCode::SUCCESS;
    }
    drop(io::stderr().write_all(text.as_bytes()));
    let is_for_command = std::env::args_os().any(|argument| argument == "--exec");
    let usage = u8::try_from(error.exit_code()).unwrap_or(FAILED);
    ExitCode::from(if is_for_command { exec::NOT_STARTED } else { usage })
}

/// Has the log written at the end, also if that is a panic: stopping an emulator panics if
/// one of its connections did.
struct Flush(Writer);

impl Drop for Flush {
    fn drop(&mut self) {
        self.0.flush(LAST_LINES);
    }
}

/// Runs the emulator until a signal comes, or around a command; returns the exit status.
async fn run(
    options: Options,
    command: Option<(OsString, Vec<OsString>)>,
    log: &Writer,
) -> Result<u8, Box<dyn std::error::Error>> {
    let (descriptors, raised) = Descriptors::raise();
    if let Err(error) = raised {
        log.line(format_args!("the limit of descriptors stays: {error}"));
    }
    let mut signals = Signals::new()?;
    let emulator = tokio::select! {
        started = start(options) => started?,
        signal = signals.next() => {
            let by_signal = u8::try_from(exec::by_signal(signal.as_raw()))?;
            return Ok(command.map_or(0, |_| by_signal));
        }
    };
    let variables = emulator.environment();
    let ended = if let Some((program, arguments)) = command {
        let mut command = exec::command(&program, &arguments, &variables);
        Ok(exec::run(&mut command, &mut signals, &descriptors, log).await)
    } else {
        let printed = print(&(shell_block(&variables) + "ready\n"));
        if printed.is_ok() {
            signals.next().await;
        }
        printed.map(|()| 0)
    };
    emulator.stop().await;
    Ok(ended?)
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
