//! `check` of several targets, of every address, of a proxy by its name; waiting; the page.

use std::net::ToSocketAddrs as _;

use serde_json::Value;
use testkit::aws::{Answer, Asked, Aws};

use crate::support::terminal::Terminal;
use crate::support::{Vars, emulator, emulator_with, run, settled};

/// A file that is removed at the end of the test.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

const TARGETS: &str = "
    [[target]]
    label = \"orders\"
    [[target]]
    label = \"orders, another database\"
    name = \"nowhere\"
    [[target]]
    label = \"a closed port\"
    connect-to = \"127.0.0.1:1\"
    [[target]]
    label = \"another closed port\"
    connect-to = \"127.0.0.1:1\"
    [[target]]
    label = \"orders, as a reader\"
    expect-role = \"reader\"";

#[tokio::test]
async fn several_targets_have_a_line_each_and_each_code_its_diagnosis_once() {
    let emulator = emulator().await;
    let file = file(TARGETS);
    let arguments = ["check", "--file", file.path().to_str().unwrap()];
    let written = run(&Vars::of(&emulator), &arguments).await;
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(1)));
    let (lines, explanations) = written.stdout.split_once("\n\n").unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    insta::assert_snapshot!(settled(&lines.join("\n")), @"
    ✓ orders N ms  writer, PostgreSQL N
    ✓ orders, as a reader N ms  role_mismatch
    ✗ a closed port N ms  tcp_refused
    ✗ another closed port N ms  tcp_refused
    ✗ orders, another database N ms  database_not_found
    ");
    let headings = ["tcp_refused: a closed port, another closed port\n", "database_not_found: "];
    for heading in headings {
        assert_eq!(explanations.matches(heading).count(), 1, "{explanations}");
    }
    assert_eq!(explanations.matches("Most likely: ").count(), 3, "{explanations}");
}

#[tokio::test]
async fn several_targets_are_a_json_line_each() {
    let emulator = emulator().await;
    let file = file(TARGETS);
    let arguments = ["check", "--output", "json", "--file", file.path().to_str().unwrap()];
    let written = run(&Vars::of(&emulator), &arguments).await;
    let mut reports: Vec<(String, String)> = Vec::new();
    for line in written.stdout.lines() {
        let report: Value = serde_json::from_str(line).unwrap();
        assert_eq!(crate::check::schema_difference(&report), None, "{report:#}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        reports.push((text(&report["target"]), text(&report["status"])));
    }
    reports.sort_unstable();
    let expected = [
        ("a closed port", "unhealthy"),
        ("another closed port", "unhealthy"),
        ("orders", "healthy"),
        ("orders, another database", "unhealthy"),
        ("orders, as a reader", "degraded"),
    ];
    assert_eq!(reports, expected.map(|(name, status)| (name.to_owned(), status.to_owned())));
    assert_eq!(written.status, Some(1));
}

#[tokio::test]
async fn all_that_is_wrong_with_a_file_is_said_at_once() {
    let file = file("[[target]]\nlabel = \"a\"\nport = 0\n[[target]]\nhost = \"b\"\nauth = \"x\"");
    let path = file.path().to_str().unwrap();
    let written = run(&Vars::none().with("DB_USER", "app"), &["check", "--file", path]).await;
    insta::assert_snapshot!(written.stderr.replace(path, "targets.toml"), @r#"
    error: targets.toml: target "a": host (or DB_HOST) is not set: expected the endpoint's host name
    error: targets.toml: target "a": port is "0": expected a port from 1 to 65535
    error: targets.toml: [[target]] number 2: region (or DB_REGION) is not set: expected the endpoint's region: DB_HOST does not name one, and AWS_REGION is not set
    error: targets.toml: [[target]] number 2: auth is "x": expected iam or secret
    "#);
    assert_eq!((written.stdout.as_str(), written.status), ("", Some(2)));
    let missing = run(&Vars::none(), &["check", "--file", "/nonexistent.toml"]).await;
    assert!(missing.stderr.starts_with("error: /nonexistent.toml cannot be read: "));
    assert_eq!(missing.status, Some(2));
}

#[tokio::test]
async fn every_address_of_a_name_is_probed() {
    let emulator = emulator().await;
    let vars = Vars::of(&emulator);
    let port = vars.get("DB_CONNECT_TO").rsplit_once(':').unwrap().1.to_owned();
    let name = format!("localhost:{port}");
    let mut expected: Vec<String> =
        name.to_socket_addrs().unwrap().map(|address| address.to_string()).collect();
    expected.sort_unstable();
    let arguments = ["check", "--output", "json", "--every-address", "--connect-to", &name];
    let written = run(&vars, &arguments).await;
    let mut probed: Vec<String> = Vec::new();
    for line in written.stdout.lines() {
        let report: Value = serde_json::from_str(line).unwrap();
        probed.push(report["target"].as_str().unwrap().to_owned());
        if probed.last().unwrap().starts_with("127.") {
            assert_eq!(report["status"], "healthy", "{report:#}");
        }
    }
    probed.sort_unstable();
    assert_eq!(probed, expected);
}

/// The RDS API, which knows a proxy of each engine.
async fn rds() -> Aws {
    Aws::start(|_asked: &Asked| {
        let proxy = |name: &str, engine: &str| {
            let host = "demo.proxy-emulated0001.us-east-1.rds.amazonaws.com";
            format!(
                "<member><DBProxyName>{name}</DBProxyName><Endpoint>{host}</Endpoint>\
                 <EngineFamily>{engine}</EngineFamily></member>"
            )
        };
        let proxies = proxy("orders", "POSTGRESQL") + &proxy("billing", "SQLSERVER");
        let body = format!(
            "<DescribeDBProxiesResponse><DescribeDBProxiesResult><DBProxies>{proxies}</DBProxies>\
             </DescribeDBProxiesResult></DescribeDBProxiesResponse>"
        );
        Answer::Reply(200, "text/xml", body)
    })
    .await
}

#[tokio::test]
async fn a_proxy_is_found_by_its_name() {
    let (emulator, aws) = (emulator().await, rds().await);
    let endpoint = format!("http://{}", aws.address);
    let vars = Vars::of(&emulator).without("DB_HOST").with("AWS_ENDPOINT_URL_RDS", endpoint);
    let written = run(&vars, &["check", "--proxy", "orders"]).await;
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(0)));
    for (name, expected) in [
        ("order", "error: there is no proxy \"order\" in us-east-1; did you mean orders?\n"),
        (
            "unknown",
            "error: there is no proxy \"unknown\" in us-east-1: expected one of orders, billing\n",
        ),
        (
            "billing",
            "error: the proxy \"billing\" is for \"SQLSERVER\": expected POSTGRESQL or MYSQL\n",
        ),
    ] {
        let written = run(&vars, &["check", "--proxy", name]).await;
        assert_eq!((written.stderr.as_str(), written.status), (expected, Some(2)));
        assert_eq!(written.stdout, "");
    }
}

