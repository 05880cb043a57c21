//! The options of `EXPLAIN`.

use super::lexer::Token;
use super::statement::Statement;

/// Passes over the options after the keyword, and says whether the explained statement is executed.
pub(super) fn pass_options(statement: &mut Statement<'_>) -> bool {
    if is_list(statement.clone()) {
        return pass_list(statement);
    }
    let mut analyze = false;
    while let Some(option) = statement.peek() {
        if is_analyze(&option) {
            analyze = true;
        } else if !option.is("verbose") {
            break;
        }
        statement.next();
    }
    analyze
}

/// Tells a list of options from a query in parentheses.
fn is_list(mut statement: Statement<'_>) -> bool {
    let opens = statement.next().is_some_and(|token| token.is_sign("("));
    let query = &["select", "values", "with", "table"];
    opens && statement.next().is_some_and(|next| !next.is_sign("(") && !next.is_any(query))
}

/// Reads `(ANALYZE, BUFFERS off, FORMAT json)`. The last value of an option holds.
fn pass_list(statement: &mut Statement<'_>) -> bool {
    let mut analyze = false;
    let mut previous = None::<Token<'_>>;
    for token in statement.by_ref().take_while(|token| !token.is_sign(")")) {
        if is_analyze(&token) {
            analyze = true;
        } else if previous.as_ref().is_some_and(is_analyze) {
            analyze = !["false", "off", "0", "'false'", "'off'"]
                .iter()
                .any(|no| token.text.eq_ignore_ascii_case(no.as_bytes()));
        }
        previous = Some(token);
    }
    analyze
}

fn is_analyze(token: &Token<'_>) -> bool {
    token.is_any(&["analyze", "analyse"])
}
