//! A Lambda function's process: environment, clock, standard output and its one thread. Nothing
//! here needs a unit test; the binaries' tests run it.

#![expect(clippy::disallowed_methods, reason = "the one place that reads environment and clock")]

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::clock::Clock;
use crate::handler::RuntimeLog;
use crate::response::{LogLevel, LogStyle};

/// Where the runtime asks for invocations. Where it is not set, a person has started the function.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Without these the runtime cannot start either; Lambda sets them all
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
const RUNTIME_VARIABLES: [&str; 3] =
    ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"];

/// The exit status for wrong usage, as shells and clap have it.
const WRONG_USAGE: u8 = 2;

/// What a function says to a person who starts it by hand.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of the binary.
    pub name: &'static str,
    /// What it is, after "an AWS Lambda function that".
    pub what: &'static str,
    /// How it is meant to be started, as a sentence.
    pub start: &'static str,
}

/// Runs `serve` on this thread until the runtime ends. A function mostly waits for the network, so
/// more threads would only cost time to start.
///
/// Outside of Lambda it says what it is, and fails unless it was asked for that.
pub fn run<S>(program: &Program, serve: impl FnOnce(Clock) -> S) -> ExitCode
where
    S: Future<Output = Result<(), lambda_runtime::Error>>,
{
    if env::var_os(RUNTIME_API).is_none() {
        return introduce(program);
    }
    let log_style = LogStyle::from_vars(variable);
    // A panic's message may hold anything; its location is enough to find it.
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        complain(log_style, LogLevel::Error, &format!("panicked at {place}"));
    }));
    if let Some(missing) = RUNTIME_VARIABLES.into_iter().find(|name| variable(name).is_none()) {
        let message = format!("{missing} is not set. {}", program.start);
        complain(log_style, LogLevel::Fatal, &message);
        return ExitCode::FAILURE;
    }
    match block_on(log_style, serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(log_style, LogLevel::Fatal, &format!("the runtime ended: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Answers a person in one plain line.
fn introduce(Program { name, what, start }: &Program) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    let whole = format!("{name} {version}: an AWS Lambda function that {what}. {start}");
    match env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some("-V" | "--version") => print(&format!("{name} {version}")),
        Some("-h" | "--help") => print(&whole),
        _ => {
            // Standard error may be closed; ignore errors.
            drop(writeln!(io::stderr(), "{whole}"));
            return ExitCode::from(WRONG_USAGE);
        }
    }
    ExitCode::SUCCESS
}

/// A variable of the environment; what is not UTF-8 in it is replaced.
pub fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Writes one line with one call. Standard output may be closed; ignore errors.
pub fn print(line: &str) {
    let mut stdout = io::stdout().lock();
    drop(stdout.write_all([line, "\n"].concat().as_bytes()).and_then(|()| stdout.flush()));
}

/// How much memory this process has resident, in KiB; `None` if Linux does not tell.
/// <https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html>
pub fn resident_kib() -> Option<u64> {
    let mut buffer = [0; 128];
    let text = std::str::from_utf8(beginning("/proc/self/statm", &mut buffer)?).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page_kib()?)
}

/// The size of a page, statm's unit: read once, since it differs between machines of one
/// architecture.
/// <https://man7.org/linux/man-pages/man3/getauxval.3.html>
fn page_kib() -> Option<u64> {
    static PAGE_KIB: OnceLock<Option<u64>> = OnceLock::new();
    const AT_PAGESZ: usize = 6;
    *PAGE_KIB.get_or_init(|| {
        // The kernel writes about 25 pairs of words.
        let mut buffer = [0; 1024];
        let auxiliary = beginning("/proc/self/auxv", &mut buffer)?;
        let (words, _) = auxiliary.as_chunks::<{ size_of::<usize>() }>();
        let (pairs, _) = words.as_chunks::<2>();
        let (_, bytes) = pairs
            .iter()
            .map(|[kind, value]| (usize::from_ne_bytes(*kind), usize::from_ne_bytes(*value)))
            .find(|(kind, _)| *kind == AT_PAGESZ)?;
        u64::try_from(bytes / 1024).ok()
    })
}

/// What one read of a file gives: all of it, for the kernel's short files.
fn beginning<'a>(path: &str, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = File::open(path).ok()?.read(buffer).ok()?;
    buffer.get(..length)
}

fn block_on<S>(
    log_style: LogStyle,
    serve: impl FnOnce(Clock) -> S,
) -> Result<(), lambda_runtime::Error>
where
    S: Future<Output = Result<(), lambda_runtime::Error>>,
{
    let clock = Clock::new(SystemTime::now);
    RuntimeLog::new(log_style, clock.clone(), print).install()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(clock))
}

fn complain(log_style: LogStyle, level: LogLevel, message: &str) {
    if let Some(line) = log_style.line(level, message, SystemTime::now()) {
        print(&line);
    }
}
