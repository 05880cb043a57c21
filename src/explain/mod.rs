//! What the control plane knows about the endpoint, asked after a failure and only on request.
//!
//! Who signed, which proxy owns the endpoint's name, how it is set up, and whether its targets
//! are healthy: AWS STS and the RDS API, read-only, with the function's own keys. A call that is
//! denied or slow is recorded and never hides the failure. Clients are built only on request.
//! `diagnosis` interprets the answers.

mod asker;
mod facts;
mod proxies;

use aws_credential_types::Credentials;
use aws_sdk_rds::types::{DbProxy, DbProxyEndpoint};
use tokio::time::{Instant, timeout_at};

pub use facts::{
    AuthEntry, ControlPlane, FailedCall, Health, Owner, Principal, Proxy, Reason, Target,
};

pub use proxies::{ListedProxy, list_proxies};

use crate::clock::Clock;
use crate::config::{Config, EndpointKind};
use crate::connector::Contact;
use crate::token::{AwsRefusal, Secrets, client_config, refusal};
use asker::{Asker, Dates};

/// Needs no permission: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub(crate) const IDENTITY: &str = "sts:GetCallerIdentity";
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
    let asker =
        Asker { clock, secrets: Secrets::of_keys(&keys), deadline, dates: Dates::new(clock) };
    // It reads the SDK's files, and a file system may be slow.
    let contact = Contact::default();
    let sdk = client_config(&config.endpoint.region, keys, &contact);
    let Ok(sdk) = timeout_at(deadline, sdk).await else {
        return ControlPlane::not_asked("the SDK's files were not read in time");
    };
    let sts = aws_sdk_sts::config::Builder::from(&sdk).interceptor(asker.dates.clone());
    let rds = aws_sdk_rds::config::Builder::from(&sdk).interceptor(asker.dates.clone());
    let sts = aws_sdk_sts::Client::from_conf(sts.build());
    let rds = Rds { client: aws_sdk_rds::Client::from_conf(rds.build()), asker: &asker };
    let (principal, (owner, targets)) =
        tokio::join!(principal(&sts, &asker), rds.owner_and_targets(config));
    let mut found = ControlPlane::default();
    found.principal = found.note(principal);
    found.owner = found.note(owner).unwrap_or_default();
    found.targets = found.note(targets).flatten();
    found.clock = asker.dates.last();
    found.elapsed = begun.elapsed();
    found
}

async fn principal(
    client: &aws_sdk_sts::Client,
    asker: &Asker<'_>,
) -> Result<Principal, FailedCall> {
    let ask = async {
        let asked = client.get_caller_identity().send().await;
        asked.map_err(|error| refusal(&error, asker.clock, &asker.secrets))
    };
    let answer = Box::pin(asker.within(IDENTITY, ask)).await?;
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Ok(Principal { arn: text(answer.arn()), account: text(answer.account()) })
}

/// The RDS API.
struct Rds<'a> {
    client: aws_sdk_rds::Client,
    asker: &'a Asker<'a>,
}

impl Rds<'_> {
    async fn owner_and_targets(
        &self,
        config: &Config,
    ) -> (Result<Owner, FailedCall>, Result<Option<Vec<Target>>, FailedCall>) {
        let owner = self.owner(config).await;
        let targets = match &owner {
            Ok(Owner::Proxy(proxy)) => self.targets(&proxy.name).await.map(Some),
            Ok(Owner::NoProxy | Owner::NotAsked) | Err(_) => Ok(None),
        };
        (owner, targets)
    }

    /// The proxy that has the endpoint's name. A database's name is not looked up, and an alias that
    /// no proxy has tells nothing.
    async fn owner(&self, config: &Config) -> Result<Owner, FailedCall> {
        let host = config.endpoint.host.as_str();
        match config.endpoint.host.kind() {
            kind @ (EndpointKind::Proxy | EndpointKind::OtherRds | EndpointKind::Other) => {
                let find = self.find_proxy(None, |proxy| proxy.endpoint() == Some(host));
                let proxy = self.asker.within(PROXIES, find).await?;
                let none =
                    if kind == EndpointKind::Proxy { Owner::NoProxy } else { Owner::NotAsked };
                Ok(proxy.map_or(none, |proxy| Owner::Proxy(Proxy::new(&proxy, None))))
            }
            EndpointKind::ProxyEndpoint => {
                let endpoint = self.asker.within(ENDPOINTS, self.find_endpoint(host)).await?;
                let Some(endpoint) = endpoint else { return Ok(Owner::NoProxy) };
                let name = endpoint.db_proxy_name().unwrap_or_default();
                let find = self.find_proxy(Some(name), |_| true);
                let proxy = self.asker.within(PROXIES, find).await?;
                let proxy = proxy.map(|proxy| Owner::Proxy(Proxy::new(&proxy, Some(&endpoint))));
                Ok(proxy.unwrap_or(Owner::NoProxy))
            }
            EndpointKind::Cluster
            | EndpointKind::ClusterCustom
            | EndpointKind::GlobalWriter
            | EndpointKind::ShardGroup
            | EndpointKind::Instance => Ok(Owner::NotAsked),
        }
    }

    async fn find_proxy(
        &self,
        name: Option<&str>,
        is_it: impl Fn(&DbProxy) -> bool,
    ) -> Result<Option<DbProxy>, AwsRefusal> {
        let asked = self.client.describe_db_proxies().set_db_proxy_name(name.map(str::to_owned));
        let mut proxies = asked.into_paginator().items().send();
        while let Some(proxy) = proxies.next().await {
            let Asker { clock, secrets, .. } = self.asker;
            let proxy = proxy.map_err(|error| refusal(&error, clock, secrets))?;
            if is_it(&proxy) {
                return Ok(Some(proxy));
            }
        }
        Ok(None)
    }

    async fn find_endpoint(&self, host: &str) -> Result<Option<DbProxyEndpoint>, AwsRefusal> {
        let asked = self.client.describe_db_proxy_endpoints();
        let mut endpoints = asked.into_paginator().items().send();
        while let Some(endpoint) = endpoints.next().await {
            let Asker { clock, secrets, .. } = self.asker;
            let endpoint = endpoint.map_err(|error| refusal(&error, clock, secrets))?;
            if endpoint.endpoint() == Some(host) {
                return Ok(Some(endpoint));
            }
        }
        Ok(None)
    }

    async fn targets(&self, proxy: &str) -> Result<Vec<Target>, FailedCall> {
        let list = async {
            let Asker { clock, secrets, .. } = self.asker;
            let asked = self.client.describe_db_proxy_targets().db_proxy_name(proxy);
            let mut targets = asked.into_paginator().items().send();
            let mut found = Vec::new();
            while let Some(target) = targets.next().await {
                let target = target.map_err(|error| refusal(&error, clock, secrets))?;
                found.push(Target::new(&target));
            }
            Ok(found)
        };
        self.asker.within(TARGETS, list).await
    }
}
