//! PostgreSQL's tokens, cut out of bytes.
//!
//! After <https://www.postgresql.org/docs/current/sql-syntax-lexical.html> and PostgreSQL's
//! `scan.l`, with `standard_conforming_strings` on. The bytes may be of any encoding that contains
//! ASCII: what is not ASCII counts as a letter. What never ends (a string, a comment) ends with the
//! text. Each byte is read at most a fixed number of times, and nothing is allocated.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in double quotes, with `U&` or without.
    Name,
    /// A string: in quotes, with its prefix and its continuations, or in dollars.
    Text,
    Number,
    /// `$1`.
    Parameter,
    Operator,
    /// `(` or `[`.
    Open,
    /// `)` or `]`.
    Close,
    Comma,
    Dot,
    /// `::`.
    Cast,
    Semicolon,
    /// Anything else: `:`, `:=`, `..`, a backslash, a control character.
    Other,
}

/// A token and its place in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a [u8],
    pub(crate) start: usize,
}

impl Token<'_> {
    /// Whether this is the keyword, which is given in lower case.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// Whether this is one of the keywords.
    pub(crate) fn is_any(&self, keywords: &[&str]) -> bool {
        self.kind == Kind::Word && keywords.iter().any(|keyword| self.is(keyword))
    }

    /// Whether this is the punctuation mark or the operator.
    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        self.kind != Kind::Text && self.text == sign.as_bytes()
    }

    /// Whether this names the object, which is given in lower case: as a word in any case, or in
    /// quotes exactly so.
    pub(crate) fn names(&self, object: &str) -> bool {
        let quoted = self.kind == Kind::Name && self.unquoted() == object.as_bytes();
        quoted || self.is(object)
    }

    /// A name without its quotes. Escapes are left as they are: the names that matter have none.
    pub(crate) fn unquoted(&self) -> &[u8] {
        let text = self.text.strip_prefix(b"U&").or_else(|| self.text.strip_prefix(b"u&"));
        let text = text.unwrap_or(self.text);
        let text = text.strip_prefix(b"\"").unwrap_or(text);
        text.strip_suffix(b"\"").unwrap_or(text)
    }

    pub(crate) fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }
}

