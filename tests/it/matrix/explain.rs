//! `explain`: what the control plane can say after a failure, and what the report makes of it.
//!
//! The answers are written by hand from the API reference:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxies.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxyTargets.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use rds_proxy_emulator::{Emulator, Principal};
use serde_json::{Value, json};

use super::{FRESH, Function};
use crate::support::aws::{Answer, Asked, Aws};
use crate::support::{Engine, Vars, check, emulator_with};

const EXPLAIN: &[u8] = br#"{"fresh": true, "explain": true}"#;
const PRINCIPAL: &str = "arn:aws:sts::111122223333:assumed-role/orders/probe";
const HOST: &str = "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com";
const AVAILABLE: &str = "<State>AVAILABLE</State>";

/// What a control plane knows, but for what a test changes.
#[derive(Clone)]
struct Plane {
    status: &'static str,
    users: &'static [(&'static str, &'static str)],
    health: &'static str,
}

const PLANE: Plane =
    Plane { status: "available", users: &[("app", "REQUIRED")], health: AVAILABLE };

impl Plane {
    fn answer(&self, asked: &Asked) -> Answer {
        let result = match asked.operation.as_str() {
            "GetCallerIdentity" => format!(
                "<Arn>{PRINCIPAL}</Arn><UserId>AROA:probe</UserId><Account>111122223333</Account>"
            ),
            "DescribeDBProxies" => {
                format!("<DBProxies><member>{}</member></DBProxies>", self.proxy())
            }
            "DescribeDBProxyEndpoints" => {
                let host = "demo-ro.endpoint.proxy-emulated0001.us-east-1.rds.amazonaws.com";
                format!(
                    "<DBProxyEndpoints><member><DBProxyEndpointName>demo-ro</DBProxyEndpointName>\
                     <DBProxyName>orders</DBProxyName><Status>available</Status>\
                     <Endpoint>{host}</Endpoint><TargetRole>READ_ONLY</TargetRole></member>\
                     </DBProxyEndpoints>"
                )
            }
            "DescribeDBProxyTargets" => format!(
                "<Targets><member><RdsResourceId>orders-1</RdsResourceId><Role>READ_WRITE</Role>\
                 <Port>5433</Port><Type>RDS_INSTANCE</Type><TargetHealth>{}</TargetHealth></member></Targets>",
                self.health
            ),
            other => panic!("{other} was asked"),
        };
        result_of(&asked.operation, &result)
    }

    fn proxy(&self) -> String {
        let entry = |(user, iam): &(&str, &str)| {
            format!(
                "<member><UserName>{user}</UserName><AuthScheme>SECRETS</AuthScheme>\
                 <SecretArn>arn:aws:secretsmanager:us-east-1:123456789012:secret:{user}</SecretArn>\
                 <IAMAuth>{iam}</IAMAuth></member>"
            )
        };
        let auth: String = self.users.iter().map(entry).collect::<Vec<_>>().concat();
        format!(
            "<DBProxyName>orders</DBProxyName><DBProxyArn>arn:aws:rds:us-east-1:123456789012:\
             db-proxy:prx-0123456789abcdef0</DBProxyArn><Status>{}</Status><Endpoint>{HOST}\
             </Endpoint><RequireTLS>true</RequireTLS><EngineFamily>POSTGRESQL</EngineFamily>\
             <DefaultAuthScheme>NONE</DefaultAuthScheme><Auth>{auth}</Auth>",
            self.status
        )
    }
}

fn result_of(operation: &str, result: &str) -> Answer {
    let body = format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
    );
    Answer::Reply(200, "text/xml", body)
}

/// A proxy at which the demo principal may connect as `app` alone, though it knows `admin` too.
async fn proxy() -> Emulator {
    emulator_with(Engine::PostgreSql, |options| {
        options.iam_users = vec!["app".to_owned(), "admin".to_owned()];
        let demo = Principal::demo();
        let (secret, token) = (demo.secret().to_owned(), demo.session_token().map(str::to_owned));
        let pattern = vec!["arn:aws:rds-db:*:dbuser:*/app".to_owned()];
        options.principals = vec![Principal::new(demo.access_key_id, secret, token, pattern)];
    })
    .await
}

