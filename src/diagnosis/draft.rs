//! An unfinished diagnosis: a code's causes in their usual order, moved by what was observed.

use super::cause::Advice;
use super::{Code, Diagnosis, Facts};
use crate::config::Engine;
use crate::probe::Step;
use crate::session::ServerError;

/// An unfinished diagnosis.
#[derive(Debug)]
pub(super) struct Draft {
    code: Code,
    summary: String,
    causes: Vec<Candidate>,
    server: Option<ServerError>,
    transient: bool,
    ruled_out: Vec<String>,
}

/// A possible cause.
#[derive(Debug)]
struct Candidate {
    advice: &'static Advice,
    evidence: Option<String>,
    /// Whether the evidence points to it, instead of only being related.
    is_observed: bool,
}

impl Candidate {
    fn new(advice: &'static Advice) -> Self {
        Self { advice, evidence: None, is_observed: false }
    }

    fn is(&self, advice: &'static Advice) -> bool {
        std::ptr::eq(self.advice, advice)
    }
}

impl Draft {
    /// Starts with every cause that the code can have, in their usual order.
    pub(super) fn new(code: Code, summary: impl Into<String>) -> Self {
        let causes = code.entry().causes.iter().map(|advice| Candidate::new(advice)).collect();
        Self {
            code,
            summary: summary.into(),
            causes,
            server: None,
            transient: code.entry().transient,
            ruled_out: vec![],
        }
    }

    /// Replaces the causes by those that are possible in this situation, in this order.
    pub(super) fn only(mut self, causes: Vec<&'static Advice>) -> Self {
        self.causes = causes.into_iter().map(Candidate::new).collect();
        self
    }

    /// A further cause that is possible in this situation, behind all others.
    pub(super) fn also(mut self, advice: &'static Advice) -> Self {
        if !self.causes.iter().any(|cause| cause.is(advice)) {
            self.causes.push(Candidate::new(advice));
        }
        self
    }

    /// A further sentence of the summary.
    pub(super) fn adding(mut self, sentence: &str) -> Self {
        self.summary.push(' ');
        self.summary.push_str(sentence);
        self
    }

    /// Whether trying again soon can help, if facts contradict the code's default.
    pub(super) fn transient(mut self, transient: bool) -> Self {
        self.transient = transient;
        self
    }

    /// Adds the server's error to the report.
    pub(super) fn with_server_error(mut self, server: &ServerError) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Evidence points to a cause: it goes before those without evidence.
    pub(super) fn observed(mut self, advice: &'static Advice, evidence: impl Into<String>) -> Self {
        self = self.ruled_out(advice);
        let behind = self.causes.iter().take_while(|cause| cause.is_observed).count();
        let evidence = Some(evidence.into());
        self.causes.insert(behind, Candidate { advice, evidence, is_observed: true });
        self
    }

    /// Evidence proves a cause: it goes before all others.
    pub(super) fn decided(mut self, advice: &'static Advice, evidence: impl Into<String>) -> Self {
        self = self.ruled_out(advice);
        let evidence = Some(evidence.into());
        self.causes.insert(0, Candidate { advice, evidence, is_observed: true });
        self
    }

    /// A fact is related to a cause, but no evidence: the rank stays.
    pub(super) fn noted(mut self, advice: &'static Advice, note: impl Into<String>) -> Self {
        if let Some(cause) = self.causes.iter_mut().find(|cause| cause.is(advice)) {
            cause.evidence = Some(note.into());
        }
        self
    }

    /// Something observed excludes a cause: it is dropped.
    pub(super) fn ruled_out(mut self, advice: &'static Advice) -> Self {
        self.causes.retain(|cause| !cause.is(advice));
        self
    }

    /// The control plane excludes a cause: it is dropped, and the report says so.
    pub(super) fn refuted(mut self, advice: &'static Advice, fact: impl Into<String>) -> Self {
        let before = self.causes.len();
        // A diagnosis keeps its last cause, however unlikely.
        if before > 1 {
            self = self.ruled_out(advice);
        }
        if self.causes.len() < before {
            self.ruled_out.push(fact.into());
        }
        self
    }

    pub(super) fn code(&self) -> Code {
        self.code
    }

    pub(super) fn finish(self, step: Step, facts: &Facts<'_>) -> Diagnosis {
        let Self { code, summary, causes, server, transient, ruled_out } = self;
        let said = |text: &str| facts.site.settings(text).into_owned();
        let ruled_out = (!ruled_out.is_empty()).then(|| said(&ruled_out.join(" ")));
        let summary = said(&summary);
        let engine = facts.known_engine().or_else(|| server.as_ref().map(|it| it.code.engine()));
        let facts = &Facts { engine, ..*facts };
        let causes = only(causes, |advice| is_of(engine, advice.engine));
        let causes = only(causes, |advice| facts.site.may_have(advice));
        let fill = |cause: Candidate| {
            let evidence = cause.evidence.map(|evidence| said(&evidence));
            cause.advice.fill(facts, evidence)
        };
        let causes = causes.into_iter().map(fill).collect();
        Diagnosis { code, step, summary, causes, ruled_out, server, transient }
    }
}

/// The causes that are possible. A diagnosis keeps its last cause.
fn only(mut causes: Vec<Candidate>, is_possible: impl Fn(&Advice) -> bool) -> Vec<Candidate> {
    if causes.iter().any(|cause| is_possible(cause.advice)) {
        causes.retain(|cause| is_possible(cause.advice));
    }
    causes
}

fn is_of(tested: Option<Engine>, causes: Option<Engine>) -> bool {
    tested.is_none() || causes.is_none() || tested == causes
}
