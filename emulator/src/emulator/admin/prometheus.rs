//! RDS Proxy's CloudWatch metrics as Prometheus text.
//!
//! Owns names, dimensions and units: `aws_rds_proxy_` and CloudWatch's name in snake case, its
//! dimensions as labels. A metric whose dimensions AWS gives by target has `target_role`.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html>,
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::Shown;
use crate::client::Endpoint;
use crate::observe::{EndpointMetrics, SessionState, SessionView, TargetMetrics};

/// What every name begins with.
const PREFIX: &str = "aws_rds_proxy_";

/// What an endpoint's number is read from.
type OfEndpoint = (&'static str, &'static str, fn(&EndpointMetrics) -> i128);
/// Which sessions a number counts.
type OfSession = (&'static str, fn(&SessionView) -> bool);
/// What a target's number is read from.
type OfTarget = (&'static str, &'static str, fn(&TargetMetrics) -> i128);

const OF_ENDPOINTS: [OfEndpoint; 8] = [
    ("client_connections", "gauge", |it| it.client_connections.get().into()),
    ("client_connections_in_setup", "gauge", |it| it.client_connections_in_setup.get().into()),
    ("client_connections_received", "counter", |it| it.client_connections_received.get().into()),
    ("client_connections_closed", "counter", |it| it.client_connections_closed.get().into()),
    ("client_connections_setup_succeeded", "counter", |it| {
        it.client_connections_setup_succeeded.get().into()
    }),
    ("client_connections_setup_failed_auth", "counter", |it| {
        it.client_connections_setup_failed_auth.get().into()
    }),
    ("query_requests", "counter", |it| it.query_requests.get().into()),
    ("database_connections_borrow_latency_us_sum", "counter", |it| {
        it.database_connections_borrow_latency.get().1.into()
    }),
];

const OF_TARGETS: [OfTarget; 6] = [
    ("database_connections_currently_borrowed", "gauge", |it| it.currently_borrowed.get().into()),
    ("database_connection_requests", "counter", |it| it.connection_requests.get().into()),
    ("database_connections_setup_succeeded", "counter", |it| it.setup_succeeded.get().into()),
    ("database_connections_setup_failed", "counter", |it| it.setup_failed.get().into()),
    ("database_connections_borrow_requests", "counter", |it| it.borrow_requests.get().into()),
    ("database_connections_borrow_requests_aborted", "counter", |it| {
        it.borrow_requests_aborted.get().into()
    }),
];

/// All of them.
pub(super) fn metrics(shown: &Shown) -> String {
    let mut text = String::new();
    for (name, kind, read) in OF_ENDPOINTS {
        let values = shown.endpoints.iter().map(|it| (endpoint(it), read(&it.metrics)));
        family(&mut text, name, kind, values);
    }
    for (name, kind, read) in OF_TARGETS {
        let values = shown.endpoints.iter().map(|it| (target(it), read(&it.pool.metrics)));
        family(&mut text, name, kind, values);
    }
    let open = shown.endpoints.iter().map(|it| (target(it), count(it.pool.connections().0)));
    family(&mut text, "database_connections", "gauge", open);
    let allowed = shown.endpoints.iter().map(|it| (target(it), count(it.pool.capacity())));
    family(&mut text, "max_database_connections_allowed", "gauge", allowed);
    let by_session: [OfSession; 2] = [
        ("database_connections_currently_in_transaction", is_in_transaction),
        ("database_connections_currently_session_pinned", SessionView::is_pinned),
    ];
    for (name, matches) in by_session {
        let sessions = shown.proxy.sessions.read();
        let values = shown.endpoints.iter().map(|it| {
            let here = sessions.iter().filter(|view| view.endpoint == it.name && matches(view));
            (target(it), count(here.count()))
        });
        family(&mut text, name, "gauge", values);
    }
    text
}

fn is_in_transaction(view: &SessionView) -> bool {
    view.state() == SessionState::InTransaction
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

fn endpoint(endpoint: &Endpoint) -> String {
    format!("proxy_name=\"emulator\",endpoint_name=\"{}\"", endpoint.name)
}

fn target(endpoint: &Endpoint) -> String {
    let role = if endpoint.is_read_only { "READ_ONLY" } else { "READ_WRITE" };
    format!("proxy_name=\"emulator\",target_group=\"default\",target_role=\"{role}\"")
}
