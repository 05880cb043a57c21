//! From what was observed to a code, a summary, ranked causes and remedies. Pure: no clock, no
//! network, no environment.
//!
//! A summary says what was observed. Causes are guesses, ranked, with evidence. Each step's rules are
//! in their own file, beside the sentences that they use.

mod cause;
mod code;
mod draft;
mod evidence;
mod facts;
#[cfg(test)]
mod mysql_property;
mod overview;
mod page;
#[cfg(test)]
mod pasting;
mod place;
mod placeholder;
#[cfg(test)]
mod property;
mod quoted;
mod rules;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sentences;
mod server;
mod site;

pub use cause::{Advice, Cause, Command};
pub use code::Code;
pub use facts::Facts;
pub use page::{troubleshooting_entry, troubleshooting_page};
pub use placeholder::{Context, Placeholder};
pub use quoted::of_server_error;
pub use rules::authenticate::driver;
pub use site::Site;

use crate::config::Config;
use crate::probe::{Attempt, Degradation, Failure, Outcome, Report, Step, StepError};
use crate::session::ServerError;
use crate::token::{CredentialsError, Profile, Provider};

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its code.
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

/// A code's meaning and causes; TROUBLESHOOTING.md is made of these.
#[derive(Debug)]
pub struct Entry {
    /// What it means, in a sentence or two.
    pub meaning: &'static str,
    /// Messages that users see with it, from drivers and servers.
    pub seen: &'static [&'static str],
    /// The causes it can have, in their usual order.
    pub causes: &'static [&'static Advice],
    /// Whether trying again soon can help, as a rule. Facts may decide otherwise.
    pub transient: bool,
}

/// The diagnosis of the function's report; `None` when it is healthy.
pub fn diagnose(report: &Report, config: Option<&Config>) -> Option<Diagnosis> {
    diagnose_at(Site::Function, report, config)
}

/// The diagnosis of a report from there; `None` when it is healthy.
pub fn diagnose_at(site: Site, report: &Report, config: Option<&Config>) -> Option<Diagnosis> {
    let facts = Facts {
        site,
        config,
        engine: None,
        tls: report.attempt.tls.as_deref(),
        login: report.attempt.login.as_ref(),
        asked: report.attempt.asked.as_ref(),
        route: report.database().and_then(|database| database.route),
        control_plane: report.control_plane.as_ref(),
        aws_is_silent: report.attempt.aws_is_silent,
        profile: None,
        budget: report.budget,
        last_step: report.attempt.steps.last().map(|step| step.elapsed),
        server_clock: report.server_clock,
    };
    match report.outcome() {
        Outcome::Healthy => None,
        Outcome::Degraded(degradation) => Some(of_degradation(degradation, &facts)),
        Outcome::Failed(failure) => Some(of_failure(failure, &facts)),
    }
}

/// Only the code of a failed attempt.
pub fn code_of(failure: &Failure, attempt: &Attempt, config: Option<&Config>) -> Code {
    let facts = Facts { config, asked: attempt.asked.as_ref(), ..Facts::default() };
    of_failure(failure, &facts).code
}

/// The diagnosis of a failure.
pub fn of_failure(failure: &Failure, facts: &Facts<'_>) -> Diagnosis {
    use StepError::{Failed, TimedOut};
    let facts = &Facts { profile: profile_of(failure), ..*facts };
    let draft = match failure {
        Failure::Config(failure) => rules::config::rule(failure),
        Failure::Credentials(Failed(error)) => rules::credentials::rule(error, facts),
        Failure::Credentials(TimedOut { after }) => rules::credentials::timed_out(*after, facts),
        Failure::Secret(Failed(error)) => rules::secret::rule(error, facts),
        Failure::Secret(TimedOut { after }) => rules::secret::timed_out(*after, facts),
        Failure::Sign(error) => rules::credentials::rule_sign(error),
        Failure::Resolve(Failed(error)) => rules::resolve::rule(error, facts),
        Failure::Resolve(TimedOut { after }) => rules::resolve::timed_out(*after, facts),
        Failure::Connect(error) => rules::connect::rule(error, facts),
        Failure::Tls(Failed(error)) => rules::tls::rule(error, facts),
        Failure::Tls(TimedOut { after }) => rules::tls::timed_out(*after, facts),
        Failure::Authenticate(Failed(error)) => rules::authenticate::rule(error, facts),
        Failure::Authenticate(TimedOut { after }) => rules::authenticate::timed_out(*after, facts),
        Failure::Query(Failed(error)) => rules::query::rule(error, facts),
        Failure::Query(TimedOut { after }) => rules::query::timed_out(*after, facts),
    };
    let draft = evidence::weigh(draft, failure.step(), facts);
    let draft = if failure.is_timeout() { evidence::weigh_budget(draft, facts) } else { draft };
    draft.finish(failure.step(), facts)
}

/// The profile without keys.
fn profile_of(failure: &Failure) -> Option<&Profile> {
    let Failure::Credentials(StepError::Failed(error)) = failure else { return None };
    match error {
        CredentialsError::Missing { profile, .. }
        | CredentialsError::SsoSession { profile, .. }
        | CredentialsError::Silent { provider: Provider::Profile(profile), .. }
        | CredentialsError::Malformed { provider: Some(Provider::Profile(profile)), .. } => {
            Some(profile)
        }
        CredentialsError::Provider(failure) => match &failure.provider {
            Provider::Profile(profile) => Some(profile),
            Provider::Environment | Provider::WebIdentity | Provider::Container => None,
        },
        CredentialsError::Silent { .. }
        | CredentialsError::Malformed { .. }
        | CredentialsError::Expired { .. }
        | CredentialsError::RejectedAsExpired(_)
        | CredentialsError::RoleDenied(_)
        | CredentialsError::RoleFailed(_) => None,
    }
}

/// The diagnosis of a database that answers, but not as expected.
pub fn of_degradation(degradation: &Degradation, facts: &Facts<'_>) -> Diagnosis {
    rules::query::rule_degradation(degradation, facts).finish(degradation.step(), facts)
}
