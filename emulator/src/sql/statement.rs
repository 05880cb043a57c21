//! Where one statement of a text ends and the next begins.

use super::lexer::{Kind, Lexer, Token};

/// The tokens of one statement. A clone looks ahead.
///
/// It ends at its `;` or with the text. A `;` inside parentheses (`CREATE RULE … DO (…; …)`) or in
/// the body of a function (`CREATE FUNCTION … BEGIN ATOMIC …; END`) does not end it.
#[derive(Clone, Debug)]
pub(crate) struct Statement<'a> {
    lexer: Lexer<'a>,
    end: End,
    parentheses: usize,
    body: Body,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// It goes on.
    NotYet,
    /// At a `;`, after which another may follow.
    Semicolon,
    Text,
}

/// Where we are in the body of a function in SQL.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Body {
    /// Before the first token.
    Unknown,
    /// The statement is no `CREATE`, so it has none.
    None,
    /// Before the body.
    Before,
    /// After a `BEGIN`, which begins one if `ATOMIC` follows.
    Begin,
    /// Inside, and inside so many `CASE`.
    Inside(usize),
}

impl<'a> Statement<'a> {
    /// The first statement of a text.
    pub(crate) fn first(text: &'a [u8]) -> Self {
        Self::at(Lexer::new(text))
    }

    /// The statement after this one, whose rest is skipped.
    pub(super) fn following(mut self) -> Option<Self> {
        self.by_ref().for_each(drop);
        (self.end == End::Semicolon).then(|| Self::at(self.lexer))
    }

    /// The next token, without taking it.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.clone().next()
    }

    /// Takes the next token if this is true of it.
    pub(super) fn next_if(&mut self, wanted: impl Fn(&Token<'a>) -> bool) -> Option<Token<'a>> {
        let mut ahead = self.clone();
        let token = ahead.next().filter(wanted)?;
        *self = ahead;
        Some(token)
    }

    /// How many bytes of the text are before its end, once all tokens are taken.
    pub(crate) fn length(&self) -> usize {
        self.lexer.length() - usize::from(self.end == End::Semicolon)
    }

    /// Whether what was taken last stands inside parentheses, or in the body of a function.
    pub(super) fn is_nested(&self) -> bool {
        self.parentheses > 0 || matches!(self.body, Body::Inside(_))
    }

    fn at(lexer: Lexer<'a>) -> Self {
        Self { lexer, end: End::NotYet, parentheses: 0, body: Body::Unknown }
    }

    /// The body of a function, after this token.
    fn body_after(&self, token: &Token<'_>) -> Body {
        match self.body {
            Body::Unknown if token.is("create") => Body::Before,
            Body::Unknown | Body::None => Body::None,
            Body::Begin if token.is("atomic") => Body::Inside(0),
            Body::Before | Body::Begin if token.is("begin") => Body::Begin,
            Body::Before | Body::Begin => Body::Before,
            Body::Inside(cases) if token.is("case") => Body::Inside(cases + 1),
            Body::Inside(cases) if token.is("end") => {
                cases.checked_sub(1).map_or(Body::Before, Body::Inside)
            }
            Body::Inside(cases) => Body::Inside(cases),
        }
    }
}

impl<'a> Iterator for Statement<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.end != End::NotYet {
            return None;
        }
        let Some(token) = self.lexer.next() else {
            self.end = End::Text;
            return None;
        };
        if token.kind == Kind::Open {
            self.parentheses += 1;
        } else if token.kind == Kind::Close {
            self.parentheses = self.parentheses.saturating_sub(1);
        } else if token.kind == Kind::Semicolon && !self.is_nested() {
            self.end = End::Semicolon;
            return None;
        }
        if self.body != Body::None {
            self.body = self.body_after(&token);
        }
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements of a text, each with its tokens written with spaces between them.
    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        let mut next = Some(Statement::first(text.as_bytes()));
        while let Some(statement) = next {
            let tokens = statement.clone().map(|token| String::from_utf8_lossy(token.text));
            found.push(tokens.collect::<Vec<_>>().join(" "));
            next = statement.following();
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_semicolon_ends_a_statement() {
        check("SELECT 1; SET a = ';' ; -- ;", &["SELECT 1", "SET a = ';'", ""]);
        check("", &[""]);
        check(";;", &["", "", ""]);
    }

    #[test]
    fn a_semicolon_in_parentheses_ends_none() {
        let rule = "CREATE RULE r AS ON INSERT TO t DO ( SELECT 1 ; SELECT 2 )";
        check(&format!("{rule}; SELECT 3"), &[rule, "SELECT 3"]);
    }

    #[test]
    fn a_semicolon_in_the_body_of_a_function_ends_none() {
        let function = "CREATE FUNCTION f ( ) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 \
                        END ; SELECT 2 ; END";
        check(&format!("{function}; SELECT 3"), &[function, "SELECT 3"]);
        check(
            "BEGIN; CREATE TABLE begin (atomic int); END",
            &["BEGIN", "CREATE TABLE begin ( atomic int )", "END"],
        );
    }
}
