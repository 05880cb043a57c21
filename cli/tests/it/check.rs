//! `check`: what a person and a script get, by outcome.

use serde_json::Value;

use crate::support::{ENGINES, Vars, emulator, emulator_of, fault, run, settled_of};

/// What a check of either engine writes, which is the same, and its status.
async fn of_both(name: Option<&str>, arguments: &[&str], status: i32) -> String {
    let mut texts = Vec::new();
    for engine in ENGINES {
        let fault = name.map(|name| fault(engine, name));
        let emulator = emulator_of(engine, |options| options.fault = fault).await;
        let written = run(&Vars::of(&emulator), arguments).await;
        assert_eq!((written.stderr.as_str(), written.status), ("", Some(status)), "{engine}");
        texts.push(settled_of(engine, &written.stdout));
    }
    assert_eq!(texts[0], texts[1]);
    texts.remove(0)
}

#[tokio::test]
async fn a_healthy_endpoint_has_eight_steps_and_status_0() {
    let text = of_both(None, &["check"], 0).await;
    insta::assert_snapshot!(text, @r#"
    demo.proxy-emulated0001.us-east-1.rds.amazonaws.com:PORT as "app" through
    127.0.0.1:N
      ✓ config N ms
      ✓ credentials N ms
      ✓ sign N ms
      ✓ resolve N ms
      ✓ connect N ms
      ✓ tls N ms
      ✓ authenticate N ms
      ✓ query N ms

    Healthy
    Database connection was successful! Logged in as "app", ENGINE N,
    writer, N ms.
    "#);
}

#[tokio::test]
async fn a_refused_token_is_named_with_its_remedy_and_status_1() {
    let text = of_both(Some("iam-rejected"), &["check"], 1).await;
    insta::assert_snapshot!(text, @r#"
    demo.proxy-emulated0001.us-east-1.rds.amazonaws.com:PORT as "app" through
    127.0.0.1:N
      ✓ config N ms
      ✓ credentials N ms
      ✓ sign N ms
      ✓ resolve N ms
      ✓ connect N ms
      ✓ tls N ms
      ✗ authenticate N ms  failed

    Unhealthy: iam_rejected
    The proxy rejected the IAM token for the user "app" (just signed for
    "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com:PORT" in us-east-1 with the
    key AKIAEMULATEDEXAMPLE0 from the environment).

    Most likely: The IAM principal that signed isn't allowed rds-db:connect as this
      user on this proxy: no policy allows it, or the policy names the proxy by its
      name, or names a cluster or instance, instead of the prx- id, or it uses a
      global condition key, which RDS Proxy doesn't support.
    To fix it: Look up the proxy's id, the last part of its ARN, which begins with
      prx-. Then allow the role that signs rds-db:connect on
      arn:aws:rds-db:us-east-1:ACCOUNT:dbuser:prx-ID/app.

        aws rds describe-db-proxies --region us-east-1 --query 'DBProxies[].[Endpoint,DBProxyArn]'

        {"Effect": "Allow", "Action": "rds-db:connect", "Resource": "arn:aws:rds-db:us-east-1:ACCOUNT:dbuser:prx-ID/app"}

    More: rds-proxy-probe explain iam_rejected
    "#);
}

#[tokio::test]
async fn an_unexpected_role_is_degraded_and_status_3() {
    let text = of_both(None, &["check", "--expect-role", "reader"], 3).await;
    insta::assert_snapshot!(text, @r#"
    demo.proxy-emulated0001.us-east-1.rds.amazonaws.com:PORT as "app" through
    127.0.0.1:N
      ✓ config N ms
      ✓ credentials N ms
      ✓ sign N ms
      ✓ resolve N ms
      ✓ connect N ms
      ✓ tls N ms
      ✓ authenticate N ms
      ✓ query N ms

    Degraded: role_mismatch
    A writer answered where a reader was expected.

    Most likely: --host is the proxy's endpoint for the other role.
    Evidence: --host is the proxy's default endpoint.
    To fix it: List the proxy's endpoints with their roles, and set --host to the
      one that you need. If this is the one, set --expect-role.

        aws rds describe-db-proxy-endpoints --region us-east-1 --query 'DBProxyEndpoints[].[Endpoint,TargetRole]'

    More: rds-proxy-probe explain role_mismatch
    "#);
}

#[tokio::test]
async fn options_win_over_variables_and_libpqs_count_only_when_asked_for() {
    let emulator = emulator().await;
    let vars = Vars::of(&emulator);
    let wrong = vars.clone().with("DB_USER", "stranger");
    assert_eq!(run(&wrong, &["check"]).await.status, Some(1));
    assert_eq!(run(&wrong, &["check", "--user", "app"]).await.status, Some(0));
    let libpq = vars.without("DB_USER").with("PGUSER", "app");
    let refused = run(&libpq, &["check"]).await;
    insta::assert_snapshot!(refused.stderr, @"error: --user (or DB_USER) is not set (PGUSER is set: --from-libpq reads it): expected the database user");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", Some(2)));
    assert_eq!(run(&libpq, &["check", "--from-libpq"]).await.status, Some(0));
}

#[tokio::test]
async fn all_problems_of_a_configuration_are_named_by_where_they_are_from() {
    let vars = Vars::none().with("DB_PORT", "0").with("PGUSER", "a");
    let arguments = ["check", "--region", "mars", "--auth", "kerberos", "--from-libpq"];
    let written = run(&vars, &arguments).await;
    insta::assert_snapshot!(written.stderr, @r#"
    error: --host (or DB_HOST) is not set: expected the endpoint's host name
    error: DB_PORT is "0": expected a port from 1 to 65535
    error: --region is "mars": expected a region code such as eu-west-1
    error: --auth is "kerberos": expected iam or secret
    "#);
    assert_eq!((written.stdout.as_str(), written.status), ("", Some(2)));
}

#[tokio::test]
async fn an_engine_that_is_nearly_right_gets_a_suggestion() {
    let arguments = ["check", "--host", "h.example", "--user", "a", "--region", "eu-west-1"];
    let written = run(&Vars::none(), &[&arguments[..], &["--engine", "mysq"]].concat()).await;
    insta::assert_snapshot!(written.stderr, @r#"error: --engine is "mysq": expected postgresql or mysql; did you mean "mysql"?"#);
    assert_eq!((written.stdout.as_str(), written.status), ("", Some(2)));
}

#[tokio::test]
async fn json_is_the_functions_report_without_an_invocation() {
    for engine in ENGINES {
        let emulator = emulator_of(engine, |_| {}).await;
        let vars = Vars::of(&emulator);
        for (arguments, status, exit) in [
            (&["check", "--output", "json"][..], "healthy", 0),
            (&["check", "--output", "json", "--expect-role", "reader"], "degraded", 3),
            (&["check", "--output", "json", "--connect-to", "127.0.0.1:1"], "unhealthy", 1),
            (&["check", "--output", "json", "--port", "0"], "unhealthy", 2),
        ] {
            let written = run(&vars, arguments).await;
            assert_eq!(written.stdout.lines().count(), 1, "{}", written.stdout);
            let report: Value = serde_json::from_str(&written.stdout).unwrap();
            assert_eq!((report["status"].as_str(), written.status), (Some(status), Some(exit)));
            assert!(
                report["request_id"].is_null() && report.get("cold_start").is_none(),
                "{report}"
            );
            assert_eq!(written.stderr, "");
            assert_eq!(schema_difference(&report), None, "{report:#}");
        }
    }
}

/// Where a report differs from docs/report.schema.json, if it does.
pub(crate) fn schema_difference(report: &Value) -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/report.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    testkit::schema::difference(&schema, report)
}
