//! A proxy, its endpoints and its targets, by RDS.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxies.html>

use super::Reader;
use crate::inspect::account::{Answer, AuthEntry, Call, Proxy, ProxyEndpoint, Target};
use crate::inspect::aws::{Node, Page, Parameters, Service};

impl Reader<'_> {
    pub(super) async fn proxy(&self, name: &str) -> Answer<Proxy> {
        let answer =
            self.rds("DescribeDBProxies", named(name), |root| page(root, "DBProxies", proxy));
        match self.note(Call::DescribeDbProxies, name, answer.await) {
            Answer::Known(proxies) => {
                let proxy = proxies.into_iter().find(|proxy| proxy.name == name);
                proxy.map_or(Answer::Absent, Answer::Known)
            }
            Answer::Absent => Answer::Absent,
            Answer::Unknown => Answer::Unknown,
        }
    }

    /// All names, for what a wrong one may have meant.
    pub(super) async fn proxy_names(&self) -> Vec<String> {
        let answer = self.rds("DescribeDBProxies", vec![], |root| {
            page(root, "DBProxies", |item| item.string_or_empty("DBProxyName"))
        });
        let answer = self.note(Call::DescribeDbProxies, "all", answer.await);
        answer.known().cloned().unwrap_or_default()
    }

    pub(super) async fn endpoints(&self, proxy: &str) -> Vec<ProxyEndpoint> {
        if proxy.is_empty() {
            return vec![];
        }
        let answer = self.rds("DescribeDBProxyEndpoints", named(proxy), |root| {
            page(root, "DBProxyEndpoints", endpoint)
        });
        let answer = self.note(Call::DescribeDbProxyEndpoints, proxy, answer.await);
        answer.known().cloned().unwrap_or_default()
    }

    pub(super) async fn targets(&self, proxy: &str) -> Answer<Vec<Target>> {
        if proxy.is_empty() {
            return Answer::Unknown;
        }
        let answer =
            self.rds("DescribeDBProxyTargets", named(proxy), |root| page(root, "Targets", target));
        self.note(Call::DescribeDbProxyTargets, proxy, answer.await)
    }

    pub(super) async fn rds<T>(
        &self,
        action: &str,
        parameters: Parameters,
        read: impl Fn(Node<'_>) -> Page<T>,
    ) -> Result<Answer<Vec<T>>, rds_proxy_probe::token::AwsRefusal> {
        self.client.list((Service::Rds, action), &parameters, read).await
    }
}

fn named(proxy: &str) -> Parameters {
    vec![("DBProxyName".to_owned(), proxy.to_owned())]
}

/// A page of one of RDS's lists.
pub(super) fn page<T>(root: Node<'_>, list: &str, read: impl Fn(Node<'_>) -> T) -> Page<T> {
    let items = root.find(list).into_iter().flat_map(Node::children);
    let marker = root.find("Marker").and_then(Node::own_text);
    (items.map(read).collect(), marker.map(|marker| ("Marker", marker.to_owned())))
}

fn proxy(item: Node<'_>) -> Proxy {
    Proxy {
        name: item.string_or_empty("DBProxyName"),
        arn: item.string_or_empty("DBProxyArn"),
        status: item.string_or_empty("Status"),
        endpoint: item.string("Endpoint"),
        engine_family: item.string_or_empty("EngineFamily"),
        requires_tls: item.is_true("RequireTLS"),
        default_auth_scheme: item.string("DefaultAuthScheme"),
        auth: item.items("Auth").map(auth).collect(),
        role_arn: item.string("RoleArn"),
        vpc_id: item.string("VpcId"),
        subnet_ids: item.texts("VpcSubnetIds"),
        security_group_ids: item.texts("VpcSecurityGroupIds"),
    }
}

fn auth(item: Node<'_>) -> AuthEntry {
    AuthEntry {
        user: item.string("UserName"),
        secret_arn: item.string("SecretArn"),
        iam_auth: item.string("IAMAuth"),
    }
}

fn endpoint(item: Node<'_>) -> ProxyEndpoint {
    ProxyEndpoint {
        name: item.string_or_empty("DBProxyEndpointName"),
        host: item.string("Endpoint"),
        status: item.string_or_empty("Status"),
        target_role: item.string("TargetRole"),
        vpc_id: item.string("VpcId"),
        subnet_ids: item.texts("VpcSubnetIds"),
        security_group_ids: item.texts("VpcSecurityGroupIds"),
    }
}

fn target(item: Node<'_>) -> Target {
    let health = item.child("TargetHealth");
    let of_health = |name: &str| health.and_then(|health| health.string(name));
    let cluster = item.string("TrackedClusterId");
    Target {
        id: item.string("RdsResourceId").or_else(|| cluster.clone()).unwrap_or_default(),
        cluster,
        kind: item.string_or_empty("Type"),
        port: item.number("Port"),
        role: item.string("Role"),
        state: of_health("State"),
        reason: of_health("Reason"),
        description: of_health("Description"),
    }
}
