//! `inspect`: what AWS's configuration would keep a function from logging in by. It connects to no
//! database and writes nothing.
//!
//! The modules; each imports only from its left:
//!
//! `account` → `policy` → `network` → `finding` → `shell` → `rules` → `aws` → `read` → `inspected` → `page` → `json`

pub mod account;
pub mod aws;
pub mod finding;
mod inspected;
mod json;
pub mod network;
mod page;
pub mod policy;
pub mod read;
pub mod rules;
mod shell;

use std::sync::Arc;
use std::time::Duration;

use rds_proxy_probe::config::{Config, Region};
use rds_proxy_probe::connector::Contact;
use rds_proxy_probe::diagnosis::{Facts, of_failure};
use rds_proxy_probe::probe::{Failure, StepError};
use rds_proxy_probe::token::KeyRing;
use tokio::time::{Instant, timeout_at};

use crate::options::{Inspect, LineForm};
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::terminal::{Interrupt, Output};
use aws::{Client, Endpoints};
use read::Subject;

pub use inspected::Inspected;
pub use json::json;
pub use page::page;

/// How long everything may take.
const LIMIT: Duration = Duration::from_mins(1);

/// Reads the configuration, and says what is wrong with it, until Ctrl-C at the latest.
pub async fn inspect(
    options: &Inspect,
    surroundings: &Surroundings,
    output: &Arc<Output>,
) -> (Status, Vec<String>) {
    let mut interrupt = Interrupt::new();
    let read = tokio::select! {
        read = Box::pin(inspected(options, surroundings)) => read,
        () = interrupt.received() => return (Status::Interrupted, vec![]),
    };
    let inspected = match read {
        Ok(inspected) => inspected,
        Err(problems) => return (Status::Misused, problems),
    };
    output.write(&match options.output {
        LineForm::Text => page(&inspected, &output.style),
        LineForm::Json => format!("{}\n", json(&inspected)),
    });
    (inspected.status(), vec![])
}

async fn inspected(
    options: &Inspect,
    surroundings: &Surroundings,
) -> Result<Inspected, Vec<String>> {
    let deadline = Instant::now() + LIMIT;
    let region = region(options, surroundings)?;
    let client = Client {
        endpoints: Endpoints(surroundings),
        region: &region,
        keys: keys(&region, surroundings, deadline).await?,
        clock: &surroundings.clock,
        deadline,
    };
    let subject = Subject {
        function: options.function.clone(),
        role_arn: options.role_arn.clone(),
        subnet_ids: options.subnet_ids.clone(),
        security_group_ids: options.security_group_ids.clone(),
        assume_role_arn: options.assume_role_arn.clone(),
        proxy: options.proxy.clone(),
        user: options.user.clone().or_else(|| surroundings.variable("DB_USER")),
    };
    let account = Box::pin(read::read(subject, &client)).await?;
    let findings = rules::findings(&account);
    Ok(Inspected { account, findings })
}

fn region(options: &Inspect, surroundings: &Surroundings) -> Result<Region, Vec<String>> {
    let variables = ["DB_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"];
    let set = variables.into_iter().find_map(|name| surroundings.variable(name));
    let Some(text) = options.region.clone().or(set) else {
        let problem =
            "--region (or DB_REGION or AWS_REGION) is not set: expected the proxy's region";
        return Err(vec![problem.to_owned()]);
    };
    Region::parse(&text).ok_or_else(|| {
        vec![format!("--region (or DB_REGION or AWS_REGION) is {text:?}: expected a region, such as eu-west-1")]
    })
}

/// The person's own keys, found as a probe finds them.
async fn keys(
    region: &Region,
    surroundings: &Surroundings,
    deadline: Instant,
) -> Result<aws_credential_types::Credentials, Vec<String>> {
    // Of the function's variables only those of the keys count here.
    let config = Config::from_vars(|name| match name {
        "DB_HOST" => Some(format!("unknown.proxy-0.{region}.rds.{}", region.dns_suffix())),
        "DB_USER" => Some("unknown".to_owned()),
        name if name.starts_with("AWS_") => surroundings.variable(name),
        _ => None,
    });
    let config = config.map_err(|_problems| vec![format!("the region {region} is not known")])?;
    let (begun, contact, key_ring) = (Instant::now(), Contact::default(), KeyRing::default());
    let keys = key_ring.keys(&config.keys, region, &surroundings.clock, &contact);
    let error = match timeout_at(deadline, Box::pin(keys)).await {
        Ok(Ok(keys)) => return Ok(keys),
        Ok(Err(error)) => StepError::Failed(error),
        Err(_elapsed) => StepError::TimedOut { after: begun.elapsed() },
    };
    let facts = Facts { config: Some(&config), ..Facts::default() };
    let found = of_failure(&Failure::Credentials(error), &facts);
    Err(vec![format!("AWS can't be asked ({}): {}", found.code.as_str(), found.summary)])
}