async fn explained(aws: &Aws, vars: Vars) -> Value {
    let mut function = Function::start(&aws.lead(vars)).await;
    let report = function.report(EXPLAIN).await;
    function.stop().await;
    report
}

async fn explained_by(plane: Plane, vars: Vars) -> Value {
    let aws = Aws::start(move |asked| plane.answer(asked)).await;
    explained(&aws, vars).await
}

fn first_cause(report: &Value) -> (&str, &str) {
    let cause = &report["diagnosis"]["causes"][0];
    (cause["evidence"].as_str().unwrap_or_default(), cause["remedy"].as_str().unwrap())
}

#[tokio::test]
async fn a_refused_token_is_answered_with_the_whole_statement_and_the_principal() {
    let emulator = proxy().await;
    let report = explained_by(PLANE, Vars::of(&emulator).with("DB_USER", "admin")).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    let (evidence, remedy) = first_cause(&report);
    assert_eq!(
        evidence,
        format!("The token was signed by \"{PRINCIPAL}\". The proxy is in account 123456789012.")
    );
    let resource = "arn:aws:rds-db:us-east-1:123456789012:dbuser:prx-0123456789abcdef0/admin";
    assert!(remedy.contains(resource), "{remedy}");
    let explain = &report["explain"];
    assert_eq!((&explain["principal"], &explain["problems"]), (&json!(PRINCIPAL), &json!([])));
    assert_eq!(
        (&explain["proxy_exists"], &explain["proxy"]["id"]),
        (&json!(true), &json!("prx-0123456789abcdef0"))
    );
    let auth = json!([{
        "user": "app", "iam": "REQUIRED",
        "secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:app",
    }]);
    assert_eq!(explain["proxy"]["auth"], auth);
}

#[tokio::test]
async fn an_unknown_user_is_not_registered_or_its_secret_is_unreadable() {
    let emulator = proxy().await;
    let vars = Vars::of(&emulator).with("DB_USER", "stranger");
    let report = explained_by(PLANE, vars.clone()).await;
    check(&report, "authenticate", "failed", "proxy_has_no_credentials");
    assert_eq!(first_cause(&report).0, "Proxy \"orders\" has secrets for \"app\".");
    assert_eq!(report["diagnosis"]["causes"].as_array().unwrap().len(), 1);
    assert_eq!(report["diagnosis"]["ruled_out"], "Proxy \"orders\" has secrets for \"app\".");

    let listed = Plane { users: &[("app", "REQUIRED"), ("stranger", "REQUIRED")], ..PLANE };
    let report = explained_by(listed, vars).await;
    let (evidence, remedy) = first_cause(&report);
    assert!(
        evidence.starts_with("Proxy \"orders\" lists the user \"stranger\" with \"arn:aws:"),
        "{evidence}"
    );
    assert!(remedy.contains("kms:Decrypt"), "{remedy}");
}

#[tokio::test]
async fn an_unavailable_target_is_quoted_and_an_available_one_rules_itself_out() {
    let fault = "borrow-timeout".parse().unwrap();
    let emulator = emulator_with(Engine::PostgreSql, |options| options.fault = Some(fault)).await;
    let unavailable = Plane {
        health: "<State>UNAVAILABLE</State><Reason>AUTH_FAILURE</Reason>\
                 <Description>Proxy does not have any registered credentials</Description>",
        ..PLANE
    };
    let report = explained_by(unavailable, Vars::of(&emulator)).await;
    check(&report, "query", "failed", "borrow_timeout");
    let said = "\"orders-1\" is UNAVAILABLE, AUTH_FAILURE, Proxy does not have any registered credentials.";
    assert_eq!(first_cause(&report).0, said);
    assert_eq!(report["explain"]["targets"][0]["reason"], "AUTH_FAILURE");

    let report = explained_by(PLANE, Vars::of(&emulator)).await;
    assert_eq!(report["diagnosis"]["ruled_out"], "Every target of the proxy is AVAILABLE.");
    assert!(report["diagnosis"]["causes"][0]["cause"].as_str().unwrap().contains("pooled"));
}

