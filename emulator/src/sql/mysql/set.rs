//! What a `SET` changes.
//!
//! Owns telling the variables that RDS Proxy tracks, which don't pin, from all others, and the form
//! in which a tracked one is kept: the statement that sets it again on another connection.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html>
//!
//! Chosen here, since nothing is known: a value that is no constant can't be set again, so such a
//! `SET` keeps the connection; MariaDB's older names of the transaction's variables count as the
//! tracked ones.

use super::judge::{Cause, Verdict};
use super::lexer::{Kind, Token};
use super::statement::Statement;
use crate::sql::Verdict::{Doubtful, Free, Pins};

/// What of a session changes by a statement that succeeds, without pinning it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A tracked variable, by its name in lower case, and the statement that sets it.
    Variable { name: String, statement: String },
    /// The database.
    Database(String),
    /// This database is gone; if it is the session's, the session has none any more.
    Dropped(String),
}

/// The tracked variables that are named as such; `NAMES` and `CHARACTER SET` are beside them.
const TRACKED: [&str; 22] = [
    "autocommit",
    "auto_increment_increment",
    "character_set_client",
    "character_set_connection",
    "character_set_database",
    "character_set_filesystem",
    "character_set_results",
    "character_set_server",
    "collation_connection",
    "collation_database",
    "collation_server",
    "interactive_timeout",
    "net_write_timeout",
    "query_cache_type",
    "session_track_schema",
    "sql_mode",
    "time_zone",
    "transaction_isolation",
    "transaction_read_only",
    "tx_isolation",
    "tx_read_only",
    "wait_timeout",
];

/// For how long a variable is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Session,
    /// `LOCAL`, which MySQL takes for `SESSION`.
    Local,
    /// `GLOBAL`, `PERSIST` and `PERSIST_ONLY`: for sessions to come.
    Global,
    /// `SET TRANSACTION` and `SET @@transaction_isolation`: for the next transaction.
    NextTransaction,
}

/// Reads what follows `SET`.
pub(super) fn read(mut statement: Statement<'_>) -> (Verdict, Vec<Change>) {
    let (mut verdict, mut changes) = (Free, Vec::new());
    if let Some(verdict) = other_than_variables(&statement) {
        return (verdict, changes);
    }
    if let Some(scope) = transaction_scope(&mut statement) {
        while let Some(tokens) = assignment(&mut statement) {
            let found = transaction(&tokens, scope, &mut changes);
            verdict = verdict.or(|| found);
        }
        return (verdict, changes);
    }
    let mut scope = Scope::Session;
    while let Some(tokens) = assignment(&mut statement) {
        let found = one(&tokens, &mut scope, &mut changes);
        verdict = verdict.or(|| found);
    }
    (verdict, changes)
}

/// The verdict on a `SET` of something else.
fn other_than_variables(statement: &Statement<'_>) -> Option<Verdict> {
    let mut ahead = statement.clone();
    let first = ahead.next()?;
    let is_name = ahead.next().is_some_and(|next| is_assigned(&next));
    if first.is("password") {
        Some(Free)
    } else if is_name {
        None
    } else if first.is("statement") {
        // MariaDB's, for one statement alone.
        Some(Doubtful(Cause::SetStatement))
    } else if first.is_any(&["role", "resource"]) {
        Some(Doubtful(Cause::SetRole))
    } else if first.is("default") {
        Some(Free)
    } else {
        None
    }
}

/// Passes over `[SESSION | LOCAL | GLOBAL] TRANSACTION`, and says for how long it is.
fn transaction_scope(statement: &mut Statement<'_>) -> Option<Scope> {
    let mut ahead = statement.clone();
    let scope = ahead.peek().and_then(|first| scope_of(&first));
    if scope.is_some() {
        ahead.next();
    }
    let is_transaction = ahead.next()?.is("transaction");
    let is_name = ahead.peek().is_some_and(|next| is_assigned(&next));
    if !is_transaction || is_name {
        return None;
    }
    *statement = ahead;
    Some(scope.unwrap_or(Scope::NextTransaction))
}

fn is_assigned(next: &Token<'_>) -> bool {
    next.is_sign("=") || next.kind == Kind::Assign
}

/// The tokens up to the next comma that is in no parentheses; none at the end.
fn assignment<'a>(statement: &mut Statement<'a>) -> Option<Vec<Token<'a>>> {
    statement.peek()?;
    let mut depth = 0_usize;
    let tokens = statement.take_while(|token| {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        depth > 0 || !token.is_sign(",")
    });
    Some(tokens.collect())
}

