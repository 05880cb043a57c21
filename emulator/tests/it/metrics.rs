//! RDS Proxy's CloudWatch metrics, as a scraper gets them.

use std::collections::{BTreeMap, BTreeSet};

use rds_proxy_emulator::{Backend, Emulator, Engine, Options, start};

use crate::mysql;
use crate::support::mysql::MySql;
use crate::support::{
    Client, admin, by_engine, cluster, connect, database, options, options_of, token,
};

/// Its name, its kind, and the sets of dimensions that AWS gives it by, all four of
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>. They are in
/// one series: a sum over the others is CloudWatch's value for one set.
const ALL: [(&str, &str, &[u8]); 27] = [
    ("availability_percentage", "gauge", &[4]),
    ("client_connections", "gauge", &[1, 2]),
    ("client_connections_in_setup", "gauge", &[1, 2]),
    ("client_connections_tls", "gauge", &[1, 2]),
    ("client_connections_no_tls", "gauge", &[1, 2]),
    ("client_connections_received", "counter", &[1, 2]),
    ("client_connections_closed", "counter", &[1, 2]),
    ("client_connections_setup_succeeded", "counter", &[1, 2]),
    ("client_connections_setup_failed_auth", "counter", &[1, 2]),
    ("database_connections", "gauge", &[1, 3, 4]),
    ("database_connections_with_tls", "gauge", &[1, 3, 4]),
    ("database_connections_currently_borrowed", "gauge", &[1, 3, 4]),
    ("database_connections_currently_in_transaction", "gauge", &[1, 3, 4]),
    ("database_connections_currently_session_pinned", "gauge", &[1, 3, 4]),
    ("database_connection_requests", "counter", &[1, 3, 4]),
    ("database_connection_requests_with_tls", "counter", &[1, 3, 4]),
    ("database_connections_setup_succeeded", "counter", &[1, 3, 4]),
    ("database_connections_setup_failed", "counter", &[1, 3, 4]),
    ("database_connections_borrow_latency", "summary", &[1, 2]),
    ("database_connections_borrow_requests", "counter", &[4]),
    ("database_connections_borrow_requests_aborted", "counter", &[4]),
    ("max_database_connections_allowed", "gauge", &[1, 3, 4]),
    ("query_requests", "counter", &[1, 2]),
    ("query_requests_tls", "counter", &[1, 2]),
    ("query_requests_no_tls", "counter", &[1, 2]),
    ("query_response_latency", "summary", &[1, 2]),
    ("query_database_response_latency", "summary", &[1, 2, 3, 4]),
];

/// The labels of these sets of dimensions.
fn labels(sets: &[u8]) -> BTreeSet<String> {
    let of = |set: &u8| match set {
        1 => &["proxy_name"][..],
        2 => &["proxy_name", "endpoint_name"],
        3 => &["proxy_name", "target_group", "target"],
        _ => &["proxy_name", "target_group", "target_role"],
    };
    sets.iter().flat_map(of).map(|label| (*label).to_owned()).collect()
}

/// A session of either engine.
enum Session {
    PostgreSql(Client),
    MySql(Box<MySql>),
}

impl Session {
    async fn new(engine: Engine, emulator: &Emulator) -> Self {
        match engine {
            Engine::PostgreSql => {
                let client = connect(emulator, "app", &token(emulator, "app"), "app").await;
                Self::PostgreSql(client.unwrap())
            }
            Engine::MySql => Self::MySql(Box::new(mysql::session(emulator).await)),
        }
    }

    /// Runs a statement as a simple query.
    async fn run(&mut self, statement: &str) {
        match self {
            Self::PostgreSql(client) => client.client.batch_execute(statement).await.unwrap(),
            Self::MySql(session) => drop(session.rows(statement).await.unwrap()),
        }
    }
}

/// An emulator with its page.
async fn emulator_with_page(engine: Engine) -> Emulator {
    let admin = Some("127.0.0.1:0".parse().unwrap());
    start(Options { admin, ..options_of(engine).0 }).await.unwrap()
}

/// The metrics of the read/write endpoint by name, with each sample's labels and value.
async fn metrics(emulator: &Emulator) -> BTreeMap<String, (BTreeMap<String, String>, u64)> {
    let (status, text) = admin::get(emulator, "/metrics").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.map(|line| {
        let (name, rest) = line.split_once('{').expect(line);
        let (labels, value) = rest.split_once("} ").expect(line);
        let labels = labels.split(',').map(|label| {
            let (name, value) = label.split_once('=').expect(line);
            (name.to_owned(), value.trim_matches('"').to_owned())
        });
        let name = name.strip_prefix("aws_rds_proxy_").expect(line);
        (name.to_owned(), (labels.collect(), value.parse().expect(line)))
    });
    samples.collect()
}

#[tokio::test]
async fn every_metric_of_the_proxy_has_its_name_its_kind_and_its_dimensions() {
    let emulator = emulator_with_page(Engine::PostgreSql).await;
    let (_, text) = admin::get(&emulator, "/metrics").await;
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE aws_rds_proxy_"));
    let expected = ALL.iter().map(|(name, kind, _)| format!("{name} {kind}"));
    assert_eq!(kinds.map(str::to_owned).collect::<BTreeSet<_>>(), expected.collect());
    let samples = metrics(&emulator).await;
    for (name, kind, sets) in ALL {
        let samples_of: &[&str] = if kind == "summary" { &["_sum", "_count"] } else { &[""] };
        for suffix in samples_of {
            let (found, _) = samples.get(&format!("{name}{suffix}")).expect(name);
            assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), labels(sets), "{name}");
        }
    }
    let summaries = ALL.iter().filter(|(_, kind, _)| *kind == "summary").count();
    assert_eq!(samples.len(), ALL.len() + summaries, "nothing else: {samples:?}");
}

