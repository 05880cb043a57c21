//! RDS Proxy's CloudWatch metrics as Prometheus text.
//!
//! Owns names, dimensions and units: `aws_rds_proxy_` and CloudWatch's name in snake case, its
//! dimensions as labels. Where AWS gives a metric by several sets of dimensions, there is one series
//! with all of them, so that no sum counts anything twice. A latency is a summary in microseconds.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>,
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::Shown;
use crate::client::Endpoint;
use crate::observe::{EndpointMetrics, Latency, SessionView, TargetMetrics};

/// What every name begins with.
const PREFIX: &str = "aws_rds_proxy_";

/// What an endpoint's number is read from.
type OfEndpoint = (&'static str, &'static str, fn(&EndpointMetrics) -> i128);
/// What an endpoint's latency is read from, and its labels.
type OfLatency = (&'static str, fn(&Endpoint) -> String, fn(&EndpointMetrics) -> &Latency);
/// What a target's number is read from.
type OfTarget = (&'static str, &'static str, fn(&TargetMetrics) -> i128);
/// Which sessions a number counts.
type OfSession = (&'static str, fn(&SessionView) -> bool);

/// Every client that gets as far as a query uses TLS.
const OF_ENDPOINTS: [OfEndpoint; 11] = [
    ("client_connections", "gauge", |it| it.client_connections.get().into()),
    ("client_connections_in_setup", "gauge", |it| it.client_connections_in_setup.get().into()),
    ("client_connections_tls", "gauge", |it| it.client_connections_tls.get().into()),
    ("client_connections_no_tls", "gauge", |it| {
        let encrypted = i128::from(it.client_connections_tls.get());
        (i128::from(it.client_connections.get()) - encrypted).max(0)
    }),
    ("client_connections_received", "counter", |it| it.client_connections_received.get().into()),
    ("client_connections_closed", "counter", |it| it.client_connections_closed.get().into()),
    ("client_connections_setup_succeeded", "counter", |it| {
        it.client_connections_setup_succeeded.get().into()
    }),
    ("client_connections_setup_failed_auth", "counter", |it| {
        it.client_connections_setup_failed_auth.get().into()
    }),
    ("query_requests", "counter", |it| it.query_requests.get().into()),
    ("query_requests_tls", "counter", |it| it.query_requests.get().into()),
    ("query_requests_no_tls", "counter", |_none| 0),
];

const LATENCIES: [OfLatency; 3] = [
    ("database_connections_borrow_latency", endpoint, |it| &it.database_connections_borrow_latency),
    ("query_response_latency", endpoint, |it| &it.query_response_latency),
    ("query_database_response_latency", endpoint_and_target, |it| {
        &it.query_database_response_latency
    }),
];

/// The emulator uses no TLS towards its database.
const OF_TARGETS: [OfTarget; 6] = [
    ("database_connections_with_tls", "gauge", |_none| 0),
    ("database_connections_currently_borrowed", "gauge", |it| it.currently_borrowed.get().into()),
    ("database_connection_requests", "counter", |it| it.connection_requests.get().into()),
    ("database_connection_requests_with_tls", "counter", |_none| 0),
    ("database_connections_setup_succeeded", "counter", |it| it.setup_succeeded.get().into()),
    ("database_connections_setup_failed", "counter", |it| it.setup_failed.get().into()),
];

/// Those that AWS gives by the targets' role alone.
const OF_ROLES: [OfTarget; 2] = [
    ("database_connections_borrow_requests", "counter", |it| it.borrow_requests.get().into()),
    ("database_connections_borrow_requests_aborted", "counter", |it| {
        it.borrow_requests_aborted.get().into()
    }),
];

const OF_SESSIONS: [OfSession; 2] = [
    ("database_connections_currently_in_transaction", SessionView::is_in_transaction),
    ("database_connections_currently_session_pinned", SessionView::is_pinned),
];

/// All of them.
pub(super) async fn metrics(shown: &Shown) -> String {
    let mut text = String::new();
    let endpoints = || shown.endpoints.iter();
    for (name, kind, read) in OF_ENDPOINTS {
        family(&mut text, name, kind, endpoints().map(|it| (endpoint(it), read(&it.metrics))));
    }
    for (name, labels, read) in LATENCIES {
        summary(&mut text, name, endpoints().map(|it| (labels(it), read(&it.metrics))));
    }
    for (name, kind, read) in OF_TARGETS {
        let values = endpoints().map(|it| (target(it), read(&it.pool.metrics)));
        family(&mut text, name, kind, values);
    }
    for (name, kind, read) in OF_ROLES {
        family(&mut text, name, kind, endpoints().map(|it| (role(it), read(&it.pool.metrics))));
    }
    let open = endpoints().map(|it| (target(it), count(it.pool.connections().0)));
    family(&mut text, "database_connections", "gauge", open);
    let allowed = endpoints().map(|it| (target(it), count(it.pool.capacity())));
    family(&mut text, "max_database_connections_allowed", "gauge", allowed);
    let sessions = shown.proxy.sessions.read();
    for (name, matches) in OF_SESSIONS {
        let values = endpoints().map(|it| {
            let here = sessions.iter().filter(|view| view.endpoint == it.name && matches(view));
            (target(it), count(here.count()))
        });
        family(&mut text, name, "gauge", values);
    }
    let mut available = Vec::new();
    for it in endpoints() {
        // The one health check is made now.
        available.push((role(it), if it.pool.is_reachable().await { 100 } else { 0 }));
    }
    family(&mut text, "availability_percentage", "gauge", available.into_iter());
    text
}

fn count(count: usize) -> i128 {
    i128::try_from(count).unwrap_or(i128::MAX)
}

fn family(text: &mut String, name: &str, kind: &str, values: impl Iterator<Item = (String, i128)>) {
    text.extend(["# TYPE ", PREFIX, name, " ", kind, "\n"]);
    for (labels, value) in values {
        text.extend([PREFIX, name, "{", &labels, "} ", &value.to_string(), "\n"]);
    }
}

fn summary<'a>(text: &mut String, name: &str, values: impl Iterator<Item = (String, &'a Latency)>) {
    text.extend(["# TYPE ", PREFIX, name, " summary\n"]);
    for (labels, latency) in values {
        let (count, micros) = latency.get();
        for (suffix, value) in [("_sum", micros), ("_count", count)] {
            text.extend([PREFIX, name, suffix, "{", &labels, "} ", &value.to_string(), "\n"]);
        }
    }
}

fn endpoint(endpoint: &Endpoint) -> String {
    format!("proxy_name=\"emulator\",endpoint_name=\"{}\"", endpoint.name)
}

fn endpoint_and_target(endpoint: &Endpoint) -> String {
    format!("{},endpoint_name=\"{}\"", target(endpoint), endpoint.name)
}

fn target(endpoint: &Endpoint) -> String {
    let target = if endpoint.is_read_only { "reader" } else { "writer" };
    format!("{},target=\"{target}\"", role(endpoint))
}

fn role(endpoint: &Endpoint) -> String {
    let role = if endpoint.is_read_only { "READ_ONLY" } else { "READ_WRITE" };
    format!("proxy_name=\"emulator\",target_group=\"default\",target_role=\"{role}\"")
}
