//! The metric line: CloudWatch's embedded metric format, one line on standard output.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::time::SystemTime;

use serde::Serialize;

use super::{Answered, VERSION, line, millis};
use crate::probe::{Outcome, Step};

const NAMESPACE: &str = "RdsProxyProbe";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata,
    function_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healthy: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe_latency: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_latency: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_latency: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_reused: Option<u8>,
    diagnosis_code: Option<&'static str>,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: u64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: &'static [&'static [&'static str]],
    metrics: Vec<Metric>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl Answered<'_> {
    /// The metric line. `Healthy` is 1 unless the probe is unhealthy: a degraded database
    /// answers. A rejected event was no probe: it tells nothing about the database, must not raise
    /// its alarm, and has no latency.
    ///
    /// # Errors
    /// As [`Answered::reply`].
    pub fn metrics(&self, function_name: &str, now: SystemTime) -> serde_json::Result<String> {
        let report = self.report;
        let probed = self.refusal().is_none();
        let unhealthy = matches!(report.outcome(), Outcome::Failed(_));
        let healthy = probed.then(|| u8::from(!unhealthy));
        let probe_latency = probed.then(|| millis(report.elapsed));
        let reused = report.attempt.session.is_some_and(|session| session.reused);
        let session_reused = probed.then(|| u8::from(reused));
        let endpoint = self.config.map(|config| config.endpoint.host.as_str());
        let connect_latency = report.elapsed_in(Step::Connect).map(millis);
        let query_latency = report.elapsed_in(Step::Query).map(millis);
        // A metric is declared only if it has a value.
        let metrics = [
            ("Healthy", "Count", healthy.is_some()),
            ("ProbeLatency", "Milliseconds", probe_latency.is_some()),
            ("ConnectLatency", "Milliseconds", connect_latency.is_some()),
            ("QueryLatency", "Milliseconds", query_latency.is_some()),
            ("SessionReused", "Count", session_reused.is_some()),
        ];
        let announced = metrics.into_iter().filter(|(_, _, has_value)| *has_value);
        let metrics = announced.map(|(name, unit, _)| Metric { name, unit }).collect();
        let dimensions: &[&[&str]] = match endpoint {
            Some(_) => &[&["FunctionName", "Endpoint"], &["FunctionName"]],
            None => &[&["FunctionName"]],
        };
        line(&Line {
            aws: Metadata {
                timestamp: epoch_millis(now),
                cloud_watch_metrics: [Directive { namespace: NAMESPACE, dimensions, metrics }],
            },
            function_name,
            endpoint,
            healthy,
            probe_latency,
            connect_latency,
            query_latency,
            session_reused,
            diagnosis_code: self.diagnosis.map(|diagnosis| diagnosis.code.as_str()),
            version: VERSION,
        })
    }
}

fn epoch_millis(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
