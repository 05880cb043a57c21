//! The session that is kept between invocations: when it serves again, and what replaces it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rds_proxy_emulator::{Backend, Cluster, Emulator};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::handler::Handler;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;

use crate::support::forwarder::Forwarder;
use crate::support::mysql::administer;
use crate::support::{Engine, Vars, by_engine, emulator, emulator_with, invoke, steps};

by_engine!(
    a_kept_session_serves_again_with_config_and_query_alone,
    a_session_silent_for_two_minutes_is_replaced,
    a_minutely_probe_logs_in_every_five_minutes,
    an_age_of_zero_means_a_new_session_each_time,
    an_event_can_ask_for_a_fresh_session,
    a_session_cut_meanwhile_is_replaced_inside_the_same_invocation,
    a_half_open_session_is_replaced_inside_the_same_invocation_and_the_report_says_so,
    a_kept_session_that_is_slow_is_not_taken_for_a_broken_one,
    a_clock_that_the_servers_last_answer_gave_away_explains_a_refused_token,
    a_reader_that_was_promoted_is_seen_by_the_kept_session,
);

/// A handler whose wall clock a test can set forward, as a thaw does.
struct Function {
    handler: Handler,
    forward_s: Arc<AtomicU64>,
}

impl Function {
    fn new(vars: &Vars) -> Self {
        let forward_s = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&forward_s);
        let clock = Clock::new(move || {
            SystemTime::now() + Duration::from_secs(shown.load(Ordering::SeqCst))
        });
        Self { handler: vars.handler_at(clock), forward_s }
    }

    async fn after(&self, seconds: u64) -> Value {
        self.forward_s.fetch_add(seconds, Ordering::SeqCst);
        invoke(&self.handler, json!({})).await
    }
}

fn reused(report: &Value) -> bool {
    assert_eq!(report["status"], "healthy", "{report:#}");
    report["session"]["reused"].as_bool().unwrap()
}

fn logins(emulator: &Emulator) -> usize {
    emulator.passwords_received().len()
}

async fn a_kept_session_serves_again_with_config_and_query_alone(engine: Engine) {
    let emulator = emulator(engine).await;
    let function = Function::new(&Vars::of(&emulator));
    assert!(!reused(&function.after(0).await));
    let warm = function.after(60).await;
    assert!(reused(&warm));
    assert_eq!(steps(&warm), ["config", "query"]);
    assert_eq!(warm["cold_start"], false);
    assert!(warm["session"]["age_ms"].as_u64().unwrap() >= 60_000);
    assert_eq!(logins(&emulator), 1);
}

async fn a_session_silent_for_two_minutes_is_replaced(engine: Engine) {
    let emulator = emulator(engine).await;
    let function = Function::new(&Vars::of(&emulator));
    assert!(!reused(&function.after(0).await));
    assert!(reused(&function.after(119).await));
    let fresh = function.after(120).await;
    assert!(!reused(&fresh));
    assert_eq!(fresh["retry"], Value::Null, "nothing failed, so nothing was tried twice");
}

async fn a_minutely_probe_logs_in_every_five_minutes(engine: Engine) {
    // The emulator's clock goes with the function's: tokens are dated.
    let minutes = Arc::new(AtomicU64::new(0));
    let shown = Arc::clone(&minutes);
    let now = move || SystemTime::now() + Duration::from_mins(shown.load(Ordering::SeqCst));
    let emulator = emulator_with(engine, |options| options.clock = Arc::new(now.clone())).await;
    let handler = Vars::of(&emulator).handler_at(Clock::new(now));
    for _ in 0..60 {
        invoke(&handler, json!({})).await;
        minutes.fetch_add(1, Ordering::SeqCst);
    }
    assert_eq!(logins(&emulator), 12);
}

async fn an_age_of_zero_means_a_new_session_each_time(engine: Engine) {
    let emulator = emulator(engine).await;
    let function = Function::new(&Vars::of(&emulator).with("DB_SESSION_MAX_AGE_S", 0));
    assert!(!reused(&function.after(0).await));
    assert!(!reused(&function.after(0).await));
}

async fn an_event_can_ask_for_a_fresh_session(engine: Engine) {
    let emulator = emulator(engine).await;
    let handler = Vars::of(&emulator).handler();
    assert!(!reused(&invoke(&handler, json!({})).await));
    assert!(!reused(&invoke(&handler, json!({"fresh": true})).await));
    assert!(reused(&invoke(&handler, json!({"fresh": false})).await));
}

async fn a_session_cut_meanwhile_is_replaced_inside_the_same_invocation(engine: Engine) {
    let emulator = emulator(engine).await;
    let hop = Forwarder::start(emulator.address()).await;
    let function = Function::new(&Vars::of(&emulator).with("DB_CONNECT_TO", hop.address));
    assert!(!reused(&function.after(0).await));
    hop.cut();
    let second = function.after(1).await;
    assert!(!reused(&second));
    assert_eq!(steps(&second).len(), 8);
    // Whether the end is seen before the question or by it is the scheduler's choice.
    let code = &second["retry"]["code"];
    assert!(code.is_null() || code == "connection_lost", "{second:#}");
    assert_eq!(logins(&emulator), 2);
}

