//! Names and values in statements. All quoting is done here, for the mode that `turn` sets: within
//! quotes only the quote itself means anything else, and it is doubled.
//! <https://dev.mysql.com/doc/refman/8.4/en/identifiers.html>,
//! <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>

/// A name.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A user who may come from anywhere: behind a proxy a client's own address is not known.
pub(super) fn account(user: &str) -> String {
    format!("{}@`%`", identifier(user))
}

/// The pattern that a database's name is in a grant, where `_` and `%` stand for others.
/// <https://dev.mysql.com/doc/refman/8.4/en/grant.html>
pub(super) fn pattern(database: &str) -> String {
    let mut pattern = String::with_capacity(database.len());
    for letter in database.chars() {
        if matches!(letter, '\\' | '_' | '%') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// Texts for `IN`; something that no text is if there are none.
pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(|text| format!("HEX({})", literal(text))).collect();
    if texts.is_empty() { "NULL".to_owned() } else { texts.join(", ") }
}

/// The text that `HEX()` shows the bytes of.
pub(super) fn from_hex(hex: &str) -> Option<String> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    let bytes = bytes.collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty())?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a server reads up to the end of the quotes, and what is left of the statement.
    fn unquoted(quoted: &str, quote: char) -> (String, String) {
        let mut letters = quoted.strip_prefix(quote).unwrap().chars().peekable();
        let mut text = String::new();
        while let Some(letter) = letters.next() {
            if letter == quote && letters.next_if_eq(&quote).is_none() {
                return (text, letters.collect());
            }
            text.push(letter);
        }
        panic!("{quoted} does not end");
    }

    /// Whether a pattern is for this name: <https://dev.mysql.com/doc/refman/8.4/en/grant.html>
    fn is_for(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            (['\\', letter, pattern @ ..], [first, name @ ..]) if letter == first => {
                is_for(pattern, name)
            }
            (['\\', ..], _) => false,
            (['%', rest @ ..], _) => {
                is_for(rest, name)
                    || name.split_first().is_some_and(|(_, name)| is_for(pattern, name))
            }
            ([letter, pattern @ ..], [first, name @ ..]) if *letter == '_' || letter == first => {
                is_for(pattern, name)
            }
            _ => false,
        }
    }

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    proptest! {
        #[test]
        fn nothing_gets_out_of_the_quotes(text in "[ab'`\"\\\\;%_\n\u{fc}-]{0,12}|.{0,12}") {
            prop_assert_eq!(unquoted(&literal(&text), '\''), (text.clone(), String::new()));
            prop_assert_eq!(unquoted(&identifier(&text), '`'), (text.clone(), String::new()));
            prop_assert_eq!(unquoted(&account(&text), '`'), (text, "@`%`".to_owned()));
        }

        #[test]
        fn a_grant_is_for_its_own_database_alone(
            name in "[ab_%\\\\]{1,5}", other in "[ab_%\\\\]{1,5}",
        ) {
            let pattern = letters(&pattern(&name));
            prop_assert!(is_for(&pattern, &letters(&name)));
            prop_assert_eq!(is_for(&pattern, &letters(&other)), name == other);
        }

        #[test]
        fn a_text_comes_back_from_its_bytes(text in ".{0,12}") {
            let pairs: Vec<String> = text.bytes().map(|byte| format!("{byte:02X}")).collect();
            prop_assert_eq!(from_hex(&pairs.concat()), Some(text));
        }
    }

    #[test]
    fn what_is_not_the_bytes_of_a_text_is_none() {
        for hex in ["4", "4G", "FF", "-1", "414"] {
            assert_eq!(from_hex(hex), None, "{hex}");
        }
    }
}
