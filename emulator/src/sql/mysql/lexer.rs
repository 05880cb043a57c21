//! MySQL's tokens, cut out of bytes.
//!
//! After <https://dev.mysql.com/doc/refman/8.4/en/language-structure.html> and MySQL's `sql_lex.cc`.
//! The bytes may be of any encoding that contains ASCII: what is not ASCII counts as a letter. What
//! never ends (a string, a comment) ends with the text. Nothing is allocated.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in backticks.
    Name,
    /// A string, in single or double quotes, with its introducer or prefix if it has one.
    Text,
    Number,
    /// The `?` of a prepared statement.
    Parameter,
    /// `@`, before the name of a variable of the user's.
    At,
    /// `@@`, before the name of a system variable.
    System,
    /// `:=`.
    Assign,
    Semicolon,
    /// `/*!` or `/*M!`: what follows, up to `*/`, is executed.
    Executable,
    /// Any other sign.
    Sign,
}

/// A token and its place in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a [u8],
    pub(super) start: usize,
}

impl Token<'_> {
    /// Whether this is the keyword, which is given in lower case.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// Whether this is one of the keywords.
    pub(super) fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    /// Whether this is the sign.
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign.as_bytes()
    }

    /// What it names, without its backticks; a string's content counts as a name too. Doubled quotes
    /// within become one.
    pub(super) fn name(&self) -> String {
        let text = String::from_utf8_lossy(self.text);
        let quote = match (self.kind, self.text.first()) {
            (Kind::Name, _) => '`',
            (Kind::Text, Some(b'"')) => '"',
            (Kind::Text, _) => '\'',
            _ => return text.into_owned(),
        };
        let inner = text.strip_prefix(quote).unwrap_or(&text);
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        inner.replace(&format!("{quote}{quote}"), &quote.to_string())
    }

    pub(super) fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }
}

