//! The CPU time of a process so far.

use std::time::Duration;

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::error::BoxError;

/// The CPU time of all threads of a process.
/// <https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html>
pub(crate) fn cpu_time(process: u32) -> Result<Duration, BoxError> {
    let process = Pid::from_raw(i32::try_from(process)?);
    Ok(Duration::from(clock_getcpuclockid(process)?.now()?))
}
