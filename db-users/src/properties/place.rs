//! Where the users are: the engine and the database of the grants.

use std::fmt;

use rds_proxy_probe::config::{DbName, Engine};
use serde_json::{Map, Value};

use super::name::database_name;

/// Where the users are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) database: DbName,
}

impl Place {
    /// The engine where none is named.
    pub(super) const USUAL_ENGINE: Engine = Engine::PostgreSql;

    /// The place alone: what a delete needs.
    pub(crate) fn of(properties: &Map<String, Value>) -> Option<Self> {
        let engine = match properties.get("Engine") {
            Some(engine) => Engine::parse(engine.as_str()?).ok()?,
            None => Self::USUAL_ENGINE,
        };
        let database = database_name(engine, properties.get("Database")?.as_str()?).ok()?;
        Some(Self { engine, database })
    }
}

/// As in a sentence.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}'s database {}", self.engine, self.database)
    }
}
