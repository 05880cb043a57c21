//! Patterns with `*` for any text and `?` for any character.

/// Whether a pattern fits a text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Where to go on after a letter that does not fit: behind the last star, with one more
    // character of the text taken by it.
    let (mut at, mut in_text, mut star) = (0, 0, None);
    while let Some(letter) = text.get(in_text) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
                continue;
            }
            Some(expected) if expected == letter || *expected == '?' => {
                at += 1;
                in_text += 1;
                continue;
            }
            Some(_) | None => {}
        }
        let Some((star_at, taken)) = star else { return false };
        star = Some((star_at, taken + 1));
        at = star_at + 1;
        in_text = taken + 1;
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

/// The same for actions, whose case does not count.
pub fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_any_text_and_question_marks_one_character() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("", "a", false),
            ("a**", "a", true),
            ("*ab", "aab", true),
            ("arn:*:dbuser:prx-1/*", "arn:aws:rds-db:r:1:dbuser:prx-1/app", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
        assert!(matches_ignoring_case("RDS-DB:Connect", "rds-db:connect"));
        assert!(!matches("Prx-1", "prx-1"));
    }

    #[test]
    fn a_pattern_of_stars_takes_no_time_that_grows_with_their_number() {
        let pattern = "*a".repeat(2_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(4_000)));
    }
}
