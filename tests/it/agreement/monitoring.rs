//! The template's alarms and dashboard against the lines that the function writes.

use std::collections::{BTreeMap, BTreeSet};

use rds_proxy_probe::diagnosis::Code;
use rds_proxy_probe::handler::{Event, Invocation};
use serde_json::{Value, json};

use super::page;
use super::pages::{in_backticks, rows};
use super::yaml::{Template, form};
use crate::support::Vars;

const NAMESPACE: &str = "RdsProxyProbe";

/// Lambda's own metrics of a function, and their namespace:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
const LAMBDA: &str = "AWS/Lambda";
const LAMBDA_METRICS: [&str; 3] = ["Duration", "Errors", "Throttles"];

/// The proxy's metrics on the dashboard, each with a set of dimensions that it has:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>
const PROXY_METRICS: [(&str, &[&str]); 4] = [
    ("AvailabilityPercentage", &["ProxyName", "TargetGroup", "TargetRole"]),
    ("ClientConnectionsSetupFailedAuth", &["ProxyName"]),
    ("DatabaseConnectionsBorrowLatency", &["ProxyName"]),
    ("DatabaseConnectionsCurrentlySessionPinned", &["ProxyName"]),
];

fn of_type(kind: &str) -> Vec<(String, Value)> {
    let template = Template::read("template.yaml");
    let resources = template.section("Resources").iter();
    let found: Vec<_> = resources
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

/// The metrics that the code announces.
fn metrics_written() -> BTreeSet<String> {
    let code = page("src/response/metrics.rs");
    let (_, announced) = code.split_once("let metrics = [").unwrap();
    let announced = announced.split("];").next().unwrap();
    announced.split("(\"").skip(1).map(|row| row.split('"').next().unwrap().to_owned()).collect()
}

/// Those that a log filter makes.
fn metrics_filtered() -> BTreeSet<String> {
    let filters = of_type("AWS::Logs::MetricFilter");
    filters.iter().map(|(_, it)| form(&it["MetricTransformations"][0]["MetricName"])).collect()
}

fn dashboard() -> Value {
    let [(_, dashboard)] = of_type("AWS::CloudWatch::Dashboard").try_into().unwrap();
    let body = form(&dashboard["DashboardBody"]);
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// The dashboard's metrics: namespace, name and the names of dimensions. `.` repeats the cell
/// above, `...` all cells above but the last ones.
fn on_the_dashboard() -> Vec<(String, String, Vec<String>)> {
    let dashboard = dashboard();
    let mut found = Vec::new();
    for widget in dashboard["widgets"].as_array().unwrap() {
        let mut above: Vec<String> = Vec::new();
        for row in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let given: Vec<&str> =
                row.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let cells = if let ["...", last @ ..] = given.as_slice() {
                let kept = above.len() - last.len();
                above[..kept].iter().cloned().chain(last.iter().map(ToString::to_string)).collect()
            } else {
                let repeat = |(at, cell): (usize, &&str)| match *cell {
                    "." => above[at].clone(),
                    other => other.to_owned(),
                };
                given.iter().enumerate().map(repeat).collect::<Vec<_>>()
            };
            let dimensions = cells[2..].iter().step_by(2).cloned().collect();
            found.push((cells[0].clone(), cells[1].clone(), dimensions));
            above = cells;
        }
    }
    found
}

/// An alarm's own metric or that of its expression.
fn metric_of(alarm: &Value) -> Value {
    alarm.get("Metrics").map_or_else(|| alarm.clone(), |it| it[0]["MetricStat"]["Metric"].clone())
}

#[test]
fn the_reference_lists_the_metrics_that_the_code_writes() {
    let listed = rows(&page("docs/reference.md"), "| metric | unit").into_iter();
    assert_eq!(in_backticks(listed, 1), metrics_written());
}

#[test]
fn the_dashboard_shows_every_metric_of_the_function_and_those_of_the_proxy() {
    let shown = on_the_dashboard();
    let of = |namespace: &str| -> BTreeMap<String, Vec<String>> {
        let own = shown.iter().filter(|(it, ..)| it == namespace).cloned();
        own.map(|(_, name, dimensions)| (name, dimensions)).collect()
    };
    let ours = of(NAMESPACE);
    assert_eq!(ours.keys().cloned().collect::<BTreeSet<_>>(), metrics_written());
    assert!(ours.values().all(|dimensions| *dimensions == ["FunctionName"]), "{ours:?}");
    let proxy = PROXY_METRICS.map(|(name, dimensions)| {
        (name.to_owned(), dimensions.iter().map(ToString::to_string).collect())
    });
    assert_eq!(of("AWS/RDS"), BTreeMap::from(proxy));
    assert!(shown.iter().all(|(it, ..)| [NAMESPACE, "AWS/RDS"].contains(&it.as_str())));
}

#[test]
fn the_dashboard_shows_every_alarm_and_no_widget_covers_another() {
    let dashboard = dashboard();
    let widgets = dashboard["widgets"].as_array().unwrap();
    let alarms = widgets.iter().find(|widget| widget["type"] == "alarm").unwrap();
    let shown: BTreeSet<&str> = alarms["properties"]["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let made = of_type("AWS::CloudWatch::Alarm");
    let made: Vec<String> = made.iter().map(|(name, _)| format!("${{{name}.Arn}}")).collect();
    assert_eq!(shown, made.iter().map(String::as_str).collect());
    let mut taken = BTreeSet::new();
    for widget in widgets {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|key| widget[key].as_u64().unwrap());
        assert!(x + width <= 24, "a dashboard has 24 columns: {widget}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{widget}");
        }
    }
}

