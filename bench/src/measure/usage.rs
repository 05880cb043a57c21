//! The CPU time of a process so far, and its resident memory.

use std::fs;
use std::time::Duration;

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::error::BoxError;

/// The CPU time of all threads of a process.
/// <https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html>
pub(crate) fn cpu_time(process: Pid) -> Result<Duration, BoxError> {
    Ok(Duration::from(clock_getcpuclockid(process)?.now()?))
}

/// The resident memory of a process, in KiB.
pub(crate) fn resident_kib(process: Pid) -> Result<f64, BoxError> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
