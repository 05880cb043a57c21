//! What a request changes in a database, and why it did not: what both engines have in common.

use rds_proxy_probe::config::DbName;

use crate::mark::Mark;
use crate::properties::User;
use crate::statement::StatementFailure;

/// The desired users, and where. Without users, all that the resource made are dropped.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) users: &'a [User],
    pub(crate) database: &'a DbName,
    pub(crate) mark: &'a Mark,
}

/// The change failed.
#[derive(Debug)]
pub(crate) struct NotChanged {
    pub(crate) refusal: Refusal,
    pub(crate) fate: Fate,
}

/// Why a database was not changed.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A statement failed.
    Statement(StatementFailure),
    /// A user with a listed name exists, and is not the resource's.
    Foreign(Foreign),
    /// Every user may create objects in a schema of the database.
    OpenSchema { schema: String },
    /// A schema that is listed does not exist.
    NoSchema { schema: String },
    /// A grant to a user had no effect on an object.
    NotGranted { user: String, object: String },
    /// A user to drop has objects in another database.
    Elsewhere(Elsewhere),
    /// Objects run with the privileges of a user to drop.
    Definer { user: String, object: String },
}

/// A user that another party made: it is neither changed nor dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) name: String,
    /// Its owner, if another resource of this kind made it.
    pub(crate) owner: Option<String>,
}

/// Objects of a role in another database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    pub(crate) role: String,
    pub(crate) database: String,
    pub(crate) objects: i64,
}

/// What happened to the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The database is unchanged.
    Undone,
    /// Users that existed before have some of the changes.
    Partly,
    /// Unknown: the server was asked for a change, but did not answer.
    Unknown,
}

impl NotChanged {
    pub(crate) fn undone(refusal: impl Into<Refusal>) -> Self {
        Self { refusal: refusal.into(), fate: Fate::Undone }
    }
}

impl Foreign {
    pub(crate) fn new(name: &str, comment: Option<&str>) -> Self {
        let owner = comment.and_then(Mark::owner).map(str::to_owned);
        Self { name: name.to_owned(), owner }
    }
}

impl From<StatementFailure> for Refusal {
    fn from(failure: StatementFailure) -> Self {
        Self::Statement(failure)
    }
}

impl From<Foreign> for Refusal {
    fn from(foreign: Foreign) -> Self {
        Self::Foreign(foreign)
    }
}
