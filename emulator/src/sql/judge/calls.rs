//! What a statement does by what stands inside it: the functions that it calls above all.

use super::head::Calls;
use super::{Cause, Verdict};
use crate::sql::lexer::{Kind, Token};
use crate::sql::statement::Statement;

use Verdict::{Doubtful, Free, Pins};

/// Judges a statement by what stands anywhere in it.
pub(super) fn judge(statement: &mut Statement<'_>, mut calls: Calls) -> Verdict {
    let mut verdict = Free;
    let mut name = Called::default();
    if calls == Calls::Never {
        return Free;
    }
    while let Some(token) = statement.next() {
        let mut found = Free;
        if token.is_sign("(") {
            found = name.verdict();
        } else if token.is("into") && calls == Calls::Made {
            found = name.select_into(statement.clone());
        } else if token.is("as") && calls == Calls::MadeAfterAs && !statement.is_nested() {
            calls = Calls::Made;
            found = filled_by(statement.peek());
        }
        verdict = match calls {
            Calls::Made => verdict.or(|| found),
            Calls::Defined | Calls::MadeAfterAs | Calls::Never => {
                verdict.or(|| found.at_most_doubtful())
            }
        };
        if let Pins(_) = verdict {
            break;
        }
        name.add(token);
    }
    verdict
}

/// A table may be filled by a prepared statement: `CREATE TABLE t AS EXECUTE p`.
fn filled_by(query: Option<Token<'_>>) -> Verdict {
    if query.is_some_and(|first| first.is("execute")) { Pins(Cause::Execute) } else { Free }
}

/// What may be the name of a function, if `(` follows.
#[derive(Debug, Default)]
struct Called<'a> {
    /// The word before the whole name.
    before: Option<Token<'a>>,
    schema: Option<Token<'a>>,
    name: Option<Token<'a>>,
    /// A dot came last.
    dotted: bool,
}

impl<'a> Called<'a> {
    fn add(&mut self, token: Token<'a>) {
        let dotted = std::mem::take(&mut self.dotted);
        match token.kind {
            Kind::Dot => self.dotted = self.name.is_some(),
            Kind::Word | Kind::Name if dotted => self.schema = self.name.replace(token),
            Kind::Word | Kind::Name => {
                *self = Self { before: self.name, name: Some(token), ..Self::default() };
            }
            Kind::Text
            | Kind::Number
            | Kind::Parameter
            | Kind::Operator
            | Kind::Open
            | Kind::Close
            | Kind::Comma
            | Kind::Cast
            | Kind::Semicolon
            | Kind::Other => {
                *self = Self::default();
            }
        }
    }

    fn verdict(&self) -> Verdict {
        // A table that is named so, or a function that is defined.
        let tables = &["into", "copy", "with", "recursive", "table", "on"];
        let functions = &["function", "procedure", "aggregate", "routine"];
        if self.before.is_some_and(|before| before.is_any(tables) || before.is_any(functions)) {
            return Free;
        }
        if self.schema.is_some_and(|schema| !schema.names("pg_catalog")) {
            return Free;
        }
        let mut name = [0; 32];
        let Some(called) = self.name else { return Free };
        match lower(&called, &mut name) {
            b"set_config" => Pins(Cause::SetConfig),
            b"nextval" | b"setval" => Pins(Cause::Sequence),
            b"currval" | b"lastval" => Doubtful(Cause::SequenceState),
            b"pg_advisory_lock"
            | b"pg_advisory_lock_shared"
            | b"pg_try_advisory_lock"
            | b"pg_try_advisory_lock_shared" => Pins(Cause::AdvisoryLock),
            b"pg_advisory_unlock" | b"pg_advisory_unlock_shared" | b"pg_advisory_unlock_all" => {
                Doubtful(Cause::AdvisoryUnlock)
            }
            b"pg_notify" => Doubtful(Cause::Notify),
            _ => Free,
        }
    }

    /// What `INTO` means after this word.
    fn select_into(&self, mut rest: Statement<'_>) -> Verdict {
        if self.name.is_some_and(|before| before.is_any(&["insert", "merge"])) {
            return Free;
        }
        let name = rest.find(|token| !token.is_any(&["local", "global"]));
        let next = rest.next();
        // A table may be named `temp`.
        let after_name = &[
            "from",
            "where",
            "group",
            "having",
            "window",
            "union",
            "intersect",
            "except",
            "order",
            "limit",
            "offset",
            "fetch",
            "for",
        ];
        let is_temporary = name.is_some_and(|name| {
            let temp = name.is_any(&["temp", "temporary"])
                && next.is_some_and(|next| {
                    matches!(next.kind, Kind::Word | Kind::Name) && !next.is_any(after_name)
                });
            temp || name.names("pg_temp") && next.is_some_and(|next| next.is_sign("."))
        });
        if is_temporary { Doubtful(Cause::SelectIntoTemporary) } else { Free }
    }
}

/// A name in the form in which PostgreSQL keeps it, in the space given for it; nothing, if it is
/// longer than that.
fn lower<'s>(name: &Token<'_>, space: &'s mut [u8; 32]) -> &'s [u8] {
    let text = name.unquoted();
    let Some(space) = space.get_mut(..text.len()) else { return &[] };
    space.copy_from_slice(text);
    if name.kind == Kind::Word {
        space.make_ascii_lowercase();
    }
    space
}
