//! Where one statement of a text ends and the next begins.

use super::lexer::{Kind, Lexer, Token};

/// The tokens of one statement. A clone looks ahead.
///
/// It ends at its `;` or with the text. The body of a stored program goes on to the end of the
/// text, since a `;` in it ends none.
#[derive(Clone, Debug)]
pub(super) struct Statement<'a> {
    lexer: Lexer<'a>,
    has_body: bool,
    has_ended: bool,
    has_more: bool,
}

impl<'a> Statement<'a> {
    /// The first statement of a text.
    pub(super) fn first(text: &'a [u8]) -> Self {
        Self::at(Lexer::new(text))
    }

    /// The statement after this one, whose rest is skipped.
    pub(super) fn following(mut self) -> Option<Self> {
        self.by_ref().for_each(drop);
        self.has_more.then(|| Self::at(self.lexer))
    }

    /// The next token, without taking it.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.clone().next()
    }

    fn at(lexer: Lexer<'a>) -> Self {
        let has_body = has_body(lexer.clone());
        Self { lexer, has_body, has_ended: false, has_more: false }
    }
}

impl<'a> Iterator for Statement<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.has_ended {
            return None;
        }
        let token = self.lexer.next();
        let is_end = token.is_none_or(|token| token.kind == Kind::Semicolon && !self.has_body);
        if is_end {
            self.has_ended = true;
            self.has_more = token.is_some();
            return None;
        }
        token
    }
}

/// Whether this defines a stored program, or is a block of statements, as MariaDB has it.
fn has_body(mut lexer: Lexer<'_>) -> bool {
    let Some(first) = lexer.find(|token| token.kind != Kind::Executable) else { return false };
    if first.is("begin") {
        return lexer.next().is_some_and(|next| next.is("not"));
    }
    let programs = ["procedure", "function", "trigger", "event", "package"];
    let others = ["table", "view", "index", "user", "role", "database", "schema", "server"];
    first.is_any(&["create", "alter"])
        && lexer
            .find(|token| token.is_any(&programs) || token.is_any(&others))
            .is_some_and(|object| object.is_any(&programs))
}

/// The statements of a text as they stand in it, without empty ones.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut next = Some(Statement::first(text.as_bytes()));
    while let Some(mut statement) = next {
        let rest = statement.clone();
        if let Some(first) = statement.next() {
            let end = statement.last().unwrap_or(first).end();
            statements.extend(text.get(first.start..end));
        }
        next = rest.following();
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_ends_a_statement_but_not_within_strings_and_programs() {
        assert_eq!(split(" SELECT ';' ;; SET a = 1; -- ;\n"), ["SELECT ';'", "SET a = 1"]);
        let program = "CREATE DEFINER = `a`@`%` PROCEDURE p() BEGIN SELECT 1; SELECT 2; END";
        assert_eq!(split(&format!("USE d; {program}")), ["USE d", program]);
        assert_eq!(split("CREATE TABLE event (a int); SELECT 1").len(), 2);
        assert_eq!(split("BEGIN; COMMIT").len(), 2);
        assert_eq!(split("BEGIN NOT ATOMIC SELECT 1; SELECT 2; END").len(), 1);
    }
}
