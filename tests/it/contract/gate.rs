//! The gate: a stack and a deployment that wait for a verdict.

use std::time::{Duration, SystemTime};

use rds_proxy_probe::connector::Connector;
use rds_proxy_probe::handler::{Event, Handled, Invocation};
use serde_json::{Value, json};

use crate::support::response_host::ResponseHost;
use crate::support::{Engine, Vars, aws, emulator, emulator_with};

const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/app/guid";
const HOST: &str = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";

/// What CloudFormation sends, as its own page has it.
pub(super) fn request(kind: &str) -> Value {
    json!({
        "RequestType": kind,
        "ResponseURL": format!("https://{HOST}/app%7CGate?AWSAccessKeyId=AKIA&Signature=canary-signature"),
        "StackId": STACK,
        "RequestId": "req-1",
        "ResourceType": "Custom::HealthyDatabasePath",
        "LogicalResourceId": "Gate",
        "ResourceProperties": { "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:probe" },
    })
}

/// An invocation that Lambda would end in `seconds`.
fn ending_in(seconds: u64) -> Invocation {
    let ends = Some(SystemTime::now() + Duration::from_secs(seconds));
    Invocation { request_id: "id-1".to_owned(), ends }
}

async fn ask(vars: &Vars, host: &ResponseHost, event: Value, invocation: Invocation) -> Handled {
    let connector = host.leading(Connector::trusting(host.roots()));
    let handler = vars.handler().with_connector(connector);
    handler.handle(&Event::from(event), &invocation).await
}

fn reply(answer: &Handled) -> Value {
    serde_json::from_str(answer.reply.as_ref().unwrap().as_json()).unwrap()
}

#[tokio::test]
async fn a_stack_goes_on_when_the_path_is_healthy() {
    let (emulator, host) = (emulator(Engine::PostgreSql).await, ResponseHost::start().await);
    let answer = ask(&Vars::of(&emulator), &host, request("Create"), ending_in(60)).await;

    let asked = &host.asked()[0];
    assert_eq!((asked.method.as_str(), &asked.content_type), ("PUT", &None));
    assert_eq!(asked.operation, "/app%7CGate?AWSAccessKeyId=AKIA&Signature=canary-signature");
    assert_eq!(host.meant_for(), [HOST]);
    let said = host.answer();
    assert_eq!((&said["Status"], &said["StackId"]), (&json!("SUCCESS"), &json!(STACK)));
    assert_eq!((&said["RequestId"], &said["LogicalResourceId"]), (&json!("req-1"), &json!("Gate")));
    assert_eq!(said["PhysicalResourceId"], "healthy-database-path-Gate");
    let report = reply(&answer);
    assert_eq!(report["status"], "healthy", "{report:#}");
    let data = json!({
        "Status": "healthy",
        "Host": report["endpoint"]["host"],
        "User": report["database"]["user"],
        "DatabaseVersion": report["database"]["version"],
        "Role": report["database"]["role"],
    });
    assert_eq!(said["Data"], data);
    assert!(answer.lines.iter().all(|line| !line.contains("canary-signature")));
}

#[tokio::test]
async fn a_degraded_path_answers_and_lets_the_stack_go_on() {
    let (emulator, host) = (emulator(Engine::PostgreSql).await, ResponseHost::start().await);
    let vars = Vars::of(&emulator).with("DB_EXPECT_ROLE", "reader");
    ask(&vars, &host, request("Create"), ending_in(60)).await;
    let said = host.answer();
    assert_eq!((&said["Status"], &said["Data"]["Status"]), (&json!("SUCCESS"), &json!("degraded")));
}

#[tokio::test]
async fn a_broken_path_stops_the_stack_with_code_summary_and_remedy() {
    let (emulator, host) = (emulator(Engine::PostgreSql).await, ResponseHost::start().await);
    let vars = Vars::of(&emulator).with("DB_NAME", "nowhere");
    let answer = ask(&vars, &host, request("Update"), ending_in(60)).await;
    let report = reply(&answer);
    let diagnosis = &report["diagnosis"];
    let expected = format!(
        "{}: {} {} {} (1 probe in ",
        diagnosis["code"].as_str().unwrap(),
        diagnosis["summary"].as_str().unwrap(),
        diagnosis["causes"][0]["remedy"].as_str().unwrap(),
        diagnosis["causes"][0]["commands"][0].as_str().unwrap(),
    );
    let said = host.answer();
    assert_eq!(
        (&said["Status"], &diagnosis["code"]),
        (&json!("FAILED"), &json!("database_not_found"))
    );
    let reason = said["Reason"].as_str().unwrap();
    assert!(reason.starts_with(&expected), "{reason}");
    // A stack that got its answer needs no function error as well.
    let vars = vars.with("PROBE_FAIL_INVOCATION", "true");
    let host = ResponseHost::start().await;
    let answer = ask(&vars, &host, request("Update"), ending_in(60)).await;
    assert_eq!((reply(&answer)["status"].as_str(), host.asked().len()), (Some("unhealthy"), 1));
}

