//! The endpoint's host name, and what RDS says by it: kind of endpoint and region.
//!
//! The form of RDS names is taken from
//! [the AWS JDBC wrapper](https://github.com/aws/aws-advanced-jdbc-wrapper/blob/main/wrapper/src/main/java/software/amazon/jdbc/util/RdsUtils.java),
//! which knows China's two orders of labels, and from
//! [RDS Proxy endpoints](https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-endpoints.html).
//! Nothing here resolves a name.

use std::fmt;
use std::net::IpAddr;

use super::region::Region;

/// A DNS host name: lower case, at most 253 characters, never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: Box<str>,
    rds: Option<RdsName>,
}

/// What an endpoint's name says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// A proxy's default endpoint: `NAME.proxy-ID.REGION.rds.amazonaws.com`.
    Proxy,
    /// A proxy's additional endpoint: `NAME.endpoint.proxy-ID.REGION.rds.amazonaws.com`.
    ProxyEndpoint,
    /// A cluster's writer or reader endpoint: `NAME.cluster-ID…`, `NAME.cluster-ro-ID…`.
    Cluster,
    /// A custom endpoint of a cluster, `NAME.cluster-custom-ID…`, for which no token can be made.
    ClusterCustom,
    /// The writer of an Aurora global database: `NAME.global-ID.global.rds.amazonaws.com`, a name
    /// without a region.
    GlobalWriter,
    /// A shard group of Aurora Limitless: `NAME.shardgrp-ID…`.
    ShardGroup,
    /// A single database instance.
    Instance,
    /// Another name of RDS's, of a form that is not known here.
    OtherRds,
    /// A name that RDS did not give: an alias, a local name.
    Other,
}

/// What answers behind an endpoint, as far as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// RDS Proxy.
    Proxy,
    /// An Aurora or Multi-AZ cluster, without a proxy.
    Cluster,
    /// A database instance, without a proxy.
    Instance,
    /// The name does not say.
    Unknown,
}

impl EndpointKind {
    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::ProxyEndpoint => "proxy_endpoint",
            Self::Cluster | Self::ClusterCustom => "cluster",
            Self::Instance => "instance",
            Self::GlobalWriter | Self::ShardGroup | Self::OtherRds | Self::Other => "other",
        }
    }

    /// What answers behind such an endpoint.
    pub fn resource(self) -> Resource {
        match self {
            Self::Proxy | Self::ProxyEndpoint => Resource::Proxy,
            Self::Cluster | Self::ClusterCustom | Self::GlobalWriter | Self::ShardGroup => {
                Resource::Cluster
            }
            Self::Instance => Resource::Instance,
            Self::OtherRds | Self::Other => Resource::Unknown,
        }
    }
}

/// Why a text is no host name: what was expected instead.
pub(super) type Expected = &'static str;

impl Host {
    /// Reads a host name, whatever its case.
    ///
    /// # Errors
    /// What was expected, when the text is an address or no DNS name
    /// ([RFC 1123, section 2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2); underscores
    /// are let through, since DNS aliases carry them).
    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        if text.parse::<IpAddr>().is_ok() {
            return Err("a host name: an address cannot be matched against the certificate \
                        (to open the socket to an address, set DB_CONNECT_TO)");
        }
        if text.contains("://") {
            return Err("a host name alone, without a scheme");
        }
        if text.contains(':') {
            return Err("a host name alone; the port goes into DB_PORT");
        }
        if text.ends_with('.') {
            return Err("the host name as RDS prints it, without a final dot");
        }
        let valid = text.len() <= 253 && text.split('.').all(is_label);
        let name = text.to_ascii_lowercase().into_boxed_str();
        let rds = RdsName::parse(&name);
        valid.then_some(Self { name, rds }).ok_or("a DNS host name, as RDS prints the endpoint")
    }

    /// The name, lower case.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// What RDS says by the name.
    pub fn kind(&self) -> EndpointKind {
        self.rds.as_ref().map_or(EndpointKind::Other, |name| name.kind)
    }

    /// The region that RDS put into the name.
    pub fn region(&self) -> Option<Region> {
        self.rds.as_ref().map(|name| name.region.clone())
    }
}

