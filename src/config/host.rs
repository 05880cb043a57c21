//! The endpoint's host name, and what it tells: kind of endpoint and region.
//!
//! The form of RDS names is taken from
//! [the AWS JDBC wrapper](https://github.com/aws/aws-advanced-jdbc-wrapper/blob/main/wrapper/src/main/java/software/amazon/jdbc/util/RdsUtils.java),
//! which knows the two orders of labels, `REGION.rds` and, in China, `rds.REGION`; from
//! [RDS Proxy endpoints](https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-endpoints.html),
//! and from [Aurora global databases](https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-connecting.html).
//! Nothing here resolves a name.

use std::fmt;
use std::net::IpAddr;

use super::partition::Partition;
use super::region::Region;

/// A DNS host name: lower case, at most 253 characters, never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: Box<str>,
    rds: Option<RdsName>,
}

/// The kind of an endpoint, by its name.
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

/// What answers behind an endpoint, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// RDS Proxy.
    Proxy,
    /// An Aurora or Multi-AZ cluster, without a proxy.
    Cluster,
    /// A database instance, without a proxy.
    Instance,
    /// The name does not tell.
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

impl Host {
    /// Reads a host name, whatever its case.
    ///
    /// # Errors
    /// What was expected, when the text is an address or no DNS name
    /// ([RFC 1123, section 2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2); underscores
    /// are allowed, since DNS aliases have them).
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.parse::<IpAddr>().is_ok() {
            return Err("a host name: an address cannot be matched against the certificate \
                        (to open the socket to an address, set DB_CONNECT_TO)");
        }
        if text.contains("://") {
            return Err("a host name alone, without a scheme");
        }
        if text.contains('@') {
            return Err("a host name alone, without user and password");
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

    /// The kind, by the name.
    pub fn kind(&self) -> EndpointKind {
        self.rds.as_ref().map_or(EndpointKind::Other, |name| name.kind)
    }

    /// The region that RDS put into the name.
    pub fn region(&self) -> Option<Region> {
        self.rds.as_ref()?.region.clone()
    }
}

/// What is in a name that RDS gave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RdsName {
    kind: EndpointKind,
    region: Option<Region>,
}

/// Where the name of an Aurora global database's writer has `global`, others have a region.
const GLOBAL: &str = "global";

impl RdsName {
    /// Reads a lower-case name; `None` if it is not one of RDS's.
    fn parse(name: &str) -> Option<Self> {
        let (stem, partition) = Partition::of_rds_name(name)?;
        let labels: Vec<&str> = stem.split('.').collect();
        let (owner, place) = match labels.as_slice() {
            [owner @ .., place, "rds"] | [owner @ .., "rds", place] => (owner, *place),
            _ => return None,
        };
        let region = Region::within(place, partition);
        let kind = match (owner, &region) {
            ([_, id], None) if place == GLOBAL && id.starts_with("global-") => {
                EndpointKind::GlobalWriter
            }
            (_, None) => EndpointKind::OtherRds,
            // RDS gives no region's endpoints another partition's suffix.
            (_, Some(region)) if region.rds_suffix() != partition.rds_suffix => {
                EndpointKind::OtherRds
            }
            (owner, Some(_)) => Self::regional_kind(owner),
        };
        Some(Self { kind, region })
    }

    /// The kind by what stands before the region.
    fn regional_kind(owner: &[&str]) -> EndpointKind {
        match owner {
            [_, id] if id.starts_with("proxy-") => EndpointKind::Proxy,
            [_, "endpoint", id] if id.starts_with("proxy-") => EndpointKind::ProxyEndpoint,
            [_, id] if id.starts_with("cluster-custom-") => EndpointKind::ClusterCustom,
            [_, id] if id.starts_with("cluster-") => EndpointKind::Cluster,
            [_, id] if id.starts_with("shardgrp-") => EndpointKind::ShardGroup,
            [_, id] if !id.contains('-') => EndpointKind::Instance,
            _ => EndpointKind::OtherRds,
        }
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
        use EndpointKind::{Cluster, ClusterCustom, Instance, Proxy, ProxyEndpoint, ShardGroup};
        let rows = [
            ("app.proxy-abc123.eu-west-1.rds.amazonaws.com", Proxy, "eu-west-1"),
            ("ro.endpoint.proxy-abc.us-east-1.rds.amazonaws.com", ProxyEndpoint, "us-east-1"),
            ("db.cluster-abc.us-gov-west-1.rds.amazonaws.com", Cluster, "us-gov-west-1"),
            ("db.cluster-ro-abc.eu-west-1.rds.amazonaws.com", Cluster, "eu-west-1"),
            ("db.cluster-custom-abc.eu-west-1.rds.amazonaws.com", ClusterCustom, "eu-west-1"),
            ("db.c1abc.ap-south-1.rds.amazonaws.com", Instance, "ap-south-1"),
            ("db.shardgrp-abc.eu-west-1.rds.amazonaws.com", ShardGroup, "eu-west-1"),
        ];
        for (name, kind, region) in rows {
            check(name, kind, Some(region));
        }
    }

