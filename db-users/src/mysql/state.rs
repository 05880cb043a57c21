//! The current state of the users that a resource is about.
//!
//! Names come as hexadecimal digits and are compared like that: the tables that they are in compare
//! texts in several ways, some without regard to case. Passwords are not queried.
//! <https://dev.mysql.com/doc/refman/8.4/en/information-schema.html>

use std::collections::BTreeSet;

use rds_proxy_probe::session::mysql::Row;

use super::marks::Marks;
use super::quote::{account, from_hex, list, literal};
use super::turn::Turn;
use crate::mark::Mark;
use crate::properties::{Grant, SchemaName, User, UserName};
use crate::statement::StatementFailure;

/// The users with the mark, and those with a listed user's name.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) marks: Marks,
    pub(super) accounts: Vec<Account>,
    /// Users with the mark that do not exist.
    pub(super) left_over: Vec<String>,
}

/// A user, for clients of one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) host: String,
    /// The comment on it, which may be a mark.
    pub(super) comment: Option<String>,
    pub(super) is_ours: bool,
    /// What it was granted, apart from columns, routines and roles.
    pub(super) held: BTreeSet<Held>,
}

/// One privilege.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) on: On,
    /// In the words of `GRANT`.
    pub(super) privilege: String,
}

/// What a privilege is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    Server,
    /// The databases of a pattern.
    Databases(String),
    Table {
        database: String,
        table: String,
    },
}

/// The host of all users that are made here.
const ANYWHERE: &str = "%";

impl State {
    /// Reads it.
    pub(super) async fn read(
        turn: &mut Turn<'_>,
        marks: Marks,
        wanted: &[User],
        mark: &Mark,
    ) -> Result<Self, StatementFailure> {
        let doing = "reading which users there are";
        let read = |what: &str| StatementFailure::foreign(doing, format!("{what} cannot be read"));
        let (comment, join) = marks.column_and_join();
        let names = list(wanted.iter().map(|user| user.name.as_str()));
        let ours = literal(mark.as_str());
        let accounts = format!(
            "SELECT HEX(account.User), HEX(account.Host), COALESCE(HEX({comment}) = HEX({ours}), 0), \
             {comment} FROM mysql.user AS account {join} \
             WHERE HEX(account.User) IN ({names}) OR HEX({comment}) = HEX({ours}) ORDER BY 1, 2"
        );
        let rows = turn.rows(doing, &accounts).await?;
        let mut accounts = rows.iter().map(read_account).collect::<Option<Vec<_>>>();
        let accounts = accounts.as_mut().ok_or_else(|| read("a user"))?;

        let grantees: Vec<String> = accounts.iter().map(Account::grantee).collect();
        for row in turn.rows(doing, &privileges(&grantees)).await? {
            let (grantee, held) = read_held(&row).ok_or_else(|| read("a privilege"))?;
            if let Some(account) = accounts.iter_mut().find(|other| other.grantee() == grantee) {
                account.held.insert(held);
            }
        }
        let mut left_over = Vec::new();
        if let Some(sql) = marks.left_over(mark) {
            for row in turn.rows(doing, &sql).await? {
                left_over.push(text(&row, 0).ok_or_else(|| read("a mark"))?);
            }
        }
        Ok(Self { marks, accounts: std::mem::take(accounts), left_over })
    }

    /// All users of a name, for clients of whatever hosts.
    pub(super) fn named(&self, name: &UserName) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(move |account| account.name == name.as_str())
    }
}

impl Account {
    /// Whether the resource made it.
    pub(super) fn is_made_by_it(&self) -> bool {
        self.is_ours && self.host == ANYWHERE
    }

    /// As the tables of privileges call it.
    fn grantee(&self) -> String {
        format!("'{}'@'{}'", self.name, self.host)
    }
}

