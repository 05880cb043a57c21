//! Medians and quartiles.

use serde::{Deserialize, Serialize};

/// Measured values of one kind, in the order of the rounds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(from = "Rounds")]
pub(crate) struct Sample {
    pub(crate) median: f64,
    /// A quarter of the values are below it.
    pub(crate) lower_quartile: f64,
    /// A quarter of the values are above it.
    pub(crate) upper_quartile: f64,
    /// All values, one per round.
    pub(crate) rounds: Vec<f64>,
}

/// What is read of a sample. The rest follows from it, exactly as when it was measured: a long
/// fraction may be read as its neighbor.
#[derive(Deserialize)]
struct Rounds {
    rounds: Vec<f64>,
}

impl From<Rounds> for Sample {
    fn from(Rounds { rounds }: Rounds) -> Self {
        Self::new(rounds)
    }
}

impl Sample {
    pub(crate) fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let rounds: Vec<f64> = values.into_iter().map(rounded).collect();
        Self {
            median: quantile(&rounds, 2),
            lower_quartile: quantile(&rounds, 1),
            upper_quartile: quantile(&rounds, 3),
            rounds,
        }
    }

    /// The ratio of the medians; the quartiles are those of the ratios in each round.
    pub(crate) fn over(&self, other: &Self) -> Self {
        let ratios = self.rounds.iter().zip(&other.rounds).map(|(one, other)| one / other);
        Self { median: self.median / other.median, ..Self::new(ratios) }
    }
}

/// To a thousandth: more digits are noise and make the file long.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The n-th quartile, interpolated between two values; 0 if there are none.
fn quantile(values: &[f64], quarters: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let (whole, part) = (last * quarters / 4, last * quarters % 4);
    let share = [0.0, 0.25, 0.5, 0.75].get(part).copied().unwrap_or_default();
    let at = |index: usize| sorted.get(index.min(last)).copied().unwrap_or_default();
    at(whole) + (at(whole + 1) - at(whole)) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_interpolated_between_values() {
        let sample = Sample::new([4.0, 1.0, 3.0, 2.0]);
        let quartiles =
            |of: &Sample| format!("{} {} {}", of.lower_quartile, of.median, of.upper_quartile);
        assert_eq!(quartiles(&sample), "1.75 2.5 3.25");
        assert_eq!(quartiles(&Sample::new([7.0])), "7 7 7");
    }

    #[test]
    fn a_ratio_divides_the_medians() {
        let ratio = Sample::new([1.0, 2.0, 9.0]).over(&Sample::new([2.0, 4.0, 6.0]));
        assert_eq!(format!("{} {}", ratio.median, ratio.lower_quartile), "0.5 0.5");
    }
}
