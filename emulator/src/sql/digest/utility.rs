//! Which constants of a statement are replaced, by what statement it is.

use super::constants::Constants;
use super::{query, set};
use crate::sql::explain;
use crate::sql::lexer::{Kind, Token};
use crate::sql::statement::Statement;

/// Collects the constants of a statement.
pub(super) fn collect(statement: &mut Statement<'_>, constants: &mut Constants) {
    let is_explained = statement.next_if(|first| first.is("explain")).is_some();
    if is_explained {
        explain::pass_options(statement);
    }
    let Some(first) = statement.peek() else { return };
    if is_query(&first) {
        query::collect(statement, constants);
    } else if first.is("declare") {
        statement.find(|token| token.is("for"));
        query::collect(statement, constants);
    } else if !is_explained {
        // What else can be explained, CREATE TABLE AS and EXECUTE, stays as it is.
        statement.next();
        by_first(&first, statement, constants);
    }
}

fn by_first(first: &Token<'_>, statement: &mut Statement<'_>, constants: &mut Constants) {
    if first.is("set") {
        set::collect(statement, constants);
    } else if first.is("call") {
        query::collect(statement, constants);
    } else if first.is("copy") && statement.peek().is_some_and(|next| next.is_sign("(")) {
        query::collect_parentheses(statement, constants);
    } else if first.is_any(&["do", "notify"]) {
        strings(statement, constants);
    } else if first.is_any(&["create", "alter"]) {
        definition(first, statement, constants);
    }
}

fn is_query(first: &Token<'_>) -> bool {
    let keywords = &["select", "insert", "update", "delete", "merge", "with", "values", "table"];
    first.is_any(keywords) || first.is_sign("(")
}

/// Replaces all strings.
fn strings(statement: &mut Statement<'_>, constants: &mut Constants) {
    for string in statement.filter(|token| token.kind == Kind::Text) {
        constants.number_one(string.start..string.end());
    }
}

/// Replaces the strings that come directly after these keywords.
fn strings_after(keywords: &[&str], statement: &mut Statement<'_>, constants: &mut Constants) {
    while let Some(token) = statement.next() {
        if token.is_any(keywords)
            && let Some(string) = statement.peek().filter(|next| next.kind == Kind::Text)
        {
            constants.number_one(string.start..string.end());
        }
    }
}

/// What may hold a secret is replaced, and the source of functions.
fn definition(first: &Token<'_>, statement: &mut Statement<'_>, constants: &mut Constants) {
    let object = statement.find(|token| !token.is_any(&["or", "replace"]));
    let Some(object) = object else { return };
    if object.is("user") && statement.peek().is_some_and(|next| next.is("mapping")) {
        strings(statement, constants);
    } else if object.is_any(&["role", "user", "group"]) {
        strings_after(&["password", "until"], statement, constants);
    } else if object.is("subscription") {
        strings_after(&["connection"], statement, constants);
    } else if object.is_any(&["function", "procedure"]) && first.is("create") {
        function(statement, constants);
    }
}

/// Replaces the source of a function, its language if that is a string, and its settings.
fn function(statement: &mut Statement<'_>, constants: &mut Constants) {
    while let Some(token) = statement.next() {
        if statement.is_nested() {
            continue;
        }
        if token.is_any(&["as", "language"])
            && let Some(string) = statement.peek().filter(|next| next.kind == Kind::Text)
        {
            constants.number_one(string.start..string.end());
        } else if token.is("set") {
            set::collect(statement, constants);
        }
    }
}