/// The tokens of a text. A clone looks ahead.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether the end of an executable comment is still to come.
    in_executable: bool,
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.after_blanks();
        let first = self.byte(start)?;
        let (kind, end) = self.token(first, start);
        if kind == Kind::Executable {
            self.in_executable = true;
        }
        self.at = end;
        Some(Token { kind, text: self.text.get(start..end)?, start })
    }
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, in_executable: false }
    }

    /// What begins with this byte, and where it ends.
    fn token(&self, first: u8, start: usize) -> (Kind, usize) {
        let next = start + 1;
        match (first, self.byte(next)) {
            (b'N' | b'n' | b'X' | b'x' | b'B' | b'b', Some(b'\'')) => {
                (Kind::Text, self.closing(next + 1, b'\''))
            }
            (b'\'' | b'"', _) => (Kind::Text, self.closing(next, first)),
            (b'`', _) => (Kind::Name, self.closing_name(next)),
            (b'0'..=b'9', _) => self.number(start),
            (b'.', Some(b'0'..=b'9')) => (Kind::Number, self.fraction(start)),
            (b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$' | 0x80.., _) => self.word(start),
            (b'@', Some(b'@')) => (Kind::System, next + 1),
            (b'@', _) => (Kind::At, next),
            (b':', Some(b'=')) => (Kind::Assign, next + 1),
            (b'?', _) => (Kind::Parameter, next),
            (b';', _) => (Kind::Semicolon, next),
            (b'/', Some(b'*')) => (Kind::Executable, self.after_version(next + 1)),
            (b'<' | b'>' | b'=' | b'!' | b'|' | b'&' | b'-', _) => (Kind::Sign, self.sign(start)),
            _ => (Kind::Sign, next),
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

    /// Where what separates tokens ends: white space, comments, the end of an executable one.
    fn after_blanks(&mut self) -> usize {
        let mut at = self.at;
        loop {
            at = match (self.byte(at), self.byte(at + 1)) {
                (Some(byte), _) if is_blank(byte) => at + 1,
                (Some(b'#'), _) => self.while_true(at, |byte| byte != b'\n'),
                (Some(b'-'), Some(b'-')) if self.byte(at + 2).is_none_or(|b| b <= b' ') => {
                    self.while_true(at, |byte| byte != b'\n')
                }
                (Some(b'*'), Some(b'/')) if self.in_executable => {
                    self.in_executable = false;
                    at + 2
                }
                (Some(b'/'), Some(b'*')) if !self.is_executable(at + 2) => {
                    self.after_comment(at + 2)
                }
                _ => return at,
            }
        }
    }

    /// Whether a comment that began before `at` is executed.
    fn is_executable(&self, at: usize) -> bool {
        matches!(self.rest(at), [b'!', ..] | [b'M', b'!', ..])
    }

    /// Where a comment ends that began before `at`. Comments don't nest.
    fn after_comment(&self, at: usize) -> usize {
        let rest = self.rest(at);
        let end = rest.windows(2).position(|pair| pair == b"*/");
        end.map_or(self.text.len(), |end| at + end + 2)
    }

    /// Where what an executable comment holds begins: after the mark and the version.
    fn after_version(&self, at: usize) -> usize {
        let mark = self.while_true(at, |byte| matches!(byte, b'M' | b'!'));
        self.while_true(mark, |byte| byte.is_ascii_digit())
    }

    /// The place after the quote that closes a string.
    fn closing(&self, mut at: usize, quote: u8) -> usize {
        loop {
            at = self.while_true(at, |byte| byte != quote && byte != b'\\');
            match (self.byte(at), self.byte(at + 1)) {
                (Some(b'\\'), Some(_)) => at += 2,
                (Some(first), Some(second)) if first == quote && second == quote => at += 2,
                (Some(_), _) => return at + 1,
                (None, _) => return at,
            }
        }
    }

    /// The same for a name: a backslash has no meaning there.
    fn closing_name(&self, mut at: usize) -> usize {
        loop {
            at = self.while_true(at, |byte| byte != b'`');
            match (self.byte(at), self.byte(at + 1)) {
                (Some(_), Some(b'`')) => at += 2,
                (Some(_), _) => return at + 1,
                (None, _) => return at,
            }
        }
    }

    /// A word, or the string that `_utf8mb4'…'` introduces.
    fn word(&self, start: usize) -> (Kind, usize) {
        let end = self.while_true(start, is_in_word);
        match self.byte(end) {
            Some(b'\'') if self.byte(start) == Some(b'_') => {
                (Kind::Text, self.closing(end + 1, b'\''))
            }
            _ => (Kind::Word, end),
        }
    }

    /// A number, or a name that begins with digits.
    fn number(&self, start: usize) -> (Kind, usize) {
        if let (Some(b'0'), Some(b'x' | b'b')) = (self.byte(start), self.byte(start + 1)) {
            let end = self.while_true(start + 2, |byte| byte.is_ascii_hexdigit());
            if end > start + 2 && !self.byte(end).is_some_and(is_in_word) {
                return (Kind::Number, end);
            }
        }
        let digits = self.while_true(start, |byte| byte.is_ascii_digit());
        match self.byte(digits) {
            Some(b'.' | b'e' | b'E') => (Kind::Number, self.fraction(digits)),
            Some(byte) if is_in_word(byte) => (Kind::Word, self.while_true(digits, is_in_word)),
            _ => (Kind::Number, digits),
        }
    }

    /// Where a number ends whose digits before the point are read.
    fn fraction(&self, at: usize) -> usize {
        let mut end = at;
        if self.byte(end) == Some(b'.') {
            end = self.while_true(end + 1, |byte| byte.is_ascii_digit());
        }
        if let Some(b'e' | b'E') = self.byte(end) {
            let signed = matches!(self.byte(end + 1), Some(b'+' | b'-'));
            end = self.while_true(end + 1 + usize::from(signed), |byte| byte.is_ascii_digit());
        }
        end
    }

    /// Where an operator ends.
    fn sign(&self, start: usize) -> usize {
        const LONG: [&[u8]; 11] =
            [b"<=>", b"->>", b"<=", b">=", b"<>", b"!=", b"<<", b">>", b"||", b"&&", b"->"];
        let rest = self.rest(start);
        let length = LONG.iter().find(|sign| rest.starts_with(sign)).map_or(1, |sign| sign.len());
        start + length
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0)
}

fn is_in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of a text, with spaces between them.
    fn check(text: &str, expected: &str) {
        let tokens = Lexer::new(text.as_bytes()).map(|token| String::from_utf8_lossy(token.text));
        assert_eq!(tokens.collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn comments_of_all_three_kinds_are_left_out() {
        check("a -- b\nc # d\ne /* f ' */ g /*+ hint */ h", "a c e g h");
        check("a--b", "a - - b");
        check("a --\tb", "a");
        check("/* a /* b */ c */", "c * /");
    }

    #[test]
    fn what_an_executable_comment_holds_is_read() {
        check("SELECT /*!50001 1 */ + 2", "SELECT /*!50001 1 + 2");
        check("/*M!100100 SET a=1*/; b", "/*M!100100 SET a = 1 ; b");
    }

    #[test]
    fn strings_and_names_end_at_their_own_quotes() {
        check(r#"'a''b' "c;""d" 'e\'f' `g``h` `i\`"#, r#"'a''b' "c;""d" 'e\'f' `g``h` `i\`"#);
        check("N'a' x'0f' _utf8mb4'b' 'never", "N'a' x'0f' _utf8mb4'b' 'never");
        let name = Lexer::new(b"`a``b`").next().expect("a token").name();
        assert_eq!(name, "a`b");
    }

    #[test]
    fn names_may_begin_with_digits() {
        check("1a 12 0xfz 0xff 1.5e-3.5 .5", "1a 12 0xfz 0xff 1.5e-3 .5 .5");
    }

    #[test]
    fn variables_come_apart_into_their_signs_and_names() {
        check("@a := @@session.b <=> c->>'$.d'", "@ a := @@ session . b <=> c ->> '$.d'");
    }
}
