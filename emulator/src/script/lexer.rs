//! PostgreSQL's tokens, as far as one has to know them to see where a statement ends.
//!
//! Owns the length and kind of the next token. What is broken, such as a quote without an end, goes
//! on to the end of the text: PostgreSQL says what is wrong with it.
//! <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>

/// What a token means to the end of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Blanks and comments.
    Space,
    /// A keyword, a name without quotes, a number.
    Word,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `;`
    Semicolon,
    /// `\`, which begins a command of `psql`'s.
    Backslash,
    /// Anything else: quoted texts and names, operators.
    Other,
}

/// The next token and its text; none at the end.
pub(super) fn next(text: &str) -> Option<(Token, &str)> {
    let first = text.chars().next()?;
    let (token, length) = match first {
        _ if first.is_whitespace() => (Token::Space, length_while(text, char::is_whitespace)),
        '-' if text.starts_with("--") => (Token::Space, text.find('\n').unwrap_or(text.len())),
        '/' if text.starts_with("/*") => (Token::Space, comment(text)),
        '\'' => (Token::Other, quoted(text, '\'', false)),
        '"' => (Token::Other, quoted(text, '"', false)),
        'e' | 'E' if text.get(1..).is_some_and(|rest| rest.starts_with('\'')) => {
            (Token::Other, 1 + quoted(text.get(1..).unwrap_or_default(), '\'', true))
        }
        '$' => (Token::Other, dollar_quoted(text)),
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        ';' => (Token::Semicolon, 1),
        '\\' => (Token::Backslash, 1),
        _ if is_part_of_word(first) => (Token::Word, length_while(text, is_part_of_word)),
        _ => (Token::Other, first.len_utf8()),
    };
    Some((token, text.get(..length).unwrap_or(text)))
}

fn is_part_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_$".contains(character) || !character.is_ascii()
}

fn length_while(text: &str, is_part: fn(char) -> bool) -> usize {
    text.find(|character| !is_part(character)).unwrap_or(text.len())
}

/// A quoted text up to its closing quote. A doubled quote counts as the next quoted text.
fn quoted(text: &str, quote: char, has_escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return at + 1;
        }
        if has_escapes && character == '\\' {
            characters.next();
        }
    }
    text.len()
}

/// `$$…$$` or `$tag$…$tag$`, or else a lone `$`.
fn dollar_quoted(text: &str) -> usize {
    let is_tag = |tag: &str| {
        tag.chars().all(|character| character != '$' && is_part_of_word(character))
            && !tag.starts_with(|first: char| first.is_ascii_digit())
    };
    let rest = text.get(1..).unwrap_or_default();
    let Some((tag, body)) = rest.split_once('$').filter(|(tag, _)| is_tag(tag)) else { return 1 };
    let end = format!("${tag}$");
    body.find(&end).map_or(text.len(), |at| end.len() + at + end.len())
}

/// A comment up to its end. Comments nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut length) = (0_usize, 0);
    while let Some(rest) = text.get(length..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, length) = (depth + 1, length + 2);
        } else if rest.starts_with("*/") {
            (depth, length) = (depth - 1, length + 2);
            if depth == 0 {
                break;
            }
        } else {
            length += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    length
}
