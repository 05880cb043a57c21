//! The keeper: a small shell process (`keeper.sh`) that makes, starts, stops and removes a cluster.
//!
//! Owns the process and what is said to it. It lives until the pipe to it closes, so a panic or
//! SIGKILL here removes the cluster all the same. Blocking, but no wait is longer than its
//! [`Patience`].

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use super::cluster_error::ClusterError;
use super::programs::{Ids, Programs};
use crate::engine::Engine;

/// What is the same for both engines, behind what is one's own.
const POSTGRESQL: &str = concat!(include_str!("postgresql.sh"), include_str!("keeper.sh"));
const MARIADB: &str = concat!(include_str!("mariadb.sh"), include_str!("keeper.sh"));

/// How long its end may take. It waits for servers that do not listen itself, but not that long.
const END: Duration = Duration::from_secs(40);

/// How often and how many times a folder is removed that a process still writes to.
const PAUSE: Duration = Duration::from_millis(20);
const TRIES: u32 = 100;

/// As much of the log's end as an error shows.
const LOG_END: usize = 1024;

/// How long to wait for one of the keeper's answers.
#[derive(Debug)]
pub(crate) struct Patience {
    /// The longest wait for anything that it does.
    pub(crate) limit: Duration,
    /// Ends the wait once its other end is closed.
    pub(crate) given_up: Option<UnixStream>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { limit: Duration::from_mins(1), given_up: None }
    }
}

/// The keeper of the cluster in a folder, as long as it lives.
#[derive(Debug)]
pub(super) struct Keeper {
    engine: Engine,
    folder: PathBuf,
    /// None once it has exited.
    child: Option<Child>,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
    /// What has come of a line whose end has not.
    line: Vec<u8>,
}

/// What ended a wait.
enum Woken {
    Answer,
    TimeOut,
    GivenUp,
}

impl Keeper {
    /// Starts the keeper of a cluster in this folder, which it removes at its end.
    pub(super) fn start(
        folder: &Path,
        programs: &Programs,
        ids: Option<Ids>,
    ) -> Result<Self, ClusterError> {
        let Programs { engine, bin, share } = programs;
        let script = match engine {
            Engine::PostgreSql => POSTGRESQL,
            Engine::MySql => MARIADB,
        };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "keeper"]).args([folder, bin, share]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl-C in a terminal goes to a process group: ours may end, the keeper must still clean.
        command.process_group(0);
        if let Some(Ids { uid, gid }) = ids {
            command.uid(uid).gid(gid);
        }
        let mut child = command.spawn().map_err(ClusterError::Keeper)?;
        let answers = child.stdout.take().ok_or_else(|| ClusterError::Keeper(no_pipe()))?;
        let requests = child.stdin.take();
        let (folder, child) = (folder.to_owned(), Some(child));
        Ok(Self { engine: *engine, folder, child, requests, answers, line: Vec::new() })
    }

    /// Asks for something, and waits for the answer. Without one, the cluster is gone.
    pub(super) fn ask(&mut self, request: &str, patience: &Patience) -> Result<(), ClusterError> {
        let requests = self.requests.as_mut().ok_or_else(|| ClusterError::Keeper(no_pipe()))?;
        writeln!(requests, "{request}").map_err(ClusterError::Keeper)?;
        self.answer(patience)
    }

    /// Waits for the answer to the last request. Without one, the cluster is gone.
    pub(super) fn answer(&mut self, patience: &Patience) -> Result<(), ClusterError> {
        let answered = self.wait(patience);
        if answered.is_err() {
            self.end();
        }
        answered
    }

    fn wait(&mut self, patience: &Patience) -> Result<(), ClusterError> {
        let mut what = format!("the keeper of {}", server(self.engine));
        loop {
            match self.next_line(patience)? {
                None => {
                    return Err(ClusterError::TimedOut {
                        what,
                        limit: patience.limit,
                        log: self.log(),
                    });
                }
                Some(line) if line == "ready" => return Ok(()),
                Some(line) => match line.strip_prefix("doing ") {
                    Some(doing) => doing.clone_into(&mut what),
                    None => return Err(ClusterError::Failed { what, log: self.log() }),
                },
            }
        }
    }

    /// The next line that it says; none if none comes in time. At its end an empty one.
    fn next_line(&mut self, patience: &Patience) -> Result<Option<String>, ClusterError> {
        loop {
            if let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.line.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            match self.look(patience).map_err(ClusterError::Keeper)? {
                Woken::Answer => {
                    let mut piece = [0; 256];
                    let read = self.answers.read(&mut piece).map_err(ClusterError::Keeper)?;
                    match piece.get(..read) {
                        Some(piece) if !piece.is_empty() => self.line.extend(piece),
                        _ => return Ok(Some(String::new())),
                    }
                }
                Woken::TimeOut => return Ok(None),
                Woken::GivenUp => {
                    return Err(ClusterError::Keeper(io::ErrorKind::Interrupted.into()));
                }
            }
        }
    }

    /// Waits until it says something, or until patience ends.
    fn look(&self, patience: &Patience) -> io::Result<Woken> {
        let limit = Timespec::try_from(patience.limit).ok();
        let of_interest = PollFlags::IN;
        let mut watched = vec![PollFd::new(&self.answers, of_interest)];
        if let Some(given_up) = &patience.given_up {
            watched.push(PollFd::from_borrowed_fd(given_up.as_fd(), of_interest));
        }
        loop {
            match poll(&mut watched, limit.as_ref()) {
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(0) => return Ok(Woken::TimeOut),
                Ok(_) => break,
            }
        }
        let is_given_up = watched.get(1).is_some_and(|stream| !stream.revents().is_empty());
        Ok(if is_given_up { Woken::GivenUp } else { Woken::Answer })
    }

    /// The end of the cluster's log.
    fn log(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let end = log.get(log.len().saturating_sub(LOG_END)..).unwrap_or_default();
        String::from_utf8_lossy(end).trim().to_owned()
    }

    /// Has it stop and remove everything, and waits for that.
    fn end(&mut self) {
        drop(self.requests.take());
        let Some(mut child) = self.child.take() else { return };
        if !self.closes_its_answers() {
            // Its process group has no other members than what it has started.
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                kill_process_group(group, Signal::KILL).unwrap_or_default();
            }
        }
        // Waiting makes "dropped" mean "gone". There is no one to tell if it fails.
        drop(child.wait());
        for _ in 0..TRIES {
            if !self.folder.exists() || fs::remove_dir_all(&self.folder).is_ok() {
                break;
            }
            sleep(PAUSE);
        }
    }

    fn closes_its_answers(&mut self) -> bool {
        let patience = Patience { limit: END, given_up: None };
        loop {
            match self.next_line(&patience) {
                Ok(Some(line)) if line.is_empty() => return true,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return false,
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a temporary cluster of an engine is made of.
pub(super) fn server(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => "PostgreSQL",
        Engine::MySql => "MariaDB",
    }
}

fn no_pipe() -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}
