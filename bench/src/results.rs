//! Everything that was measured, as results.json has it. Only numbers: which of them are good is
//! the report's matter, and how they are measured is `measure`'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sample::Sample;

/// results.json. Times are in milliseconds unless a name says otherwise.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Results {
    /// The machine and the versions.
    pub(crate) machine: BTreeMap<String, String>,
    /// How many processes of each contender were measured.
    pub(crate) rounds: usize,
    pub(crate) contenders: Vec<ContenderResults>,
    /// Microseconds within one process.
    pub(crate) library_us: Measurement<Library>,
    /// Microseconds for one token, by signer.
    pub(crate) signing_us: BTreeMap<String, Measurement<Sample>>,
    pub(crate) allocations: Measurement<Allocations>,
}

/// A measured value, or why there is none. One part that fails does not stop the others.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measurement<T> {
    /// It was not tried.
    #[default]
    NotMeasured,
    /// The value.
    Found(T),
    /// It was tried and failed, with the error.
    Failed(String),
}

/// mysql.json: what was measured against MySQL, in a run that measures nothing else.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct MySqlResults {
    /// The machine and the versions.
    pub(crate) machine: BTreeMap<String, String>,
    /// How many processes of each contender were measured.
    pub(crate) rounds: usize,
    pub(crate) contenders: Vec<ContenderResults>,
}

/// The results of one contender.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct ContenderResults {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Whether it queries the database at all.
    pub(crate) asks: bool,
    /// Why it has no figures, if so.
    pub(crate) problem: Option<String>,
    pub(crate) zip_bytes: u64,
    /// From the start of the process to its first request for an event.
    pub(crate) init: Sample,
    /// The first invocation.
    pub(crate) first: Sample,
    /// A cold start: INIT and first invocation together.
    pub(crate) cold: Sample,
    /// A warm invocation over the session of the one before.
    pub(crate) kept: Sample,
    /// A warm invocation that logs in again.
    pub(crate) fresh: Sample,
    /// Resident memory after the first invocation.
    pub(crate) resident_kib: Sample,
    pub(crate) cpu_init: Sample,
    pub(crate) cpu_first: Sample,
    pub(crate) cpu_kept: Sample,
    pub(crate) cpu_fresh: Sample,
    pub(crate) emulator_cpu_kept: Sample,
    pub(crate) emulator_cpu_fresh: Sample,
    pub(crate) wire: Measurement<NetworkUse>,
    pub(crate) instructions: Measurement<Instructions>,
}

/// What one invocation sends and receives.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct NetworkUse {
    /// The first invocation, from the first SYN to the result.
    pub(crate) cold: Traffic,
    /// An invocation over the session of the one before.
    pub(crate) warm: Traffic,
}

/// Round trips, and bytes of TCP's payload.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Traffic {
    /// TCP's own handshake, and each time that the contender sent something and got an answer.
    pub(crate) round_trips: u32,
    /// From the contender.
    pub(crate) sent: u64,
    /// To the contender.
    pub(crate) received: u64,
}

/// How many instructions each phase takes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Instructions {
    pub(crate) init: u64,
    pub(crate) first: u64,
    pub(crate) warm: u64,
}

/// A warm probe and the same statement on a driver's session, in one process.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Library {
    /// The function's handler, from event to report and log lines, over a kept session.
    pub(crate) handler: Sample,
    /// The probe inside it, from its options to a report that is not serialized yet.
    pub(crate) probe: Sample,
    /// The same statement on a session of `tokio-postgres`, through the emulator.
    pub(crate) raw: Sample,
    /// The same statement on PostgreSQL's Unix socket, without TLS and emulator.
    pub(crate) direct: Sample,
}

/// The memory allocations of one warm probe.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Allocations {
    pub(crate) count: f64,
    pub(crate) bytes: f64,
    pub(crate) sites: Vec<Site>,
}

/// A place in the code that allocates memory.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Site {
    /// The probe's function; empty if none is on the stack.
    pub(crate) asks: String,
    /// The library's function that it calls, if any.
    pub(crate) through: String,
    pub(crate) count: f64,
    pub(crate) bytes: f64,
}

impl<T> Measurement<T> {
    pub(crate) fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            Self::NotMeasured | Self::Failed(_) => None,
        }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Measurement<U> {
        match self {
            Self::Found(value) => Measurement::Found(change(value)),
            Self::NotMeasured => Measurement::NotMeasured,
            Self::Failed(problem) => Measurement::Failed(problem),
        }
    }
}

/// A contender that has figures.
pub(crate) fn usable<'a>(
    contenders: &'a [ContenderResults],
    name: &str,
) -> Option<&'a ContenderResults> {
    contenders.iter().find(|it| it.name == name && it.problem.is_none())
}

impl ContenderResults {
    /// In millions of bytes.
    pub(crate) fn resident_mb(&self) -> Sample {
        Sample::new(self.resident_kib.rounds.iter().map(|kib| kib * 1024.0 / 1e6))
    }

    /// In millions of bytes. The cast is exact: no zip comes near 2^53 bytes.
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "see above")]
    pub(crate) fn zip_mb(&self) -> f64 {
        self.zip_bytes as f64 / 1e6
    }
}

impl Traffic {
    pub(crate) fn bytes(self) -> u64 {
        self.sent + self.received
    }
}
