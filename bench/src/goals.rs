//! The goals, and whether the figures meet them.

use std::cmp::Ordering;

use serde::Serialize;

use crate::results::{Finding, Measured, Results};
use crate::sample::Sample;
use crate::wire::Traffic;

/// One goal, beside what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    /// At most this; `None` for a figure that stands beside a goal.
    pub(crate) limit: Option<f64>,
    pub(crate) unit: Unit,
    /// `None` where a contender has no figures.
    pub(crate) figure: Option<Sample>,
    pub(crate) verdict: Verdict,
}

/// Whether a figure is within its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Met,
    NotMet,
    /// There is no figure.
    NotMeasured,
    /// There is no limit.
    NoGoal,
}

/// What a goal is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Unit {
    /// One median over another.
    Ratio,
    /// Microseconds.
    Micros,
    /// Times there and back.
    RoundTrips,
    /// Millions of bytes.
    Megabytes,
}

/// The function's name among contenders and signers.
pub(crate) const PROBE: &str = "probe";

/// Every goal, in the order of the page.
pub(crate) fn judge(results: &Results) -> Vec<Goal> {
    let mut goals = init_and_first(results);
    goals.extend(warm(results));
    goals.extend(costs(results));
    goals
}

fn init_and_first(results: &Results) -> Vec<Goal> {
    let init = |what: &str, other: &str, limit| {
        ratio(results, &format!("INIT / {what}"), |it| &it.init, other, Some(limit))
    };
    let first = |what: &str, other: &str, limit| {
        ratio(results, &format!("first invocation / {what}"), |it| &it.first, other, Some(limit))
    };
    let cold = |what: &str, other: &str| {
        let what = format!("beside it, INIT and first invocation / {what}");
        ratio(results, &what, |it| &it.cold, other, None)
    };
    vec![
        init("hello-world in Rust", "hello", 1.5),
        init("Python", "python", 1.0 / 15.0),
        init("Node.js", "node", 1.0 / 15.0),
        init("Node.js, bundled", "node-bundled", 1.0 / 15.0),
        first("hand-written minimum", "minimum", 1.25),
        first("sqlx and aws-sdk-rds", "sqlx", 1.0 / 1.3),
        cold("sqlx and aws-sdk-rds", "sqlx"),
        first("Python", "python", 1.0 / 8.0),
        cold("Python", "python"),
        first("Node.js", "node", 1.0 / 4.0),
        first("Node.js, bundled", "node-bundled", 1.0 / 4.0),
        cold("Node.js, bundled", "node-bundled"),
    ]
}

fn warm(results: &Results) -> Vec<Goal> {
    let library = results.library_us.found();
    let signing = results.signing_us.get(PROBE).and_then(Finding::found);
    vec![
        goal(
            "warm probe / the same statement on a raw session",
            Some(1.2),
            Unit::Ratio,
            library.map(|library| library.probe.over(&library.raw)),
        ),
        goal(
            "the same, with reply, metric line and log line written",
            Some(1.2),
            Unit::Ratio,
            library.map(|library| library.handler.over(&library.raw)),
        ),
        ratio(
            results,
            "beside it, warm invocation / hand-written minimum",
            |it| &it.kept,
            "minimum",
            None,
        ),
        goal("signing a token", Some(15.0), Unit::Micros, signing.cloned()),
    ]
}

fn costs(results: &Results) -> Vec<Goal> {
    let probe = usable(results, PROBE);
    let wire = probe.and_then(|probe| probe.wire.found());
    let one = |value: f64| Sample::new([value]);
    let trips = |what: &str, limit, traffic: Option<Traffic>| {
        let figure = traffic.map(|traffic| one(traffic.round_trips.into()));
        goal(what, Some(limit), Unit::RoundTrips, figure)
    };
    let megabytes = |bytes: f64| bytes / 1e6;
    let resident = probe.map(|probe| {
        Sample::new(probe.resident_kib.rounds.iter().map(|kib| megabytes(kib * 1024.0)))
    });
    let zip = probe.map(|probe| one(megabytes(zip_bytes(probe))));
    vec![
        trips("round trips, cold", 6.0, wire.map(|wire| wire.cold)),
        trips("round trips, warm", 1.0, wire.map(|wire| wire.warm)),
        goal("resident after the first probe", Some(12.0), Unit::Megabytes, resident),
        goal("zip", Some(2.5), Unit::Megabytes, zip),
    ]
}

/// The function's median over another contender's.
fn ratio(
    results: &Results,
    what: &str,
    of: fn(&Measured) -> &Sample,
    other: &str,
    limit: Option<f64>,
) -> Goal {
    let figure = usable(results, PROBE)
        .zip(usable(results, other))
        .map(|(probe, other)| of(probe).over(of(other)));
    goal(what, limit, Unit::Ratio, figure)
}

fn goal(what: &str, limit: Option<f64>, unit: Unit, figure: Option<Sample>) -> Goal {
    let verdict = match (&figure, limit) {
        (None, _) => Verdict::NotMeasured,
        (Some(_), None) => Verdict::NoGoal,
        (Some(figure), Some(limit)) => match figure.median.total_cmp(&limit) {
            Ordering::Less | Ordering::Equal => Verdict::Met,
            Ordering::Greater => Verdict::NotMet,
        },
    };
    Goal { what: what.to_owned(), limit, unit, figure, verdict }
}

fn usable<'a>(results: &'a Results, name: &str) -> Option<&'a Measured> {
    results.contenders.iter().find(|it| it.name == name && it.problem.is_none())
}

/// Exact: no zip comes near 2^53 bytes.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "see above")]
pub(crate) fn zip_bytes(measured: &Measured) -> f64 {
    measured.zip_bytes as f64
}