#[tokio::test]
async fn each_reason_of_an_unavailable_target_comes_first_with_its_own_remedy() {
    let fault = "borrow-timeout".parse().unwrap();
    let emulator = emulator_with(Engine::PostgreSql, |options| options.fault = Some(fault)).await;
    for (health, said, command) in [
        (
            "<State>UNAVAILABLE</State><Reason>PENDING_PROXY_CAPACITY</Reason>",
            "UNAVAILABLE, PENDING_PROXY_CAPACITY",
            "--source-type db-proxy --source-identifier orders",
        ),
        (
            "<State>UNAVAILABLE</State><Reason>AUTH_FAILURE</Reason>",
            "UNAVAILABLE, AUTH_FAILURE",
            "[RoleArn,DefaultAuthScheme,Auth]",
        ),
        (
            "<State>UNAVAILABLE</State><Reason>UNREACHABLE</Reason>",
            "UNAVAILABLE, UNREACHABLE",
            "--group-id DATABASE_SECURITY_GROUP --protocol tcp --port 5433",
        ),
        (
            "<State>UNAVAILABLE</State><Reason>CONNECTION_FAILED</Reason>",
            "UNAVAILABLE, CONNECTION_FAILED",
            "--source-type db-instance --source-identifier orders-1",
        ),
        (
            "<State>UNAVAILABLE</State><Reason>INVALID_REPLICATION_STATE</Reason>",
            "UNAVAILABLE, INVALID_REPLICATION_STATE",
            "StatusInfos",
        ),
        (
            "<State>UNAVAILABLE</State><Reason>PROMOTED</Reason>",
            "UNAVAILABLE, PROMOTED",
            "deregister-db-proxy-targets",
        ),
        (
            "<State>UNAVAILABLE</State><Description>DBProxy Target unavailable due to an internal \
             error</Description>",
            "UNAVAILABLE, DBProxy Target unavailable due to an internal error",
            "aws logs tail /aws/rds/proxy/orders",
        ),
        ("<State>REGISTERING</State>", "REGISTERING", "describe-db-proxy-targets"),
        ("<State>UNUSED</State>", "UNUSED", "describe-db-proxy-targets"),
    ] {
        let report = explained_by(Plane { health, ..PLANE }, Vars::of(&emulator)).await;
        check(&report, "query", "failed", "borrow_timeout");
        assert_eq!(first_cause(&report).0, format!("\"orders-1\" is {said}."));
        let commands = report["diagnosis"]["causes"][0]["commands"].to_string();
        assert!(commands.contains(command), "{said}: {commands}");
        assert_eq!(report["explain"]["targets"][0]["port"], 5433);
    }
}

#[tokio::test]
async fn a_clock_that_aws_s_answers_show_to_be_wrong_is_the_first_cause() {
    let aws = Aws::start(|asked| match asked.operation.as_str() {
        "GetCallerIdentity" => PLANE.answer(asked).header("date", "Fri, 01 Jan 2100 00:00:00 GMT"),
        _ => PLANE.answer(asked),
    })
    .await;
    let emulator = proxy().await;
    let report = explained(&aws, Vars::of(&emulator).with("DB_USER", "admin")).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    let evidence = first_cause(&report).0;
    assert!(evidence.starts_with("AWS's clock is ") && evidence.contains("ahead"), "{report:#}");
    assert_eq!(report["explain"]["principal"], PRINCIPAL);
}

#[tokio::test]
async fn a_suspended_proxy_explains_a_closed_port() {
    let emulator = proxy().await;
    let vars = Vars::of(&emulator).with("DB_CONNECT_TO", "127.0.0.1:1");
    let report = explained_by(Plane { status: "suspended", ..PLANE }, vars.clone()).await;
    check(&report, "connect", "failed", "tcp_refused");
    assert_eq!(first_cause(&report).0, "Proxy \"orders\" is suspended.");
    let report = explained_by(PLANE, vars).await;
    assert_eq!(report["diagnosis"]["ruled_out"], "Proxy \"orders\" is available.");
}

