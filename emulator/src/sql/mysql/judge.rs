//! What a text does to a session's pinning, and to the values that RDS Proxy tracks.
//!
//! By what AWS lists for MySQL and MariaDB:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html>. A statement
//! counts by its leading keywords and by what stands in it: functions, variables, an executable
//! comment. What a stored program does goes undetected, as AWS says of its proxy.
//! [`Verdict::Doubtful`] is what AWS's list leaves open.

use super::lexer::{Kind, Token};
use super::set::{self, Change};
use super::statement::Statement;
use crate::sql::LIMIT;
use crate::sql::Verdict::{Doubtful, Free, Pins};

/// As for PostgreSQL, with MySQL's causes.
pub(crate) type Verdict = crate::sql::Verdict<Cause>;

/// What in a text pins a session, or might.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `SET` of a system variable that is not tracked.
    SetVariable,
    /// The same with `LOCAL`, which AWS lists as not pinning.
    SetLocal,
    /// `SET GLOBAL` and `SET PERSIST`.
    SetGlobal,
    /// `SET` of a tracked variable to what is no constant.
    SetToExpression,
    /// `SET TRANSACTION`, for the next one alone.
    SetTransaction,
    /// `SET ROLE` and `SET RESOURCE GROUP`.
    SetRole,
    /// MariaDB's `SET STATEMENT … FOR`.
    SetStatement,
    /// A variable of the user's: `SET @a`, `@a := 1`, `INTO @a`.
    UserVariable,
    /// `PREPARE`, `EXECUTE` and `DEALLOCATE PREPARE`, or the protocol's prepared statements.
    Prepare,
    TemporaryTable,
    LockTables,
    /// `FLUSH TABLES … WITH READ LOCK` and `… FOR EXPORT`.
    FlushTables,
    /// `GET_LOCK(…)`.
    NamedLock,
    /// `/*! … */`.
    ExecutableComment,
    /// `ROW_COUNT()` and `FOUND_ROWS()`.
    LastStatement,
    /// `LAST_INSERT_ID()`.
    LastInsertId,
    /// `RELEASE_LOCK(…)` and `RELEASE_ALL_LOCKS()`.
    ReleasedLock,
    /// `HANDLER t OPEN`.
    Handler,
    /// `XA`.
    Xa,
    /// `LOCK INSTANCE FOR BACKUP` and MariaDB's `BACKUP LOCK`.
    Backup,
    /// The text is longer than [`LIMIT`].
    TooLong,
}

/// What a text does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// What changes if all of it succeeds, in order.
    pub(crate) changes: Vec<Change>,
    pub(crate) statements: usize,
}

/// Judges the whole text of one command, with all statements in it.
pub(crate) fn judge(text: &[u8]) -> Judgement {
    let mut judgement = Judgement { verdict: Free, changes: Vec::new(), statements: 0 };
    if text.len() > LIMIT {
        judgement.verdict = Pins(Cause::TooLong);
        return judgement;
    }
    let mut next = Some(Statement::first(text));
    while let Some(statement) = next {
        if statement.peek().is_some() {
            judgement.statements += 1;
        }
        let (verdict, changes) = by_first(statement.clone());
        let within = || by_content(statement.clone());
        judgement.verdict = judgement.verdict.or(|| verdict.or(within));
        judgement.changes.extend(changes);
        next = statement.following();
    }
    judgement
}

/// The verdict by the leading keywords.
fn by_first(mut statement: Statement<'_>) -> (Verdict, Vec<Change>) {
    let unchanged = |verdict| (verdict, Vec::new());
    let first = statement.find(|token| !token.is_sign("(") && token.kind != Kind::Executable);
    let Some(first) = first else { return unchanged(Free) };
    if first.is("set") {
        return set::read(statement);
    }
    let next = statement.next();
    let is_next = |words: &[&str]| next.is_some_and(|next| next.is_any(words));
    if first.is("use") {
        let database = next.map(|name| Change::Database(name.name()));
        return (Free, database.into_iter().collect());
    }
    if first.is("drop") && is_next(&["database", "schema"]) {
        let name = statement.find(|token| !token.is_any(&["if", "exists"]));
        return (Free, name.map(|name| Change::Dropped(name.name())).into_iter().collect());
    }
    let drops_prepared = first.is("drop") && is_next(&["prepare"]);
    unchanged(if first.is_any(&["prepare", "execute", "deallocate"]) || drops_prepared {
        Pins(Cause::Prepare)
    } else if first.is("lock") {
        if is_next(&["instance"]) { Doubtful(Cause::Backup) } else { Pins(Cause::LockTables) }
    } else if first.is("flush") && statement.clone().any(|token| token.is_any(&["lock", "export"]))
    {
        Pins(Cause::FlushTables)
    } else if first.is("create") && is_temporary(next, statement) {
        Pins(Cause::TemporaryTable)
    } else if first.is("handler") {
        Doubtful(Cause::Handler)
    } else if first.is("xa") {
        Doubtful(Cause::Xa)
    } else if first.is("backup") {
        Doubtful(Cause::Backup)
    } else {
        Free
    })
}

fn is_temporary(next: Option<Token<'_>>, mut rest: Statement<'_>) -> bool {
    let replaces = next.is_some_and(|next| next.is("or"));
    let kind = if replaces { rest.nth(1) } else { next };
    kind.is_some_and(|kind| kind.is("temporary"))
}

