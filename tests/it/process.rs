//! The built binary under a Runtime API: bad input, every line it writes, and what it costs.

use serde_json::{Value, json};
use testkit::function::Output;

use crate::support::{Engine, Vars, by_engine, emulator, running};

by_engine!(the_binary_answers_and_keeps_its_session);

/// What a function that was given all of this may have resident at most.
pub(crate) const PEAK_KIB: u64 = 64 * 1024;

/// Of each invocation's two lines one is the metric line.
fn check_lines(output: &Output, invocations: usize) {
    let lines = output.json_lines();
    assert_eq!(lines.len(), 2 * invocations, "{}", output.stdout);
    assert_eq!(lines.iter().filter(|line| line.get("_aws").is_some()).count(), invocations);
    for line in lines.iter().filter(|line| line.get("_aws").is_none()) {
        for key in ["timestamp", "level", "message", "requestId"] {
            assert!(line[key].is_string(), "{line}");
        }
    }
}

async fn the_binary_answers_and_keeps_its_session(engine: Engine) {
    let emulator = emulator(engine).await;
    let mut function = running(&Vars::of(&emulator)).await;
    let first = function.invoke(b"{}").await.report();
    assert_eq!(
        (&first["status"], &first["cold_start"]),
        (&json!("healthy"), &json!(true)),
        "{first:#}"
    );
    let second = function.invoke(b"{}").await.report();
    assert_eq!(
        (&second["session"]["reused"], &second["cold_start"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(second["request_id"], "request-2");
    check_lines(&function.stop().await, 2);
}

#[tokio::test]
async fn an_unparsable_event_is_answered_and_so_is_the_next_one() {
    let emulator = emulator(Engine::PostgreSql).await;
    let mut function = running(&Vars::of(&emulator)).await;
    for event in [&b"{oops"[..], b"\xff\xfe", b"nonsense", b"[[[[", "[".repeat(100_000).as_bytes()]
    {
        let report = function.invoke(event).await.report();
        assert_eq!(report["diagnosis"]["code"], "event_invalid", "{report:#}");
    }
    assert_eq!(function.invoke(b"{}").await.report()["status"], "healthy");
    check_lines(&function.stop().await, 6);
}

#[tokio::test]
async fn an_event_without_payload_counts_as_an_empty_object() {
    let emulator = emulator(Engine::PostgreSql).await;
    let mut function = running(&Vars::of(&emulator)).await;
    for event in [&b""[..], b" \r\n"] {
        assert_eq!(function.invoke(event).await.report()["status"], "healthy");
    }
    check_lines(&function.stop().await, 2);
}

#[tokio::test]
async fn what_the_runtime_has_to_say_is_a_log_line_too() {
    let mut function = running(&Vars::default()).await;
    function.refuse(b"{}").await;
    function.invoke(b"{}").await;
    let output = function.stop().await;
    let lines = output.json_lines();
    assert_eq!(lines.len(), 5, "{}", output.stdout);
    assert_eq!(lines[2]["level"], "ERROR");
    assert_eq!(lines[2]["message"], "Lambda Runtime API returned non-200 response");
}

#[tokio::test]
async fn a_milder_word_of_the_runtime_than_is_wanted_is_left_out() {
    let vars = Vars::default().with("AWS_LAMBDA_LOG_LEVEL", "FATAL");
    let mut function = running(&vars).await;
    function.refuse(b"{}").await;
    function.invoke(b"{}").await;
    assert_eq!(function.stop().await.json_lines().len(), 2, "the metric lines alone");
}

#[tokio::test]
async fn a_runtime_api_that_goes_away_leaves_log_lines_alone() {
    let mut function = running(&Vars::default()).await;
    function.invoke(b"{}").await;
    let output = function.abandon(br#"{"canary": "canary-payload"}"#).await;
    let lines = output.json_lines();
    let last = lines.last().unwrap();
    assert_eq!(last["level"], "FATAL", "{last}");
    assert!(
        lines.iter().any(|line| line["level"] == "ERROR"
            && line["message"] == "Lambda Runtime API request failed")
    );
    assert!(!output.stdout.contains("canary"), "{}", output.stdout);
}

#[tokio::test]
async fn a_bad_environment_does_not_end_the_binary() {
    let vars = Vars::default().with("DB_PORT", "none").with("DB_USER", "u".repeat(100_000));
    let mut function = running(&vars).await;
    for _ in 0..2 {
        let report = function.invoke(b"{}").await.report();
        assert_eq!(report["diagnosis"]["code"], "config_invalid", "{report:#}");
    }
    let output = function.stop().await;
    assert!(output.stdout.len() < 10_000, "{}", output.stdout);
    check_lines(&output, 2);
}

#[tokio::test]
async fn a_function_error_carries_the_diagnosis_code() {
    let vars = Vars::default().with("PROBE_FAIL_INVOCATION", "true");
    let mut function = running(&vars).await;
    let error = function.invoke(b"{}").await.error();
    assert_eq!(error["errorType"], "config_invalid");
    check_lines(&function.stop().await, 1);
}

#[tokio::test]
async fn an_event_of_six_megabytes_stays_within_bounds() {
    let emulator = emulator(Engine::PostgreSql).await;
    let mut function = running(&Vars::of(&emulator)).await;
    // Lambda's own limit of a synchronous invocation.
    let event = format!(r#"{{"padding": "{}"}}"#, "x".repeat(6 << 20));
    assert_eq!(function.invoke(event.as_bytes()).await.report()["status"], "healthy");
    let output = function.stop().await;
    assert!(output.peak_kib < PEAK_KIB, "{} KiB", output.peak_kib);
}

/// Starts the binary as a person does, and returns its exit status, output and errors.
async fn by_hand(arguments: &[&str], vars: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_probe"));
    command.args(arguments).env_clear().envs(vars.iter().copied());
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn started_by_hand_the_binary_says_in_one_plain_line_what_it_is() {
    let (version, line) = (
        concat!("probe ", env!("CARGO_PKG_VERSION")),
        "an AWS Lambda function that logs in to PostgreSQL or MySQL through Amazon RDS Proxy and \
         reports what is wrong. Start it in Lambda, or on this machine with \"cargo lambda watch\": see \
         README.md.",
    );
    let (version, line) = (format!("{version}\n"), format!("{version}: {line}\n"));
    for arguments in [&[][..], &["--host"], &["check", "--help"]] {
        assert_eq!(by_hand(arguments, &[]).await, (Some(2), String::new(), line.clone()));
    }
    for argument in ["--version", "-V"] {
        assert_eq!(by_hand(&[argument], &[]).await, (Some(0), version.clone(), String::new()));
    }
    for argument in ["--help", "-h"] {
        assert_eq!(by_hand(&[argument], &[]).await, (Some(0), line.clone(), String::new()));
    }
}

#[tokio::test]
async fn a_runtime_that_is_half_set_up_is_a_log_line() {
    let vars = [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")];
    let (status, stdout, stderr) = by_hand(&["--version"], &vars).await;
    assert_eq!((status, stderr.as_str()), (Some(1), ""));
    let line: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(line["level"], "FATAL");
    let message = line["message"].as_str().unwrap();
    assert!(message.starts_with("AWS_LAMBDA_FUNCTION_NAME is not set. Start it in "), "{line}");
}