#[tokio::test]
async fn an_rds_api_that_refuses_is_named_with_the_permission() {
    let said = "User is not authorized to perform: rds:DescribeDBProxies";
    let aws = Aws::start(move |_asked| Answer::xml_error(403, "AccessDenied", said)).await;
    let vars = Vars::none()
        .with("AWS_ENDPOINT_URL_RDS", format!("http://{}", aws.address))
        .with("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "canary-secret-key-0123456789")
        .with("AWS_REGION", "us-east-1");
    let written = run(&vars, &["check", "--proxy", "orders", "--user", "app"]).await;
    insta::assert_snapshot!(written.stderr, @"error: the proxies of us-east-1 cannot be listed (rds:DescribeDBProxies): AccessDenied: User is not authorized to perform: rds:DescribeDBProxies");
    assert_eq!(written.status, Some(2));
}

#[tokio::test]
async fn a_failure_that_may_pass_is_waited_for() {
    let emulator =
        emulator_with(|options| options.fault = Some("iam-rejected:1".parse().unwrap())).await;
    let vars = Vars::of(&emulator);
    let written = run(&vars, &["check", "--wait", "1m"]).await;
    assert!(written.stdout.contains("\nHealthy after 2 probes in "), "{}", written.stdout);
    assert!(!written.stdout.contains("failed"), "only the last probe's steps are written");
    assert_eq!(written.status, Some(0));
    // Another database name does not simply appear.
    let written = run(&vars, &["check", "--wait", "1m", "--name", "nowhere"]).await;
    assert!(written.stdout.contains("\nUnhealthy: database_not_found\n"), "{}", written.stdout);
    assert_eq!(written.status, Some(1));
}

#[tokio::test]
async fn on_a_terminal_each_probe_of_a_wait_is_seen() {
    let emulator =
        emulator_with(|options| options.fault = Some("iam-rejected:1".parse().unwrap())).await;
    let seen = Terminal::USUAL.run(&Vars::of(&emulator), &["check", "--wait", "1m"]).await;
    for shown in ["  … probe 1: tls", "  … probe 1: waiting", "  … probe 2: query"] {
        assert!(seen.bytes.contains(shown), "{shown}: {:?}", seen.bytes);
    }
    assert!(!seen.screen().contains('…'), "{}", seen.screen());
    assert_eq!(seen.status, 0);
}

#[tokio::test]
async fn a_page_holds_all_and_asks_for_nothing() {
    let emulator = emulator().await;
    let file = file(&format!("{TARGETS}\n[[target]]\nlabel = \"<b>\"\nname = \"<script>&\""));
    let path = file.path().to_str().unwrap();
    let written = run(&Vars::of(&emulator), &["check", "--output", "html", "--file", path]).await;
    let page = written.stdout;
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</main>\n"), "{page}");
    assert_eq!(page.matches("<section>").count(), 6);
    assert!(page.contains("<b class=good>healthy</b>") && page.contains("tcp_refused"), "{page}");
    for forbidden in ["<script", "<b>", "src=", "<link", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden} in {page}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("default-src 'none'"));
    assert!(page.contains("&lt;script&gt;&amp;"), "{page}");
    assert_eq!((written.stderr.as_str(), written.status), ("", Some(1)));
}
