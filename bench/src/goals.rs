//! The goals, and whether the figures meet them.

use std::cmp::Ordering;

use serde::Serialize;

use crate::results::{Measured, Results};
use crate::sample::Sample;

/// One goal, beside what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    /// At most this.
    pub(crate) limit: f64,
    pub(crate) unit: Unit,
    /// `None` where a contender has no figures.
    pub(crate) figure: Option<Sample>,
    pub(crate) met: bool,
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

const PROBE: &str = "probe";

/// Every goal, in the order of the page.
pub(crate) fn judge(results: &Results) -> Vec<Goal> {
    let ratio = |what: &str, of: fn(&Measured) -> &Sample, other: &str, limit| {
        let figure = usable(results, PROBE)
            .zip(usable(results, other))
            .map(|(probe, other)| of(probe).over(of(other)));
        goal(what, limit, Unit::Ratio, figure)
    };
    let probe = usable(results, PROBE);
    let wire = probe.and_then(|probe| probe.wire);
    let one = |value: f64| Sample::new([value]);
    let megabytes = |bytes: f64| bytes / 1e6;
    let library = &results.library_us;
    vec![
        ratio("INIT / hello-world in Rust", |it| &it.init, "hello", 1.5),
        ratio("INIT / Python", |it| &it.init, "python", 1.0 / 15.0),
        ratio("INIT / Node.js", |it| &it.init, "node", 1.0 / 15.0),
        ratio("INIT / Node.js, bundled", |it| &it.init, "node-bundled", 1.0 / 15.0),
        ratio("first invocation / hand-written minimum", |it| &it.first, "minimum", 1.25),
        ratio("first invocation / sqlx and aws-sdk-rds", |it| &it.first, "sqlx", 1.0 / 1.3),
        ratio("first invocation / Python", |it| &it.first, "python", 1.0 / 8.0),
        ratio("first invocation / Node.js", |it| &it.first, "node", 1.0 / 4.0),
        ratio("first invocation / Node.js, bundled", |it| &it.first, "node-bundled", 1.0 / 4.0),
        goal(
            "warm probe / the same statement on a raw session",
            1.2,
            Unit::Ratio,
            Some(library.probe.over(&library.raw)),
        ),
        ratio("warm invocation / hand-written minimum", |it| &it.kept, "minimum", 1.2),
        goal("signing a token", 15.0, Unit::Micros, results.signing_us.get(PROBE).cloned()),
        goal(
            "round trips, cold",
            6.0,
            Unit::RoundTrips,
            wire.map(|wire| one(wire.cold.round_trips.into())),
        ),
        goal(
            "round trips, warm",
            1.0,
            Unit::RoundTrips,
            wire.map(|wire| one(wire.warm.round_trips.into())),
        ),
        goal(
            "resident after the first probe",
            12.0,
            Unit::Megabytes,
            probe.map(|probe| {
                Sample::new(probe.resident_kib.rounds.iter().map(|kib| megabytes(kib * 1024.0)))
            }),
        ),
        goal("zip", 2.5, Unit::Megabytes, probe.map(|probe| one(megabytes(zip_bytes(probe))))),
    ]
}

fn goal(what: &str, limit: f64, unit: Unit, figure: Option<Sample>) -> Goal {
    let met = figure.as_ref().is_some_and(|figure| {
        matches!(figure.median.total_cmp(&limit), Ordering::Less | Ordering::Equal)
    });
    Goal { what: what.to_owned(), limit, unit, figure, met }
}

fn usable<'a>(results: &'a Results, name: &str) -> Option<&'a Measured> {
    results.contenders.iter().find(|it| it.name == name && it.problem.is_none())
}

/// Exact: no zip comes near 2^53 bytes.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "see above")]
pub(crate) fn zip_bytes(measured: &Measured) -> f64 {
    measured.zip_bytes as f64
}