    #[test]
    fn names_of_all_partitions_are_known_in_both_orders() {
        for (region, suffix, partition) in [
            ("me-west-1", "amazonaws.com", "aws"),
            ("cn-north-1", "amazonaws.com.cn", "aws-cn"),
            ("us-gov-east-1", "amazonaws.com", "aws-us-gov"),
            ("us-iso-east-1", "c2s.ic.gov", "aws-iso"),
            ("us-isob-east-1", "sc2s.sgov.gov", "aws-iso-b"),
            ("eu-isoe-west-1", "cloud.adc-e.uk", "aws-iso-e"),
            ("us-isof-south-1", "csp.hci.ic.gov", "aws-iso-f"),
            ("eusc-de-east-1", "amazonaws.eu", "aws-eusc"),
        ] {
            for place in [format!("{region}.rds"), format!("rds.{region}")] {
                check(&format!("a.proxy-b.{place}.{suffix}"), EndpointKind::Proxy, Some(region));
                let name = format!("a.endpoint.proxy-b.{place}.{suffix}");
                check(&name, EndpointKind::ProxyEndpoint, Some(region));
                check(&format!("a.b.{place}.{suffix}"), EndpointKind::Instance, Some(region));
            }
            let host = Host::parse(&format!("a.b.rds.{region}.{suffix}")).unwrap();
            let found = host.region().unwrap();
            assert_eq!((found.partition(), found.dns_suffix()), (partition, suffix));
        }
    }

    #[test]
    fn an_unknown_region_stands_as_in_the_name_and_has_its_suffix_s_partition() {
        for (suffix, partition) in [
            ("amazonaws.com", "aws"),
            ("amazonaws.com.cn", "aws-cn"),
            ("amazonaws.eu", "aws-eusc"),
            ("csp.hci.ic.gov", "aws-iso-f"),
        ] {
            let host = Host::parse(&format!("a.proxy-b.xx-moon-1.rds.{suffix}")).unwrap();
            let region = host.region().unwrap();
            assert_eq!((host.kind(), region.as_str()), (EndpointKind::Proxy, "xx-moon-1"));
            assert_eq!((region.partition(), region.dns_suffix()), (partition, suffix));
        }
    }

    #[test]
    fn a_global_writer_s_name_has_no_region() {
        check("id.global-abc.global.rds.amazonaws.com", EndpointKind::GlobalWriter, None);
        check("id.global-abc.global.rds.amazonaws.com.cn", EndpointKind::GlobalWriter, None);
    }

    #[test]
    fn an_unknown_form_keeps_its_region() {
        use EndpointKind::OtherRds;
        let region = Some("eu-west-1");
        check("db.gateway-abc.eu-west-1.rds.amazonaws.com", OtherRds, region);
        check("a.b.c.d.eu-west-1.rds.amazonaws.com", OtherRds, region);
        check("rds.eu-west-1.amazonaws.com", OtherRds, region);
        check("db.cluster-abc.rds.amazonaws.com", OtherRds, None);
        check("db.abc.global.rds.amazonaws.com", OtherRds, None);
        check("db.abc.cn-north-1.rds.amazonaws.com", OtherRds, Some("cn-north-1"));
    }

    #[test]
    fn other_names_tell_nothing() {
        for name in [
            "db.abc.eu-west-1.rds.amazonaws.com.evil.example",
            "db.abc.eu-west-1.rds.amazonaws.org",
            "db.abc.eu-west-1.rdsamazonaws.com",
            "cluster.abc.us-east-1.docdb.amazonaws.com",
            "amazonaws.com",
            "database.internal",
            "localhost",
        ] {
            check(name, EndpointKind::Other, None);
        }
    }

    #[test]
    fn a_name_is_lower_cased() {
        assert_eq!(Host::parse("App.Example.COM").unwrap().as_str(), "app.example.com");
    }

    #[test]
    fn what_is_no_host_name_says_what_was_expected() {
        for text in
            ["", "10.0.0.1", "::1", "https://a.b", "a.b:5432", "a@b", "a.b.", "a b", "a..b", "-a"]
        {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }
}