#[tokio::test]
async fn a_user_defined_endpoint_leads_to_its_proxy() {
    let emulator = proxy().await;
    let host = "demo-ro.endpoint.proxy-emulated0001.us-east-1.rds.amazonaws.com";
    let vars = Vars::of(&emulator).with("DB_HOST", host);
    let report = explained_by(PLANE, vars).await;
    assert_eq!(report["status"], "unhealthy", "{report:#}");
    let proxy = &report["explain"]["proxy"];
    assert_eq!((&proxy["name"], &proxy["target_role"]), (&json!("orders"), &json!("READ_ONLY")));
}

#[tokio::test]
async fn a_denied_call_is_reported_and_hides_nothing() {
    let said = "User is not authorized to perform: rds:DescribeDBProxies";
    let aws = Aws::start(move |asked| match asked.operation.as_str() {
        "DescribeDBProxies" => Answer::xml_error(403, "AccessDenied", said),
        _ => PLANE.answer(asked),
    })
    .await;
    let emulator = proxy().await;
    let report = explained(&aws, Vars::of(&emulator).with("DB_USER", "admin")).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    let explain = &report["explain"];
    assert_eq!(
        explain["problems"],
        json!([format!("rds:DescribeDBProxies: AccessDenied: {said}")])
    );
    assert_eq!(
        (&explain["proxy_exists"], &explain["principal"]),
        (&Value::Null, &json!(PRINCIPAL))
    );
}

#[tokio::test]
async fn a_silent_control_plane_is_reported_and_hides_nothing() {
    let aws = Aws::start(|_| Answer::Silence).await;
    let emulator = proxy().await;
    let vars = Vars::of(&emulator).with("DB_USER", "admin").with("PROBE_TIMEOUT_MS", 1_500);
    let report = explained(&aws, vars).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    let problems = report["explain"]["problems"].to_string();
    assert!(problems.contains("rds:DescribeDBProxies: no answer in time"), "{problems}");
    assert!(problems.contains("sts:GetCallerIdentity: no answer in time"), "{problems}");
}

#[tokio::test]
async fn a_clock_that_aws_finds_wrong_is_a_cause() {
    let said = "Signature not yet current: 20261121T120000Z is still later than 20261121T110500Z";
    let aws = Aws::start(move |asked| match asked.operation.as_str() {
        "GetCallerIdentity" => Answer::xml_error(403, "SignatureDoesNotMatch", said),
        _ => PLANE.answer(asked),
    })
    .await;
    let emulator = proxy().await;
    let report = explained(&aws, Vars::of(&emulator).with("DB_USER", "admin")).await;
    check(&report, "authenticate", "failed", "iam_rejected");
    assert_eq!(first_cause(&report).0, format!("SignatureDoesNotMatch: {said}"));
}

#[tokio::test]
async fn nothing_is_asked_of_a_healthy_database_nor_unless_it_is_wanted() {
    let aws = Aws::start(|asked| PLANE.answer(asked)).await;
    let emulator = proxy().await;
    let healthy = explained(&aws, Vars::of(&emulator)).await;
    assert_eq!((&healthy["status"], &healthy["explain"]), (&json!("healthy"), &Value::Null));
    let vars = aws.lead(Vars::of(&emulator).with("DB_USER", "admin"));
    let mut function = Function::start(&vars).await;
    assert_eq!(function.report(FRESH).await["explain"], Value::Null);
    function.stop().await;
    assert!(aws.asked().is_empty(), "{:?}", aws.asked());

    let always = vars.with("PROBE_EXPLAIN", "true");
    let mut function = Function::start(&always).await;
    assert_eq!(function.report(FRESH).await["explain"]["principal"], PRINCIPAL);
    function.stop().await;
}
