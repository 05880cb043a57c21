//! What was going on when, what each probe said, and whether that was true.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

use serde_json::Value;
use tokio::sync::watch;

use super::disruption::{Disruption, Phase};

/// Everything that happened, in its order.
#[derive(Debug)]
pub(super) struct Journal(watch::Sender<Record>);

#[derive(Debug)]
struct Record {
    phases: Vec<Phase>,
    probes: Vec<Probe>,
    has_ended: bool,
}

/// A probe, and the phases during which it ran. They may be one more than really were at either
/// end, never one less.
#[derive(Debug)]
struct Probe {
    phases: RangeInclusive<usize>,
    /// `healthy`, `degraded`, or the diagnosis code.
    said: String,
    reused: bool,
    retry: Option<String>,
    elapsed_ms: f64,
}

/// When a probe ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ran {
    Apart,
    AtStart,
    During,
    AtEnd,
    FirstAfter,
}

/// The probes of one row of the table.
#[derive(Default)]
struct Row<'a> {
    said: BTreeMap<&'a str, usize>,
    probes: usize,
    retried: usize,
    slowest_ms: f64,
}

impl Journal {
    pub(super) fn new() -> Self {
        let phases = vec![Phase::Quiet];
        Self(watch::Sender::new(Record { phases, probes: Vec::new(), has_ended: false }))
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.0.send_modify(|record| record.phases.push(phase));
    }

    pub(super) fn end(&self) {
        self.0.send_modify(|record| record.has_ended = true);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.0.borrow().has_ended
    }

    /// The number of the present phase.
    pub(super) fn now(&self) -> usize {
        self.0.borrow().phases.len() - 1
    }

    /// Notes what a probe said that began in that phase and has just ended.
    pub(super) fn note(&self, begun: usize, report: &Value) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let said = text(&report["diagnosis"]["code"]).or_else(|| text(&report["status"])).unwrap();
        let retry = text(&report["retry"]["code"]);
        let elapsed_ms = report["elapsed_ms"].as_f64().unwrap();
        let reused = report["session"]["reused"] == true;
        let phases = begun..=self.now();
        let probe = Probe { phases, said, reused, retry, elapsed_ms };
        self.0.send_modify(|record| record.probes.push(probe));
    }

    /// Waits until so many probes have begun and ended in the present phase.
    pub(super) async fn probed(&self, count: usize) {
        let phase = self.now();
        let within = |probe: &&Probe| probe.phases == (phase..=phase);
        let enough = |record: &Record| record.probes.iter().rev().filter(within).count() >= count;
        self.0.subscribe().wait_for(enough).await.unwrap();
    }

    /// What no probe may have said.
    pub(super) fn untrue(&self) -> Vec<String> {
        let record = self.0.borrow();
        let wrong = record.probes.iter().filter(|probe| !record.is_true(probe));
        wrong.map(|probe| format!("{probe:?} {:?}", record.phases_of(probe))).collect()
    }

    /// What was injected, and what was said.
    pub(super) fn table(&self) -> String {
        let record = self.0.borrow();
        let mut rows = BTreeMap::<_, Row<'_>>::new();
        let mut before = 0;
        for probe in &record.probes {
            rows.entry(record.key_of(probe, before)).or_default().add(probe);
            before = *probe.phases.start();
        }
        let mut table = "| fault | times | the probe ran | probes | results | after a retry \
                         | slowest, ms |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
        for ((injected, ran), Row { said, probes, retried, slowest_ms }) in rows {
            let said: Vec<_> = said.iter().map(|(code, count)| format!("{code} {count}")).collect();
            let said = said.join(", ");
            let name = injected.map_or("nothing", Disruption::text);
            let phase = injected.map_or(Phase::Quiet, Phase::Injected);
            let times = record.phases.iter().filter(|it| **it == phase).count();
            writeln!(
                table,
                "| {name} | {times} | {ran} | {probes} | {said} | {retried} | {slowest_ms:.0} |"
            )
            .unwrap();
        }
        table
    }
}

impl Record {
    fn phases_of(&self, probe: &Probe) -> &[Phase] {
        &self.phases[probe.phases.clone()]
    }

    fn is_true(&self, probe: &Probe) -> bool {
        let phases = self.phases_of(probe);
        let is_explained = |phase: &Phase| phase.explains(&probe.said);
        let said_so = if probe.said == "healthy" {
            // One that saw the edge of a disruption may have passed before it or after it.
            phases.len() > 1 || phases[0].lets_through(probe.reused)
        } else {
            phases.iter().any(is_explained)
        };
        let retried_so = probe.retry.as_ref().is_none_or(|code| {
            let before = self.phases[..=*probe.phases.end()].iter().rev();
            let last = before.copied().find_map(Phase::disruption);
            last.is_some_and(|it| it.ends_a_session_by().contains(&code.as_str()))
        });
        said_so && retried_so
    }

    /// The row to which a probe belongs. `before` is the first phase of the probe before it.
    fn key_of(&self, probe: &Probe, before: usize) -> (Option<Disruption>, Ran) {
        let phases = self.phases_of(probe);
        let is_edge = |phase: &&Phase| matches!(phase, Phase::Injecting(_) | Phase::Clearing(_));
        match phases.iter().find(is_edge).unwrap_or(&phases[0]) {
            Phase::Injecting(it) => (Some(*it), Ran::AtStart),
            Phase::Injected(it) => (Some(*it), Ran::During),
            Phase::Clearing(it) => (Some(*it), Ran::AtEnd),
            Phase::Quiet => match self.phases[before].disruption() {
                Some(it) => (Some(it), Ran::FirstAfter),
                None => (None, Ran::Apart),
            },
        }
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apart => "",
            Self::AtStart => "at its start",
            Self::During => "during it",
            Self::AtEnd => "at its end",
            Self::FirstAfter => "first after it",
        })
    }
}

impl<'a> Row<'a> {
    fn add(&mut self, probe: &'a Probe) {
        *self.said.entry(&probe.said).or_default() += 1;
        self.probes += 1;
        self.retried += usize::from(probe.retry.is_some());
        self.slowest_ms = self.slowest_ms.max(probe.elapsed_ms);
    }
}