#[test]
fn an_alarm_looks_at_a_metric_that_exists_under_its_dimension() {
    let existing = &metrics_written() | &metrics_filtered();
    let (mut used, mut of_lambda) = (BTreeSet::new(), BTreeSet::new());
    for (name, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let metric = metric_of(&alarm);
        assert_eq!(
            metric["Dimensions"],
            json!([{"Name": "FunctionName", "Value": {"Ref": "Probe"}}])
        );
        let (namespace, metric) = (form(&metric["Namespace"]), form(&metric["MetricName"]));
        if namespace == LAMBDA {
            of_lambda.insert(metric);
        } else {
            assert_eq!(namespace, NAMESPACE, "{name}");
            assert!(existing.contains(&metric), "{name}: {metric}");
            used.insert(metric);
        }
        // The same topic for the alarm and its end: it is one parameter.
        assert_eq!(alarm["AlarmActions"], alarm["OKActions"], "{name}");
    }
    assert!(used.is_superset(&metrics_filtered()), "a filter that no alarm looks at");
    assert_eq!(of_lambda, LAMBDA_METRICS.map(str::to_owned).into());
}

/// The metric line and the summary line of an unhealthy probe that ends as a function error.
async fn lines_of_a_function_error() -> [Value; 2] {
    let handler = Vars::default().with("PROBE_FAIL_INVOCATION", "true").handler();
    let answer = handler.handle(&Event::from(json!({})), &Invocation::default()).await;
    assert!(answer.reply.is_err());
    let lines = answer.lines.iter().map(|line| serde_json::from_str(line).unwrap());
    lines.collect::<Vec<Value>>().try_into().unwrap()
}

#[tokio::test]
async fn a_function_error_raises_the_alarm_all_the_same() {
    let [line, _] = lines_of_a_function_error().await;
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], NAMESPACE);
    assert!(directive["Dimensions"].as_array().unwrap().contains(&json!(["FunctionName"])));
    let alarms: BTreeMap<String, Value> = of_type("AWS::CloudWatch::Alarm").into_iter().collect();
    let unhealthy = &alarms["UnhealthyAlarm"];
    assert_eq!(unhealthy["ComparisonOperator"], "LessThanThreshold");
    let value = line[form(&unhealthy["MetricName"])].as_f64().unwrap();
    assert!(value < form(&unhealthy["Threshold"]).parse().unwrap());
    // And the line is a sign of life.
    assert!(line[form(&alarms["NotRunningAlarm"]["MetricName"])].is_number());
    assert_eq!(alarms["NotRunningAlarm"]["TreatMissingData"], "breaching");
}

#[tokio::test]
async fn the_certificate_filter_reads_the_metric_line() {
    let [line, _] = lines_of_a_function_error().await;
    for (name, filter) in of_type("AWS::Logs::MetricFilter") {
        let pattern = form(&filter["FilterPattern"]);
        let parts: Vec<&str> = pattern.split([' ', '"']).filter(|it| !it.is_empty()).collect();
        let ["{", key, "=", code, "}"] = parts.as_slice() else { panic!("{name}: {pattern}") };
        assert!(line[key.trim_start_matches("$.")].is_string(), "{name}: {key}");
        assert!(Code::ALL.iter().any(|known| known.as_str() == *code), "{name}: {code}");
        let dimension = &filter["MetricTransformations"][0]["Dimensions"][0];
        let field = form(&dimension["Value"]);
        assert!(line[field.trim_start_matches("$.")].is_string(), "{name}: {field}");
        assert_eq!(dimension["Key"], "FunctionName");
    }
}

#[tokio::test]
async fn the_diagnosis_widget_reads_the_summary_line() {
    let [_, summary] = lines_of_a_function_error().await;
    let dashboard = dashboard();
    let widgets = dashboard["widgets"].as_array().unwrap();
    let log = widgets.iter().find(|widget| widget["type"] == "log").unwrap();
    let query = log["properties"]["query"].as_str().unwrap();
    for field in ["status", "message", "diagnosisCode", "step"] {
        assert!(query.contains(field) && summary[field].is_string(), "{field}: {summary}");
    }
    assert!(query.contains(&format!("'{}'", summary["status"].as_str().unwrap())), "{query}");
}
