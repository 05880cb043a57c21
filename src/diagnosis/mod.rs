//! From what was observed to a code, a summary, ranked causes and remedies. Pure: no clock, no
//! network, no environment.
//!
//! A summary says what was observed. What is a guess is a cause, ranked, with what speaks for it
//! as evidence. Each step's rules stand in a file of their own, beside the sentences they use.

mod cause;
mod code;
mod draft;
mod evidence;
mod page;
#[cfg(test)]
mod property;
mod rules;
mod server;

pub use cause::{Advice, Cause, PLACEHOLDERS};
pub use code::Code;
pub use page::troubleshooting_page;

use crate::clock::Offset;
use crate::config::{AuthMethod, Config, DbUser};
use crate::explain::ControlPlane;
use crate::probe::{Degradation, Failure, LoginFacts, Outcome, Report, Step};
use crate::session::ServerError;
use crate::tls::TlsFacts;

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The word for it.
    pub code: Code,
    /// The step at which it happened.
    pub step: Step,
    /// One sentence, with the facts.
    pub summary: String,
    /// Possible causes, most likely first; never empty.
    pub causes: Vec<Cause>,
    /// What the control plane ruled out, in one line.
    pub ruled_out: Option<String>,
    /// What the server said.
    pub server: Option<ServerError>,
    /// Whether trying again soon can help.
    pub transient: bool,
}

/// What is known of a code beforehand; TROUBLESHOOTING.md is made of these.
#[derive(Debug)]
pub struct Entry {
    /// What it means, in a sentence or two.
    pub meaning: &'static str,
    /// Literal texts that go with it, as a driver or a server prints them.
    pub seen: &'static [&'static str],
    /// The causes it can have, in their usual order.
    pub causes: &'static [&'static Advice],
}

/// What the rules may look at besides the failure itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The configuration, if there is one.
    pub config: Option<&'a Config>,
    /// What the handshake showed.
    pub tls: Option<&'a TlsFacts>,
    /// Who signed in, or was about to.
    pub login: Option<&'a LoginFacts>,
    /// What the control plane said, if it was asked.
    pub control_plane: Option<&'a ControlPlane>,
    /// How far the server's clock was from this machine's when it last answered.
    pub server_clock: Option<Offset>,
}

impl Facts<'_> {
    fn user(&self) -> Option<&DbUser> {
        match (self.login, &self.config?.auth) {
            (Some(login), _) => Some(&login.user),
            (None, AuthMethod::Iam { user }) => Some(user),
            (None, AuthMethod::Secret { .. }) => None,
        }
    }

    fn value(&self, placeholder: &str) -> Option<String> {
        let config = self.config?;
        Some(match placeholder {
            "{host}" => config.endpoint.host.to_string(),
            "{port}" => config.endpoint.port.to_string(),
            "{socket}" => config.socket.to_string(),
            "{socket_name}" => rules::socket_name(config),
            "{region}" => config.endpoint.region.to_string(),
            "{secret_region}" => match &config.auth {
                AuthMethod::Secret { secret } => secret.region().to_string(),
                AuthMethod::Iam { .. } => return None,
            },
            "{secret}" => match &config.auth {
                AuthMethod::Secret { secret } => secret.to_string(),
                AuthMethod::Iam { .. } => return None,
            },
            "{account}" => self.control_plane?.proxy()?.account()?.to_owned(),
            "{proxy_id}" => self.control_plane?.proxy()?.id()?.to_owned(),
            "{proxy}" => self.control_plane?.proxy()?.name.clone(),
            "{role}" => config.keys.role.as_ref()?.arn.to_string(),
            "{partition}" => config.endpoint.region.partition().to_owned(),
            "{user}" => self.user()?.to_string(),
            "{database}" => config.database.to_string(),
            _ => return None,
        })
    }
}

/// The diagnosis of a report; `None` when it is healthy.
pub fn diagnose(report: &Report, config: Option<&Config>) -> Option<Diagnosis> {
    let facts = Facts {
        config,
        tls: report.tls.as_deref(),
        login: report.login.as_ref(),
        control_plane: report.control_plane.as_ref(),
        server_clock: report.server_clock,
    };
    match &report.outcome {
        Outcome::Healthy => None,
        Outcome::Degraded(degradation) => Some(of_degradation(degradation, &facts)),
        Outcome::Failed(failure) => Some(of_failure(failure, &facts)),
    }
}

/// The code alone of a failure.
pub fn code_of(failure: &Failure) -> Code {
    of_failure(failure, &Facts::default()).code
}

/// The diagnosis of a failure.
pub fn of_failure(failure: &Failure, facts: &Facts<'_>) -> Diagnosis {
    let draft = match failure {
        Failure::Config(failure) => rules::config::rule(failure),
        Failure::Credentials(error) => rules::credentials::rule(error, facts),
        Failure::Sign(error) => rules::credentials::rule_sign(error),
        Failure::Resolve(error) => rules::resolve::rule(error, facts),
        Failure::Connect(error) => rules::connect::rule(error, facts),
        Failure::Tls(error) => rules::tls::rule(error, facts),
        Failure::Authenticate(error) => rules::authenticate::rule(error, facts),
        Failure::Query(error) => rules::query::rule(error, facts),
    };
    evidence::weigh(draft, facts).finish(failure.step(), facts)
}

/// The diagnosis of a database that answers, but not as expected; its step is the query, where
/// that showed.
pub fn of_degradation(degradation: &Degradation, facts: &Facts<'_>) -> Diagnosis {
    rules::query::rule_degradation(degradation, facts).finish(Step::Query, facts)
}
