//! The constants of a query, wherever they stand in it.

mod words;

use super::constants::Constants;
use super::frames::{Clause, Content, Frame, Frames, Opener};
use crate::sql::lexer::{Kind, Token};
use crate::sql::statement::Statement;

/// Collects the constants of the rest of a statement.
pub(super) fn collect(statement: &mut Statement<'_>, constants: &mut Constants) {
    let mut walk = Walk::new(constants);
    while let Some(token) = statement.next() {
        walk.take(token, statement);
    }
    walk.finish();
}

/// Collects the constants up to the end of the parentheses that come next.
pub(super) fn collect_parentheses(statement: &mut Statement<'_>, constants: &mut Constants) {
    let mut walk = Walk::new(constants);
    while let Some(token) = statement.next() {
        walk.take(token, statement);
        if walk.frames.are_closed() {
            break;
        }
    }
    walk.finish();
}

/// A walk through the tokens of a query.
#[derive(Debug)]
struct Walk<'a, 'c> {
    constants: &'c mut Constants,
    frames: Frames,
    last: Last<'a>,
    name: Name,
    /// Whether the token that is read is the first of its frame.
    is_first: bool,
}

/// What was read last.
#[derive(Debug, Default)]
struct Last<'a> {
    token: Option<Token<'a>>,
    before: Option<Token<'a>>,
    /// It ends an operand, so that a minus after it has two.
    ends_operand: bool,
}

/// Whether what comes is the name of a type, or of a column or table after `AS`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    Not,
    Expected,
    /// It began, and may go on: `timestamp(3) with time zone`.
    Begun,
}

impl<'a, 'c> Walk<'a, 'c> {
    fn new(constants: &'c mut Constants) -> Self {
        let (frames, last) = (Frames::new(), Last::default());
        Self { constants, frames, last, name: Name::Not, is_first: true }
    }

    fn finish(self) {
        let list = self.frames.finish(self.constants);
        self.constants.number(list);
    }

    fn take(&mut self, token: Token<'a>, statement: &mut Statement<'a>) {
        let mut ends_operand = true;
        self.is_first = std::mem::take(&mut self.frames.top().is_new);
        let mut token = token;
        if !self.last.ends_operand && self.name != Name::Expected && !self.last_is_dot() {
            self.frames.top().begin_operand(self.constants);
        }
        match token.kind {
            Kind::Word => ends_operand = self.word(&token, statement),
            Kind::Name => self.name_part(),
            Kind::Text => self.text(&token),
            Kind::Number => self.number(token.start, &token, statement),
            Kind::Parameter => self.constants.add_parameter(&token),
            Kind::Operator if token.is_sign("-") && !self.last.ends_operand => {
                ends_operand = false;
                if let Some(constant) = self.negative(&token, statement) {
                    (token, ends_operand) = (constant, true);
                }
            }
            Kind::Open => {
                self.open(&token);
                ends_operand = false;
            }
            Kind::Close => ends_operand = self.close(statement),
            Kind::Dot | Kind::Cast => {
                ends_operand = false;
                let goes_on = token.kind == Kind::Cast || self.name == Name::Begun;
                self.name = if goes_on { Name::Expected } else { Name::Not };
            }
            Kind::Operator | Kind::Comma | Kind::Semicolon | Kind::Other => {
                ends_operand = false;
                self.name = Name::Not;
            }
        }
        self.last = Last { before: self.last.token, token: Some(token), ends_operand };
    }

    fn last_is(&self, keyword: &str) -> bool {
        self.last.token.is_some_and(|last| last.is(keyword))
    }

    fn last_is_dot(&self) -> bool {
        self.last.token.is_some_and(|last| last.kind == Kind::Dot)
    }

    fn constant(&mut self, start: usize, end: usize) {
        let frame = self.frames.top();
        // `CYCLE id SET is_cycle TO 1 DEFAULT 0`, after the query in parentheses, stays.
        if frame.content != Content::With {
            self.constants.push(&mut frame.list, start..end);
        }
    }

