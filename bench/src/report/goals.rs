//! The goals, and whether the results meet them.

use std::cmp::Ordering;

use crate::report::format::{plain, ratio, spread};
use crate::results::{ContenderResults, Measurement, Results, Traffic, usable};
use crate::sample::Sample;

/// One goal and its result.
#[derive(Debug)]
pub(crate) struct Goal {
    /// What is measured, and for a ratio what it is compared with.
    pub(crate) what: String,
    /// At most this; `None` for a result without a goal, there for comparison.
    pub(crate) limit: Option<f64>,
    pub(crate) unit: Unit,
    /// `None` if a contender has no figures.
    pub(crate) result: Option<Sample>,
}

/// Whether a result meets its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Met,
    NotMet,
    NotMeasured,
    NoGoal,
}

/// The unit of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// One median divided by another.
    Ratio,
    Microseconds,
    /// Without a unit.
    Count,
    /// Millions of bytes.
    Megabytes,
}

/// The function's name among contenders and signers.
pub(crate) const PROBE: &str = "probe";

/// All goals, in the order of the page.
pub(crate) fn goals(results: &Results) -> Vec<Goal> {
    let mut goals = init_and_first(results);
    goals.extend(warm(results));
    goals.extend(costs(results));
    goals
}

/// The goals with MySQL, in the order of its page.
pub(crate) fn mysql_goals(contenders: &[ContenderResults]) -> Vec<Goal> {
    let first = |title, other, limit| {
        compare(contenders, "first invocation", |it| &it.first, (title, other), limit)
    };
    let network = usable(contenders, PROBE).and_then(|probe| probe.wire.found());
    vec![
        first("minimum (Rust)", "minimum", Some(1.25)),
        first("mysql_async, aws-sdk-rds (Rust)", "mysql-async", None),
        first("Node.js", "node", Some(1.0 / 4.0)),
        first("Node.js, bundled", "node-bundled", None),
        first("Python", "python", None),
        round_trips("cold start", None, network.map(|network| network.cold)),
        round_trips("warm probe", Some(1.0), network.map(|network| network.warm)),
    ]
}

fn init_and_first(results: &Results) -> Vec<Goal> {
    let compare = |what: &'static str, of: fn(&ContenderResults) -> &Sample| {
        move |title: &str, other: &str, limit| {
            compare(&results.contenders, what, of, (title, other), limit)
        }
    };
    let init = compare("INIT", |it| &it.init);
    let first = compare("first invocation", |it| &it.first);
    let cold = compare("cold start", |it| &it.cold);
    vec![
        init("hello-world (Rust)", "hello", Some(1.5)),
        init("Python", "python", Some(1.0 / 15.0)),
        init("Node.js", "node", Some(1.0 / 15.0)),
        init("Node.js, bundled", "node-bundled", Some(1.0 / 15.0)),
        first("minimum (Rust)", "minimum", Some(1.25)),
        first("sqlx, aws-sdk-rds (Rust)", "sqlx", Some(1.0 / 1.3)),
        cold("sqlx, aws-sdk-rds (Rust)", "sqlx", None),
        first("Python", "python", Some(1.0 / 8.0)),
        cold("Python", "python", None),
        first("Node.js", "node", Some(1.0 / 4.0)),
        first("Node.js, bundled", "node-bundled", Some(1.0 / 4.0)),
        cold("Node.js, bundled", "node-bundled", None),
    ]
}

fn warm(results: &Results) -> Vec<Goal> {
    let library = results.library_us.found();
    let (limit, unit) = (Some(1.2), Unit::Ratio);
    vec![
        Goal {
            what: "warm probe, compared with the same statement on a plain session".to_owned(),
            limit,
            unit,
            result: library.map(|library| library.probe.over(&library.raw)),
        },
        Goal {
            what: "the same, including reply, metric line and log line".to_owned(),
            limit,
            unit,
            result: library.map(|library| library.handler.over(&library.raw)),
        },
        Goal {
            what: "warm invocation, compared with minimum (Rust)".to_owned(),
            limit: None,
            unit,
            result: probe_over(&results.contenders, "minimum", |it| &it.kept),
        },
        Goal {
            what: "signing a token".to_owned(),
            limit: Some(15.0),
            unit: Unit::Microseconds,
            result: results.signing_us.get(PROBE).and_then(Measurement::found).cloned(),
        },
    ]
}

