//! What a process has cost so far: the time on a processor, and the memory it holds.

use std::fs;
use std::time::Duration;

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::Failed;

/// The time that all threads of a process have had on a processor.
/// <https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html>
pub(crate) fn cpu_time(process: Pid) -> Result<Duration, Failed> {
    Ok(Duration::from(clock_getcpuclockid(process)?.now()?))
}

/// The memory that a process has resident, in KiB.
pub(crate) fn resident_kib(process: Pid) -> Result<f64, Failed> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
