//! Durations as people write them: `500ms`, `5s`, `2m`, `1h`.

use std::time::Duration;

const EXPECTED: &str = "expected a duration such as 500ms, 5s or 2m";

/// Reads a duration of at most a day.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    let (digits, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = digits.parse().or(Err(EXPECTED))?;
    let unit = match unit {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        _ => return Err(EXPECTED),
    };
    let number = u32::try_from(number).or(Err(EXPECTED))?;
    let duration = unit.checked_mul(number).ok_or(EXPECTED)?;
    if duration > Duration::from_hours(24) { Err("expected at most 24h") } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        for (text, expected) in [
            ("500ms", Ok(Duration::from_millis(500))),
            ("5s", Ok(Duration::from_secs(5))),
            ("2m", Ok(Duration::from_mins(2))),
            ("24h", Ok(Duration::from_hours(24))),
            ("25h", Err("expected at most 24h")),
            ("5", Err(EXPECTED)),
            ("s", Err(EXPECTED)),
            ("-1s", Err(EXPECTED)),
            ("1.5s", Err(EXPECTED)),
            ("99999999999999999999s", Err(EXPECTED)),
            ("5 s", Err(EXPECTED)),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }
}
