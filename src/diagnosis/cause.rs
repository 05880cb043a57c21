//! A possible cause, with its evidence, remedy and commands.
//!
//! Each sentence exists once, in an [`Advice`]; the function's reports and TROUBLESHOOTING.md are both
//! made from them. Words in braces are replaced with facts.

use super::placeholder::{Context, Filled, fill};
use super::{Facts, Site};
use crate::config::{Engine, RegionSource};

/// A cause that a code can have, and its remedy: sentences with placeholders such as `{host}`.
#[derive(Debug)]
pub struct Advice {
    /// The engine that it is about; `None` if it holds for both.
    pub engine: Option<Engine>,
    /// What may be wrong.
    pub cause: &'static str,
    /// What to do, and where; it begins with a verb.
    pub remedy: &'static str,
    /// What to paste, each whole.
    pub commands: &'static [Command],
}

/// Something to paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// For a POSIX shell.
    Shell(&'static str),
    /// A policy statement, for a role's or a resource's policy.
    Policy(&'static str),
    /// A statement for PostgreSQL.
    Sql(&'static str),
    /// A statement for MySQL.
    MySql(&'static str),
}

/// A cause as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What may be wrong.
    pub cause: String,
    /// What was observed that points to it.
    pub evidence: Option<String>,
    /// What to do.
    pub remedy: String,
    /// What to paste, each whole.
    pub commands: Vec<String>,
}

impl Command {
    /// The text with its placeholders.
    pub fn template(self) -> &'static str {
        match self {
            Self::Shell(text) | Self::Policy(text) | Self::Sql(text) | Self::MySql(text) => text,
        }
    }

    /// How its values are quoted.
    pub fn context(self) -> Context {
        match self {
            Self::Shell(_) => Context::Shell,
            Self::Policy(_) => Context::Json,
            Self::Sql(_) => Context::Sql,
            Self::MySql(_) => Context::MySql,
        }
    }

    /// The language of its Markdown code block.
    pub(super) fn language(self) -> &'static str {
        match self {
            Self::Shell(_) => "sh",
            Self::Policy(_) => "json",
            Self::Sql(_) | Self::MySql(_) => "sql",
        }
    }

    pub(super) fn fill(self, facts: Option<&Facts<'_>>) -> Filled {
        fill(self.template(), self.context(), facts)
    }
}

impl Advice {
    /// The cause where no fact is known: words in CAPITALS stand for names.
    pub fn generic(&self, site: Site, engine: Option<Engine>) -> Cause {
        self.fill(&Facts { site, engine, ..Facts::default() }, None)
    }

    /// The facts, with the engine that it is about where they have none.
    pub(super) fn of_engine<'a>(&self, facts: &Facts<'a>) -> Facts<'a> {
        Facts { engine: facts.engine.or(self.engine), ..*facts }
    }

    /// The cause, with its placeholders filled in. A region that is only the function's own gets a
    /// note.
    pub(super) fn fill(&self, facts: &Facts<'_>, evidence: Option<String>) -> Cause {
        let facts = &self.of_engine(facts);
        let prose = |text| fill(text, Context::Prose, Some(facts));
        let (cause, mut remedy) = (prose(self.cause).text, prose(self.remedy));
        let commands = self.commands.iter().filter(|command| facts.site.has(**command));
        let commands: Vec<Filled> = commands.map(|command| command.fill(Some(facts))).collect();
        let names_region = remedy.names_region || commands.iter().any(|it| it.names_region);
        match facts.config.map(|config| &config.endpoint) {
            Some(endpoint) if names_region && endpoint.region_source == RegionSource::Ambient => {
                let note = " ({region} is AWS_REGION{, the function's own region|}; DB_HOST names \
                            none, so check it.)";
                remedy.text.push_str(&prose(note).text);
            }
            Some(_) | None => {}
        }
        let commands = commands.into_iter().map(|filled| filled.text).collect();
        Cause { cause, evidence, remedy: remedy.text, commands }
    }
}
