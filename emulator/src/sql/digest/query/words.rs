//! What words do in a query: they begin clauses, are constants, or go on with a type's name.

use super::super::constants::Constants;
use super::super::frames::{Clause, Content, Frame, Opener};
use super::{Name, Walk};
use crate::sql::lexer::{Kind, Token};
use crate::sql::statement::Statement;

/// What goes on with the name of a type.
const TYPE_GOES_ON: [&str; 16] = [
    "precision",
    "varying",
    "character",
    "char",
    "with",
    "without",
    "time",
    "zone",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "to",
    "array",
];

/// What is followed by an operand, so that a minus after it has but one.
const BEFORE_OPERAND: [&str; 28] = [
    "select",
    "distinct",
    "all",
    "on",
    "where",
    "and",
    "or",
    "not",
    "case",
    "when",
    "then",
    "else",
    "by",
    "between",
    "symmetric",
    "in",
    "like",
    "ilike",
    "to",
    "limit",
    "offset",
    "returning",
    "having",
    "from",
    "for",
    "using",
    "placing",
    "default",
];

/// What goes on with an expression after an operand.
const EXPRESSION_GOES_ON: [&str; 14] = [
    "and", "or", "in", "is", "between", "like", "ilike", "similar", "at", "collate", "not",
    "isnull", "notnull", "operator",
];

impl Walk<'_, '_> {
    /// Takes a word, and says whether it ends an operand.
    pub(super) fn word(&mut self, word: &Token<'_>, statement: &Statement<'_>) -> bool {
        if self.name == Name::Expected || self.last_is_dot() {
            self.name_part();
            return true;
        }
        if self.name == Name::Begun && word.is_any(&TYPE_GOES_ON) {
            return true;
        }
        self.name = Name::Not;
        if self.is_constant(word, statement) {
            self.constant(word.start, word.end());
            return true;
        }
        if word.is("at") && statement.peek().is_some_and(|next| next.is("time")) {
            self.frames.top().begin_zone(self.constants);
        }
        self.clause(word, statement);
        let frame = self.frames.top();
        let is_name_next = match frame.content {
            // `JSON_VALUE(a, '$' RETURNING numeric(3, 2))`
            Content::Plain => word.is_any(&["as", "returning"]),
            Content::With | Content::Insert => false,
            Content::Select
            | Content::Update
            | Content::Delete
            | Content::Merge
            | Content::Names => word.is("as") && frame.clause != Clause::Window,
        };
        if is_name_next {
            self.name = Name::Expected;
        }
        !word.is_any(&BEFORE_OPERAND)
    }

    fn is_constant(&mut self, word: &Token<'_>, statement: &Statement<'_>) -> bool {
        if word.is_any(&["true", "false", "null"]) {
            let before = self.last.before;
            // `IS NOT TRUE`, and columns that are `NOT NULL`
            let is_not = self.last_is("not")
                && (word.is("null") || before.is_some_and(|before| before.is("is")));
            // `JSON_ARRAY(a ABSENT ON NULL)`
            let of_json = self.last_is("on")
                && before.is_some_and(|before| before.is_any(&["null", "absent"]));
            return !self.last_is("is")
                && !is_not
                && !of_json
                && !is_json_behavior(statement.clone());
        }
        if word.is("all") {
            return self.last_is("limit");
        }
        let next = statement.peek();
        let next_is = |text| next.is_some_and(|next| next.is(text) || next.is_sign(text));
        let opener = self.frames.top().opener;
        // `EXTRACT(year FROM t)`
        if opener == Opener::Extract && self.is_first {
            return true;
        }
        // `NORMALIZE(t, NFC)` and `t IS NFC NORMALIZED`
        word.is_any(&["nfc", "nfd", "nfkc", "nfkd"])
            && (opener == Opener::Normalize && next_is(")") || next_is("normalized"))
    }

    /// Begins a clause, if the word does.
    fn clause(&mut self, word: &Token<'_>, statement: &Statement<'_>) {
        self.end_bare_query(word, statement);
        let last = self.last.token;
        let last_is = |text| last.is_some_and(|last| last.is(text) || last.is_sign(text));
        let frame = self.frames.top();
        match frame.content {
            Content::Plain | Content::Select if word.is_any(&["union", "intersect", "except"]) => {
                frame.content = Content::Select;
                frame.next_member(self.constants);
            }
            Content::Plain if self.is_first => begin_query(frame, word, self.constants),
            Content::Plain => {
                let is_second = word.is("in") && frame.opener == Opener::Position
                    || word.is("from") && frame.opener == Opener::Trim;
                if is_second {
                    frame.begin(Clause::First, self.constants);
                }
            }
            // The name of what follows may be such a word.
            Content::With if ["with", "recursive", ","].iter().any(|before| last_is(before)) => {}
            Content::With => begin_query(frame, word, self.constants),
            Content::Insert if word.is("on") => frame.begin(Clause::Conflict, self.constants),
            Content::Insert if begins_source(word) && !last_is("default") => {
                let mut source = Frame::new(Content::Plain, Opener::Other);
                source.is_bare = true;
                begin_query(&mut source, word, self.constants);
                self.frames.push(source);
            }
            // `IS DISTINCT FROM`, `WITHIN GROUP (…)`
            _ if last_is("distinct") || last_is("within") => {}
            Content::Select
            | Content::Insert
            | Content::Update
            | Content::Delete
            | Content::Merge
            | Content::Names => {
                if let Some(clause) = clause(frame.content, word) {
                    frame.begin(clause, self.constants);
                }
            }
        }
    }

