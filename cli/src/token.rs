//! `token`: a token to log in with, and nothing else, for `PGPASSWORD="$(rds-proxy-probe token)"`.

use rds_proxy_probe::config::{AuthMethod, Config};
use rds_proxy_probe::connector::Contact;
use rds_proxy_probe::diagnosis::{Facts, of_failure};
use rds_proxy_probe::probe::{Failure, StepError};
use rds_proxy_probe::token::{AuthToken, KeyRing, sign_token};
use tokio::time::{Instant, timeout};

use crate::options::Connection;
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::targets::{configuration, sentences};
use crate::terminal::{Output, Style};
use crate::text::diagnosis;

/// Prints a token, or says why there is none.
pub async fn token(
    connection: &Connection,
    surroundings: &Surroundings,
    output: &Output,
) -> (Status, Vec<String>) {
    let config = match configuration(connection, surroundings) {
        Ok(config) => config,
        Err(problems) => {
            return (Status::Misused, sentences(&problems, connection, surroundings));
        }
    };
    match Box::pin(signed(&config, surroundings)).await {
        Ok(token) => {
            output.write(&format!("{}\n", token.reveal()));
            (Status::Healthy, vec![])
        }
        Err(Refusal::NoIam) => {
            let problem = "a token is for IAM, and --auth (or DB_AUTH) is \"secret\"";
            (Status::Misused, vec![problem.to_owned()])
        }
        Err(Refusal::Failed(failure)) => {
            let site = surroundings.site();
            let facts = Facts { site, config: Some(&config), ..Facts::default() };
            (Status::Unhealthy, vec![words(&failure, &facts, &output.style)])
        }
    }
}

/// Why there is no token.
enum Refusal {
    /// The configured login has none.
    NoIam,
    /// This failed.
    Failed(Box<Failure>),
}

/// Signs as a probe does, with the same keys and the same time.
async fn signed(config: &Config, surroundings: &Surroundings) -> Result<AuthToken, Refusal> {
    let user = match &config.auth {
        AuthMethod::Iam { user } => user,
        AuthMethod::Secret { .. } => return Err(Refusal::NoIam),
    };
    let failed = |failure| Refusal::Failed(Box::new(failure));
    let (begun, contact, key_ring) = (Instant::now(), Contact::default(), KeyRing::default());
    let clock = &surroundings.clock;
    let keys = key_ring.keys(&config.keys, &config.endpoint.region, clock, &contact);
    let keys = match timeout(config.limits.timeout, keys).await {
        Ok(Ok(keys)) => keys,
        Ok(Err(error)) => return Err(failed(Failure::Credentials(StepError::Failed(error)))),
        Err(_elapsed) => {
            let after = begun.elapsed();
            return Err(failed(Failure::Credentials(StepError::TimedOut { after })));
        }
    };
    let signed = sign_token(&config.endpoint, user, &keys, clock.now());
    signed.map_err(|error| failed(Failure::Sign(error)))
}

fn words(failure: &Failure, facts: &Facts<'_>, style: &Style) -> String {
    let found = of_failure(failure, facts);
    let text = diagnosis(&found, style, style.height);
    format!("{}\n{}", found.code.as_str(), text.trim_end())
}