/// One assignment. A scope holds for those that follow, as MySQL has it:
/// <https://dev.mysql.com/doc/refman/8.4/en/set-variable.html>.
fn one(tokens: &[Token<'_>], scope: &mut Scope, changes: &mut Vec<Change>) -> Verdict {
    let Some((first, rest)) = tokens.split_first() else { return Free };
    match first.kind {
        Kind::At => return Pins(Cause::UserVariable),
        Kind::System => return system(rest, changes),
        Kind::Word | Kind::Name => {}
        // Not SQL, which changes nothing.
        Kind::Text
        | Kind::Number
        | Kind::Parameter
        | Kind::Assign
        | Kind::Semicolon
        | Kind::Executable
        | Kind::Sign => return Free,
    }
    let is_variable = rest.first().is_some_and(is_assigned);
    if let Some(named) = scope_of(first).filter(|_| !is_variable) {
        *scope = named;
        let named = rest.split_first();
        return named.map_or(Free, |(name, value)| variable(name, value, *scope, changes));
    }
    if first.is("names") && !is_variable {
        return character_set("names", rest, changes);
    }
    if first.is("charset") || first.is_any(&["character", "char"]) {
        let rest = if first.is("charset") { rest } else { rest.get(1..).unwrap_or_default() };
        return character_set("character set", rest, changes);
    }
    variable(first, rest, *scope, changes)
}

fn scope_of(token: &Token<'_>) -> Option<Scope> {
    if token.is("session") {
        Some(Scope::Session)
    } else if token.is("local") {
        Some(Scope::Local)
    } else if token.is_any(&["global", "persist", "persist_only"]) {
        Some(Scope::Global)
    } else {
        None
    }
}

/// What follows `@@`.
fn system(tokens: &[Token<'_>], changes: &mut Vec<Change>) -> Verdict {
    let Some((first, rest)) = tokens.split_first() else { return Free };
    match rest {
        [dot, name, value @ ..] if dot.is_sign(".") => {
            // A structured variable has the name of its instance there, and is global.
            let scope = scope_of(first).unwrap_or(Scope::Global);
            variable(name, value, scope, changes)
        }
        _ if is_of_transaction(&first.name()) => {
            variable(first, rest, Scope::NextTransaction, changes)
        }
        _ => variable(first, rest, Scope::Session, changes),
    }
}

fn is_of_transaction(name: &str) -> bool {
    ["transaction_isolation", "transaction_read_only", "tx_isolation", "tx_read_only"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

fn variable(
    name: &Token<'_>,
    value: &[Token<'_>],
    scope: Scope,
    changes: &mut Vec<Change>,
) -> Verdict {
    let name = name.name().to_ascii_lowercase();
    let tracked = TRACKED.contains(&&*name);
    match scope {
        Scope::Global => Doubtful(Cause::SetGlobal),
        Scope::NextTransaction => Pins(Cause::SetTransaction),
        Scope::Session | Scope::Local if tracked => {
            let value = value.get(1..).unwrap_or_default();
            match constant(value) {
                Some(value) => {
                    let statement = format!("SET {name} = {value}");
                    changes.push(Change::Variable { name, statement });
                    Free
                }
                None => Doubtful(Cause::SetToExpression),
            }
        }
        Scope::Local => Doubtful(Cause::SetLocal),
        Scope::Session => Pins(Cause::SetVariable),
    }
}

/// One property of `SET SESSION TRANSACTION ISOLATION LEVEL …, READ ONLY`.
fn transaction(tokens: &[Token<'_>], scope: Scope, changes: &mut Vec<Change>) -> Verdict {
    match scope {
        Scope::Global => return Doubtful(Cause::SetGlobal),
        Scope::NextTransaction => return Pins(Cause::SetTransaction),
        Scope::Session | Scope::Local => {}
    }
    let is_level = tokens.first().is_some_and(|first| first.is("isolation"));
    let name = if is_level { "transaction_isolation" } else { "transaction_read_only" };
    let statement = format!("SET SESSION TRANSACTION {}", written(tokens));
    changes.push(Change::Variable { name: name.to_owned(), statement });
    Free
}

fn character_set(name: &str, value: &[Token<'_>], changes: &mut Vec<Change>) -> Verdict {
    // `NAMES utf8mb4 COLLATE utf8mb4_bin` is made of constants as well.
    let are_constant = value.iter().all(|token| matches!(token.kind, Kind::Word | Kind::Text));
    if !are_constant || value.is_empty() {
        return Doubtful(Cause::SetToExpression);
    }
    let statement = format!("SET {} {}", name.to_ascii_uppercase(), written(value));
    changes.push(Change::Variable { name: name.to_owned(), statement });
    Free
}

/// The value, if it is a constant: a word such as `ON`, a string, or a number with its sign.
fn constant(value: &[Token<'_>]) -> Option<String> {
    match value {
        [one] if matches!(one.kind, Kind::Word | Kind::Name | Kind::Text | Kind::Number) => {
            Some(written(value))
        }
        [sign, one] if sign.is_sign("-") && one.kind == Kind::Number => Some(written(value)),
        _ => None,
    }
}

/// The tokens in one form: words in lower case, all else as it stands.
fn written(tokens: &[Token<'_>]) -> String {
    let written = tokens.iter().map(|token| {
        if token.kind == Kind::Word {
            token.name().to_ascii_lowercase()
        } else {
            String::from_utf8_lossy(token.text).into_owned()
        }
    });
    written.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::*;

    /// The statements that set the tracked variables again, by name.
    fn changes(text: &str) -> Vec<(String, String)> {
        let judgement = judge(text.as_bytes());
        assert_eq!(judgement.verdict, Free, "{text}");
        let changes = judgement.changes.into_iter().map(|change| match change {
            Change::Variable { name, statement } => (name, statement),
            other @ (Change::Database(_) | Change::Dropped(_)) => panic!("{other:?}"),
        });
        changes.collect()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let owned =
            |(name, statement): &(&str, &str)| ((*name).to_owned(), (*statement).to_owned());
        assert_eq!(changes(text), expected.iter().map(owned).collect::<Vec<_>>(), "{text}");
    }

    #[test]
    fn tracked_variables_are_kept_as_statements_that_set_them_again() {
        check("SET AutoCommit=0", &[("autocommit", "SET autocommit = 0")]);
        check(
            "set @@session.time_zone := '+00:00', sql_mode = 'ANSI'",
            &[("time_zone", "SET time_zone = '+00:00'"), ("sql_mode", "SET sql_mode = 'ANSI'")],
        );
        check("SET LOCAL wait_timeout = -1", &[("wait_timeout", "SET wait_timeout = - 1")]);
        check(
            "SET NAMES 'utf8mb4' COLLATE utf8mb4_Bin",
            &[("names", "SET NAMES 'utf8mb4' collate utf8mb4_bin")],
        );
        for text in ["SET CHARACTER SET latin1", "SET charset latin1"] {
            check(text, &[("character set", "SET CHARACTER SET latin1")]);
        }
    }

    #[test]
    fn a_transactions_properties_are_tracked_for_the_session_and_pin_for_the_next_one() {
        check(
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
            &[
                ("transaction_isolation", "SET SESSION TRANSACTION isolation level read committed"),
                ("transaction_read_only", "SET SESSION TRANSACTION read only"),
            ],
        );
        for text in ["SET TRANSACTION READ ONLY", "SET @@transaction_isolation = 'SERIALIZABLE'"] {
            assert_eq!(judge(text.as_bytes()).verdict, Pins(Cause::SetTransaction), "{text}");
        }
    }

    #[test]
    fn everything_else_that_is_set_pins_or_is_doubtful() {
        for (text, verdict) in [
            ("SET @a = 1", Pins(Cause::UserVariable)),
            ("SET sort_buffer_size = 1", Pins(Cause::SetVariable)),
            ("SET autocommit = 1, @@session.sql_auto_is_null = 0", Pins(Cause::SetVariable)),
            ("SET LOCAL sort_buffer_size = 1", Doubtful(Cause::SetLocal)),
            ("SET GLOBAL max_connections = 5, autocommit = 1", Doubtful(Cause::SetGlobal)),
            ("SET @@persist.max_connections = 5", Doubtful(Cause::SetGlobal)),
            ("SET sql_mode = CONCAT(@@sql_mode, ',ANSI')", Doubtful(Cause::SetToExpression)),
            ("SET ROLE admin", Doubtful(Cause::SetRole)),
            ("SET STATEMENT max_statement_time = 1 FOR SELECT 1", Doubtful(Cause::SetStatement)),
            ("SET PASSWORD = 'x'", Free),
            ("SET", Free),
            ("SET = ,, @@", Free),
        ] {
            assert_eq!(judge(text.as_bytes()).verdict, verdict, "{text}");
        }
    }
}
