//! The command as a process, an emulator for it, and what it wrote without what differs each time.

pub(crate) mod terminal;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};

use rds_proxy_emulator::{Backend, Cluster, Emulator, Engine, Fault, Observer, Options};
use testkit::process::command;
use tokio::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_rds-proxy-probe");

/// Both engines.
pub(crate) const ENGINES: [Engine; 2] = [Engine::PostgreSql, Engine::MySql];

/// One database server of each engine for the whole test binary.
pub(crate) fn cluster(engine: Engine) -> Arc<Cluster> {
    static POSTGRESQL: OnceLock<Arc<Cluster>> = OnceLock::new();
    static MARIADB: OnceLock<Arc<Cluster>> = OnceLock::new();
    let cluster = match engine {
        Engine::PostgreSql => &POSTGRESQL,
        Engine::MySql => &MARIADB,
    };
    Arc::clone(cluster.get_or_init(|| {
        Cluster::start_of(engine).expect(
            "PostgreSQL's and MariaDB's programs must be found: `make test` installs them, and \
             sets PG_BIN and MARIADB_BIN",
        )
    }))
}

/// An emulator in front of it.
pub(crate) async fn emulator() -> Emulator {
    emulator_with(|_| {}).await
}

pub(crate) async fn emulator_with(change: impl FnOnce(&mut Options)) -> Emulator {
    emulator_of(Engine::PostgreSql, change).await
}

pub(crate) async fn emulator_of(engine: Engine, change: impl FnOnce(&mut Options)) -> Emulator {
    let (backend, observer) = (Backend::Cluster(cluster(engine)), Some(Observer::default()));
    let mut options = Options { engine, backend, observer, ..Options::default() };
    change(&mut options);
    rds_proxy_emulator::start(options).await.unwrap()
}

/// An environment, and nothing of this process's but the path.
#[derive(Clone, Debug)]
pub(crate) struct Vars(BTreeMap<String, String>);

impl Vars {
    /// None but what every process has.
    pub(crate) fn none() -> Self {
        let inherited = ["PATH", "HOME"].into_iter();
        let inherited =
            inherited.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
        Self(inherited.collect()).with("LANG", "C.UTF-8").with("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// What the emulator would have a user export.
    pub(crate) fn of(emulator: &Emulator) -> Self {
        let block = emulator.environment().into_iter();
        block.fold(Self::none(), |vars, (name, value)| vars.with(name, value))
    }

    pub(crate) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        &self.0[name]
    }

    /// The command with these arguments in this environment; nothing is typed.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.of_program(BINARY, arguments)
    }

    /// Another program in this environment.
    pub(crate) fn of_program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(program);
        command.args(arguments).env_clear().envs(&self.0).stdin(Stdio::null());
        command
    }
}

/// What a command wrote, and its exit status.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<i32>,
}

/// Runs the command in a pipe.
pub(crate) async fn run(vars: &Vars, arguments: &[&str]) -> Written {
    let output = vars.command(arguments).output().await.unwrap();
    Written {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        status: output.status.code(),
    }
}

/// A fault of an engine's, by its name.
pub(crate) fn fault(engine: Engine, name: &str) -> Fault {
    Fault::named(engine, name).unwrap()
}

/// A text without what differs each time, and without what differs by engine: its name and port.
pub(crate) fn settled_of(engine: Engine, text: &str) -> String {
    let (name, port) = match engine {
        Engine::PostgreSql => ("PostgreSQL N", "5432"),
        Engine::MySql => ("MySQL N-MariaDB", "3306"),
    };
    settled(text)
        .replace(name, "ENGINE N")
        .replace(&format!("amazonaws.com:{port}"), "amazonaws.com:PORT")
}

/// A text without what differs each time: durations, ports of this machine, PostgreSQL's version.
pub(crate) fn settled(text: &str) -> String {
    text.lines().map(|line| settled_line(line) + "\n").collect()
}

fn settled_line(line: &str) -> String {
    let is_number = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
    let words: Vec<&str> = line.split(' ').collect();
    let mut settled: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = settled.iter().rev().find(|word| !word.is_empty());
        let is_varying =
            before.is_some_and(|before| ["PostgreSQL", "MySQL", "-p"].contains(&before.as_str()));
        let unit =
            words.get(at + 1).is_some_and(|unit| ["ms", "s"].contains(&unit.trim_matches('.')));
        let word = if is_number(word) && (unit || is_varying) {
            // Times are aligned to the right.
            while settled.len() > 1 && settled.last().is_some_and(String::is_empty) {
                settled.pop();
            }
            format!("N{}", word.trim_matches(|c: char| c.is_ascii_digit() || c == '.'))
        } else {
            match word.split_once("127.0.0.1:") {
                Some((before, _)) => format!("{before}127.0.0.1:N"),
                None => (*word).to_owned(),
            }
        };
        settled.push(word);
    }
    settled.join(" ")
}