    /// Ends the query of an `INSERT`, if what follows it begins.
    fn end_bare_query(&mut self, word: &Token<'_>, statement: &Statement<'_>) {
        let conflict = word.is("on") && statement.peek().is_some_and(|next| next.is("conflict"));
        if (conflict || word.is("returning"))
            && let Some(source) = self.frames.pop_if(|frame| frame.is_bare)
        {
            self.frames.add(source, self.constants);
        }
    }
}

/// Whether a constant is what JSON functions do without a value: `NULL ON EMPTY`.
fn is_json_behavior(mut next: Statement<'_>) -> bool {
    next.next().is_some_and(|on| on.is("on"))
        && next.next().is_some_and(|case| case.is_any(&["null", "empty", "error"]))
}

fn begins_source(word: &Token<'_>) -> bool {
    word.is_any(&["select", "values", "with", "table"])
}

/// Begins a query in a frame, if the word does.
fn begin_query(frame: &mut Frame, word: &Token<'_>, constants: &mut Constants) {
    let is_any_kind = frame.opener == Opener::As;
    let (content, clause) = match () {
        () if word.is_any(&["select", "table"]) => (Content::Select, Clause::Target),
        () if word.is("values") => (Content::Select, Clause::Values),
        () if word.is("with") => (Content::With, Clause::With),
        () if word.is("insert") && is_any_kind => (Content::Insert, Clause::Target),
        () if word.is("update") && is_any_kind => (Content::Update, Clause::Target),
        () if word.is("delete") && is_any_kind => (Content::Delete, Clause::Target),
        () if word.is("merge") && is_any_kind => (Content::Merge, Clause::Target),
        () => return,
    };
    frame.content = content;
    frame.begin(clause, constants);
}

/// The clause that a keyword begins in a statement of this kind.
fn clause(content: Content, word: &Token<'_>) -> Option<Clause> {
    let clauses: &[(&str, Clause)] = match content {
        Content::Select => &[
            ("select", Clause::Target),
            ("from", Clause::From),
            ("where", Clause::Where),
            ("group", Clause::Group),
            ("having", Clause::Having),
            ("window", Clause::Window),
            ("values", Clause::Values),
            ("order", Clause::Sort),
            ("offset", Clause::Offset),
            ("limit", Clause::Limit),
            ("fetch", Clause::Limit),
        ],
        Content::Update => &[
            ("set", Clause::Target),
            ("from", Clause::UpdateFrom),
            ("where", Clause::Where),
            ("returning", Clause::Returning),
        ],
        Content::Insert | Content::Delete | Content::Merge => &[("returning", Clause::Returning)],
        Content::Plain | Content::With | Content::Names => &[],
    };
    let found = clauses.iter().find(|(keyword, _)| word.is(keyword));
    found.map(|(_, clause)| *clause)
}

/// What a word means for parentheses after it.
pub(super) fn opener(word: &Token<'_>) -> Opener {
    let openers = [
        ("as", Opener::As),
        ("materialized", Opener::As),
        ("operator", Opener::Operator),
        ("extract", Opener::Extract),
        ("position", Opener::Position),
        ("trim", Opener::Trim),
        ("normalize", Opener::Normalize),
    ];
    let found = openers.iter().find(|(keyword, _)| word.is(keyword));
    found.map_or(Opener::Other, |(_, opener)| *opener)
}

/// `CURRENT_TIMESTAMP(3)`
pub(super) fn takes_precision(word: &Token<'_>) -> bool {
    word.is_any(&["current_timestamp", "current_time", "localtimestamp", "localtime"])
}

/// Whether what was in parentheses modifies a type: what follows is a constant of it, as in
/// `NUMERIC(5, 2) '1.25'`.
pub(super) fn were_modifiers(mut next: Statement<'_>) -> bool {
    let Some(first) = next.next() else { return false };
    let zone =
        first.is_any(&["with", "without"]) && next.next().is_some_and(|next| next.is("time"));
    first.kind == Kind::Text || zone
}

/// Whether an expression ends before this token.
pub(super) fn ends_expression(next: Option<Token<'_>>) -> bool {
    next.is_none_or(|next| match next.kind {
        Kind::Word => !next.is_any(&EXPRESSION_GOES_ON),
        Kind::Comma | Kind::Close | Kind::Semicolon => true,
        Kind::Name
        | Kind::Text
        | Kind::Number
        | Kind::Parameter
        | Kind::Operator
        | Kind::Open
        | Kind::Dot
        | Kind::Cast
        | Kind::Other => false,
    })
}

/// Whether a number is an integer of PostgreSQL's; a longer one is a `numeric`.
pub(super) fn is_integer(number: &[u8]) -> bool {
    let digits: Vec<u8> = number.iter().copied().filter(|byte| *byte != b'_').collect();
    let digits = str::from_utf8(&digits).unwrap_or_default();
    let radix = digits.get(..2).map(str::to_ascii_lowercase);
    let rest = digits.get(2..).unwrap_or_default();
    match radix.as_deref() {
        Some("0x") => i32::from_str_radix(rest, 16).is_ok(),
        Some("0o") => i32::from_str_radix(rest, 8).is_ok(),
        Some("0b") => i32::from_str_radix(rest, 2).is_ok(),
        Some(_) | None => digits.parse::<i32>().is_ok(),
    }
}
