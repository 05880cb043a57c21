//! Probes until the path works, as long as it still may.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::diagnosis::{Code, Diagnosis, diagnose};
use crate::probe::{Options, Outcome, Prober, Report};

/// The pause after the first probe; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause: a proxy's new targets take minutes, and each probe is a login.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The last probe, and how many it took.
#[derive(Debug)]
pub struct Waited {
    /// The last probe's report.
    pub report: Report,
    /// What that means; `None` when it is healthy.
    pub diagnosis: Option<Diagnosis>,
    /// How many probes there were.
    pub probes: u32,
    /// How long they took, with the pauses.
    pub elapsed: Duration,
}

/// Probes until the database answers, until the failure is permanent, or until there is no time
/// left for another probe.
pub async fn wait(prober: &Prober, clock: &Clock, left: Duration) -> Waited {
    let (started, now) = (Instant::now(), clock.now());
    let (until, ends) = (started + left, now + left);
    let options = Options { fresh: true, explain: false };
    let mut pause = FIRST_PAUSE;
    let mut probes = 0;
    loop {
        probes += 1;
        let report = prober.probe(options, Some(ends)).await;
        let diagnosis = diagnose(&report, Some(prober.config()));
        let again = Instant::now() + pause;
        // A probe with too little time would blame the path for it.
        let has_time = again + prober.config().limits.timeout <= until;
        let failed = matches!(report.outcome(), Outcome::Failed(_));
        if !(failed && has_time && diagnosis.as_ref().is_some_and(may_pass)) {
            return Waited { report, diagnosis, probes, elapsed: started.elapsed() };
        }
        sleep_until(again).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Whether a path that is being set up may start to work without another change: transient failures,
/// and what a stack's own changes take minutes to establish: a name, a policy, a secret, a user, how
/// the proxy or the database authenticates that user.
///
/// A user that is not allowed to connect to the database (`connect_not_permitted`) is not among
/// them: only an Aurora cluster that is resuming causes it temporarily, and that diagnosis is
/// transient.
fn may_pass(diagnosis: &Diagnosis) -> bool {
    diagnosis.transient
        || matches!(
            diagnosis.code,
            Code::AssumeRoleDenied
                | Code::SecretDenied
                | Code::DnsNotFound
                | Code::TcpUnreachable
                | Code::IamRejected
                | Code::PamRejected
                | Code::PasswordRejected
                | Code::AuthMethodUnsupported
                | Code::ProxyHasNoCredentials
                | Code::NoReader
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::diagnosis::{Facts, of_failure};
    use crate::probe::{Failure, StepError};
    use crate::session::{AuthenticateError, ErrorCode, ServerError, WireError};

    const CLUSTER: &str = "app.cluster-abc.eu-west-1.rds.amazonaws.com";
    const PROXY: &str = "app.proxy-abc.eu-west-1.rds.amazonaws.com";

    /// Whether the gate waits after this error at this host's login.
    fn waits(host: &str, sqlstate: &str, message: &str) -> bool {
        let config = Config::from_vars(|name| match name {
            "DB_HOST" => Some(host.to_owned()),
            "DB_USER" => Some("app".to_owned()),
            _ => None,
        })
        .unwrap();
        let code = ErrorCode::postgresql(sqlstate);
        let server = ServerError { code, message: message.to_owned() };
        let refused = AuthenticateError::Wire(WireError::Refused(server));
        let failure = Failure::Authenticate(StepError::Failed(refused));
        may_pass(&of_failure(&failure, &Facts { config: Some(&config), ..Facts::default() }))
    }

    #[test]
    fn a_cluster_that_is_resuming_is_waited_for_and_a_user_that_may_not_connect_is_not() {
        let no_entry = "no pg_hba.conf entry for host \"10.0.0.1\", user \"app\", database \
                        \"app\", SSL encryption";
        assert!(waits(CLUSTER, "28000", no_entry));
        let denied = "permission denied for database \"app\"";
        assert!(!waits(CLUSTER, "42501", denied));
        assert!(!waits(PROXY, "42501", denied));
    }

    #[test]
    fn what_a_stack_is_still_setting_up_is_waited_for() {
        assert!(waits(CLUSTER, "28000", "PAM authentication failed for user \"app\""));
        assert!(waits(PROXY, "28000", "This RDS proxy has no credentials for the role app."));
        let scheme = "Configure IAM authentication as the DefaultAuthScheme in your proxy and try \
                      again.";
        assert!(waits(PROXY, "28000", scheme));
        assert!(waits(PROXY, "XX000", "Unknown error."));
        assert!(!waits(PROXY, "3D000", "database \"nowhere\" does not exist"));
    }
}