async fn a_half_open_session_is_replaced_inside_the_same_invocation_and_the_report_says_so(
    engine: Engine,
) {
    let emulator = emulator(engine).await;
    let hop = Forwarder::start(emulator.address()).await;
    let vars = Vars::of(&emulator).with("DB_CONNECT_TO", hop.address);
    let function = Function::new(&vars.with("PROBE_TIMEOUT_MS", 3_000));
    assert!(!reused(&function.after(0).await));
    hop.silence();
    let second = function.after(1).await;
    assert!(!reused(&second));
    assert_eq!(second["retry"]["code"], "query_timeout", "{second:#}");
    assert_eq!(steps(&second).len(), 8);
}

async fn a_kept_session_that_is_slow_is_not_taken_for_a_broken_one(engine: Engine) {
    let emulator = emulator(engine).await;
    let hop = Forwarder::start(emulator.address()).await;
    let function = Function::new(&Vars::of(&emulator).with("DB_CONNECT_TO", hop.address));
    assert!(!reused(&function.after(0).await));
    hop.hold();
    // Then a fresh session is begun, which comes to nothing.
    let release = async {
        hop.have_begun(2).await;
        hop.release();
    };
    let (second, ()) = tokio::join!(function.after(1), release);
    assert!(reused(&second));
    assert_eq!((&second["retry"], steps(&second).len()), (&Value::Null, 2), "{second:#}");
    assert_eq!(logins(&emulator), 1);
    assert!(reused(&function.after(2).await), "it is kept");
}

async fn a_clock_that_the_servers_last_answer_gave_away_explains_a_refused_token(engine: Engine) {
    // As if the machine's clock were ten minutes ahead, and the proxy bore that at first.
    const AHEAD: Duration = Duration::from_mins(10);
    let borne = Arc::new(AtomicU64::new(AHEAD.as_secs()));
    let shown = Arc::clone(&borne);
    let proxys = move || SystemTime::now() + Duration::from_secs(shown.load(Ordering::SeqCst));
    let emulator = emulator_with(engine, |options| options.clock = Arc::new(proxys)).await;
    let handler = Vars::of(&emulator).handler_at(Clock::new(|| SystemTime::now() + AHEAD));
    assert!(!reused(&invoke(&handler, json!({})).await));
    borne.store(0, Ordering::SeqCst);
    let report = invoke(&handler, json!({"fresh": true})).await;
    crate::support::check(&report, "authenticate", "failed", "iam_rejected");
    let evidence = report["diagnosis"]["causes"][0]["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("the server's clock was") && evidence.contains(" behind"),
        "{evidence}"
    );
}

async fn a_reader_that_was_promoted_is_seen_by_the_kept_session(engine: Engine) {
    let cluster = Cluster::start_of(engine).unwrap();
    let standby = cluster.standby().unwrap();
    let emulator = emulator_with(engine, |options| {
        options.backend = Backend::Cluster(cluster);
        options.reader_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let vars = Vars::of(&emulator);
    let (host, socket) =
        (vars.get("READER_DB_HOST").unwrap(), vars.get("READER_DB_CONNECT_TO").unwrap());
    let vars = vars.with("DB_HOST", host).with("DB_CONNECT_TO", socket);
    let function = Function::new(&vars.with("DB_EXPECT_ROLE", "reader"));
    assert!(!reused(&function.after(0).await));
    promote(engine, &standby).await;
    let promoted = function.after(1).await;
    assert_eq!(promoted["session"]["reused"], true, "{promoted:#}");
    assert_eq!(
        (&promoted["status"], &promoted["database"]["role"]),
        (&json!("degraded"), &json!("writer"))
    );
    assert_eq!(promoted["diagnosis"]["code"], "role_mismatch");
}

/// Makes a standby a primary, as a failover does, and waits until it is one.
async fn promote(engine: Engine, socket: &Path) {
    match engine {
        Engine::PostgreSql => promote_postgresql(socket).await,
        Engine::MySql => administer(socket, &["STOP SLAVE", "SET GLOBAL read_only = 0"]).await,
    }
}

async fn promote_postgresql(socket: &Path) {
    let stream = UnixStream::connect(socket).await.unwrap();
    let mut config = tokio_postgres::Config::new();
    config.user("postgres").dbname("postgres").ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect_raw(stream, NoTls).await.unwrap();
    let ask = client.query_typed_one("SELECT pg_promote()", &[]);
    let row = tokio::select! {
        row = ask => row.unwrap(),
        ended = connection => panic!("{ended:?}"),
    };
    assert!(row.get::<_, bool>(0));
}
