//! A text as RDS Proxy's log shows it: a digest in MySQL's own form.
//!
//! One digest is public (<https://github.com/mariadb-corporation/mariadb-connector-r2dbc/issues/81>),
//! and it is what MySQL's `STATEMENT_DIGEST_TEXT()` makes of its statement. So the rules of that
//! function hold here, as its source has them
//! ([`sql_digest.cc`](https://github.com/mysql/mysql-server/blob/8.0/sql/sql_digest.cc)):
//!
//! * Names are in backticks, keywords in upper case, and spaces are between all tokens.
//! * Values are `?`, with their signs; lists of them are `?, ...`, and rows of them `(?)`, `(...)`
//!   and `(...) /* , ... */`.
//!
//! Not known of RDS Proxy: what it does with a text of several statements, which are all in one
//! digest here, and which version's keywords it has.

use super::keywords::is_keyword;
use super::lexer::{Kind, Lexer, Token};
use crate::sql::LIMIT;

/// What stands in a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A keyword, a name, or a sign.
    Plain(String),
    /// The same, before which a sign belongs to a number.
    BeforeExpression(String),
    /// Without a space behind it.
    At,
    Value,
    Values,
    Row,
    Rows,
    RowOfValues,
    RowsOfValues,
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::BeforeExpression(text) => text,
            Self::At => "@",
            Self::Value => "?",
            Self::Values => "?, ...",
            Self::Row => "(?)",
            Self::Rows => "(?) /* , ... */",
            Self::RowOfValues => "(...)",
            Self::RowsOfValues => "(...) /* , ... */",
        }
    }
}

/// The digest of a text. Of one that is longer than [`LIMIT`], the rest is left out.
pub(crate) fn digest(text: &[u8]) -> String {
    let text = text.get(..LIMIT).unwrap_or(text);
    let mut parts = Vec::new();
    let mut tokens = Lexer::new(text);
    // A variable of the user's has its name left out.
    let mut is_variable = false;
    let mut before = None;
    while let Some(token) = tokens.next() {
        let is_name = is_beside_dot(&token, before.replace(token), tokens.clone());
        let named = std::mem::take(&mut is_variable);
        match token.kind {
            Kind::At => {
                parts.push(Part::At);
                is_variable = true;
            }
            Kind::System => parts.extend([Part::At, Part::At]),
            Kind::Executable => {}
            Kind::Word | Kind::Name | Kind::Text if named => push_value(&mut parts),
            Kind::Text | Kind::Parameter => push_value(&mut parts),
            Kind::Number => {
                drop_signs(&mut parts);
                push_value(&mut parts);
            }
            Kind::Word if is_name => parts.push(name(&token)),
            Kind::Word => {
                let is_call = tokens.clone().next().is_some_and(|next| next.is_sign("("));
                parts.push(word(&token, is_call));
            }
            Kind::Name => parts.push(name(&token)),
            Kind::Sign if token.is_sign(")") => push_closing(&mut parts),
            Kind::Assign | Kind::Semicolon | Kind::Sign => {
                let text = String::from_utf8_lossy(token.text).into_owned();
                parts.push(if text == ")" {
                    Part::Plain(text)
                } else {
                    Part::BeforeExpression(text)
                });
            }
        }
    }
    written(&parts)
}

fn written(parts: &[Part]) -> String {
    let mut digest = String::new();
    for part in parts {
        digest.push_str(part.text());
        if *part != Part::At {
            digest.push(' ');
        }
    }
    digest.truncate(digest.trim_end().len());
    digest
}

/// Whether a word is part of a name with a dot, and so no keyword: MySQL looks none up in front of a
/// dot and a letter, nor behind a dot, if there is no space between. Only a word behind `@@` may be
/// one in front of a dot
/// ([`sql_lex.cc`](https://github.com/mysql/mysql-server/blob/8.0/sql/sql_lex.cc), from
/// `MY_LEX_IDENT` to `MY_LEX_IDENT_SEP`).
fn is_beside_dot(token: &Token<'_>, before: Option<Token<'_>>, mut after: Lexer<'_>) -> bool {
    let touches = |left: Token<'_>, right: Token<'_>| left.end() == right.start;
    if let Some(before) = before {
        if before.is_sign(".") && touches(before, *token) {
            return true;
        }
        if before.kind == Kind::System {
            return false;
        }
    }
    let (dot, next) = (after.next(), after.next());
    let is_dot = dot.is_some_and(|dot| dot.is_sign(".") && touches(*token, dot));
    is_dot
        && next.is_some_and(|next| {
            next.kind == Kind::Word && Some(next.start) == dot.map(|dot| dot.end())
        })
}

