//! Everything that was measured, as results.json has it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::goals::Goal;
use crate::instructions::Instructions;
use crate::life::{Life, OnTheWire};
use crate::sample::Sample;
use crate::{Failed, say};

/// results.json. Times are in milliseconds but where a name says otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) machine: BTreeMap<String, String>,
    pub(crate) rounds: usize,
    pub(crate) goals: Vec<Goal>,
    pub(crate) contenders: Vec<Measured>,
    /// Microseconds within one process.
    pub(crate) library_us: Finding<Library>,
    /// Microseconds for one token, by signer.
    pub(crate) signing_us: BTreeMap<String, Finding<Sample>>,
    pub(crate) allocations: Finding<Allocations>,
}

/// What was found, or why nothing was: no single part ends the run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finding<T> {
    /// Nobody looked.
    #[default]
    NotMeasured,
    /// This.
    Found(T),
    /// Why it could not be had.
    Failed(String),
}

impl<T> Finding<T> {
    pub(crate) fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            Self::NotMeasured | Self::Failed(_) => None,
        }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Finding<U> {
        match self {
            Self::Found(value) => Finding::Found(change(value)),
            Self::NotMeasured => Finding::NotMeasured,
            Self::Failed(problem) => Finding::Failed(problem),
        }
    }
}

impl<T> From<Result<T, Failed>> for Finding<T> {
    fn from(result: Result<T, Failed>) -> Self {
        match result {
            Ok(value) => Self::Found(value),
            Err(error) => {
                say(&format!("failed: {error}"));
                Self::Failed(error.to_string())
            }
        }
    }
}

/// A contender's row.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) asks: bool,
    /// Why its figures cannot be used, if so.
    pub(crate) problem: Option<String>,
    pub(crate) zip_bytes: u64,
    pub(crate) init: Sample,
    pub(crate) first: Sample,
    /// INIT and first invocation together: from the spawn to the verdict.
    pub(crate) cold: Sample,
    pub(crate) kept: Sample,
    pub(crate) fresh: Sample,
    pub(crate) resident_kib: Sample,
    pub(crate) cpu_init: Sample,
    pub(crate) cpu_first: Sample,
    pub(crate) cpu_kept: Sample,
    pub(crate) cpu_fresh: Sample,
    pub(crate) emulator_cpu_kept: Sample,
    pub(crate) emulator_cpu_fresh: Sample,
    pub(crate) wire: Finding<OnTheWire>,
    pub(crate) instructions: Finding<Instructions>,
}

impl Measured {
    /// Takes the lives together, one a round.
    pub(crate) fn take(&mut self, lives: &[Life]) {
        let of = |field: fn(&Life) -> f64| Sample::new(lives.iter().map(field));
        self.init = of(|life| life.init);
        self.first = of(|life| life.first);
        self.cold = of(|life| life.init + life.first);
        self.kept = of(|life| life.kept);
        self.fresh = of(|life| life.fresh);
        self.resident_kib = of(|life| life.resident_kib);
        self.cpu_init = of(|life| life.cpu_init);
        self.cpu_first = of(|life| life.cpu_first);
        self.cpu_kept = of(|life| life.cpu_kept);
        self.cpu_fresh = of(|life| life.cpu_fresh);
        self.emulator_cpu_kept = of(|life| life.emulator_cpu_kept);
        self.emulator_cpu_fresh = of(|life| life.emulator_cpu_fresh);
    }
}

/// What `library` prints: microseconds, one value a batch, taken in turn.
#[derive(Debug, Deserialize)]
pub(crate) struct LibraryBatches {
    pub(crate) handler: Vec<f64>,
    pub(crate) probe: Vec<f64>,
    pub(crate) raw: Vec<f64>,
    pub(crate) direct: Vec<f64>,
    pub(crate) sign: Vec<f64>,
    pub(crate) sdk_sign: Vec<f64>,
}

/// A warm probe beside the same statement on a driver's session, in one process.
#[derive(Debug, Serialize)]
pub(crate) struct Library {
    /// The function's handler, from event to report and log lines, over a kept session.
    pub(crate) handler: Sample,
    /// The probe in it, from options to a report that is not written yet.
    pub(crate) probe: Sample,
    /// The same statement on a session of `tokio-postgres`, through the emulator.
    pub(crate) raw: Sample,
    /// The same statement on PostgreSQL's own socket, without TLS and emulator.
    pub(crate) direct: Sample,
}

/// What `allocations` prints, for one warm probe.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Allocations {
    pub(crate) count: f64,
    pub(crate) bytes: f64,
    pub(crate) sites: Vec<Site>,
}

/// A place that asks for memory.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Site {
    /// The function of the probe's own that asks; empty where none is on the stack.
    pub(crate) asks: String,
    /// The library's function that it asks through, if any.
    pub(crate) through: String,
    pub(crate) count: f64,
    pub(crate) bytes: f64,
}