/// The verdict by what stands anywhere in a statement. What a definition holds is not executed yet,
/// except for an executable comment.
fn by_content(mut statement: Statement<'_>) -> Verdict {
    let programs = ["procedure", "function", "trigger", "event", "package", "view"];
    let is_definition = statement.peek().is_some_and(|first| first.is_any(&["create", "alter"]))
        && statement.clone().take(12).any(|token| token.is_any(&programs));
    let (mut verdict, mut before, mut is_variable) = (Free, None::<Token<'_>>, false);
    while let Some(token) = statement.next() {
        let found = if token.kind == Kind::Executable {
            Pins(Cause::ExecutableComment)
        } else if is_definition {
            Free
        } else if sets_variable(&token, before, is_variable) {
            Pins(Cause::UserVariable)
        } else if statement.peek().is_some_and(|next| next.is_sign("(")) {
            call(&token, before)
        } else {
            Free
        };
        verdict = verdict.or(|| found);
        is_variable = before.is_some_and(|before| before.kind == Kind::At);
        before = Some(token);
    }
    verdict
}

/// Whether a variable of the user's is set: `@a := …`, or `… INTO @a`.
fn sets_variable(token: &Token<'_>, before: Option<Token<'_>>, is_variable: bool) -> bool {
    let is_after_into = before.is_some_and(|before| before.is("into"));
    (token.kind == Kind::Assign && is_variable) || (token.kind == Kind::At && is_after_into)
}

/// The verdict on a function of this name.
fn call(name: &Token<'_>, before: Option<Token<'_>>) -> Verdict {
    // A function of some database's own.
    if before.is_some_and(|before| before.is_sign(".")) {
        return Free;
    }
    if name.is("get_lock") {
        Pins(Cause::NamedLock)
    } else if name.is_any(&["row_count", "found_rows"]) {
        Doubtful(Cause::LastStatement)
    } else if name.is("last_insert_id") {
        Doubtful(Cause::LastInsertId)
    } else if name.is_any(&["release_lock", "release_all_locks"]) {
        Doubtful(Cause::ReleasedLock)
    } else {
        Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verdict: Verdict, texts: &[&str]) {
        for text in texts {
            assert_eq!(judge(text.as_bytes()).verdict, verdict, "{text}");
        }
    }

    #[test]
    fn what_aws_lists_as_free_is_free() {
        check(
            Free,
            &[
                "SELECT * FROM t WHERE a = 'SET @b = 1' -- GET_LOCK(",
                "INSERT INTO t VALUES (1), (2)",
                "BEGIN",
                "START TRANSACTION READ ONLY",
                "COMMIT",
                "CALL p(1)",
                "SELECT f(1), d.get_lock(1)",
                "USE shop",
                "DROP DATABASE shop",
                "DROP SCHEMA IF EXISTS shop",
                "CREATE TABLE temporary_table (a int)",
                "DROP TEMPORARY TABLE t",
                "UNLOCK TABLES",
                "FLUSH TABLES",
                "SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1 /* SET @a = 1 */",
                "SELECT @@version, @a",
                "SELECT CURRENT_USER(), CONNECTION_ID(), 'nonce'",
                "CREATE FUNCTION f() RETURNS int RETURN GET_LOCK('a', 1)",
                "",
                ";;",
            ],
        );
    }

    #[test]
    fn what_aws_lists_as_pinning_pins() {
        check(
            Pins(Cause::Prepare),
            &["PREPARE p FROM 'SELECT 1'", "EXECUTE p", "DEALLOCATE PREPARE p", "drop prepare p"],
        );
        check(Pins(Cause::LockTables), &["LOCK TABLES t READ", "lock table t write"]);
        check(
            Pins(Cause::FlushTables),
            &["FLUSH TABLES WITH READ LOCK", "FLUSH TABLES t FOR EXPORT"],
        );
        check(Pins(Cause::NamedLock), &["SELECT GET_LOCK('a', 1)", "DO get_lock ('a', 1)"]);
        check(
            Pins(Cause::TemporaryTable),
            &["CREATE TEMPORARY TABLE t (a int)", "CREATE OR REPLACE TEMPORARY TABLE t SELECT 1"],
        );
        check(
            Pins(Cause::UserVariable),
            &[
                "SELECT @a := 1",
                "SELECT a INTO @a FROM t",
                "SELECT 1; SET @a = 1",
                "SET autocommit = (@a := 1)",
            ],
        );
        check(
            Pins(Cause::ExecutableComment),
            &["SELECT /*!40001 SQL_NO_CACHE */ 1", "/*M!100100 SELECT 1 */"],
        );
    }

    #[test]
    fn what_the_list_leaves_open_is_doubtful() {
        check(Doubtful(Cause::LastStatement), &["SELECT ROW_COUNT()", "SELECT FOUND_ROWS ()"]);
        check(Doubtful(Cause::LastInsertId), &["SELECT LAST_INSERT_ID() AS id"]);
        check(
            Doubtful(Cause::ReleasedLock),
            &["SELECT RELEASE_LOCK('a')", "DO release_all_locks()"],
        );
        check(Doubtful(Cause::Handler), &["HANDLER t OPEN"]);
        check(Doubtful(Cause::Xa), &["XA START 'a'"]);
        check(Doubtful(Cause::Backup), &["LOCK INSTANCE FOR BACKUP", "BACKUP LOCK t"]);
    }

    #[test]
    fn a_text_over_the_limit_pins() {
        let text = format!("SELECT '{}'", "x".repeat(LIMIT));
        check(Pins(Cause::TooLong), &[&text]);
        check(Free, &[text.trim_end_matches("xxxxxxxx'")]);
    }

    #[test]
    fn a_database_that_is_used_or_dropped_is_named() {
        let changes = |text: &str| judge(text.as_bytes()).changes;
        assert_eq!(changes("use `a``b`"), [Change::Database("a`b".to_owned())]);
        assert_eq!(changes("DROP DATABASE IF EXISTS x"), [Change::Dropped("x".to_owned())]);
        assert_eq!(judge(b"USE a; SELECT 1; ").statements, 2);
    }
}
