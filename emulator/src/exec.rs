//! The command of `--exec`.
//!
//! Owns its environment, the signals that go on to it, and its exit status in a shell's terms. Does
//! not know the emulator beyond the variables that lead to it.
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02>

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rds_proxy_emulator::{Writer, not_to_inherit};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::descriptors::Descriptors;
use crate::signals::{Signals, come_from_the_terminal};

/// Statuses for a command that was not run; the first is that of `env`, `timeout` and `docker run`.
pub(crate) const NOT_STARTED: u8 = 125;
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Added to the number of the signal that a process died of.
const BY_SIGNAL: i32 = 128;

/// The command in its environment: ours with these variables, without stale ones that would win over
/// them.
pub(crate) fn command(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&'static str, String)],
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    for name in not_to_inherit(variables) {
        command.env_remove(name);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Runs the command to its end; returns its exit status.
pub(crate) async fn run(
    command: &mut Command,
    signals: &mut Signals,
    descriptors: &Descriptors,
    log: &Writer,
) -> u8 {
    let mut child = match descriptors.as_before(|| command.spawn()) {
        Ok(child) => child,
        Err(error) => {
            let program = command.as_std().get_program().display();
            log.line(format_args!("cannot run {program}: {error}"));
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            return if is_missing { NOT_FOUND } else { NOT_EXECUTABLE };
        }
    };
    loop {
        tokio::select! {
            ended = child.wait() => return match ended {
                Ok(status) => in_a_shells_terms(status),
                Err(error) => {
                    log.line(format_args!("cannot wait for the command: {error}"));
                    NOT_STARTED
                }
            },
            signal = signals.next() => pass_on(signal, &child),
        }
    }
}

/// Sends a signal on to the command, unless it has it already.
fn pass_on(signal: Signal, child: &Child) {
    let has_it = signal == Signal::INT && come_from_the_terminal();
    let child = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(child) = child.filter(|_| !has_it) {
        // It may have ended just now, or be another user's: then its end is all there is to wait for.
        kill_process(child, signal).unwrap_or_default();
    }
}

/// The status of a process that has exited, or 128 and the number of the signal that it died of.
fn in_a_shells_terms(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(by_signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_STARTED)
}

/// The status for a process that died of this signal.
pub(crate) fn by_signal(number: i32) -> i32 {
    BY_SIGNAL + number
}