#[tokio::test]
async fn what_is_still_being_made_is_waited_for() {
    let fault: rds_proxy_emulator::Fault = "no-writer:2".parse().unwrap();
    let emulator = emulator_with(Engine::PostgreSql, |options| options.fault = Some(fault)).await;
    let host = ResponseHost::start().await;
    let vars = Vars::of(&emulator);
    let answer = ask(&vars, &host, request("Create"), ending_in(60)).await;
    assert_eq!(
        (&host.answer()["Status"], &reply(&answer)["status"]),
        (&json!("SUCCESS"), &json!("healthy"))
    );
}

#[tokio::test]
async fn waiting_ends_while_a_whole_probe_and_the_answer_still_fit() {
    let emulator = emulator_with(Engine::PostgreSql, |options| {
        options.fault = Some("no-writer".parse().unwrap());
    })
    .await;
    let host = ResponseHost::start().await;
    // Three of the four seconds are for probes: the second begins at 0.5 s, a third would begin
    // at 1.5 s and might take until 3.5 s.
    let vars = Vars::of(&emulator).with("PROBE_TIMEOUT_MS", "2000");
    ask(&vars, &host, request("Create"), ending_in(4)).await;
    let said = host.answer();
    let reason = said["Reason"].as_str().unwrap();
    assert!(
        reason.starts_with("server_unavailable: ") && reason.contains("(2 probes in "),
        "{reason}"
    );
}

#[tokio::test]
async fn a_resource_is_taken_down_without_a_probe_and_keeps_its_name() {
    let host = ResponseHost::start().await;
    let mut event = request("Delete");
    event["PhysicalResourceId"] = json!("some-name");
    // Nothing of the database's is configured, and none is asked.
    let vars = Vars::default().with("AWS_REGION", "us-east-1");
    let answer = ask(&vars, &host, event, ending_in(60)).await;
    let said = host.answer();
    assert_eq!(
        (&said["Status"], &said["PhysicalResourceId"]),
        (&json!("SUCCESS"), &json!("some-name"))
    );
    assert_eq!(reply(&answer), Value::Null);
}

#[tokio::test]
async fn a_bad_configuration_is_the_reason() {
    let host = ResponseHost::start().await;
    let vars = Vars::default().with("AWS_REGION", "us-east-1");
    ask(&vars, &host, request("Create"), ending_in(60)).await;
    let said = host.answer();
    let reason = said["Reason"].as_str().unwrap();
    assert!(reason.starts_with("config_invalid: ") && reason.contains("DB_HOST"), "{reason}");
}

#[tokio::test]
async fn nonsense_is_answered_where_it_says_and_nowhere_else() {
    let emulator = emulator(Engine::PostgreSql).await;
    let vars = Vars::of(&emulator);
    let host = ResponseHost::start().await;
    let mut event = request("Create");
    event["RequestType"] = json!("Destroy");
    let answer = ask(&vars, &host, event, ending_in(60)).await;
    assert_eq!(host.answer()["Status"], "FAILED");
    assert_eq!(reply(&answer)["diagnosis"]["code"], "event_invalid");

    for foreign in ["https://example.com/", "http://127.0.0.1/", "", "file:///etc/passwd"] {
        let host = ResponseHost::start().await;
        let mut event = request("Create");
        event["ResponseURL"] = json!(foreign);
        let answer = ask(&vars, &host, event, ending_in(60)).await;
        assert_eq!(host.meant_for(), [""; 0], "{foreign}");
        assert_undeliverable(answer);
    }
}

