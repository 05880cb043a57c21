//! A diagnosis in the making: a code's causes in their usual order, moved by what was observed.

use super::cause::Advice;
use super::{Code, Diagnosis, Facts};
use crate::probe::Step;
use crate::session::ServerError;

/// A diagnosis in the making.
#[derive(Debug)]
pub(super) struct Draft {
    code: Code,
    summary: String,
    causes: Vec<Candidate>,
    server: Option<ServerError>,
    transient: bool,
    ruled_out: Vec<String>,
}

/// A cause that may be named.
#[derive(Debug)]
struct Candidate {
    advice: &'static Advice,
    evidence: Option<String>,
    /// Whether the evidence speaks for it, instead of merely belonging to it.
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
    /// Begins with every cause that the code can have, in their usual order.
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

    /// Of the causes that the code can have, those of the situation at hand, in this order.
    pub(super) fn only(mut self, causes: Vec<&'static Advice>) -> Self {
        self.causes = causes.into_iter().map(Candidate::new).collect();
        self
    }

    /// A further sentence of the summary.
    pub(super) fn adding(mut self, sentence: &str) -> Self {
        self.summary.push(' ');
        self.summary.push_str(sentence);
        self
    }

    /// Whether trying again soon can help, where facts say otherwise than the code.
    pub(super) fn transient(mut self, transient: bool) -> Self {
        self.transient = transient;
        self
    }

    /// What the server said goes into the report.
    pub(super) fn with_server_error(mut self, server: &ServerError) -> Self {
        self.server = Some(server.clone());
        self
    }

    /// Something observed speaks for a cause: it goes before those for which nothing does.
    pub(super) fn observed(mut self, advice: &'static Advice, evidence: impl Into<String>) -> Self {
        self = self.ruled_out(advice);
        let behind = self.causes.iter().take_while(|cause| cause.is_observed).count();
        let evidence = Some(evidence.into());
        self.causes.insert(behind, Candidate { advice, evidence, is_observed: true });
        self
    }

    /// Something observed decides: the cause goes before all others.
    pub(super) fn decided(mut self, advice: &'static Advice, evidence: impl Into<String>) -> Self {
        self = self.ruled_out(advice);
        let evidence = Some(evidence.into());
        self.causes.insert(0, Candidate { advice, evidence, is_observed: true });
        self
    }

    /// Something observed belongs to a cause, without speaking for it: its rank stays.
    pub(super) fn noted(mut self, advice: &'static Advice, note: impl Into<String>) -> Self {
        if let Some(cause) = self.causes.iter_mut().find(|cause| cause.is(advice)) {
            cause.evidence = Some(note.into());
        }
        self
    }

    /// Something observed speaks against a cause: it is dropped.
    pub(super) fn ruled_out(mut self, advice: &'static Advice) -> Self {
        self.causes.retain(|cause| !cause.is(advice));
        self
    }

    /// The control plane speaks against a cause: it is dropped, and that is said.
    pub(super) fn refuted(mut self, advice: &'static Advice, fact: impl Into<String>) -> Self {
        let before = self.causes.len();
        // A diagnosis keeps its last cause, however unlikely it has become.
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
        let ruled_out = (!ruled_out.is_empty()).then(|| ruled_out.join(" "));
        let fill = |cause: Candidate| cause.advice.fill(facts, cause.evidence);
        let causes = causes.into_iter().map(fill).collect();
        Diagnosis { code, step, summary, causes, ruled_out, server, transient }
    }
}