/// What is in a name that RDS gave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RdsName {
    kind: EndpointKind,
    region: Region,
}

impl RdsName {
    fn parse(name: &str) -> Option<Self> {
        let (stem, china) = match name.strip_suffix(".amazonaws.com.cn") {
            Some(stem) => (stem, true),
            None => (name.strip_suffix(".amazonaws.com")?, false),
        };
        let labels: Vec<&str> = stem.split('.').collect();
        let (owner, region) = match labels.as_slice() {
            [owner @ .., region, "rds"] | [owner @ .., "rds", region] => (owner, *region),
            _ => return None,
        };
        let region = Region::parse(region).filter(|it| (it.partition() == "aws-cn") == china)?;
        let kind = match owner {
            [_, id] if id.starts_with("proxy-") => EndpointKind::Proxy,
            [_, "endpoint", id] if id.starts_with("proxy-") => EndpointKind::ProxyEndpoint,
            [_, id] if id.starts_with("cluster-custom-") => EndpointKind::ClusterCustom,
            [_, id] if id.starts_with("cluster-") => EndpointKind::Cluster,
            [_, id] if id.starts_with("shardgrp-") => EndpointKind::ShardGroup,
            [_, id] if !id.contains('-') => EndpointKind::Instance,
            _ => EndpointKind::OtherRds,
        };
        Some(Self { kind, region })
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, kind: EndpointKind, region: Option<&str>) {
        let host = Host::parse(name).unwrap();
        let found = host.region();
        assert_eq!((host.kind(), found.as_ref().map(Region::as_str)), (kind, region), "{name}");
    }

    #[test]
    fn an_rds_name_tells_its_kind_and_region() {
        use EndpointKind::{
            Cluster, ClusterCustom, Instance, Other, Proxy, ProxyEndpoint, ShardGroup,
        };
        let rows = [
            ("app.proxy-abc123.eu-west-1.rds.amazonaws.com", Proxy, Some("eu-west-1")),
            ("ro.endpoint.proxy-abc.us-east-1.rds.amazonaws.com", ProxyEndpoint, Some("us-east-1")),
            ("db.cluster-abc.us-gov-west-1.rds.amazonaws.com", Cluster, Some("us-gov-west-1")),
            ("db.cluster-ro-abc.eu-west-1.rds.amazonaws.com", Cluster, Some("eu-west-1")),
            ("db.cluster-custom-abc.eu-west-1.rds.amazonaws.com", ClusterCustom, Some("eu-west-1")),
            ("db.c1abc.ap-south-1.rds.amazonaws.com", Instance, Some("ap-south-1")),
            ("db.proxy-a.cn-north-1.rds.amazonaws.com.cn", Proxy, Some("cn-north-1")),
            ("db.abc.rds.cn-north-1.amazonaws.com.cn", Instance, Some("cn-north-1")),
            ("db.shardgrp-abc.eu-west-1.rds.amazonaws.com", ShardGroup, Some("eu-west-1")),
            ("db.abc.cn-north-1.rds.amazonaws.com", Other, None),
            ("db.abc.eu-west-1.rds.amazonaws.com.evil.example", Other, None),
            ("database.internal", Other, None),
            ("localhost", Other, None),
        ];
        for (name, kind, region) in rows {
            check(name, kind, region);
        }
    }

    #[test]
    fn a_name_is_lower_cased() {
        assert_eq!(Host::parse("App.Example.COM").unwrap().as_str(), "app.example.com");
    }

    #[test]
    fn what_is_no_host_name_says_what_was_expected() {
        for text in ["", "10.0.0.1", "::1", "https://a.b", "a.b:5432", "a.b.", "a b", "a..b", "-a"]
        {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }
}
