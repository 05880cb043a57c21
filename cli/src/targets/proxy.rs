//! A proxy by its name: the RDS API says where it listens.

use rds_proxy_probe::config::{Config, Engine};
use rds_proxy_probe::connector::Contact;
use rds_proxy_probe::diagnosis::{Facts, Site, of_failure};
use rds_proxy_probe::explain::{ListedProxy, list_proxies};
use rds_proxy_probe::probe::{Failure, StepError};
use rds_proxy_probe::token::KeyRing;
use tokio::time::{Instant, timeout_at};

use super::{configuration, sentences};
use crate::options::{Connection, nearest};
use crate::surroundings::Surroundings;

/// The options with the proxy's host name.
///
/// # Errors
/// Why it was not found, each a sentence without a full stop.
pub async fn of_proxy(
    name: &str,
    connection: &Connection,
    surroundings: &Surroundings,
) -> Result<Connection, Vec<String>> {
    let config = without_host(connection, surroundings)?;
    let deadline = Instant::now() + config.limits.timeout;
    let listed = Box::pin(list(&config, surroundings, deadline)).await?;
    let region = &config.endpoint.region;
    let Some(proxy) = listed.iter().find(|proxy| proxy.name == name) else {
        return Err(vec![missing(name, region.as_str(), &listed)]);
    };
    let engine = engine(proxy)?;
    let Some(host) = proxy.endpoint.as_deref() else {
        return Err(vec![format!("the proxy {name:?} has no endpoint yet: it is being created")]);
    };
    let mut found = connection.clone();
    // Both are among the options, and the proxy knows better than a default.
    drop(found.set("host", host));
    drop(found.set("engine", engine.as_str()));
    Ok(found)
}

/// The engine that a proxy is for.
fn engine(proxy: &ListedProxy) -> Result<Engine, Vec<String>> {
    let family = proxy.engine_family.as_deref().unwrap_or_default();
    let found = [Engine::PostgreSql, Engine::MySql].into_iter().find(|it| it.family() == family);
    found.ok_or_else(|| {
        let name = &proxy.name;
        vec![format!("the proxy {name:?} is for {family:?}: expected POSTGRESQL or MYSQL")]
    })
}

/// The configuration but for the host, which is not known yet: a name that RDS could have given in
/// the region takes its place.
fn without_host(
    connection: &Connection,
    surroundings: &Surroundings,
) -> Result<Config, Vec<String>> {
    let region = ["DB_REGION", "AWS_REGION"]
        .into_iter()
        .find_map(|name| super::source(connection, surroundings, name))
        .map(|(_, region)| region);
    let Some(region) = region else {
        return Err(vec![
            "--region (or DB_REGION or AWS_REGION) is not set: expected the proxy's \
                         region"
                .to_owned(),
        ]);
    };
    let mut placeholder = connection.clone();
    drop(placeholder.set("host", &format!("unknown.proxy-0.{region}.rds.amazonaws.com")));
    configuration(&placeholder, surroundings)
        .map_err(|problems| sentences(&problems, &placeholder, surroundings))
}

async fn list(
    config: &Config,
    surroundings: &Surroundings,
    deadline: Instant,
) -> Result<Vec<ListedProxy>, Vec<String>> {
    let (begun, contact, key_ring) = (Instant::now(), Contact::default(), KeyRing::default());
    let (region, clock) = (&config.endpoint.region, &surroundings.clock);
    let keys = key_ring.keys(&config.keys, region, clock, &contact);
    let keys = match timeout_at(deadline, keys).await {
        Ok(Ok(keys)) => keys,
        Ok(Err(error)) => {
            return Err(no_keys(config, surroundings.site(), StepError::Failed(error)));
        }
        Err(_elapsed) => {
            return Err(no_keys(
                config,
                surroundings.site(),
                StepError::TimedOut { after: begun.elapsed() },
            ));
        }
    };
    let listed = list_proxies(region, keys, clock, deadline).await;
    listed.map_err(|call| {
        vec![format!(
            "the proxies of {region} cannot be listed ({}): {}",
            call.permission, call.refusal
        )]
    })
}

fn no_keys(
    config: &Config,
    site: Site,
    error: StepError<rds_proxy_probe::token::CredentialsError>,
) -> Vec<String> {
    let facts = Facts { site, config: Some(config), ..Facts::default() };
    let found = of_failure(&Failure::Credentials(error), &facts);
    vec![format!("the RDS API cannot be asked ({}): {}", found.code.as_str(), found.summary)]
}

fn missing(name: &str, region: &str, listed: &[ListedProxy]) -> String {
    let names = || listed.iter().map(|proxy| proxy.name.as_str());
    let there = match nearest(name, names()) {
        Some(near) => format!("; did you mean {near}?"),
        None if listed.is_empty() => ": this account has none there".to_owned(),
        None => format!(": expected one of {}", names().collect::<Vec<_>>().join(", ")),
    };
    format!("there is no proxy {name:?} in {region}{there}")
}