fn word(token: &Token<'_>, is_call: bool) -> Part {
    if !is_keyword(token.text, is_call) {
        return name(token);
    }
    let keyword = token.name().to_ascii_uppercase();
    // After these, `-` is no sign of a number's.
    if matches!(&*keyword, "NULL" | "TRUE" | "FALSE" | "END") {
        Part::Plain(keyword)
    } else {
        Part::BeforeExpression(keyword)
    }
}

fn name(token: &Token<'_>) -> Part {
    Part::Plain(format!("`{}`", token.name()))
}

/// Takes the signs before a number off, unless they subtract or add.
fn drop_signs(parts: &mut Vec<Part>) {
    let is_sign = |part: &Part| matches!(part.text(), "-" | "+");
    let is_before = |part: &Part| matches!(part, Part::BeforeExpression(_));
    while parts.last().is_some_and(is_sign) && parts.iter().nth_back(1).is_none_or(is_before) {
        parts.pop();
    }
}

fn push_value(parts: &mut Vec<Part>) {
    let value = match parts.as_slice() {
        [.., Part::Value | Part::Values, comma] if comma.text() == "," => {
            parts.truncate(parts.len().saturating_sub(2));
            Part::Values
        }
        _ => Part::Value,
    };
    parts.push(value);
}

/// A `)`, which makes a row of the values before it, and a list of the rows.
fn push_closing(parts: &mut Vec<Part>) {
    let (row, rows) = match parts.as_slice() {
        [.., open, Part::Value] if open.text() == "(" => (Part::Row, Part::Rows),
        [.., open, Part::Values] if open.text() == "(" => (Part::RowOfValues, Part::RowsOfValues),
        _ => {
            parts.push(Part::Plain(")".to_owned()));
            return;
        }
    };
    parts.truncate(parts.len().saturating_sub(2));
    let row = match parts.as_slice() {
        [.., before, comma] if (*before == row || *before == rows) && comma.text() == "," => {
            parts.truncate(parts.len().saturating_sub(2));
            rows
        }
        _ => row,
    };
    parts.push(row);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(digest(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn the_public_digest_is_reproduced() {
        // <https://github.com/mariadb-corporation/mariadb-connector-r2dbc/issues/81>, whose driver
        // sends this text.
        check(
            "SET autocommit=1,transaction_isolation='REPEATABLE-READ',session_track_schema=1,\
             session_track_system_variables='autocommit,transaction_isolation'",
            "SET `autocommit` = ? , `transaction_isolation` = ? , `session_track_schema` = ? , \
             `session_track_system_variables` = ?",
        );
    }

    #[test]
    fn names_keywords_and_values_have_their_form() {
        check(
            "select a.b, `c``d` from t where id=1",
            "SELECT `a` . `b` , `c`d` FROM `t` WHERE `id` = ?",
        );
        check("SELECT COUNT(*), get_lock('a', 1)", "SELECT COUNT ( * ) , `get_lock` (...)");
        check(
            "SELECT @@session.sql_mode, @@version",
            "SELECT @@SESSION . `sql_mode` , @@`version`",
        );
        check("SET @a := 'x'", "SET @? := ?");
        check(
            "SELECT o.name, mysql.user FROM mysql.user.x AS user",
            "SELECT `o` . `name` , `mysql` . `user` FROM `mysql` . `user` . `x` AS USER",
        );
        check("SELECT user.`a`, `b`.name", "SELECT USER . `a` , `b` . `name`");
        check("SELECT o . name, d.count(1)", "SELECT `o` . NAME , `d` . `count` (?)");
        check("SELECT @@session.user, @@name", "SELECT @@SESSION . `user` , @@NAME");
        check("SELECT last_insert_id()", "SELECT `last_insert_id` ( )");
    }

    #[test]
    fn lists_and_rows_of_values_are_shortened() {
        check("INSERT INTO t VALUES (1), (-2), ( + 3 )", "INSERT INTO `t` VALUES (?) /* , ... */");
        check("INSERT INTO t VALUES (1,'a'),(2,'b')", "INSERT INTO `t` VALUES (...) /* , ... */");
        check("SELECT a - 1, 2, 3 LIMIT 5, 6", "SELECT `a` - ?, ... LIMIT ?, ...");
        check("SELECT a FROM t WHERE b IN (1, 2)", "SELECT `a` FROM `t` WHERE `b` IN (...)");
    }

    #[test]
    fn a_digest_is_bounded() {
        assert!(digest(&b"-- x\n1,".repeat(10_000)).len() < 10);
    }
}
