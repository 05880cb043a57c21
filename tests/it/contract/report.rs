//! What a healthy or degraded report says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rds_proxy_emulator::Fault;
use rds_proxy_probe::clock::Clock;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{
    Engine, Vars, by_engine, emulator, emulator_with, invoke, probe, schema_difference, steps,
};

by_engine!(
    a_healthy_report_names_endpoint_user_server_and_every_step,
    a_reader_where_a_writer_was_expected_is_degraded,
    a_certificate_that_ends_within_14_days_is_degraded,
    the_server_s_version_is_cut_at_its_first_blank,
    a_message_ends_in_the_next_step,
    a_report_is_what_the_schema_says_and_nothing_else,
);

async fn a_healthy_report_names_endpoint_user_server_and_every_step(engine: Engine) {
    let emulator = emulator(engine).await;
    let mut report = probe(&Vars::of(&emulator)).await;

    let all = "config credentials sign resolve connect tls authenticate query";
    assert_eq!(steps(&report).join(" "), all);
    for step in report["steps"].as_array().unwrap() {
        assert_eq!(step["status"], "ok");
        assert!(step["elapsed_ms"].as_f64().unwrap() >= 0.0);
    }
    let version = report["database"]["version"].take();
    let version = version.as_str().unwrap();
    assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{version}");
    let message = report["message"].take();
    let (product, port, asked, through_proxy) = match engine {
        Engine::PostgreSql => ("PostgreSQL", 5432, "cleartext", None),
        Engine::MySql => ("MySQL", 3306, "mysql_clear_password", Some(true)),
    };
    let expected = format!(
        "Database connection was successful! Logged in as \"app\", {product} {version}, writer, "
    );
    assert!(message.as_str().unwrap().starts_with(&expected), "{message}");
    for varying in ["/steps", "/elapsed_ms", "/database/time", "/tls/not_after", "/session/age_ms"]
    {
        let value = report.pointer_mut(varying).unwrap().take();
        assert_ne!(value, Value::Null, "{varying}");
    }
    let expected = json!({
        "statusCode": 200,
        "status": "healthy",
        "message": null,
        "version": env!("CARGO_PKG_VERSION"),
        "endpoint": {
            "host": "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com",
            "port": port, "region": "us-east-1", "kind": "proxy", "engine": engine.to_string(),
        },
        "auth": { "method": "iam", "user": "app", "asked": asked },
        "session": { "reused": false, "age_ms": null, "through_proxy": through_proxy },
        "retry": null,
        "explain": null,
        "tls": {
            "version": "TLSv1.3",
            "subject_names": ["*.proxy-emulated0001.us-east-1.rds.amazonaws.com"],
            "issuer": "CN=RDS Proxy Emulator Server CA",
            "not_after": null,
        },
        "database": {
            "name": "app", "user": "app", "version": null, "role": "writer",
            "read_only": false, "time": null,
        },
        "steps": null, "elapsed_ms": null, "cold_start": true, "request_id": "test-request",
        "diagnosis": null,
    });
    assert_eq!(report, expected, "{report:#}");
}

async fn a_reader_where_a_writer_was_expected_is_degraded(engine: Engine) {
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let emulator = emulator_with(engine, |options| options.reader_listen = listen).await;
    let vars = Vars::of(&emulator);
    let (host, socket) =
        (vars.get("READER_DB_HOST").unwrap(), vars.get("READER_DB_CONNECT_TO").unwrap());
    let vars = vars.with("DB_HOST", host).with("DB_CONNECT_TO", socket);

    let reader = probe(&vars.clone().with("DB_EXPECT_ROLE", "reader")).await;
    assert_eq!(reader["status"], "healthy", "{reader:#}");
    assert_eq!(
        (&reader["database"]["role"], &reader["database"]["read_only"]),
        (&json!("reader"), &json!(true))
    );
    assert_eq!(reader["endpoint"]["kind"], "proxy_endpoint");

    let report = probe(&vars.with("DB_EXPECT_ROLE", "writer")).await;
    assert_eq!((&report["status"], &report["statusCode"]), (&json!("degraded"), &json!(200)));
    assert_eq!(report["diagnosis"]["code"], "role_mismatch", "{report:#}");
    assert_eq!(report["diagnosis"]["step"], "query");
}