/// `USAGE` is what a user has who has nothing.
fn privileges(grantees: &[String]) -> String {
    let grantees = list(grantees.iter().map(String::as_str));
    let tables = [
        ("USER_PRIVILEGES", "NULL", "NULL"),
        ("SCHEMA_PRIVILEGES", "HEX(TABLE_SCHEMA)", "NULL"),
        ("TABLE_PRIVILEGES", "HEX(TABLE_SCHEMA)", "HEX(TABLE_NAME)"),
    ];
    let queries = tables.iter().flat_map(|(from, database, table)| {
        let query = |privilege: &str, condition: &str| {
            format!(
                "SELECT HEX(GRANTEE), {database}, {table}, {privilege} \
                 FROM information_schema.{from} WHERE HEX(GRANTEE) IN ({grantees}) AND {condition}"
            )
        };
        [
            query("PRIVILEGE_TYPE", "PRIVILEGE_TYPE <> 'USAGE'"),
            query("'GRANT OPTION'", "IS_GRANTABLE = 'YES'"),
        ]
    });
    queries.collect::<Vec<_>>().join(" UNION ")
}

fn text(row: &Row, column: usize) -> Option<String> {
    from_hex(row.get(column)?.as_deref()?)
}

fn read_account(row: &Row) -> Option<Account> {
    let [_, _, is_ours, comment] = row.as_slice() else { return None };
    Some(Account {
        name: text(row, 0)?,
        host: text(row, 1)?,
        comment: comment.clone(),
        is_ours: is_ours.as_deref()? == "1",
        held: BTreeSet::new(),
    })
}

fn read_held(row: &Row) -> Option<(String, Held)> {
    let [_, database, table, privilege] = row.as_slice() else { return None };
    let privilege = privilege.clone()?;
    // It goes into statements as it is.
    if !privilege.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'_')) {
        return None;
    }
    let on = match (database, table) {
        (None, None) => On::Server,
        (Some(pattern), None) => On::Databases(from_hex(pattern)?),
        (Some(database), Some(table)) => {
            On::Table { database: from_hex(database)?, table: from_hex(table)? }
        }
        (None, Some(_)) => return None,
    };
    Some((text(row, 0)?, Held { on, privilege }))
}

/// A schema that is listed and does not exist: MySQL grants on it all the same.
pub(super) async fn missing_schema(
    turn: &mut Turn<'_>,
    users: &[User],
) -> Result<Option<String>, StatementFailure> {
    let listed = users.iter().flat_map(|user| match &user.grant {
        Grant::Schemas { schemas, .. } => schemas.as_slice(),
        Grant::None | Grant::Connect => &[],
    });
    let listed: BTreeSet<&str> = listed.map(SchemaName::as_str).collect();
    let sql = format!(
        "SELECT HEX(SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE HEX(SCHEMA_NAME) IN ({})",
        list(listed.iter().copied())
    );
    let found = turn.rows("looking for the schemas", &sql).await?;
    let found: BTreeSet<String> = found.iter().filter_map(|row| text(row, 0)).collect();
    let missing = listed.into_iter().find(|schema| !found.contains(*schema));
    Ok(missing.map(str::to_owned))
}

/// An object that runs with the privileges of a user: it would stop working without it.
/// <https://dev.mysql.com/doc/refman/8.4/en/stored-objects-security.html#stored-objects-security-orphan-objects>
pub(super) async fn definer(
    turn: &mut Turn<'_>,
    user: &str,
) -> Result<Option<String>, StatementFailure> {
    let definer = literal(&format!("{user}@{ANYWHERE}"));
    let objects = [
        ("the view", "TABLE_SCHEMA", "TABLE_NAME", "VIEWS"),
        ("the routine", "ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINES"),
        ("the trigger", "TRIGGER_SCHEMA", "TRIGGER_NAME", "TRIGGERS"),
        ("the event", "EVENT_SCHEMA", "EVENT_NAME", "EVENTS"),
    ];
    let queries = objects.map(|(kind, schema, name, from)| {
        format!(
            "SELECT CONCAT('{kind} ', {schema}, '.', {name}) FROM information_schema.{from} \
             WHERE HEX(DEFINER) = HEX({definer})"
        )
    });
    let sql = format!("{} ORDER BY 1 LIMIT 1", queries.join(" UNION "));
    let found = turn.rows(&format!("looking for objects of {}", account(user)), &sql).await?;
    Ok(found.into_iter().flatten().next().flatten())
}
