//! The statements of a script, one by one, as `psql` takes a file apart.
//!
//! Owns `psql`'s own commands, and the data that follows a `COPY FROM STDIN`. Where a statement ends is
//! `sql`'s to say.
//! <https://www.postgresql.org/docs/current/app-psql.html>

use crate::sql;
use crate::sql::lexer::{Kind, Lexer};

/// Commands of `psql`'s that `pg_dump` writes, and that mean nothing without `psql`:
/// <https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMAND-RESTRICT>.
const IGNORED: [&str; 2] = [r"\restrict", r"\unrestrict"];

/// What is left of a script.
#[derive(Debug)]
pub(crate) struct Statements<'a> {
    rest: &'a str,
    line: usize,
}

/// One statement, without its semicolon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    /// The line, from 1, on which it begins.
    pub(crate) line: usize,
}

/// A command of `psql`'s, which no database understands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PsqlCommand {
    pub(crate) name: String,
    pub(crate) line: usize,
}

impl<'a> Statements<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 }
    }

    /// The next statement; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Statement<'a>>, PsqlCommand> {
        while let Some(first) = Lexer::new(self.rest.as_bytes()).next() {
            self.take(first.start);
            if first.kind == Kind::Semicolon {
                self.take(first.text.len());
            } else if first.is_sign(r"\") && self.command().is_some_and(is_ignored) {
                self.take_line();
            } else {
                return self.statement().map(Some);
            }
        }
        Ok(None)
    }

    /// The lines after a `COPY FROM STDIN`, up to the line `\.` or the end.
    /// <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>
    pub(crate) fn copy_data(&mut self) -> &'a str {
        self.take_line();
        let data = self.rest;
        let mut length = 0;
        while !self.rest.is_empty() {
            let line = self.take_line();
            if line.trim_end_matches(['\r', '\n']) == r"\." {
                break;
            }
            length += line.len();
        }
        data.get(..length).unwrap_or(data)
    }

    fn statement(&mut self) -> Result<Statement<'a>, PsqlCommand> {
        let mut tokens = sql::Statement::first(self.rest.as_bytes());
        if let Some(backslash) = tokens.by_ref().find(|token| token.is_sign(r"\")) {
            self.take(backslash.start);
            let name = self.command().unwrap_or_default().to_owned();
            return Err(PsqlCommand { name, line: self.line });
        }
        let (line, text) = (self.line, self.take(tokens.length()).trim_end());
        self.take(1);
        Ok(Statement { text, line })
    }

    /// The word that begins here.
    fn command(&self) -> Option<&'a str> {
        self.rest.split_whitespace().next()
    }

    fn take_line(&mut self) -> &'a str {
        self.take(self.rest.find('\n').map_or(self.rest.len(), |end| end + 1))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

fn is_ignored(command: &str) -> bool {
    IGNORED.contains(&command)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<(&str, usize)> {
        let (mut statements, mut found) = (Statements::new(text), Vec::new());
        while let Some(Statement { text, line }) = statements.next().expect("no command of psql's")
        {
            found.push((text, line));
        }
        found
    }

    #[test]
    fn a_statement_ends_at_its_semicolon_wherever_others_are() {
        for text in [
            "SELECT 'a;''b;'",
            r"SELECT 'C:\'",
            r"SELECT E'it\'s;', e'\\'",
            r#"SELECT ";""a;""#,
            "DO $$ BEGIN RAISE NOTICE 'a;'; END $$",
            "SELECT $a$;$$;$a$, $1, a$b$c",
            "SELECT 1 -- not ; here\n + 1",
            "SELECT /* not ; /* nor ; */ here; */ 1",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 \
             ELSE 2 END; SELECT 3; END",
            "create procedure p() begin atomic select 1; end",
            "SELECT 'ünï;' AS \"größe;\"",
        ] {
            let both = format!("{text};SELECT 2");
            let found: Vec<&str> = split(&both).into_iter().map(|(text, _)| text).collect();
            assert_eq!(found, [text, "SELECT 2"]);
        }
    }

    #[test]
    fn what_opens_a_block_elsewhere_does_not_here() {
        assert_eq!(split("BEGIN; SELECT 1; COMMIT;").len(), 3);
        assert_eq!(split("BEGIN; SELECT CASE WHEN true THEN 1 END; END;").len(), 3);
        assert_eq!(split("CREATE TABLE function (a int); SELECT 1;").len(), 2);
    }

    #[test]
    fn a_statement_knows_the_line_on_which_it_begins() {
        let text = "\u{feff}-- head\n\n;;  SELECT\n 1; /* a\n b */ SELECT 2\r\n;\nSELECT 3 -- end";
        let expected = [("SELECT\n 1", 3), ("SELECT 2", 5), ("SELECT 3 -- end", 7)];
        assert_eq!(split(text), expected);
        assert_eq!(split(" \n-- nothing\n;"), []);
    }

    #[test]
    fn what_has_no_end_is_left_to_postgresql() {
        for text in ["SELECT 'a;b", "SELECT $$;", "SELECT /* ;", "SELECT (1;", r"SELECT E'\';"] {
            assert_eq!(split(text), [(text, 1)]);
        }
    }

    #[test]
    fn the_data_of_a_copy_ends_at_its_own_line() {
        let text = "COPY t FROM stdin; -- data\n1\ta;b\n2\t\\N\n\\.\nSELECT 1;";
        let mut statements = Statements::new(text);
        let copy = statements.next().expect("a statement").expect("a statement");
        assert_eq!(copy.text, "COPY t FROM stdin");
        assert_eq!(statements.copy_data(), "1\ta;b\n2\t\\N\n");
        let last = statements.next().expect("a statement").expect("a statement");
        assert_eq!(last, Statement { text: "SELECT 1", line: 5 });
        assert_eq!(statements.copy_data(), "");
    }

    #[test]
    fn psqls_commands_are_named_but_for_those_of_pg_dump() {
        let mut statements = Statements::new("\\restrict key\nSELECT 1;\n\\connect other\n");
        assert_eq!(statements.next().expect("a statement").expect("a statement").line, 2);
        let command = statements.next().expect_err("a command");
        assert_eq!(command, PsqlCommand { name: r"\connect".to_owned(), line: 3 });
        let command = Statements::new("SELECT 1\n\\gset").next().expect_err("a command");
        assert_eq!(command.line, 2);
    }

    proptest! {
        #[test]
        fn no_text_is_lost_or_breaks_it(text in r#"[;'"$aeE\-/*()\\\n bBÜ]{0,60}"#) {
            let mut statements = Statements::new(&text);
            let mut kept = String::new();
            while let Ok(Some(statement)) = statements.next() {
                prop_assert!(!statement.text.is_empty());
                kept += statement.text;
            }
            prop_assert!(kept.len() <= text.len());
        }
    }
}
