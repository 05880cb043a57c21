//! The state of a MySQL session that its connection must have too.
//!
//! Owns what is part of it, and what a command changes: user, database, character set, the flags
//! that change what the server sends, and the variables that RDS Proxy tracks. AWS says which ones it
//! tracks, and that sessions with other values share no connection. That a connection which is opened
//! for such a session has its `SET` statements run again is this emulator's choice.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html>

use std::collections::BTreeMap;

use super::super::Key;
use crate::sql::mysql::Change;
use crate::wire::mysql::Response;
use crate::wire::mysql::capability::{MULTI_STATEMENTS, SHARED};

/// A session's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionState {
    pub(crate) user: String,
    /// Empty for none.
    pub(crate) database: String,
    pub(crate) character_set: u8,
    /// Of [`SHARED`], those that the client has.
    pub(crate) capabilities: u32,
    /// The statement that sets each variable, in an order in which none undoes another.
    variables: BTreeMap<Variable, String>,
}

/// A tracked variable, or several that are set together, which come first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Variable {
    /// `NAMES` or `CHARACTER SET`.
    CharacterSet,
    Single(String),
}

/// What `NAMES` and `CHARACTER SET` set.
/// <https://dev.mysql.com/doc/refman/8.4/en/charset-connection.html>
const BY_CHARACTER_SET: [&str; 4] = [
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
];

impl SessionState {
    /// The state of a client that logs in; only the offered flags count.
    pub(crate) fn new(response: &Response, offered: u32) -> Self {
        Self {
            user: response.user.clone(),
            database: response.database.clone(),
            character_set: response.character_set,
            capabilities: response.capabilities & offered & SHARED,
            variables: BTreeMap::new(),
        }
    }

    /// Changes it by a statement that succeeded.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Database(name) => self.database.clone_from(name),
            // Where names are compared without their case, so is this; elsewhere a session may keep
            // a connection too few.
            Change::Dropped(name) if self.database.eq_ignore_ascii_case(name) => {
                self.database.clear();
            }
            Change::Dropped(_) => {}
            Change::Variable { name, statement } => self.set(name, statement),
        }
    }

    fn set(&mut self, name: &str, statement: &str) {
        let variable = match name {
            "names" | "character set" => {
                for name in BY_CHARACTER_SET {
                    self.variables.remove(&Variable::Single(name.to_owned()));
                }
                Variable::CharacterSet
            }
            // The one sets the other too; the order of their names is the right one otherwise.
            "character_set_connection" => {
                self.variables.remove(&Variable::Single("collation_connection".to_owned()));
                Variable::Single(name.to_owned())
            }
            name => Variable::Single(name.to_owned()),
        };
        self.variables.insert(variable, statement.to_owned());
    }

    /// Changes it as `COM_RESET_CONNECTION` does, which leaves the database as it is.
    /// <https://dev.mysql.com/doc/c-api/8.4/en/mysql-reset-connection.html>
    pub(crate) fn reset(&mut self) {
        self.variables.clear();
    }

    /// Changes it as `COM_SET_OPTION` does.
    pub(crate) fn set_multi_statements(&mut self, is_on: bool) {
        if is_on {
            self.capabilities |= MULTI_STATEMENTS;
        } else {
            self.capabilities &= !MULTI_STATEMENTS;
        }
    }

    /// The statements that set its variables on another connection.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &str> {
        self.variables.values().map(String::as_str)
    }

    /// Whether a statement outside a transaction may begin one.
    pub(crate) fn begins_transactions(&self) -> bool {
        let statement = self.variables.get(&Variable::Single("autocommit".to_owned()));
        statement.is_some_and(|statement| {
            let value = statement.rsplit(' ').next().unwrap_or_default();
            let value = value.trim_matches(|quote| quote == '\'' || quote == '"');
            ["0", "off", "false"].iter().any(|off| value.eq_ignore_ascii_case(off))
        })
    }
}

impl From<SessionState> for Key {
    fn from(state: SessionState) -> Self {
        Self::MySql(state)
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::mysql::judge;
    use crate::wire::mysql::capability::{DEPRECATE_EOF, PROTOCOL_41};

    use super::*;

    /// The state after these texts.
    fn after(texts: &[&str]) -> SessionState {
        let response = Response {
            capabilities: PROTOCOL_41 | DEPRECATE_EOF | MULTI_STATEMENTS,
            character_set: 45,
            user: "app".to_owned(),
            auth: Vec::new(),
            database: "shop".to_owned(),
            plugin: String::new(),
            attributes: Vec::new(),
        };
        let mut state = SessionState::new(&response, !MULTI_STATEMENTS);
        for text in texts {
            judge(text.as_bytes()).changes.iter().for_each(|change| state.apply(change));
        }
        state
    }

    #[test]
    fn sessions_share_a_connection_if_their_variables_have_the_same_values() {
        assert_eq!(after(&[]).capabilities, DEPRECATE_EOF);
        let one = after(&["SET autocommit = 1, time_zone = 'UTC'", "SET sql_mode = ''"]);
        let other = after(&["SET sql_mode = 'ANSI'", "SET sql_mode = ''; SET time_zone = 'UTC'"]);
        assert_ne!(one, other);
        assert_eq!(one, after(&["SET sql_mode=''", "SET @@time_zone='UTC'", "SET AUTOCOMMIT=1"]));
        assert_ne!(after(&["SET NAMES latin1"]), after(&[]));
    }

    #[test]
    fn its_statements_come_in_an_order_in_which_none_undoes_another() {
        let state = after(&[
            "SET character_set_results = latin1, collation_connection = utf8mb4_bin",
            "SET NAMES utf8mb4",
            "SET character_set_results = NULL",
            "SET autocommit = 0",
        ]);
        assert_eq!(
            state.statements().collect::<Vec<_>>(),
            ["SET NAMES utf8mb4", "SET autocommit = 0", "SET character_set_results = null"]
        );
        let state = after(&["SET collation_connection = a", "SET character_set_connection = b"]);
        assert_eq!(state.statements().collect::<Vec<_>>(), ["SET character_set_connection = b"]);
    }

    #[test]
    fn a_session_without_autocommit_begins_transactions() {
        for text in ["SET autocommit = 0", "SET autocommit = off", "SET autocommit = 'OFF'"] {
            assert!(after(&[text]).begins_transactions(), "{text}");
        }
        assert!(!after(&["SET autocommit = 0; SET autocommit = 1"]).begins_transactions());
        assert!(!after(&[]).begins_transactions());
    }

    #[test]
    fn a_database_that_is_dropped_is_the_sessions_no_more() {
        assert_eq!(after(&["USE a", "DROP DATABASE b"]).database, "a");
        assert_eq!(after(&["USE a", "DROP DATABASE A"]).database, "");
        let mut state = after(&["USE a", "SET time_zone = 'UTC'"]);
        state.reset();
        assert_eq!((&*state.database, state.statements().count()), ("a", 0));
    }
}