async fn a_sessions_queries_and_connections_are_counted(engine: Engine) {
    let emulator = emulator_with_page(engine).await;
    let mut session = Session::new(engine, &emulator).await;
    session.run("SELECT 1").await;
    session.run("BEGIN").await;
    session.run("SELECT 1").await;
    let samples = metrics(&emulator).await;
    for (name, expected) in [
        ("availability_percentage", 100),
        ("client_connections", 1),
        ("client_connections_tls", 1),
        ("client_connections_no_tls", 0),
        ("query_requests", 3),
        ("query_requests_tls", 3),
        ("query_requests_no_tls", 0),
        ("query_response_latency_count", 3),
        ("query_database_response_latency_count", 3),
        ("database_connections", 1),
        ("database_connections_with_tls", 0),
        ("database_connections_currently_borrowed", 1),
        ("database_connection_requests", 1),
        ("database_connection_requests_with_tls", 0),
        ("database_connections_borrow_requests", 2),
        ("database_connections_borrow_latency_count", 2),
    ] {
        assert_eq!(samples[name].1, expected, "{name}");
    }
    let (clients, databases) =
        (&samples["query_response_latency_sum"], &samples["query_database_response_latency_sum"]);
    assert!(databases.1 > 0 && clients.1 >= databases.1, "{clients:?} {databases:?}");
    assert_eq!(databases.0["target"], "writer");
    assert_eq!(databases.0["target_role"], "READ_WRITE");
}

by_engine!(
    #[tokio::test]
    a_sessions_queries_and_connections_are_counted,
    a_transaction_counts_as_one_while_a_statement_of_its_runs,
);

/// The tests' PostgreSQL may be older than `reserved_connections` (16), so a function plays it.
const RESERVED: &str = "CREATE SCHEMA of_16; \
    CREATE FUNCTION of_16.current_setting(name text, missing_ok boolean) RETURNS text \
    LANGUAGE sql AS $$ SELECT CASE name WHEN 'reserved_connections' THEN '5' \
    ELSE pg_catalog.current_setting(name, missing_ok) END $$; \
    GRANT USAGE ON SCHEMA of_16 TO PUBLIC; \
    ALTER DATABASE with_reserved SET search_path TO of_16, pg_catalog";

#[tokio::test]
async fn connections_that_the_database_reserves_are_not_allowed() {
    let socket = cluster().socket();
    let admin = database(socket.clone(), "postgres").await;
    admin.client.batch_execute("CREATE DATABASE with_reserved").await.unwrap();
    database(socket, "with_reserved").await.client.batch_execute(RESERVED).await.unwrap();
    for (name, expected) in [("postgres", 1197), ("with_reserved", 1192)] {
        let emulator = emulator_with_page(Engine::PostgreSql).await;
        let _client = connect(&emulator, "app", &token(&emulator, "app"), name).await.unwrap();
        let allowed = metrics(&emulator).await["max_database_connections_allowed"].1;
        assert_eq!(allowed, expected, "{name}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_not_available() {
    let admin = Some("127.0.0.1:0".parse().unwrap());
    let backend: Backend = "postgres://127.0.0.1:1".parse().unwrap();
    let away = start(Options { admin, backend, ..options().0 }).await.unwrap();
    assert_eq!(metrics(&away).await["availability_percentage"].1, 0);
}

#[tokio::test]
async fn a_client_without_tls_and_one_in_setup_are_not_counted_as_encrypted() {
    let emulator = emulator_with_page(Engine::PostgreSql).await;
    let client = connect(&emulator, "app", &token(&emulator, "app"), "app").await.unwrap();
    let plain = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    let both = loop {
        let samples = metrics(&emulator).await;
        if samples["client_connections"].1 == 2 {
            break samples;
        }
    };
    assert_eq!(both["client_connections_tls"].1, 1);
    assert_eq!(both["client_connections_no_tls"].1, 1);
    drop((client, plain));
    while metrics(&emulator).await["client_connections_tls"].1 > 0 {}
}

async fn a_transaction_counts_as_one_while_a_statement_of_its_runs(engine: Engine) {
    let emulator = emulator_with_page(engine).await;
    let mut session = Session::new(engine, &emulator).await;
    let in_transaction = "database_connections_currently_in_transaction";
    let slow = match engine {
        Engine::PostgreSql => "SELECT pg_sleep(600)",
        Engine::MySql => "SELECT SLEEP(600)",
    };
    session.run("BEGIN").await;
    let is_active = async {
        while !admin::get(&emulator, "/sessions").await.1.contains("\"state\":\"active\"") {}
        metrics(&emulator).await[in_transaction].1
    };
    let counted = tokio::select! {
        counted = is_active => counted,
        () = session.run(slow) => panic!("it takes ten minutes"),
    };
    assert_eq!(counted, 1);
    drop(session);
    while metrics(&emulator).await[in_transaction].1 > 0 {}
    let mut session = Session::new(engine, &emulator).await;
    for (statement, expected) in [("BEGIN", 1), ("COMMIT", 0)] {
        session.run(statement).await;
        while metrics(&emulator).await[in_transaction].1 != expected {}
    }
}
