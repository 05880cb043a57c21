//! What the tests share: an emulator, the function around it, and one way to look at a report.

pub(crate) mod database;
mod engine;
pub(crate) mod mysql;
pub(crate) mod peer;

use std::collections::BTreeMap;
use std::time::SystemTime;

use rds_proxy_emulator::Emulator;
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::handler::{Event, Handler, Invocation};
use serde_json::{Value, json};
use testkit::function::Running;

pub(crate) use engine::{
    by_engine, by_engine_in_its_own_network, cluster, emulator, emulator_with,
};
pub(crate) use rds_proxy_emulator::Engine;
pub(crate) use testkit::{aws, forwarder, namespace, resolver, response_host};

/// The function's environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars(BTreeMap<String, String>);

impl Vars {
    /// What the emulator would have a user export.
    pub(crate) fn of(emulator: &Emulator) -> Self {
        let block = emulator.environment().into_iter();
        Self(block.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// An environment that leads to `address`, for peers that are no emulator.
    pub(crate) fn to(address: std::net::SocketAddr) -> Self {
        Self::default()
            .with("DB_HOST", "app.proxy-abc.eu-west-1.rds.amazonaws.com")
            .with("DB_USER", "app")
            .with("DB_CONNECT_TO", address)
            .with("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .with("AWS_SECRET_ACCESS_KEY", "canary-secret-key-0123456789")
    }

    /// The same, for a server of this engine.
    pub(crate) fn of_engine(self, engine: Engine) -> Self {
        self.with("DB_ENGINE", engine)
    }

    pub(crate) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.0.insert(name.to_owned(), format!("{value}"));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    pub(crate) fn handler(&self) -> Handler {
        self.handler_at(Clock::new(SystemTime::now))
    }

    pub(crate) fn handler_at(&self, clock: Clock) -> Handler {
        Handler::new(|name| self.get(name), clock)
    }
}

impl Extend<(String, String)> for Vars {
    fn extend<T: IntoIterator<Item = (String, String)>>(&mut self, variables: T) {
        self.0.extend(variables);
    }
}

/// The function's binary with this environment, waiting for its next event.
pub(crate) async fn running(vars: &Vars) -> Running {
    Running::start(env!("CARGO_BIN_EXE_probe"), &vars.0).await
}

/// The report for one direct event.
pub(crate) async fn invoke(handler: &Handler, event: Value) -> Value {
    let invocation = Invocation { request_id: "test-request".to_owned(), ends: None };
    let answer = handler.handle(&Event::from(event), &invocation).await;
    let reply = serde_json::from_str(answer.reply.unwrap().as_json()).unwrap();
    let is_report = Value::is_object(&reply) && reply.get("isBase64Encoded").is_none();
    let difference = is_report.then(|| schema_difference(&reply)).flatten();
    assert_eq!(difference, None, "{reply:#}");
    reply
}

/// Where a report differs from docs/report.schema.json, if it does.
pub(crate) fn schema_difference(report: &Value) -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    testkit::schema::difference(&schema, report)
}

/// The report of a function that is invoked once.
pub(crate) async fn probe(vars: &Vars) -> Value {
    invoke(&vars.handler(), json!({})).await
}

/// The only place that knows how a report names a failure.
#[track_caller]
pub(crate) fn check(report: &Value, step: &str, status: &str, code: &str) {
    let diagnosis = &report["diagnosis"];
    let last = report["steps"].as_array().and_then(|steps| steps.last()).unwrap();
    let seen = (&diagnosis["code"], &last["step"], &last["status"]);
    assert_eq!(seen, (&json!(code), &json!(step), &json!(status)), "{report:#}");
    assert_eq!(diagnosis["step"], step);
    assert_eq!((&report["status"], &report["statusCode"]), (&json!("unhealthy"), &json!(503)));
    assert!(!diagnosis["causes"].as_array().unwrap().is_empty(), "{report:#}");
    assert!(diagnosis["summary"].as_str().unwrap().ends_with('.'), "{report:#}");
}

/// The names of the steps that were reached.
pub(crate) fn steps(report: &Value) -> Vec<&str> {
    report["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect()
}