    /// A name in quotes, or a word that can be nothing but a name.
    fn name_part(&mut self) {
        let is_expected = self.name == Name::Expected;
        self.name = if is_expected { Name::Begun } else { Name::Not };
    }

    fn text(&mut self, token: &Token<'_>) {
        // `U&'…' UESCAPE '!'`
        if !self.last_is("uescape") {
            self.constant(token.start, token.end());
        }
        // The type goes on: `INTERVAL '1' SECOND(3)`.
        let interval = self.last_is("interval");
        self.name = if interval { Name::Begun } else { Name::Not };
    }

    /// A number, which begins at its minus.
    fn number(&mut self, start: usize, token: &Token<'_>, statement: &Statement<'_>) {
        self.name = Name::Not;
        if !self.is_column_number(token, statement) {
            self.constant(start, token.end());
        }
    }

    /// `ORDER BY 2` and `GROUP BY 2` name a column.
    fn is_column_number(&mut self, token: &Token<'_>, statement: &Statement<'_>) -> bool {
        let last = self.last.token;
        let is_first = last.is_some_and(|last| last.is("by") || last.kind == Kind::Comma);
        let frame = self.frames.top();
        frame.content == Content::Select
            && matches!(frame.clause, Clause::Group | Clause::Sort)
            && is_first
            && words::is_integer(token.text)
            && words::ends_expression(statement.peek())
    }

    /// A constant after a minus that has no other operand: the two are one constant, and it ends at
    /// the constant, unless that is the operand of something stronger: `-1::text`.
    fn negative(&mut self, minus: &Token<'_>, statement: &mut Statement<'a>) -> Option<Token<'a>> {
        let mut ahead = statement.clone();
        let constant = ahead.next()?;
        let stronger =
            ahead.next().is_some_and(|next| next.kind == Kind::Cast || next.is_sign("["));
        let is_value = matches!(constant.kind, Kind::Number | Kind::Text);
        if stronger || !is_value && !constant.is_any(&["true", "false", "null"]) {
            self.name = Name::Not;
            return None;
        }
        statement.next();
        self.number(minus.start, &constant, statement);
        Some(constant)
    }

    fn open(&mut self, token: &Token<'_>) {
        let in_name = std::mem::replace(&mut self.name, Name::Not) != Name::Not;
        let last = self.last.token;
        let opener = last.map_or(Opener::Other, |last| words::opener(&last));
        let frame = self.frames.top();
        let (content, opener) = match frame.content {
            _ if in_name => (Content::Names, Opener::Type),
            Content::With if opener == Opener::As => (Content::Plain, opener),
            // `WITH t AS (…) (SELECT …)`
            Content::With if last.is_some_and(|last| last.kind == Kind::Close) => {
                frame.content = Content::Plain;
                frame.begin(Clause::Target, self.constants);
                (Content::Plain, opener)
            }
            Content::With => (Content::Names, opener),
            _ if token.is_sign("(") && last.is_some_and(|last| words::takes_precision(&last)) => {
                (Content::Names, opener)
            }
            Content::Plain
            | Content::Select
            | Content::Insert
            | Content::Update
            | Content::Delete
            | Content::Merge
            | Content::Names => (Content::Plain, opener),
        };
        self.frames.push(Frame::new(content, opener));
    }

    /// Ends a frame, and says whether that ends an operand.
    fn close(&mut self, statement: &Statement<'_>) -> bool {
        while let Some(frame) = self.frames.pop_if(|frame| frame.is_bare) {
            self.frames.add(frame, self.constants);
        }
        self.name = Name::Not;
        let Some(mut frame) = self.frames.pop_if(|_| true) else { return true };
        if frame.opener == Opener::Type {
            self.name = Name::Begun;
        } else if frame.content == Content::Plain && words::were_modifiers(statement.clone()) {
            frame.content = Content::Names;
        }
        let opener = frame.opener;
        self.frames.add(frame, self.constants);
        opener != Opener::Operator
    }
}
