//! What the control plane knows of the endpoint, asked after a failure and only on request.
//!
//! Who signed, which proxy owns the endpoint's name, how it is set up, and whether its targets
//! are healthy: AWS STS and the RDS API, read-only, with the function's own keys. A call that is
//! denied or slow is a finding like any other and never hides the failure. No client is built
//! before it is asked for. What the findings mean is `diagnosis`' matter.

mod facts;

use aws_credential_types::Credentials;
use aws_sdk_rds::types::{DbProxy, DbProxyEndpoint};
use tokio::time::{Instant, timeout_at};

pub use facts::{AuthEntry, Caller, ControlPlane, Owner, Proxy, Target, Unanswered};

use crate::clock::Clock;
use crate::config::{Config, EndpointKind};
use crate::token::{AwsRefusal, client_config, refusal};

const IDENTITY: &str = "sts:GetCallerIdentity";
const PROXIES: &str = "rds:DescribeDBProxies";
const ENDPOINTS: &str = "rds:DescribeDBProxyEndpoints";
const TARGETS: &str = "rds:DescribeDBProxyTargets";

/// Asks everything, until a deadline.
pub async fn ask(
    config: &Config,
    keys: Credentials,
    clock: &Clock,
    deadline: Instant,
) -> ControlPlane {
    let begun = Instant::now();
    let sdk = client_config(&config.endpoint.region, keys).await;
    let sts = aws_sdk_sts::Client::new(&sdk);
    let rds = aws_sdk_rds::Client::new(&sdk);
    let (caller, (owner, targets)) = tokio::join!(
        caller(&sts, clock, deadline),
        owner_and_targets(&rds, config, clock, deadline)
    );
    let mut found = ControlPlane::default();
    found.caller = found.note(caller);
    found.owner = found.note(owner).unwrap_or_default();
    found.targets = found.note(targets).unwrap_or_default();
    found.elapsed = begun.elapsed();
    found
}

async fn caller(
    client: &aws_sdk_sts::Client,
    clock: &Clock,
    deadline: Instant,
) -> Result<Caller, Unanswered> {
    let ask =
        async { client.get_caller_identity().send().await.map_err(|error| refusal(&error, clock)) };
    let answer = Box::pin(within(deadline, IDENTITY, ask)).await?;
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Ok(Caller { arn: text(answer.arn()), account: text(answer.account()) })
}

async fn owner_and_targets(
    client: &aws_sdk_rds::Client,
    config: &Config,
    clock: &Clock,
    deadline: Instant,
) -> (Result<Owner, Unanswered>, Result<Vec<Target>, Unanswered>) {
    let owner = owner(client, config, clock, deadline).await;
    let targets = match &owner {
        Ok(Owner::Proxy(proxy)) => targets(client, &proxy.name, clock, deadline).await,
        Ok(Owner::Nobody | Owner::NotAsked) | Err(_) => Ok(vec![]),
    };
    (owner, targets)
}

/// The proxy that has the endpoint's name. A database's name is not asked for, and that no proxy
/// has an alias says nothing.
async fn owner(
    client: &aws_sdk_rds::Client,
    config: &Config,
    clock: &Clock,
    deadline: Instant,
) -> Result<Owner, Unanswered> {
    let host = config.endpoint.host.as_str();
    match config.endpoint.host.kind() {
        kind @ (EndpointKind::Proxy | EndpointKind::OtherRds | EndpointKind::Other) => {
            let find = find_proxy(client, clock, None, |proxy| proxy.endpoint() == Some(host));
            let proxy = within(deadline, PROXIES, find).await?;
            let nobody = if kind == EndpointKind::Proxy { Owner::Nobody } else { Owner::NotAsked };
            Ok(proxy.map_or(nobody, |proxy| Owner::Proxy(Proxy::new(&proxy, None))))
        }
        EndpointKind::ProxyEndpoint => {
            let endpoint = within(deadline, ENDPOINTS, find_endpoint(client, clock, host)).await?;
            let Some(endpoint) = endpoint else { return Ok(Owner::Nobody) };
            let name = endpoint.db_proxy_name().unwrap_or_default();
            let find = find_proxy(client, clock, Some(name), |_| true);
            let proxy = within(deadline, PROXIES, find).await?;
            let proxy = proxy.map(|proxy| Owner::Proxy(Proxy::new(&proxy, Some(&endpoint))));
            Ok(proxy.unwrap_or(Owner::Nobody))
        }
        EndpointKind::Cluster
        | EndpointKind::ClusterCustom
        | EndpointKind::GlobalWriter
        | EndpointKind::ShardGroup
        | EndpointKind::Instance => Ok(Owner::NotAsked),
    }
}

async fn find_proxy(
    client: &aws_sdk_rds::Client,
    clock: &Clock,
    name: Option<&str>,
    is_it: impl Fn(&DbProxy) -> bool,
) -> Result<Option<DbProxy>, AwsRefusal> {
    let asked = client.describe_db_proxies().set_db_proxy_name(name.map(str::to_owned));
    let mut proxies = asked.into_paginator().items().send();
    while let Some(proxy) = proxies.next().await {
        let proxy = proxy.map_err(|error| refusal(&error, clock))?;
        if is_it(&proxy) {
            return Ok(Some(proxy));
        }
    }
    Ok(None)
}

async fn find_endpoint(
    client: &aws_sdk_rds::Client,
    clock: &Clock,
    host: &str,
) -> Result<Option<DbProxyEndpoint>, AwsRefusal> {
    let mut endpoints = client.describe_db_proxy_endpoints().into_paginator().items().send();
    while let Some(endpoint) = endpoints.next().await {
        let endpoint = endpoint.map_err(|error| refusal(&error, clock))?;
        if endpoint.endpoint() == Some(host) {
            return Ok(Some(endpoint));
        }
    }
    Ok(None)
}

async fn targets(
    client: &aws_sdk_rds::Client,
    proxy: &str,
    clock: &Clock,
    deadline: Instant,
) -> Result<Vec<Target>, Unanswered> {
    let list = async {
        let asked = client.describe_db_proxy_targets().db_proxy_name(proxy);
        let mut targets = asked.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(target) = targets.next().await {
            found.push(Target::new(&target.map_err(|error| refusal(&error, clock))?));
        }
        Ok(found)
    };
    within(deadline, TARGETS, list).await
}

async fn within<T>(
    deadline: Instant,
    call: &'static str,
    work: impl Future<Output = Result<T, AwsRefusal>>,
) -> Result<T, Unanswered> {
    let silent = || AwsRefusal::Unanswered { reason: "no answer in time".to_owned() };
    timeout_at(deadline, work)
        .await
        .unwrap_or_else(|_elapsed| Err(silent()))
        .map_err(|refusal| Unanswered { call, refusal })
}
