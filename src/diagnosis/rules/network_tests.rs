//! `resolve` and `connect`: the cause that comes first, what is ruled out, and what is to be pasted,
//! for each kind of endpoint.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::config::Config;
use crate::diagnosis::{Cause, Code, Diagnosis, Facts, of_failure};
use crate::probe::{Failure, StepError};
use crate::session::{Attempt, ConnectError, ConnectFailure, ResolveError};
use crate::tls::TlsFacts;

pub(super) const PROXY: &str = "app.proxy-abc.eu-west-1.rds.amazonaws.com";
pub(super) const CLUSTER: &str = "db.cluster-abc.eu-west-1.rds.amazonaws.com";
pub(super) const CUSTOM: &str = "two.cluster-custom-abc.eu-west-1.rds.amazonaws.com";
pub(super) const SHARD_GROUP: &str = "db.shardgrp-abc.eu-west-1.rds.amazonaws.com";
pub(super) const INSTANCE: &str = "db1.abc.eu-west-1.rds.amazonaws.com";
pub(super) const ALIAS: &str = "db.example.com";
pub(super) const ALL: [&str; 6] = [PROXY, CLUSTER, CUSTOM, SHARD_GROUP, INSTANCE, ALIAS];

/// A configuration for this endpoint, with these variables more.
pub(super) fn config(host: &str, more: &[(&str, &str)]) -> Config {
    let base = [("DB_HOST", host), ("DB_USER", "app"), ("AWS_REGION", "eu-west-1")];
    let all: Vec<_> = more.iter().chain(&base).collect();
    Config::from_vars(|name| {
        all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

/// What is said of a failure with this configuration, and with what the handshake showed.
pub(super) fn diagnosis(config: &Config, failure: &Failure, tls: Option<&TlsFacts>) -> Diagnosis {
    of_failure(failure, &Facts { config: Some(config), tls, ..Facts::default() })
}

/// Everything that is said of the causes, in one text.
pub(super) fn said(diagnosis: &Diagnosis) -> String {
    let all = diagnosis.causes.iter();
    let all = all.map(|it| [&it.cause, &it.remedy, &*it.commands.join("\n")].join("\n"));
    all.collect::<Vec<_>>().join("\n")
}

pub(super) fn first(diagnosis: &Diagnosis) -> &Cause {
    diagnosis.causes.first().unwrap()
}

fn connect_failure(address: &str, failure: ConnectFailure) -> Failure {
    let address: SocketAddr = address.parse().unwrap();
    Failure::Connect(ConnectError { attempts: vec![Attempt { address, failure }] })
}

fn refused() -> Failure {
    connect_failure("10.0.0.1:5432", ConnectFailure::Refused)
}

fn silent(address: &str) -> Failure {
    connect_failure(address, ConnectFailure::TimedOut { after: Duration::from_secs(5) })
}

fn not_found() -> Failure {
    Failure::Resolve(StepError::Failed(ResolveError::NotFound))
}

#[test]
fn an_unknown_name_is_looked_for_where_its_kind_is_listed() {
    for (host, command) in [
        (PROXY, "aws rds describe-db-proxies --region eu-west-1"),
        ("ro.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com", "aws rds describe-db-proxies"),
        (CLUSTER, "aws rds describe-db-cluster-endpoints --region eu-west-1"),
        (CUSTOM, "aws rds describe-db-cluster-endpoints --region eu-west-1"),
        (SHARD_GROUP, "aws rds describe-db-shard-groups --region eu-west-1"),
        (INSTANCE, "aws rds describe-db-instances --region eu-west-1"),
        (ALIAS, "dig db.example.com"),
    ] {
        let diagnosis = diagnosis(&config(host, &[]), &not_found(), None);
        assert!(!diagnosis.transient);
        let first = first(&diagnosis);
        assert!(first.commands[0].starts_with(command), "{host}: {first:#?}");
        let is_proxy = host.contains("proxy-");
        assert_eq!(said(&diagnosis).contains("describe-db-proxies"), is_proxy, "{host}");
    }
}

#[test]
fn of_a_tunnel_the_name_in_db_connect_to_is_what_is_missing() {
    let missing = |connect_to| {
        let config = config(PROXY, &[("DB_CONNECT_TO", connect_to)]);
        diagnosis(&config, &not_found(), None)
    };
    let by_alias = missing("bastion.example.com:15432");
    assert_eq!(
        first(&by_alias).evidence.as_deref(),
        Some("DB_CONNECT_TO names \"bastion.example.com\".")
    );
    assert_eq!(first(&by_alias).commands[0], "dig bastion.example.com");
    let by_custom_endpoint = missing(CUSTOM);
    assert!(first(&by_custom_endpoint).commands[0].contains("describe-db-cluster-endpoints"));
}

#[test]
fn a_refused_connection_means_what_its_resource_can_do() {
    for (host, cause, command) in [
        (PROXY, "Nothing listens on that port: ", "aws rds describe-db-proxies"),
        (
            CLUSTER,
            "The cluster is stopped, ",
            "aws rds describe-db-clusters --region eu-west-1 --db-cluster-identifier db --query",
        ),
        (
            CUSTOM,
            "The cluster is stopped, ",
            "aws rds describe-db-clusters --region eu-west-1 --db-cluster-identifier IDENTIFIER",
        ),
        (
            INSTANCE,
            "The instance is stopped, ",
            "aws rds describe-db-instances --region eu-west-1 --db-instance-identifier db1 ",
        ),
        (ALIAS, "The proxy or database that the name leads to ", "dig +short db.example.com"),
    ] {
        let diagnosis = diagnosis(&config(host, &[]), &refused(), None);
        assert!(diagnosis.transient, "{host}");
        let first = first(&diagnosis);
        assert!(first.cause.starts_with(cause), "{host}: {first:#?}");
        assert!(first.commands[0].starts_with(command), "{host}: {first:#?}");
    }
}

#[test]
fn only_a_proxy_has_a_fixed_port() {
    let of = |host| {
        let config = config(host, &[("DB_PORT", "6432")]);
        diagnosis(&config, &connect_failure("10.0.0.1:6432", ConnectFailure::Refused), None)
    };
    let proxy = of(PROXY);
    assert_eq!(first(&proxy).evidence.as_deref(), Some("DB_PORT is \"6432\"."));
    assert!(first(&proxy).remedy.starts_with("Set DB_PORT to 5432"), "{proxy:#?}");
    for host in [CLUSTER, INSTANCE, ALIAS] {
        let other = of(host);
        assert!(!said(&other).contains("Set DB_PORT to 5432"), "{other:#?}");
        assert!(said(&other).contains("The endpoint listens on another port."), "{other:#?}");
    }
}

#[test]
fn silence_is_first_a_security_group_of_the_endpoints_own() {
    for (host, whose) in [
        (PROXY, "The proxy's security group "),
        (CLUSTER, "The database's security group "),
        (INSTANCE, "The database's security group "),
        (ALIAS, "The security group of the proxy or database "),
    ] {
        let diagnosis = diagnosis(&config(host, &[]), &silent("10.0.0.1:5432"), None);
        assert!(diagnosis.transient, "{host}");
        let first = first(&diagnosis);
        assert!(first.cause.starts_with(whose), "{host}: {first:#?}");
        // Looking comes before changing, at both ends.
        let ends = first.commands.iter().rev().take(4).rev();
        for (command, part) in ends.zip(["IpPermissions'", "Egress'", "-ingress ", "-egress "]) {
            assert!(command.contains(part), "{host}: {part}: {first:#?}");
        }
        let changes = first.commands.iter().filter(|it| it.contains("authorize-"));
        assert_eq!(changes.count(), 2, "{host}: {first:#?}");
        assert!(first.commands.last().unwrap().contains(" --port 5432 "));
        let said = said(&diagnosis);
        assert_eq!(said.contains("never reachable from the internet"), host == PROXY, "{said}");
        let may_pause = host == CLUSTER || host == INSTANCE || host == ALIAS;
        assert_eq!(said.contains("0 ACU"), may_pause, "{said}");
    }
}

#[test]
fn a_databases_address_says_who_can_reach_it() {
    let of = |host, address| diagnosis(&config(host, &[]), &silent(address), None);
    let evidence = |diagnosis: &Diagnosis, part: &str| {
        let cause = diagnosis.causes.iter().find(|it| it.cause.contains(part));
        cause.map(|it| it.evidence.clone().unwrap_or_default())
    };
    for host in [CLUSTER, INSTANCE, ALIAS] {
        let private = of(host, "172.31.5.6:5432");
        let fact = Some("172.31.5.6 is a private address.".to_owned());
        assert_eq!(evidence(&private, "leads to a private address"), fact, "{host}");
        assert_eq!(evidence(&private, "leads to a public address"), None, "{host}");
        let public = of(host, "52.1.2.3:5432");
        let fact = Some("52.1.2.3 is a public address.".to_owned());
        assert_eq!(evidence(&public, "leads to a public address"), fact, "{host}");
        assert_eq!(evidence(&public, "leads to a private address"), None, "{host}");
        assert!(said(&public).contains("express configuration"), "{host}");
    }
    let proxy = of(PROXY, "52.1.2.3:5432");
    assert_eq!(evidence(&proxy, "leads to a public address"), None);
    let config = config(CLUSTER, &[("DB_CONNECT_TO", "10.1.1.1")]);
    let tunnel = diagnosis(&config, &silent("10.1.1.1:5432"), None);
    assert_eq!(evidence(&tunnel, "leads to a private address"), None);
}

#[test]
fn a_tunnel_is_the_first_cause_where_there_is_one_and_none_elsewhere() {
    for host in ALL {
        for failure in [refused(), silent("127.0.0.1:15432")] {
            let direct = diagnosis(&config(host, &[]), &failure, None);
            assert!(!said(&direct).contains("start-session"), "{host}");
            let config = config(host, &[("DB_CONNECT_TO", "127.0.0.1:15432")]);
            let tunnel = diagnosis(&config, &failure, None);
            let fact = Some("DB_CONNECT_TO is \"127.0.0.1:15432\".");
            assert_eq!(first(&tunnel).evidence.as_deref(), fact, "{host}");
            let parameters =
                format!("--parameters host={host},portNumber=5432,localPortNumber=LOCAL_PORT");
            assert!(first(&tunnel).commands[0].ends_with(&parameters), "{tunnel:#?}");
        }
    }
}

#[test]
fn where_nothing_was_observed_a_tunnel_is_only_possible() {
    for (code, common) in [(Code::TcpRefused, 5), (Code::TcpTimeout, 11), (Code::TlsNotOffered, 2)]
    {
        let causes = code.entry().causes.iter().map(|advice| advice.cause);
        let place = causes.clone().position(|cause| cause.starts_with("If DB_CONNECT_TO is set"));
        assert_eq!(place, Some(common), "{code:?}: {:#?}", causes.collect::<Vec<_>>());
    }
}

#[test]
fn a_missing_route_to_a_public_address_is_one_to_the_internet() {
    let unreachable = |host, address| {
        let error = io::Error::from(io::ErrorKind::NetworkUnreachable);
        let failure = connect_failure(address, ConnectFailure::Unreachable(error));
        diagnosis(&config(host, &[]), &failure, None)
    };
    let v6 = unreachable(PROXY, "[2600::1]:5432");
    assert_eq!(first(&v6).evidence.as_deref(), Some("[2600::1]:5432 is an IPv6 address."));
    assert!(said(&unreachable(CLUSTER, "52.1.2.3:5432")).contains("NAT gateway"));
    assert!(!said(&unreachable(PROXY, "10.0.0.1:5432")).contains("NAT gateway"));
    assert!(!unreachable(CLUSTER, "10.0.0.1:5432").transient);
}
