//! The binary: arguments, environment, signals.
//!
//! Owns what a process has and a library should not: reading the environment, printing, waiting for
//! SIGINT and SIGTERM. Everything else is the library's.
#![expect(clippy::disallowed_methods, reason = "the one place that reads environment and clock")]

use std::io::{self, Write as _};
use std::panic;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use rds_proxy_emulator::cli::{Arguments, fault_list};
use rds_proxy_emulator::{Log, Options, Writer, shell_block, start};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// How long the end waits for whoever reads the log.
const LAST_LINES: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> ExitCode {
    let programs = (std::env::var_os("PG_BIN"), std::env::var_os("PATH"));
    let arguments = Arguments::parse();
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
    raise_descriptor_limit(&log);
    let outcome = if arguments.list_faults {
        print(&fault_list()).map_err(Into::into)
    } else {
        run(Options { log: Log::Writer(log.clone()), programs, ..arguments.into_options() }).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log.line(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// Has the log written at the end, also if that is a panic: stopping an emulator of which a
/// connection panicked is one.
struct Flush(Writer);

impl Drop for Flush {
    fn drop(&mut self) {
        self.0.flush(LAST_LINES);
    }
}

/// Takes as many descriptors as the system allows. Each client needs two, and the usual limit of
/// 1024 is there for programs that use `select`: <https://0pointer.net/blog/file-descriptor-limits.html>.
fn raise_descriptor_limit(log: &Writer) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        // What there is serves some clients at least.
        log.line(format_args!("the limit of descriptors stays: {error}"));
    }
}

async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut stop = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let emulator = tokio::select! {
        started = start(options) => started?,
        () = stop() => return Ok(()),
    };
    let printed = print(&(shell_block(&emulator.environment()) + "ready\n"));
    if printed.is_ok() {
        stop().await;
    }
    emulator.stop().await;
    Ok(printed?)
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
