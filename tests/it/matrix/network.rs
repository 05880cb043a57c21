//! The network: names, routes, families, and packets that are dropped on the way.
//!
//! Each test that changes it has its own network.

use std::net::SocketAddr;

use rds_proxy_emulator::{Backend, Emulator, Options};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Function, reports};
use crate::support::database::{database_at, vars};
use crate::support::namespace::{in_its_own_network, ip};
use crate::support::peer::{Issued, wait_for_end};
use crate::support::resolver::{Resolver, Says, use_own_resolver};
use crate::support::{Engine, Vars, by_engine_in_its_own_network, check, emulator_with, steps};

by_engine_in_its_own_network!(
    packets_dropped_after_the_connect_are_tls_timeout,
    packets_dropped_at_the_query_are_query_timeout,
    packets_dropped_while_frozen_end_the_kept_session_and_are_told_apart,
);

/// The test's own name, as the test runner knows it.
macro_rules! named {
    ($name:ident, $body:expr) => {
        #[test]
        fn $name() {
            in_its_own_network(concat!("matrix::network::", stringify!($name)), $body);
        }
    };
}

const NAME: &str = "db.example";

/// Where a test listens whose packets are to be dropped from some moment on.
const HERE: &str = "10.55.0.1";

/// The resolver's options, unless a test is about its patience: those of a machine without any.
const PATIENT: &str = "timeout:5 attempts:2";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The report of a function that connects to a name, whose resolver says this.
async fn resolved(says: Says, options: &str) -> Value {
    use_own_resolver(options);
    let _resolver = Resolver::start(says).await;
    let vars = Vars::to(address("127.0.0.1:1")).with("DB_CONNECT_TO", NAME);
    let [report] = reports(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await;
    report
}

named!(a_name_that_does_not_exist_is_dns_not_found, async {
    check(&resolved(Says::Error(3), PATIENT).await, "resolve", "failed", "dns_not_found");
});

named!(a_name_without_an_address_is_dns_not_found, async {
    let report = resolved(Says::Addresses(vec![]), PATIENT).await;
    check(&report, "resolve", "failed", "dns_not_found");
});

named!(a_silent_resolver_is_dns_timeout, async {
    check(&resolved(Says::Nothing, PATIENT).await, "resolve", "timeout", "dns_timeout");
});

named!(a_resolver_that_refuses_is_dns_failed, async {
    check(&resolved(Says::Error(5), PATIENT).await, "resolve", "failed", "dns_failed");
});

named!(a_resolver_that_fails_is_dns_failed_and_may_recover, async {
    let report = resolved(Says::Error(2), PATIENT).await;
    check(&report, "resolve", "failed", "dns_failed");
    assert_eq!(report["diagnosis"]["transient"], true, "{report:#}");
});

named!(a_machine_that_gives_up_on_its_resolver_is_dns_failed, async {
    let report = resolved(Says::Nothing, "timeout:1 attempts:1").await;
    check(&report, "resolve", "failed", "dns_failed");
    assert_eq!(report["diagnosis"]["transient"], true, "{report:#}");
});

named!(a_machine_without_a_resolver_is_dns_failed, async {
    use_own_resolver(PATIENT);
    let vars = Vars::to(address("127.0.0.1:1")).with("DB_CONNECT_TO", NAME);
    let [report] = reports(&vars).await;
    check(&report, "resolve", "failed", "dns_failed");
});

/// A network, in two families, in which every packet is delivered to a machine that drops it.
fn swallowing_network() {
    ip("link add swallows type veth peer name hole");
    ip("link set swallows up");
    ip("link set hole up");
    for (from, to, family) in [("10.66.0.1/24", "10.66.0.2", "-4"), ("fd66::1/64", "fd66::2", "-6")]
    {
        let duplicates = if family == "-6" { " nodad" } else { "" };
        ip(&format!("{family} addr add {from} dev swallows{duplicates}"));
        ip(&format!("{family} neigh add {to} lladdr 02:00:00:00:00:66 dev swallows nud permanent"));
    }
}

named!(a_dropped_syn_is_tcp_timeout, async {
    swallowing_network();
    for target in ["10.66.0.2:5432", "[fd66::2]:5432"] {
        let vars = Vars::to(address(target)).with("PROBE_TIMEOUT_MS", 1_000);
        let [report] = reports(&vars).await;
        check(&report, "connect", "timeout", "tcp_timeout");
        assert_eq!(report["diagnosis"]["transient"], true);
    }
});

/// The report of a function for a cluster's own name, which leads to this address.
async fn of_a_cluster_at(target: &str) -> Value {
    use_own_resolver(PATIENT);
    let _resolver = Resolver::start(Says::Addresses(vec![target.parse().unwrap()])).await;
    let vars = Vars::to(address("127.0.0.1:1")).without("DB_CONNECT_TO");
    let vars = vars.with("DB_HOST", "db.cluster-abc.eu-west-1.rds.amazonaws.com");
    let [report] = reports(&vars.with("PROBE_TIMEOUT_MS", 2_000)).await;
    report
}

named!(a_clusters_closed_port_is_looked_for_at_the_cluster, async {
    let report = of_a_cluster_at("127.0.0.1").await;
    check(&report, "connect", "failed", "tcp_refused");
    let first = &report["diagnosis"]["causes"][0];
    let command = first["commands"][0].as_str().unwrap();
    assert!(command.contains("describe-db-clusters --region eu-west-1"), "{report:#}");
    assert!(command.contains("--db-cluster-identifier db "), "{report:#}");
    assert!(!report.to_string().contains("describe-db-proxies"), "{report:#}");
});

named!(a_clusters_dropped_syn_is_looked_for_at_its_security_group, async {
    swallowing_network();
    let report = of_a_cluster_at("10.66.0.2").await;
    check(&report, "connect", "timeout", "tcp_timeout");
    let causes = report["diagnosis"]["causes"].as_array().unwrap();
    let first = causes[0]["cause"].as_str().unwrap();
    assert!(first.starts_with("The database's security group"), "{report:#}");
    let private = causes.iter().find(|it| it["evidence"] == "10.66.0.2 is a private address.");
    assert!(private.is_some(), "{report:#}");
    assert!(!report.to_string().contains("describe-db-proxies"), "{report:#}");
});

named!(a_network_without_a_route_is_tcp_unreachable, async {
    ip("route add unreachable 10.77.0.0/16");
    for target in ["10.77.0.1:5432", "192.0.2.1:5432", "[2001:db8::1]:5432"] {
        let [report] = reports(&Vars::to(address(target))).await;
        check(&report, "connect", "failed", "tcp_unreachable");
    }
});

named!(a_socket_that_the_machine_forbids_is_tcp_failed, async {
    ip("route add prohibit 10.88.0.0/16");
    ip("route add blackhole 10.99.0.0/16");
    for target in ["10.88.0.1:5432", "10.99.0.1:5432"] {
        let [report] = reports(&Vars::to(address(target))).await;
        check(&report, "connect", "failed", "tcp_failed");
    }
});

#[tokio::test]
async fn a_socket_that_the_machine_cannot_open_is_tcp_failed() {
    // Which interface a link-local address is behind has to be said, and is not.
    let [report] = reports(&Vars::to(address("[fe80::1]:5432"))).await;
    check(&report, "connect", "failed", "tcp_failed");
}

/// From now on every packet to and from [`HERE`] is dropped, as by a cable that is cut.
fn cut() {
    ip(&format!("addr del {HERE}/32 dev lo"));
}

fn before_the_cut() {
    ip(&format!("addr add {HERE}/32 dev lo"));
}

async fn packets_dropped_after_the_connect_are_tls_timeout(engine: Engine) {
    before_the_cut();
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let vars = Vars::to(listener.local_addr().unwrap()).of_engine(engine);
    let vars = vars.with("PROBE_TIMEOUT_MS", 2_000);
    let accept_and_cut = async {
        let mut stream = listener.accept().await.unwrap().0;
        cut();
        wait_for_end(&mut stream).await;
    };
    let report = tokio::select! {
        [report] = reports(&vars) => report,
        () = accept_and_cut => panic!("the connection has ended, although no packet could say so"),
    };
    check(&report, "tls", "timeout", "tls_timeout");
    assert_eq!(report["diagnosis"]["transient"], true);
}

async fn packets_dropped_at_the_query_are_query_timeout(engine: Engine) {
    before_the_cut();
    let issued = Issued::new(|_| {});
    let peer = database_at(&format!("{HERE}:0"), engine, &issued, |mut session| async move {
        session.log_in().await;
        let nonce = session.question().await.unwrap();
        cut();
        session.answer(&nonce).await;
        session.wait_for_end().await;
    })
    .await;
    let vars = vars(engine, &issued, &peer).with("PROBE_TIMEOUT_MS", 2_000);
    let [report] = reports(&vars).await;
    check(&report, "query", "timeout", "query_timeout");
    assert_eq!(report["diagnosis"]["transient"], true);
}

/// An emulator at an address of this network, with nothing behind it: who learns that no
/// connection could be borrowed has logged in.
async fn let_in_at(listen: &str) -> Emulator {
    let backend = Backend::Absent;
    let options = Options { backend, listen: address(listen), ..Options::default() };
    rds_proxy_emulator::start(options).await.unwrap()
}

async fn packets_dropped_while_frozen_end_the_kept_session_and_are_told_apart(engine: Engine) {
    before_the_cut();
    let listen = address(&format!("{HERE}:0"));
    let emulator = emulator_with(engine, |options| options.listen = listen).await;
    let vars = Vars::of(&emulator).with("PROBE_TIMEOUT_MS", 2_000);
    let mut function = Function::start(&vars).await;
    let first = function.report(b"{}").await;
    assert_eq!(first["status"], "healthy", "{first:#}");
    cut();
    let second = function.report(b"{}").await;
    assert_eq!(second["retry"]["code"], "query_timeout", "{second:#}");
    check(&second, "connect", "failed", "tcp_unreachable");
    function.stop().await;
}

/// The report of a function that connects to a name with these addresses, in both of the orders
/// that a resolver can give them in; each has logged in.
async fn let_in(emulator: &Emulator, addresses: &[&str]) {
    let mut addresses: Vec<_> = addresses.iter().map(|it| it.parse().unwrap()).collect();
    for _ in 0..2 {
        let resolver = Resolver::start(Says::Addresses(addresses.clone())).await;
        let port = emulator.address().port();
        let vars = Vars::of(emulator).with("DB_CONNECT_TO", format!("{NAME}:{port}"));
        let [report] = reports(&vars).await;
        check(&report, "query", "failed", "borrow_timeout");
        assert_eq!(steps(&report).len(), 8);
        resolver.stop().await;
        addresses.reverse();
    }
}

named!(a_name_of_one_family_reaches_the_one_that_listens, async {
    use_own_resolver(PATIENT);
    for only in ["127.0.0.1", "::1"] {
        let listen = SocketAddr::new(only.parse().unwrap(), 0).to_string();
        let emulator = let_in_at(&listen).await;
        let_in(&emulator, &[only]).await;
    }
});

named!(a_silent_address_beside_a_live_one_costs_a_moment, async {
    use_own_resolver(PATIENT);
    swallowing_network();
    let v4 = let_in_at("127.0.0.1:0").await;
    let_in(&v4, &["10.66.0.2", "127.0.0.1"]).await;
    let_in(&v4, &["fd66::2", "127.0.0.1"]).await;
    let v6 = let_in_at("[::1]:0").await;
    let_in(&v6, &["10.66.0.2", "::1"]).await;
    let_in(&v6, &["fd66::2", "::1"]).await;
});

named!(a_closed_or_missing_address_beside_a_live_one_costs_nothing, async {
    use_own_resolver(PATIENT);
    let emulator = let_in_at("127.0.0.1:0").await;
    // Nothing listens at the first, and there is no way to the others.
    for dead in ["127.0.0.2", "::1", "192.0.2.1", "2001:db8::1"] {
        let_in(&emulator, &[dead, "127.0.0.1"]).await;
    }
});
