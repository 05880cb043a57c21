//! What a statement is, by its first keywords.

use super::{Cause, Verdict};
use crate::sql::explain;
use crate::sql::lexer::{Kind, Token};
use crate::sql::statement::Statement;

/// What the first keywords say.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) verdict: Verdict,
    pub(super) calls: Calls,
    /// Not so for what `EXPLAIN` only plans.
    pub(super) is_executed: bool,
}

/// What a function's name before `(` means in a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Calls {
    /// The statement calls the function.
    Made,
    /// It defines an object that will call the function.
    Defined,
    /// It defines a table, and calls functions after the `AS` of a query that fills it.
    MadeAfterAs,
    /// It calls none: `DROP FUNCTION nextval(regclass)`.
    Never,
}

use Calls::{Defined, Made, MadeAfterAs, Never};
use Verdict::{Doubtful, Free, Pins};

/// Reads the first keywords.
pub(super) fn read(mut statement: Statement<'_>) -> Head {
    let explain = statement.next_if(|token| token.is("explain")).is_some();
    let is_executed = !explain || explain::pass_options(&mut statement);
    let first = statement.find(|token| !token.is_sign("("));
    let (verdict, calls) = first.map_or((Free, Never), |first| by_first(&first, statement));
    Head { verdict, calls, is_executed }
}

fn by_first(first: &Token<'_>, rest: Statement<'_>) -> (Verdict, Calls) {
    let mut keyword = [0; 12];
    match lower(first, &mut keyword) {
        b"select" | b"insert" | b"update" | b"delete" | b"merge" | b"with" | b"values"
        | b"copy" | b"call" => (Free, Made),
        b"set" => (set(rest), Never),
        b"reset" => (Pins(Cause::Reset), Never),
        b"prepare" => (prepare(rest), Never),
        b"execute" => (Pins(Cause::Execute), Never),
        b"deallocate" => (Pins(Cause::Deallocate), Never),
        b"discard" => (Pins(Cause::Discard), Never),
        b"declare" => (Pins(Cause::DeclaredCursor), Never),
        b"listen" => (Pins(Cause::Listen), Never),
        b"load" => (Pins(Cause::Load), Never),
        b"fetch" | b"move" => (Doubtful(Cause::Fetch), Never),
        b"close" => (Doubtful(Cause::Close), Never),
        b"notify" => (Doubtful(Cause::Notify), Never),
        b"unlisten" => (Doubtful(Cause::Unlisten), Never),
        b"create" => create(rest),
        b"alter" => (Free, Defined),
        _ => (Free, Never),
    }
}

/// A keyword in lower case, in the space given for it; nothing, if it is no keyword or a long one.
fn lower<'s>(token: &Token<'_>, space: &'s mut [u8; 12]) -> &'s [u8] {
    let length = token.text.len();
    match space.get_mut(..length) {
        Some(space) if token.kind == Kind::Word => {
            space.copy_from_slice(token.text);
            space.make_ascii_lowercase();
            space
        }
        _ => &[],
    }
}

fn set(mut rest: Statement<'_>) -> Verdict {
    let Some(first) = rest.next() else { return Pins(Cause::Set) };
    // A setting may have such a name: `SET local.user_id = 1`.
    if rest.peek().is_some_and(|next| next.is("to") || [".", "="].iter().any(|s| next.is_sign(s))) {
        return Pins(Cause::Set);
    }
    match first {
        _ if first.is("local") => Doubtful(Cause::SetLocal),
        _ if first.is("transaction") => Doubtful(Cause::SetTransaction),
        _ if first.is("constraints") => Doubtful(Cause::SetConstraints),
        // The same as without `SESSION`.
        _ if first.is("session") && rest.peek().is_some_and(|next| next.is("transaction")) => {
            set(rest)
        }
        _ => Pins(Cause::Set),
    }
}

/// `PREPARE TRANSACTION 'id'` is the first half of a two-phase commit. A prepared statement may be
/// named so too.
fn prepare(mut rest: Statement<'_>) -> Verdict {
    let named_so = rest.next().is_some_and(|name| name.is("transaction"));
    let commits = named_so && rest.next().is_some_and(|id| id.kind == Kind::Text);
    if commits { Free } else { Pins(Cause::Prepare) }
}

fn create(mut rest: Statement<'_>) -> (Verdict, Calls) {
    let is_temporary = |token: &Token<'_>| token.is_any(&["temp", "temporary"]);
    let mut temporary = false;
    let kind = rest.find(|token| {
        temporary |= is_temporary(token);
        let before = &["or", "replace", "local", "global", "unlogged", "recursive"];
        !is_temporary(token) && !token.is_any(before)
    });
    let (cause, calls) = match kind {
        Some(kind) if kind.is("table") => (Cause::TemporaryTable, MadeAfterAs),
        Some(kind) if kind.is("view") => (Cause::TemporaryView, Defined),
        Some(kind) if kind.is("sequence") => (Cause::TemporarySequence, Defined),
        Some(kind) if kind.is("materialized") => return (Free, MadeAfterAs),
        Some(_) | None => return (Free, Defined),
    };
    let is_temporary = temporary || is_in_temporary_schema(rest);
    (if is_temporary { Pins(cause) } else { Free }, calls)
}

/// Whether the name of a new object begins with `pg_temp.`.
fn is_in_temporary_schema(mut rest: Statement<'_>) -> bool {
    let name = rest.find(|token| !token.is_any(&["if", "not", "exists"]));
    name.is_some_and(|name| name.names("pg_temp"))
        && rest.next().is_some_and(|next| next.is_sign("."))
}
