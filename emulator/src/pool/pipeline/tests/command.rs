//! The few SQL commands of the model, and what they do.

use super::model::{CopyIn, Failure, Model, Transaction};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Empty,
    Select(String),
    /// It fails when it is run.
    Divide,
    Begin,
    Commit,
    Rollback,
    /// The parser says something of it.
    Noted,
    CopyIn,
    /// It fails before it looks at any data.
    CopyBroken,
    CopyOut,
    Deallocate(String),
    DeallocateAll,
    DiscardAll,
    Execute(String),
    Notice,
}

/// Takes a text apart.
pub(super) fn parse(text: &str) -> Result<Command, Failure> {
    let text = text.trim();
    let name = |rest: &str| rest.trim_matches('"').to_owned();
    Ok(match text {
        "" => Command::Empty,
        "BEGIN" => Command::Begin,
        "COMMIT" => Command::Commit,
        "ROLLBACK" => Command::Rollback,
        "COPY t FROM STDIN" => Command::CopyIn,
        "COPY broken FROM STDIN" => Command::CopyBroken,
        "SELECT noted" => Command::Noted,
        "COPY t TO STDOUT" => Command::CopyOut,
        "SELECT 1/0" => Command::Divide,
        "DEALLOCATE ALL" => Command::DeallocateAll,
        "DISCARD ALL" => Command::DiscardAll,
        "DO RAISE NOTICE" => Command::Notice,
        other => {
            if let Some(row) = other.strip_prefix("SELECT ") {
                Command::Select(row.to_owned())
            } else if let Some(rest) = other.strip_prefix("DEALLOCATE ") {
                Command::Deallocate(name(rest))
            } else if let Some(rest) = other.strip_prefix("EXECUTE ") {
                Command::Execute(name(rest))
            } else {
                return Err(("42601", format!("syntax error at or near \"{other}\"")));
            }
        }
    })
}

impl Model {
    pub(super) fn query(&mut self, text: &str) {
        self.unnamed = None;
        let mut commands: Vec<_> = text.split(';').map(str::to_owned).collect();
        commands.reverse();
        if commands.iter().all(|command| command.trim().is_empty()) {
            self.say(b'I', b"");
            return self.ready();
        }
        match commands.iter().find_map(|command| parse(command).err()) {
            Some(failure) => self.fail_query(failure),
            None => self.go_on(commands),
        }
    }

    pub(super) fn fail_query(&mut self, failure: Failure) {
        self.say_error("ERROR", failure);
        self.abort();
        self.ready();
    }

    /// The commands of a simple query that are left, the last one first.
    pub(super) fn go_on(&mut self, mut commands: Vec<String>) {
        while let Some(text) = commands.pop() {
            let done = parse(&text).and_then(|command| {
                self.note(&command);
                self.check(&text)?;
                if matches!(command, Command::Select(_) | Command::Noted) {
                    self.say(b'T', b"a text");
                }
                self.run(&command)
            });
            match done {
                Ok(false) => {}
                Ok(true) => {
                    self.copy = Some(CopyIn(Some(commands)));
                    return;
                }
                Err(failure) => return self.fail_query(failure),
            }
        }
        self.portals.remove("");
        self.ready();
    }

    /// Runs a command; returns whether it takes data first.
    pub(super) fn run(&mut self, command: &Command) -> Result<bool, Failure> {
        let done = match command {
            Command::Empty => return Ok(false),
            Command::Select(_) | Command::Noted => {
                self.row(command);
                "SELECT 1"
            }
            Command::Divide => return Err(("22012", "division by zero".to_owned())),
            Command::Begin | Command::Commit | Command::Rollback => self.transact(command),
            Command::CopyIn | Command::CopyBroken => {
                self.say(b'G', &[0, 0, 1, 0, 0]);
                self.flush();
                if *command == Command::CopyIn {
                    return Ok(true);
                }
                return Err(("P0001", "a trigger does not like it".to_owned()));
            }
            Command::CopyOut => {
                self.say(b'H', &[0, 0, 1, 0, 0]);
                self.say(b'd', b"1\n");
                self.say(b'c', b"");
                "COPY 1"
            }
            Command::Deallocate(name) => {
                self.sql_statement(name)?;
                self.statements.remove(name);
                "DEALLOCATE"
            }
            Command::DeallocateAll => {
                self.statements.clear();
                "DEALLOCATE ALL"
            }
            Command::DiscardAll => self.discard_all()?,
            Command::Execute(name) => {
                let text = self.sql_statement(name)?;
                let prepared = parse(&text)?;
                if !matches!(prepared, Command::Select(_)) || text.contains("$1") {
                    return Err(("42601", format!("cannot execute \"{name}\"")));
                }
                return self.run(&prepared);
            }
            Command::Notice => {
                self.notice("a notice");
                "DO"
            }
        };
        self.say(b'C', format!("{done}\0").as_bytes());
        Ok(false)
    }

    fn transact(&mut self, command: &Command) -> &'static str {
        let before = self.transaction;
        if *command == Command::Begin {
            if before != Transaction::None {
                self.notice("there is already a transaction in progress");
            }
            self.transaction = Transaction::Block;
            return "BEGIN";
        }
        if before == Transaction::None {
            self.notice("there is no transaction in progress");
        }
        self.transaction = Transaction::None;
        self.portals.clear();
        match (command, before) {
            (Command::Commit, Transaction::None | Transaction::Block) => "COMMIT",
            _ => "ROLLBACK",
        }
    }

    fn discard_all(&mut self) -> Result<&'static str, Failure> {
        if self.transaction != Transaction::None {
            return Err(("25001", "DISCARD ALL cannot run inside a transaction block".to_owned()));
        }
        self.statements.clear();
        self.portals.clear();
        Ok("DISCARD ALL")
    }

    /// A statement by its name in SQL, where only named ones can be meant.
    fn sql_statement(&self, name: &str) -> Result<String, Failure> {
        let missing = || ("26000", format!("prepared statement \"{name}\" does not exist"));
        self.statements.get(name).cloned().ok_or_else(missing)
    }

    pub(super) fn row(&mut self, command: &Command) {
        let row = if let Command::Select(row) = command { row } else { "noted" };
        self.say(b'D', row.as_bytes());
    }

    /// What the parser has to say.
    pub(super) fn note(&mut self, command: &Command) {
        if *command == Command::Noted {
            self.notice("identifier will be truncated");
        }
    }

    fn notice(&mut self, text: &str) {
        self.say(b'N', format!("SNOTICE\0M{text}\0\0").as_bytes());
    }

    /// A message while a COPY takes data.
    pub(super) fn take_copy(&mut self, copy: CopyIn, tag: u8, body: &[u8]) {
        let failure = match tag {
            b'd' if body != b"bad\n" => {
                self.copy = Some(copy);
                return;
            }
            b'S' | b'H' => {
                self.copy = Some(copy);
                return;
            }
            b'c' => {
                self.say(b'C', b"COPY 1\0");
                if let CopyIn(Some(commands)) = copy {
                    self.go_on(commands);
                }
                return;
            }
            b'd' => ("22P02", "invalid input syntax for type integer: \"bad\"".to_owned()),
            b'f' => ("57014", "COPY from stdin failed: enough".to_owned()),
            _ => {
                let text = "terminating connection because protocol synchronization was lost";
                self.say_error("FATAL", ("08P01", text.to_owned()));
                self.is_dead = true;
                return;
            }
        };
        match copy {
            CopyIn(None) => self.fail_extended(failure),
            CopyIn(Some(_)) => self.fail_query(failure),
        }
    }
}