/// The tokens of a text. A clone looks ahead.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.at = self.after_blanks(self.at);
        let start = self.at;
        let first = self.byte(start)?;
        let (kind, end) = self.token(first, start);
        self.at = end;
        Some(Token { kind, text: self.text.get(start..end)?, start })
    }
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes are read.
    pub(super) fn length(&self) -> usize {
        self.at
    }

    /// What begins with this byte, and where it ends.
    fn token(&self, first: u8, start: usize) -> (Kind, usize) {
        let next = start + 1;
        match (first, self.byte(next)) {
            (b'E' | b'e', Some(b'\'')) => (Kind::Text, self.string(next + 1, true)),
            (b'B' | b'b' | b'X' | b'x', Some(b'\'')) => (Kind::Text, self.string(next + 1, false)),
            (b'U' | b'u', Some(b'&')) if self.byte(next + 1) == Some(b'\'') => {
                (Kind::Text, self.string(next + 2, false))
            }
            (b'U' | b'u', Some(b'&')) if self.byte(next + 1) == Some(b'"') => {
                (Kind::Name, self.closing(next + 2, b'"', false))
            }
            (b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.., _) => {
                (Kind::Word, self.while_true(next, is_in_word))
            }
            (b'\'', _) => (Kind::Text, self.string(next, false)),
            (b'"', _) => (Kind::Name, self.closing(next, b'"', false)),
            (b'$', _) => self.dollar(start),
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => (Kind::Number, self.number(start)),
            (b'.', Some(b'.')) | (b':', Some(b'=')) => (Kind::Other, next + 1),
            (b':', Some(b':')) => (Kind::Cast, next + 1),
            (b'.', _) => (Kind::Dot, next),
            (b',', _) => (Kind::Comma, next),
            (b';', _) => (Kind::Semicolon, next),
            (b'(' | b'[', _) => (Kind::Open, next),
            (b')' | b']', _) => (Kind::Close, next),
            (first, _) if is_in_operator(first) => (Kind::Operator, self.operator(start)),
            _ => (Kind::Other, next),
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn rest(&self, at: usize) -> &'a [u8] {
        self.text.get(at..).unwrap_or_default()
    }

    /// Where the bytes end, from `at` on, for which this is true.
    fn while_true(&self, at: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest(at);
        at + rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len())
    }

    /// Where what separates tokens ends: white space and comments.
    fn after_blanks(&self, mut at: usize) -> usize {
        loop {
            at = match (self.byte(at), self.byte(at + 1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c), _) => at + 1,
                (Some(b'-'), Some(b'-')) => self.while_true(at + 2, |byte| !is_newline(byte)),
                (Some(b'/'), Some(b'*')) => self.after_comment(at + 2),
                _ => return at,
            }
        }
    }

    /// Where a comment ends that began before `at`. Comments nest.
    fn after_comment(&self, mut at: usize) -> usize {
        let mut depth = 1_usize;
        while depth > 0 {
            match (self.byte(at), self.byte(at + 1)) {
                (Some(b'/'), Some(b'*')) => (depth, at) = (depth + 1, at + 2),
                (Some(b'*'), Some(b'/')) => (depth, at) = (depth - 1, at + 2),
                (Some(_), _) => at += 1,
                (None, _) => return at,
            }
        }
        at
    }

    /// Where a string ends whose first quote is before `at`. It goes on after a quote that follows
    /// on another line.
    fn string(&self, at: usize, escapes: bool) -> usize {
        let mut end = self.closing(at, b'\'', escapes);
        while let Some(more) = self.continuation(end) {
            end = self.closing(more, b'\'', escapes);
        }
        end
    }

    /// The place after the quote that closes. Two of them are one within.
    fn closing(&self, mut at: usize, quote: u8, escapes: bool) -> usize {
        loop {
            at = self.while_true(at, |byte| byte != quote && !(escapes && byte == b'\\'));
            match (self.byte(at), self.byte(at + 1)) {
                (Some(b'\\'), Some(_)) if escapes => at += 2,
                (Some(first), Some(second)) if first == quote && second == quote => at += 2,
                (Some(_), _) => return at + 1,
                (None, _) => return at,
            }
        }
    }

    /// Where a string that ended at `end` goes on, if it does.
    fn continuation(&self, end: usize) -> Option<usize> {
        let mut at = end;
        loop {
            at = match (self.byte(at), self.byte(at + 1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c), _) => at + 1,
                (Some(b'-'), Some(b'-')) => self.while_true(at + 2, |byte| !is_newline(byte)),
                (Some(b'\''), _) => break,
                _ => return None,
            }
        }
        let between = self.text.get(end..at)?;
        between.iter().any(|byte| is_newline(*byte)).then_some(at + 1)
    }

    /// A parameter, a string in dollars, or a lone dollar.
    fn dollar(&self, start: usize) -> (Kind, usize) {
        let next = start + 1;
        if self.byte(next).is_some_and(|byte| byte.is_ascii_digit()) {
            return (Kind::Parameter, self.while_true(next, |byte| byte.is_ascii_digit()));
        }
        let body = self.while_true(next, |byte| is_in_word(byte) && byte != b'$') + 1;
        let Some(tag) = self.text.get(start..body).filter(|tag| tag.ends_with(b"$")) else {
            return (Kind::Other, next);
        };
        let mut at = body;
        loop {
            at = self.while_true(at, |byte| byte != b'$');
            if at >= self.text.len() {
                return (Kind::Text, at);
            }
            if self.rest(at).starts_with(tag) {
                return (Kind::Text, at + tag.len());
            }
            at += 1;
        }
    }

    fn number(&self, start: usize) -> usize {
        if let (Some(b'0'), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B')) =
            (self.byte(start), self.byte(start + 1))
        {
            return self.while_true(start + 2, |byte| byte.is_ascii_hexdigit() || byte == b'_');
        }
        let mut end = self.while_true(start, is_in_number);
        if self.byte(end) == Some(b'.') && self.byte(end + 1) != Some(b'.') {
            end = self.while_true(end + 1, is_in_number);
        }
        if let Some(b'e' | b'E') = self.byte(end) {
            let signed = matches!(self.byte(end + 1), Some(b'+' | b'-'));
            let power = if signed { end + 2 } else { end + 1 };
            if self.byte(power).is_some_and(|byte| byte.is_ascii_digit()) {
                end = self.while_true(power, is_in_number);
            }
        }
        end
    }

    /// Where an operator ends: where a comment begins, and before a `+` or `-` at its end unless a
    /// sign is in it that no operator of the SQL standard has.
    fn operator(&self, start: usize) -> usize {
        let mut end = start;
        let mut end_of_standard = start + 1;
        let mut is_standard = true;
        // PostgreSQL accepts none of 64 bytes. Without this bound, a long row of `+`, each of
        // which is a token, would be read once for each.
        while end < start + 63 {
            match (self.byte(end), self.byte(end + 1)) {
                (Some(b'-'), Some(b'-')) | (Some(b'/'), Some(b'*')) => break,
                (Some(b'+' | b'-'), _) => {}
                (Some(b'*' | b'/' | b'<' | b'>' | b'='), _) => end_of_standard = end + 1,
                (Some(byte), _) if is_in_operator(byte) => is_standard = false,
                _ => break,
            }
            end += 1;
        }
        if is_standard { end_of_standard } else { end }
    }
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

fn is_in_number(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

fn is_in_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

#[cfg(test)]
mod tests;
