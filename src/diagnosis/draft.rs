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
    causes: Vec<(&'static Advice, Option<String>)>,
    server: Option<ServerError>,
    transient: bool,
    ruled_out: Vec<String>,
}

impl Draft {
    /// Begins with every cause that the code can have, in their usual order.
    pub(super) fn new(code: Code, summary: impl Into<String>) -> Self {
        let causes = code.entry().causes.iter().map(|advice| (*advice, None)).collect();
        Self {
            code,
            summary: summary.into(),
            causes,
            server: None,
            transient: code.entry().transient,
            ruled_out: vec![],
        }
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
        self.causes.retain(|(other, _)| !std::ptr::eq(*other, advice));
        let behind = self.causes.iter().take_while(|(_, evidence)| evidence.is_some()).count();
        self.causes.insert(behind, (advice, Some(evidence.into())));
        self
    }

    /// Something observed belongs to a cause, without speaking for it: its rank stays.
    pub(super) fn noted(mut self, advice: &'static Advice, note: impl Into<String>) -> Self {
        let note = note.into();
        if let Some((_, evidence)) =
            self.causes.iter_mut().find(|(other, _)| std::ptr::eq(*other, advice))
        {
            *evidence = Some(note);
        }
        self
    }

    /// Something observed speaks against a cause: it is dropped.
    pub(super) fn ruled_out(mut self, advice: &'static Advice) -> Self {
        self.causes.retain(|(other, _)| !std::ptr::eq(*other, advice));
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
        let causes = causes.into_iter().map(|(advice, seen)| advice.fill(facts, seen)).collect();
        Diagnosis { code, step, summary, causes, ruled_out, server, transient }
    }
}