fn costs(results: &Results) -> Vec<Goal> {
    let probe = usable(&results.contenders, PROBE);
    let network = probe.and_then(|probe| probe.wire.found());
    let megabytes = |what: &str, limit, result| Goal {
        what: what.to_owned(),
        limit: Some(limit),
        unit: Unit::Megabytes,
        result,
    };
    let resident = probe.map(ContenderResults::resident_mb);
    let zip = probe.map(|probe| Sample::new([probe.zip_mb()]));
    vec![
        round_trips("cold start", Some(6.0), network.map(|network| network.cold)),
        round_trips("warm probe", Some(1.0), network.map(|network| network.warm)),
        megabytes("resident memory after the first probe", 12.0, resident),
        megabytes("size of the zip", 2.5, zip),
    ]
}

/// What the probe takes, compared with another contender.
fn compare(
    contenders: &[ContenderResults],
    what: &str,
    of: fn(&ContenderResults) -> &Sample,
    (title, other): (&str, &str),
    limit: Option<f64>,
) -> Goal {
    Goal {
        what: format!("{what}, compared with {title}"),
        limit,
        unit: Unit::Ratio,
        result: probe_over(contenders, other, of),
    }
}

fn round_trips(what: &str, limit: Option<f64>, traffic: Option<Traffic>) -> Goal {
    Goal {
        what: format!("round trips of a {what}"),
        limit,
        unit: Unit::Count,
        result: traffic.map(|traffic| Sample::new([f64::from(traffic.round_trips)])),
    }
}

/// The probe's median divided by another contender's.
pub(crate) fn probe_over(
    contenders: &[ContenderResults],
    other: &str,
    of: fn(&ContenderResults) -> &Sample,
) -> Option<Sample> {
    let (probe, other) = usable(contenders, PROBE).zip(usable(contenders, other))?;
    Some(of(probe).over(of(other)))
}

impl Goal {
    pub(crate) fn status(&self) -> Status {
        match (&self.result, self.limit) {
            (None, _) => Status::NotMeasured,
            (Some(_), None) => Status::NoGoal,
            (Some(result), Some(limit)) => match result.median.total_cmp(&limit) {
                Ordering::Less | Ordering::Equal => Status::Met,
                Ordering::Greater => Status::NotMet,
            },
        }
    }

    pub(crate) fn limit_text(&self) -> String {
        let text = |limit| match self.unit {
            Unit::Ratio if limit < 1.0 => format!("≤ 1/{}", plain(1.0 / limit)),
            Unit::Ratio => format!("≤ {}×", plain(limit)),
            Unit::Microseconds => format!("≤ {} µs", plain(limit)),
            Unit::Count => format!("≤ {}", plain(limit)),
            Unit::Megabytes => format!("≤ {} MB", plain(limit)),
        };
        self.limit.map(text).unwrap_or_default()
    }

    pub(crate) fn result_text(&self) -> String {
        let text = |result: &Sample| match self.unit {
            Unit::Ratio => ratio(result),
            Unit::Microseconds => format!("{} µs", spread(result)),
            Unit::Count => plain(result.median),
            Unit::Megabytes => format!("{} MB", spread(result)),
        };
        self.result.as_ref().map_or_else(|| "–".to_owned(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_limit() {
        let status = |result: Option<f64>, limit| {
            let result = result.map(|value| Sample::new([value]));
            Goal { what: String::new(), limit, unit: Unit::Count, result }.status()
        };
        assert_eq!(status(Some(6.0), Some(6.0)), Status::Met);
        assert_eq!(status(Some(6.1), Some(6.0)), Status::NotMet);
        assert_eq!(status(Some(6.1), None), Status::NoGoal);
        assert_eq!(status(None, Some(6.0)), Status::NotMeasured);
    }
}
