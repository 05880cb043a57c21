//! What was probably meant by a name that nothing has.

/// How many letters may be wrong, missing or too many.
const SLIPS: usize = 2;

/// The name that is nearest to this text, if one is near. A name that begins with the text is near.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips = |name: &str| {
        if !text.is_empty() && name.starts_with(text) { 0 } else { distance(text, name) }
    };
    let near = names.map(|name| (slips(name), name));
    // What is all slips resembles nothing.
    let near = near.filter(|(slips, _)| *slips <= SLIPS && *slips < text.chars().count());
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

/// What is expected in a variable that has a few words, with the one that was probably meant.
pub(super) fn expected(words: &str, text: &str, names: &[&str]) -> String {
    match nearest(&text.to_ascii_lowercase(), names.iter().copied()) {
        Some(name) => format!("{words}; did you mean \"{name}\"?"),
        None => words.to_owned(),
    }
}

/// How many letters have to be changed, added or left out to make one text of the other:
/// <https://en.wikipedia.org/wiki/Levenshtein_distance>.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut before = line;
        let mut last = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let change = before + usize::from(letter != *other);
            before = *cell;
            last = change.min(last + 1).min(*cell + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_finds_its_name_and_nothing_else_does() {
        let names = ["host", "connect-to", "tcp_timeout", "tls_timeout"];
        for (text, expected) in [
            ("hots", Some("host")),
            ("hst", Some("host")),
            ("connect", Some("connect-to")),
            ("connect_to", Some("connect-to")),
            ("tcp_timeuot", Some("tcp_timeout")),
            ("password", None),
            ("ab", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names.into_iter()), expected, "{text}");
        }
    }

    #[test]
    fn letters_are_counted_one_by_one() {
        for (left, right, expected) in [("abc", "abc", 0), ("", "abc", 3), ("abc", "adcx", 2)] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }
}
