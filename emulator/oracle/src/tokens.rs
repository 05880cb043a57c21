//! The tokens of a text, from PostgreSQL's scanner.

use pg_query::protobuf::Token;

use crate::sql;

/// Whether they are the emulator's.
pub fn agree(text: &str) -> bool {
    let tokens = pg_query::scan_tokens(text).expect("the parser took it");
    let is_comment =
        |token: i32| token == Token::SqlComment as i32 || token == Token::CComment as i32;
    let expected = tokens.iter().filter(|token| !is_comment(token.token));
    let expected = expected.map(|token| (token.start as usize, token.end as usize));
    sql::lexer::Lexer::new(text.as_bytes()).map(|token| (token.start, token.end())).eq(expected)
}
