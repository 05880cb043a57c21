//! Processes: starting and signalling them, and what the kernel says of them.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// Far longer than anything takes that a test waits for: it guards against hangs only.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A command that ends with the test, even if that is killed.
/// <https://man7.org/linux/man-pages/man1/setpriv.1.html>
pub fn command(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]).kill_on_drop(true);
    command
}

/// Sends a signal, as in `-TERM`; whether the process was there to get it.
pub async fn signal(name: &str, process: &str) -> bool {
    let output = Command::new("kill").args([name, process]).output().await.unwrap();
    output.status.success()
}

/// Ends a process politely, so that it can clean up after itself, and waits for that.
///
/// # Errors
///
/// It has not ended after a minute.
pub async fn end(mut process: Child) -> io::Result<ExitStatus> {
    if let Some(id) = process.id() {
        signal("-TERM", &id.to_string()).await;
    }
    timeout(PATIENCE, process.wait()).await?
}

/// Waits until it is so. Nothing tells that a file or a process is gone, so it looks repeatedly.
pub async fn until(is_so: impl Fn() -> bool) {
    let look = async {
        while !is_so() {
            // What is waited for needs the processor.
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, look).await.expect("it becomes so");
}

/// What a process has at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Memory that is resident, in KiB.
    pub resident_kib: u64,
    /// Open descriptors.
    pub descriptors: usize,
}

impl Usage {
    /// That of a process, by its id.
    ///
    /// # Errors
    ///
    /// The process does not exist, or ended.
    pub fn of(process: u32) -> io::Result<Self> {
        let descriptors = std::fs::read_dir(format!("/proc/{process}/fd"))?.count();
        Ok(Self { resident_kib: status_kib(process, "VmRSS")?, descriptors })
    }
}

/// A value of a process's status, in KiB.
/// <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>
///
/// # Errors
///
/// The process does not exist, or ended.
pub fn status_kib(process: u32, name: &str) -> io::Result<u64> {
    kib(&std::fs::read_to_string(format!("/proc/{process}/status"))?, name)
}

/// A value in a text of the kernel's whose lines are like `VmRSS:   123 kB`.
///
/// # Errors
///
/// The text has no such value.
pub fn kib(text: &str, name: &str) -> io::Result<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let value = value.ok_or_else(|| io::Error::other(format!("no {name}")))?;
    value.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)
}

/// The processor time of a process (an id, or `self`) and of its children that ended, in
/// milliseconds: fields 14 to 17 of <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>,
/// in hundredths of a second.
pub fn processor_ms(process: &str) -> u64 {
    let fields = stat(process).unwrap();
    fields.split(' ').skip(11).take(4).map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
}

/// Whether a process runs. A zombie does not.
pub fn is_running(process: &str) -> bool {
    stat(process).is_some_and(|fields| !fields.starts_with('Z'))
}

/// Whether a process is stopped by a signal.
pub fn is_stopped(process: &str) -> bool {
    stat(process).is_some_and(|fields| fields.starts_with('T'))
}

/// The fields from the state on: before them is the program's name, which can be anything.
fn stat(process: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit(") ").next().map(str::to_owned)
}