#[tokio::test]
async fn an_answer_is_handed_in_again_until_it_is_taken() {
    let emulator = emulator(Engine::PostgreSql).await;
    let host = ResponseHost::answering(|before| match before {
        0 | 1 => aws::Answer::Reply(503, "application/xml", String::new()),
        _ => aws::Answer::Reply(200, "application/xml", String::new()),
    })
    .await;
    let answer = ask(&Vars::of(&emulator), &host, request("Create"), ending_in(60)).await;
    assert_eq!((host.asked().len(), answer.reply.is_ok()), (3, true));
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_a_function_error() {
    let emulator = emulator(Engine::PostgreSql).await;
    let host =
        ResponseHost::answering(|_| aws::Answer::Reply(403, "application/xml", String::new()))
            .await;
    let answer = ask(&Vars::of(&emulator), &host, request("Create"), ending_in(60)).await;
    let unhealthy = answer.reply.unwrap_err();
    assert_eq!(unhealthy.code, "answer_not_taken");
    assert_eq!(unhealthy.report, "the answer could not be delivered: refused with HTTP status 403");
    assert_eq!(host.asked().len(), 1, "a refusal would come again");
}

#[tokio::test]
async fn a_response_host_that_cannot_prove_itself_gets_no_answer() {
    let (emulator, host) = (emulator(Engine::PostgreSql).await, ResponseHost::start().await);
    let connector = host.leading(Connector::default());
    let handler = Vars::of(&emulator).handler().with_connector(connector);
    let answer = handler.handle(&Event::from(request("Create")), &ending_in(8)).await;
    assert_eq!(answer.reply.unwrap_err().code, "answer_not_taken");
    assert!(host.asked().is_empty());
}

#[tokio::test]
async fn a_deployment_is_told_what_its_path_is() {
    let (emulator, broken) = (
        emulator(Engine::PostgreSql).await,
        emulator_with(Engine::PostgreSql, |options| {
            options.fault = Some("database-not-found".parse().unwrap());
        })
        .await,
    );
    for (emulator, verdict) in [(emulator, "Succeeded"), (broken, "Failed")] {
        let host = ResponseHost::start().await;
        ask(&Vars::of(&emulator), &host, hook(), ending_in(60)).await;
        let asked = &host.asked()[0];
        assert_eq!(asked.operation, "PutLifecycleEventHookExecutionStatus");
        assert_eq!(host.meant_for(), ["codedeploy.us-east-1.amazonaws.com"]);
        assert!(asked.authorization.contains("/us-east-1/codedeploy/aws4_request, "));
        let said = json!({
            "deploymentId": "d-1", "lifecycleEventHookExecutionId": "x-1", "status": verdict,
        });
        assert_eq!(host.answer(), said);
    }
}

/// That the invocation ends as a function error whose text has the report.
fn assert_undeliverable(answer: Handled) {
    let unhealthy = answer.reply.unwrap_err();
    assert_eq!(unhealthy.code, "answer_not_taken");
    let report: Value = serde_json::from_str(&unhealthy.report).unwrap();
    assert_eq!(report["diagnosis"]["code"], "event_invalid", "{report:#}");
}

#[tokio::test]
async fn a_deployment_that_cannot_be_told_is_a_function_error() {
    let emulator = emulator(Engine::PostgreSql).await;
    let vars = Vars::of(&emulator).without("AWS_ACCESS_KEY_ID");
    let host = ResponseHost::start().await;
    assert_undeliverable(ask(&vars, &host, hook(), ending_in(60)).await);
    assert!(host.asked().is_empty());
}

#[tokio::test]
async fn a_throttled_verdict_is_handed_in_again_and_one_that_was_taken_before_is_taken() {
    let emulator = emulator(Engine::PostgreSql).await;
    let error = |name: &str| {
        let body = format!(r#"{{"__type":"{name}","message":"…"}}"#);
        aws::Answer::Reply(400, "application/x-amz-json-1.1", body)
    };
    let host = ResponseHost::answering(move |before| match before {
        0 => error("ThrottlingException"),
        _ => error("LifecycleEventAlreadyCompletedException"),
    })
    .await;
    let answer = ask(&Vars::of(&emulator), &host, hook(), ending_in(60)).await;
    assert_eq!((host.asked().len(), answer.reply.is_ok()), (2, true));
}

#[tokio::test]
async fn a_verdict_that_is_refused_says_why() {
    let emulator = emulator(Engine::PostgreSql).await;
    let host = ResponseHost::answering(|_| {
        let body = r#"{"__type":"DeploymentDoesNotExistException"}"#.to_owned();
        aws::Answer::Reply(400, "application/x-amz-json-1.1", body)
    })
    .await;
    let answer = ask(&Vars::of(&emulator), &host, hook(), ending_in(60)).await;
    let said = "the answer could not be delivered: refused with HTTP status 400 \
                (DeploymentDoesNotExistException)";
    assert_eq!(answer.reply.unwrap_err().report, said);
    assert_eq!(host.asked().len(), 1, "it would be refused again");
}

fn hook() -> Value {
    json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x-1" })
}
