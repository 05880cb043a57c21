//! A text as RDS Proxy's log shows it: constants as `$1`, `$2` and so on, in lower case, with
//! single spaces.
//!
//! The seven digests of PostgreSQL statements that are public, all in the tests, are what
//! [libpg_query](https://github.com/pganalyze/libpg_query)'s normalization makes of their
//! statements, down to its artefacts (`… isolation level $1 uncommitted`). So its rules hold here:
//!
//! * The whole text is one digest, with all its statements, the `;` as they stand, and comments.
//! * Constants of queries, and of `SET`, are replaced; those of most other statements are not.
//! * Numbers count on across statements, after the highest parameter that the text has itself.
//! * They count in the order of PostgreSQL's syntax tree, which is not always that of the text:
//!   `limit $2 offset $1`.
//!
//! Not known of RDS Proxy: comments, which stay here, letters within quotes, which are made small
//! here too, and what it does with a text that is no SQL.
//!
//! `make sql-oracle` compares this with `libpg_query`, for every statement of PostgreSQL's own tests
//! that its grammar accepts. Of 42,442, 29 differ, for what a lexer does not see:
//!
//! * `SELECT a + 1 … GROUP BY a + 1`: there, the two constants have one number.
//! * `SET (a, b) = (1, 2)`: there, each column takes numbers for all constants.
//! * `XMLTABLE`, `JSON_TABLE` and `JSON_OBJECTAGG(… FORMAT JSON …)`: the order within, the types and
//!   paths of columns.
//! * `-(1)` and `ORDER BY (1)`, for which no test stands there.

mod constants;
mod frames;
mod query;
mod set;
mod utility;

use constants::Constants;

use super::LIMIT;
use super::statement::Statement;

/// The digest of a text. Of one that is longer than [`LIMIT`], the rest is left out.
pub(crate) fn digest(text: &[u8]) -> String {
    let text = text.get(..LIMIT).unwrap_or(text);
    let mut constants = Constants::default();
    let mut next = Some(Statement::first(text));
    while let Some(mut statement) = next {
        utility::collect(&mut statement, &mut constants);
        next = statement.following();
    }
    let mut digest = Digest::default();
    let mut at = 0;
    for (constant, number) in constants.numbered() {
        digest.add(text.get(at..constant.start).unwrap_or_default());
        digest.add(format!("${number}").as_bytes());
        at = constant.end;
    }
    digest.add(text.get(at..).unwrap_or_default());
    digest.finish()
}

/// The digest so far.
#[derive(Debug, Default)]
struct Digest {
    bytes: Vec<u8>,
    /// White space came last, and is written before what follows it.
    space: bool,
}

impl Digest {
    fn add(&mut self, text: &[u8]) {
        for byte in text {
            if matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
                self.space = !self.bytes.is_empty();
                continue;
            }
            if std::mem::take(&mut self.space) {
                self.bytes.push(b' ');
            }
            self.bytes.push(byte.to_ascii_lowercase());
        }
    }

    /// The text. What is no UTF-8 in it becomes `�`.
    fn finish(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[cfg(test)]
mod tests;
