//! Numbers as text, and rows of Markdown tables.

use crate::sample::Sample;

/// For what was not measured.
pub(crate) const NOT_MEASURED: &str = "not measured";

/// Three significant digits; the measurements are not more precise.
pub(crate) fn figure(value: f64) -> String {
    let digits = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// At most two decimals, without trailing zeros: for counts, goals and axes.
pub(crate) fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The median with the quartiles in brackets.
pub(crate) fn spread(sample: &Sample) -> String {
    spread_by(sample, figure)
}

/// The same for a ratio. One far below 1 is written as a fraction: 1/15.
pub(crate) fn ratio(sample: &Sample) -> String {
    if sample.median < 0.9 {
        spread_by(sample, |value| format!("1/{}", figure(1.0 / value)))
    } else {
        format!("{}×", spread(sample))
    }
}

fn spread_by(sample: &Sample, text: impl Fn(f64) -> String) -> String {
    let Sample { median, lower_quartile, upper_quartile, rounds } = sample;
    match rounds.as_slice() {
        [] => "–".to_owned(),
        [_] => text(*median),
        _ => format!("{} ({}–{})", text(*median), text(*lower_quartile), text(*upper_quartile)),
    }
}

/// Why there is no figure, shortened to fit a table.
pub(crate) fn failed(problem: &str) -> String {
    let first = problem.lines().next().unwrap_or_default().replace(['`', '|'], " ");
    format!("failed: `{}`", first.chars().take(120).collect::<String>())
}

/// Adds a row to a Markdown table.
pub(crate) fn row(table: &mut String, cells: &[&str]) {
    table.extend(["| ", &cells.join(" | "), " |\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_three_digits() {
        let texts = [0.2704, 2.717, 12.34, 419.2].map(figure);
        assert_eq!(texts, ["0.270", "2.72", "12.3", "419"]);
    }

    #[test]
    fn a_small_ratio_is_a_fraction_with_its_quartiles() {
        assert_eq!(ratio(&Sample::new([0.02, 0.025, 0.04])), "1/40.0 (1/44.4–1/30.8)");
        assert_eq!(ratio(&Sample::new([1.02])), "1.02×");
    }

    #[test]
    fn a_sample_without_values_is_a_dash() {
        assert_eq!(spread(&Sample::default()), "–");
    }
}
