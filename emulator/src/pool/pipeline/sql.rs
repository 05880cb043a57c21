//! The SQL commands that name prepared statements: `EXECUTE` and `DEALLOCATE`.
//!
//! Owns finding the name at the beginning of a text, by PostgreSQL's lexical rules. It looks at the
//! first command only, and not into others that contain one, such as `EXPLAIN EXECUTE`.
//! <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::statements::{ClientStatements, Known, MAX_NAME, Name};

/// What a text does with prepared statements.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Execute(Identifier<'a>),
    Deallocate(Identifier<'a>),
    /// `DEALLOCATE ALL` or `DISCARD ALL`.
    DropAll,
    Other,
}

/// A name in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identifier<'a> {
    /// Where in the text it stands, with its quotes.
    place: Range<usize>,
    name: Cow<'a, [u8]>,
}

/// A name in a text that has to become another one.
#[derive(Debug)]
pub(super) struct Renaming {
    place: Range<usize>,
    pub(super) name: Arc<Name>,
}

impl<'a> Command<'a> {
    pub(super) fn read(text: &'a [u8]) -> Self {
        let mut lexer = Lexer { text, at: 0 };
        match lexer.word() {
            Some(word) if word.eq_ignore_ascii_case(b"EXECUTE") => {
                lexer.identifier().map_or(Self::Other, Self::Execute)
            }
            Some(word) if word.eq_ignore_ascii_case(b"DEALLOCATE") => lexer.deallocate(),
            Some(word) if word.eq_ignore_ascii_case(b"DISCARD") => match lexer.word() {
                Some(word) if word.eq_ignore_ascii_case(b"ALL") => Self::DropAll,
                Some(_) | None => Self::Other,
            },
            Some(_) | None => Self::Other,
        }
    }

    /// The name that has to become another one.
    pub(super) fn renaming(&self, client: &ClientStatements) -> Option<Renaming> {
        let (Self::Execute(identifier) | Self::Deallocate(identifier)) = self else { return None };
        let name = match client.known(&identifier.name) {
            Some(known) => Arc::clone(&known.name),
            None => Arc::new(Name::escaped(&identifier.name)?),
        };
        Some(Renaming { place: identifier.place.clone(), name })
    }
}

impl Renaming {
    /// What the client has under the name.
    pub(super) fn known<'a>(&self, client: &'a ClientStatements) -> Option<&'a Known> {
        client.known(&self.name.own)
    }

    /// The text with the other name.
    pub(super) fn apply(&self, text: &[u8]) -> Vec<u8> {
        let mut renamed = Vec::with_capacity(text.len() + self.name.sent.len() + 2);
        renamed.extend(text.get(..self.place.start).unwrap_or_default());
        renamed.push(b'"');
        for byte in &self.name.sent {
            renamed.push(*byte);
            if *byte == b'"' {
                renamed.push(b'"');
            }
        }
        renamed.push(b'"');
        renamed.extend(text.get(self.place.end..).unwrap_or_default());
        renamed
    }
}

/// Reads tokens from the beginning of a text.
#[derive(Clone, Copy)]
struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    fn deallocate(mut self) -> Command<'a> {
        let before = self;
        match self.word() {
            Some(word) if word.eq_ignore_ascii_case(b"ALL") => Command::DropAll,
            // A statement may be called "prepare" too.
            Some(word) if word.eq_ignore_ascii_case(b"PREPARE") => {
                let mut name = self;
                match name.word() {
                    Some(word) if word.eq_ignore_ascii_case(b"ALL") => Command::DropAll,
                    Some(_) | None => (self.identifier().or_else(|| { before }.identifier()))
                        .map_or(Command::Other, Command::Deallocate),
                }
            }
            Some(_) | None => { before }.identifier().map_or(Command::Other, Command::Deallocate),
        }
    }

    /// An unquoted word.
    fn word(&mut self) -> Option<&'a [u8]> {
        self.skip_space();
        let rest = self.rest();
        let is_start = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_' || !byte.is_ascii();
        rest.first().filter(|first| is_start(first))?;
        let is_part = |byte: &u8| is_start(byte) || byte.is_ascii_digit() || *byte == b'$';
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length)
    }

    /// A word, which is folded and cut as PostgreSQL does, or a quoted identifier.
    fn identifier(&mut self) -> Option<Identifier<'a>> {
        self.skip_space();
        let start = self.at;
        let mut name = match self.rest().first()? {
            b'"' => self.quoted()?,
            _ => match self.word()? {
                word if word.iter().any(u8::is_ascii_uppercase) => word.to_ascii_lowercase().into(),
                word => word.into(),
            },
        };
        match &mut name {
            Cow::Borrowed(name) => *name = name.get(..MAX_NAME).unwrap_or(name),
            Cow::Owned(name) => name.truncate(MAX_NAME),
        }
        Some(Identifier { place: start..self.at, name })
    }

    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        let mut name = Vec::new();
        let mut bytes = self.rest().iter().enumerate().skip(1).peekable();
        while let Some((index, byte)) = bytes.next() {
            if *byte != b'"' {
                name.push(*byte);
            } else if bytes.next_if(|(_, next)| **next == b'"').is_some() {
                name.push(b'"');
            } else {
                self.at += index + 1;
                return Some(name.into()).filter(|name: &Cow<'_, [u8]>| !name.is_empty());
            }
        }
        None
    }

    /// White space and comments.
    fn skip_space(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c', ..] => self.at += 1,
                [b'-', b'-', comment @ ..] => {
                    let end = comment.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    self.at += 2 + end.unwrap_or(comment.len());
                }
                [b'/', b'*', ..] => self.skip_comment(),
                _ => return,
            }
        }
    }

    /// A comment in `/*` and `*/`, with those that are in it.
    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.rest() {
                [b'/', b'*', ..] => {
                    depth += 1;
                    self.at += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                [_, ..] => self.at += 1,
                [] => return,
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
}
