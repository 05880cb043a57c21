//! What was probably meant by a name that nothing has.

/// How many letters may be wrong, missing, too many or swapped.
const SLIPS: usize = 2;

/// The name that is nearest to this text, if one is near. A text that a name begins with is near.
pub(super) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips = |name: &str| {
        if !text.is_empty() && name.starts_with(text) {
            Some(0)
        } else {
            // What is all slips resembles nothing.
            Some(distance(text, name)).filter(|slips| *slips <= SLIPS && *slips < text.len())
        }
    };
    let near = names.filter_map(|name| Some((slips(name)?, name)));
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

/// How many letters have to be changed, added, left out or swapped with their neighbour to make one
/// text of the other: <https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance>.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    // Texts of very different length are not compared.
    if left.chars().count().abs_diff(right.len()) > SLIPS {
        return usize::MAX;
    }
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
    let (mut before, mut row) = (Vec::new(), (0..=right.len()).collect::<Vec<usize>>());
    let mut last = None;
    for (line, letter) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, other) in right.iter().enumerate() {
            let change = at(&row, column) + usize::from(letter != *other);
            let add = at(&next, column) + 1;
            let leave_out = at(&row, column + 1) + 1;
            let mut least = change.min(add).min(leave_out);
            let previous = column.checked_sub(1).and_then(|column| right.get(column));
            if last == Some(*other) && previous == Some(&letter) {
                least = least.min(at(&before, column - 1) + 1);
            }
            next.push(least);
        }
        (before, row) = (row, next);
        last = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_finds_its_name_and_nothing_else_does() {
        let names = ["iam-rejected", "iam-throttled", "md5", "scram-sha-256", "secrets"];
        for (text, expected) in [
            ("iam-rejectd", Some("iam-rejected")),
            ("iam-rejcetde", Some("iam-rejected")),
            ("iam_rejected", Some("iam-rejected")),
            ("iam-throtled", Some("iam-throttled")),
            ("md", Some("md5")),
            ("scram", Some("scram-sha-256")),
            ("secret", Some("secrets")),
            ("Secrets", Some("secrets")),
            ("xyz", None),
            ("m", Some("md5")),
            ("ab", None),
            ("", None),
            ("pasword", None),
        ] {
            assert_eq!(nearest(text, names.into_iter()), expected, "{text}");
        }
    }

    #[test]
    fn letters_are_counted_one_by_one() {
        for (left, right, expected) in
            [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("ü", "u", 1), ("ab", "ba", 1)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