async fn a_certificate_that_ends_within_14_days_is_degraded(engine: Engine) {
    // Emulator and function share a clock, so that tokens agree while it is set forward.
    let forward = Arc::new(AtomicU64::new(0));
    let shown = Arc::clone(&forward);
    let now = move || SystemTime::now() + Duration::from_secs(shown.load(Ordering::SeqCst));
    let emulator = emulator_with(engine, |options| options.clock = Arc::new(now.clone())).await;
    let handler = Vars::of(&emulator).handler_at(Clock::new(now));
    let report = invoke(&handler, json!({})).await;
    assert_eq!(report["status"], "healthy", "{report:#}");

    let end = report["tls"]["not_after"].as_str().unwrap();
    let end = OffsetDateTime::parse(end, &Rfc3339).unwrap();
    let left = SystemTime::from(end).duration_since(SystemTime::now()).unwrap();
    forward.store(
        left.checked_sub(Duration::from_hours(13 * 24 + 1)).unwrap().as_secs(),
        Ordering::SeqCst,
    );
    let report = invoke(&handler, json!({})).await;
    assert_eq!((&report["status"], &report["statusCode"]), (&json!("degraded"), &json!(200)));
    assert_eq!(report["diagnosis"]["code"], "certificate_expiring", "{report:#}");
    assert!(report["diagnosis"]["summary"].as_str().unwrap().ends_with(", in 13 days."));
}

async fn the_server_s_version_is_cut_at_its_first_blank(engine: Engine) {
    let emulator = emulator(engine).await;
    let report = probe(&Vars::of(&emulator)).await;
    let version = report["database"]["version"].as_str().unwrap();
    assert!(!version.contains(' '), "{version}");
}

async fn a_message_ends_in_the_next_step(engine: Engine) {
    let emulator = emulator_with(engine, |options| {
        options.fault = Some(Fault::named(engine, "database-not-found").unwrap());
    })
    .await;
    let report = probe(&Vars::of(&emulator)).await;
    let message = report["message"].as_str().unwrap();
    let diagnosis = &report["diagnosis"];
    let began = format!("Database connection failed: {}", diagnosis["summary"].as_str().unwrap());
    let next = message.strip_prefix(&began).unwrap().strip_prefix(" Next: ").unwrap();
    let remedy = diagnosis["causes"][0]["remedy"].as_str().unwrap();
    assert!(!next.is_empty() && remedy.starts_with(next), "{message}");
}

/// Every report of these tests is held to the schema where it is received.
async fn a_report_is_what_the_schema_says_and_nothing_else(engine: Engine) {
    let report = probe(&Vars::of(&emulator(engine).await)).await;
    assert_eq!(schema_difference(&report), None);
    let changed = |pointer: &str, value: Value| {
        let mut report = report.clone();
        *report.pointer_mut(pointer).unwrap() = value;
        schema_difference(&report).unwrap_or_default()
    };
    let wrong = changed("/endpoint/port", json!("5432"));
    assert_eq!(wrong, "/endpoint/port is \"5432\", no \"integer\"");
    let unknown = changed("/steps/0", json!({ "step": "a", "status": "ok", "elapsed_ms": 1 }));
    assert!(unknown.starts_with("/steps/0/step is \"a\", none of "), "{unknown}");
    assert_eq!(changed("/session", json!({ "reused": true })), "/session has no [\"age_ms\"]");
    let more = changed("/session", json!({ "reused": true, "age_ms": 1, "more": 1 }));
    assert_eq!(more, "/session has \"more\", which the schema has not");
}
