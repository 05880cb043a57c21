//! Every sample event, the shapes of the answers, and the lines that go with them.

use rds_proxy_probe::handler::{Event, Handled, Invocation};
use serde_json::{Value, json};

use crate::support::{Engine, Vars, emulator};

async fn answer(vars: &Vars, event: Value) -> Handled {
    let invocation = Invocation { request_id: "id-1".to_owned(), ends: None };
    vars.handler().handle(&Event::from(event), &invocation).await
}

fn json_of(answer: &Handled) -> Value {
    serde_json::from_str(answer.reply.as_ref().unwrap().as_json()).unwrap()
}

fn sample(name: &str) -> Value {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn every_sample_event_is_answered_in_its_sender_s_form() {
    let emulator = emulator(Engine::PostgreSql).await;
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/events")).unwrap();
    let mut names: Vec<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches(".json").to_owned())
        .collect();
    names.sort();
    let all = ["alb", "direct", "fresh", "function-url", "http-v2", "rest-v1", "schedule"];
    assert_eq!(names, all);
    for name in names {
        let json = json_of(&answer(&Vars::of(&emulator), sample(&name)).await);
        assert_eq!(json["statusCode"], 200, "{name}: {json:#}");
        let report = if ["direct", "fresh", "schedule"].contains(&name.as_str()) {
            json
        } else {
            let headers = json!({"content-type": "application/json", "cache-control": "no-store"});
            assert_eq!((&json["headers"], &json["isBase64Encoded"]), (&headers, &json!(false)));
            assert_eq!(json.as_object().unwrap().len(), 4);
            serde_json::from_str(json["body"].as_str().unwrap()).unwrap()
        };
        assert_eq!(report["status"], "healthy", "{name}: {report:#}");
    }
}

#[tokio::test]
async fn an_unhealthy_report_is_503_over_http() {
    let vars = Vars::default();
    let json = json_of(&answer(&vars, sample("http-v2")).await);
    assert_eq!(json["statusCode"], 503);
    let body: Value = serde_json::from_str(json["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["diagnosis"]["code"], "config_invalid");
}

#[tokio::test]
async fn an_unhealthy_probe_can_end_as_a_function_error() {
    let vars = Vars::default().with("PROBE_FAIL_INVOCATION", "true");
    let unhealthy = answer(&vars, json!({})).await.reply.unwrap_err();
    assert_eq!(unhealthy.code, "config_invalid");
    let report: Value = serde_json::from_str(&unhealthy.report).unwrap();
    assert_eq!(report["diagnosis"]["code"], "config_invalid");
    let diagnostic = lambda_runtime::Diagnostic::from(unhealthy);
    assert_eq!(diagnostic.error_type, "config_invalid");
}

#[tokio::test]
async fn a_healthy_probe_is_no_function_error() {
    let emulator = emulator(Engine::PostgreSql).await;
    let vars = Vars::of(&emulator).with("PROBE_FAIL_INVOCATION", "true");
    assert!(answer(&vars, json!({})).await.reply.is_ok());
}

#[tokio::test]
async fn an_event_chooses_neither_host_nor_user_nor_keys() {
    let emulator = emulator(Engine::PostgreSql).await;
    let event = json!({
        "DB_HOST": "evil.example", "host": "evil.example", "DB_USER": "root", "user": "root",
        "DB_CA_FILE": "/evil", "AWS_ACCESS_KEY_ID": "EVIL", "fresh": true,
    });
    let report = json_of(&answer(&Vars::of(&emulator), event).await);
    assert_eq!(report["status"], "healthy", "{report:#}");
    assert_eq!(report["database"]["user"], "app");
}

#[tokio::test]
async fn a_malformed_event_is_event_invalid_and_nothing_is_tried() {
    let emulator = emulator(Engine::PostgreSql).await;
    for event in [json!([]), json!("x"), json!(null), json!({"fresh": 1})] {
        let report = json_of(&answer(&Vars::of(&emulator), event).await);
        assert_eq!(report["diagnosis"]["code"], "event_invalid", "{report:#}");
        assert_eq!((&report["status"], &report["statusCode"]), (&json!("unhealthy"), &json!(400)));
    }
    assert_eq!(emulator.connections_accepted(), 0);
}

#[tokio::test]
async fn an_invocation_leaves_one_metric_line_and_one_log_line() {
    let emulator = emulator(Engine::PostgreSql).await;
    let lines = answer(&Vars::of(&emulator), json!({})).await.lines;
    let [metric, log] = lines.as_slice() else { panic!("{lines:?}") };
    let metric: Value = serde_json::from_str(metric).unwrap();
    let directive = &metric["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "RdsProxyProbe");
    assert_eq!(directive["Dimensions"], json!([["FunctionName", "Endpoint"], ["FunctionName"]]));
    for announced in directive["Metrics"].as_array().unwrap() {
        assert!(metric[announced["Name"].as_str().unwrap()].is_number(), "{metric:#}");
    }
    assert_eq!(directive["Metrics"].as_array().unwrap().len(), 5);
    assert_eq!((&metric["Healthy"], &metric["SessionReused"]), (&json!(1), &json!(0)));
    assert_eq!(metric["Endpoint"], "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com");
    let log: Value = serde_json::from_str(log).unwrap();
    assert_eq!((&log["level"], &log["requestId"]), (&json!("INFO"), &json!("id-1")));
    assert!(log["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(log["elapsedMs"], metric["ProbeLatency"]);
}

#[tokio::test]
async fn log_format_and_level_are_lambda_s() {
    let lines = |vars: Vars| async move { answer(&vars, json!({})).await.lines };
    let quiet = lines(Vars::default().with("AWS_LAMBDA_LOG_LEVEL", "FATAL")).await;
    assert_eq!(quiet.len(), 1, "the metric line alone: {quiet:?}");
    let text = lines(Vars::default().with("AWS_LAMBDA_LOG_FORMAT", "Text")).await;
    assert!(text[1].contains(" ERROR id-1 Database connection failed: "), "{text:?}");
}

#[tokio::test]
async fn a_refused_event_says_so_and_tells_the_metric_nothing_of_the_database() {
    let emulator = emulator(Engine::PostgreSql).await;
    let answer = answer(&Vars::of(&emulator), json!([])).await;
    let report = json_of(&answer);
    let message = "The event was refused: the event is an array: expected a JSON object. \
                   Next: Send no payload, {}, or an object such as {\"fresh\": true}.";
    assert_eq!(
        (&report["statusCode"], &report["status"], &report["message"]),
        (&json!(400), &json!("unhealthy"), &json!(message))
    );
    let metric: Value = serde_json::from_str(&answer.lines[0]).unwrap();
    assert_eq!(metric["DiagnosisCode"], "event_invalid");
    for name in ["Healthy", "ProbeLatency", "SessionReused"] {
        assert_eq!(metric.get(name), None, "{metric:#}");
    }
    assert_eq!(metric["_aws"]["CloudWatchMetrics"][0]["Metrics"], json!([]), "{metric:#}");
}

#[tokio::test]
async fn a_malformed_request_over_http_is_a_400() {
    let emulator = emulator(Engine::PostgreSql).await;
    let event = json!({
        "requestContext": { "http": {} }, "queryStringParameters": { "fresh": "perhaps" },
    });
    let answer = json_of(&answer(&Vars::of(&emulator), event).await);
    assert_eq!(answer["statusCode"], 400, "{answer:#}");
    let report: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&report["statusCode"], &report["status"]), (&json!(400), &json!("unhealthy")));
}
