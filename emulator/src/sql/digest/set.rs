//! The constants of `SET`.

use super::constants::Constants;
use crate::sql::lexer::{Kind, Token};
use crate::sql::statement::Statement;

/// Collects the values that are set. The statement has passed its `SET`.
pub(super) fn collect(statement: &mut Statement<'_>, constants: &mut Constants) {
    let Some(mut name) = statement.next() else { return };
    if name.is_any(&["session", "local"]) && !is_setting(statement) {
        let Some(next) = statement.next() else { return };
        name = next;
        if name.is("session") && !is_setting(statement) {
            let Some(next) = statement.next() else { return };
            name = next;
        }
    }
    if is_setting(statement) {
        statement.find(|token| token.is("to") || token.is_sign("="));
        values(statement, constants);
    } else if name.is_any(&["transaction", "characteristics"]) {
        modes(statement, constants);
    } else if name.is_any(&["names", "role", "schema", "authorization"]) {
        value(statement, constants);
    } else if name.is("xml") {
        statement.next();
        value(statement, constants);
    } else if name.is("time") {
        statement.next();
        time_zone(statement, constants);
    }
}

/// Whether the name of a setting came last, or its first part.
fn is_setting(statement: &Statement<'_>) -> bool {
    let next = statement.peek();
    next.is_some_and(|next| next.is("to") || next.is_sign("=") || next.is_sign("."))
}

fn values(statement: &mut Statement<'_>, constants: &mut Constants) {
    value(statement, constants);
    while statement.next_if(|next| next.kind == Kind::Comma).is_some() {
        value(statement, constants);
    }
}

fn value(statement: &mut Statement<'_>, constants: &mut Constants) {
    let is_replaced = |token: &Token<'_>| !token.is("default") && token.kind != Kind::Parameter;
    let Some(token) = statement.next().filter(is_replaced) else { return };
    let mut place = place(&token);
    if ["+", "-"].iter().any(|sign| token.is_sign(sign))
        && let Some(number) = statement.next_if(|next| next.kind == Kind::Number)
        // Of `+1`, PostgreSQL replaces the sign alone.
        && token.is_sign("-")
    {
        place.end = number.end();
    }
    constants.number_one(place);
}

/// `SET TRANSACTION` replaces the first word of each value: `isolation level $1 committed`.
fn modes(statement: &mut Statement<'_>, constants: &mut Constants) {
    while let Some(token) = statement.next() {
        if token.is_any(&["level", "snapshot"]) {
            value(statement, constants);
            statement.next_if(|next| next.is_any(&["read", "committed", "uncommitted"]));
        } else if token.is_any(&["read", "not", "deferrable"]) {
            constants.number_one(place(&token));
            statement.next_if(|next| next.is_any(&["only", "write", "deferrable"]));
        }
    }
}

fn time_zone(statement: &mut Statement<'_>, constants: &mut Constants) {
    let Some(first) = statement.peek() else { return };
    if first.is("interval") {
        if let Some(value) = statement.find(|token| token.kind == Kind::Text) {
            constants.number_one(place(&value));
        }
    } else if !first.is("local") {
        value(statement, constants);
    }
}

fn place(token: &Token<'_>) -> std::ops::Range<usize> {
    token.start..token.end()
}
