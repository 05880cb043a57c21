//! The report as JSON; `docs/reference.md` describes each key.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::explain::{ExplainBlock, explain_block};
use super::{Answered, VERSION, millis};
use crate::clock::{human_duration, rfc3339_millis, rfc3339_seconds};
use crate::config::{Config, DbUser, Engine};
use crate::diagnosis::{Cause, Diagnosis, code_of};
use crate::health::{HealthFacts, Route};
use crate::probe::{Attempt, Report, SessionFacts, StepRecord};
use crate::session::AuthRequest;
use crate::tls::TlsFacts;

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    version: &'static str,
    status: &'static str,
    message: &'a str,
    endpoint: Option<EndpointBlock<'a>>,
    auth: Option<AuthBlock<'a>>,
    session: Option<SessionBlock>,
    retry: Option<RetryBlock>,
    tls: Option<TlsBlock<'a>>,
    database: Option<DatabaseBlock<'a>>,
    explain: Option<ExplainBlock<'a>>,
    steps: Vec<StepBlock>,
    elapsed_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cold_start: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    diagnosis: Option<DiagnosisBlock<'a>>,
}

#[derive(Serialize)]
struct EndpointBlock<'a> {
    host: &'a str,
    port: u16,
    region: &'a str,
    kind: &'static str,
    engine: &'static str,
}

#[derive(Serialize)]
struct AuthBlock<'a> {
    method: &'static str,
    asked: Option<Cow<'a, str>>,
    user: Option<&'a str>,
}

#[derive(Serialize)]
struct SessionBlock {
    reused: bool,
    age_ms: u128,
    through_proxy: Option<bool>,
}

#[derive(Serialize)]
struct RetryBlock {
    code: &'static str,
    elapsed_ms: f64,
}

#[derive(Serialize)]
struct TlsBlock<'a> {
    version: &'static str,
    subject_names: &'a [String],
    issuer: Option<&'a str>,
    not_after: Option<String>,
}

#[derive(Serialize)]
struct DatabaseBlock<'a> {
    name: Option<&'a str>,
    user: &'a str,
    version: &'a str,
    role: &'static str,
    read_only: bool,
    time: String,
}

#[derive(Serialize)]
struct StepBlock {
    step: &'static str,
    status: &'static str,
    elapsed_ms: f64,
}

#[derive(Serialize)]
struct DiagnosisBlock<'a> {
    code: &'static str,
    step: &'static str,
    summary: &'a str,
    causes: Vec<CauseBlock<'a>>,
    ruled_out: Option<&'a str>,
    sqlstate: Option<&'a str>,
    error_number: Option<u16>,
    server_message: Option<&'a str>,
    transient: bool,
    doc: String,
}

#[derive(Serialize)]
struct CauseBlock<'a> {
    cause: &'a str,
    evidence: Option<&'a str>,
    remedy: &'a str,
    commands: &'a [String],
}

impl Answered<'_> {
    pub(super) fn body(&self, message: &str) -> serde_json::Result<Box<RawValue>> {
        let Report { attempt, retry, control_plane, elapsed, .. } = self.report;
        to_raw_value(&Body {
            status_code: self.status_code(),
            version: VERSION,
            status: self.status(),
            message,
            endpoint: self.config.map(endpoint_block),
            auth: self.config.map(|config| auth_block(config, self.report)),
            session: attempt.session.as_ref().map(|it| session_block(it, self.report.database())),
            retry: retry.as_ref().and_then(|retry| retry_block(retry, self.config)),
            tls: attempt.tls.as_deref().map(tls_block),
            database: self.report.database().map(database_block),
            explain: control_plane.as_ref().map(explain_block),
            steps: attempt.steps.iter().map(step_block).collect(),
            elapsed_ms: millis(*elapsed),
            cold_start: self.invocation.map(|invocation| invocation.cold_start),
            request_id: self.invocation.map(|invocation| invocation.request_id),
            diagnosis: self.diagnosis.map(diagnosis_block),
        })
    }

    /// The result for people: the facts in short, or what is wrong and what to do next.
    pub fn message(&self) -> String {
        match (self.diagnosis, self.report.database()) {
            (None, Some(database)) => self.logged_in(database),
            (None, None) => "Database connection was successful!".to_owned(),
            (Some(diagnosis), database) => {
                let Diagnosis { summary, causes, .. } = diagnosis;
                let began = match (database, self.refusal()) {
                    (_, Some(problem)) => format!("The event was refused: {problem}."),
                    (Some(_), None) => {
                        format!("Database connection was successful, but: {summary}")
                    }
                    (None, None) => format!("Database connection failed: {summary}"),
                };
                let next = causes.first().map(|cause| first_sentence(&cause.remedy));
                format!("{began} Next: {}", next.unwrap_or_default())
            }
        }
    }

    /// Without `format!`, since every warm probe does this.
    fn logged_in(&self, database: &HealthFacts) -> String {
        let HealthFacts { user, version, role, .. } = database;
        let engine = self.config.map_or(Engine::PostgreSql, |config| config.engine);
        let took = human_duration(self.report.elapsed);
        let parts = [
            "Database connection was successful! Logged in as \"",
            user,
            "\", ",
            engine.name(),
            " ",
            version,
            ", ",
            role.as_str(),
            ", ",
            &took,
            ".",
        ];
        parts.concat()
    }
}

/// A text's first sentence: up to the first full stop before a blank, or all of it.
fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

fn endpoint_block(config: &Config) -> EndpointBlock<'_> {
    let endpoint = &config.endpoint;
    EndpointBlock {
        host: endpoint.host.as_str(),
        port: endpoint.port,
        region: endpoint.region.as_str(),
        kind: endpoint.host.kind().as_str(),
        engine: config.engine.as_str(),
    }
}

fn auth_block<'a>(config: &'a Config, report: &'a Report) -> AuthBlock<'a> {
    AuthBlock {
        method: config.auth.as_str(),
        asked: report.attempt.asked.as_ref().map(AuthRequest::as_str),
        user: report.user(config).map(DbUser::as_str),
    }
}

fn session_block(session: &SessionFacts, database: Option<&HealthFacts>) -> SessionBlock {
    SessionBlock {
        reused: session.reused,
        age_ms: session.age.as_millis(),
        through_proxy: database.and_then(|it| it.route).map(Route::is_through_proxy),
    }
}

fn retry_block(attempt: &Attempt, config: Option<&Config>) -> Option<RetryBlock> {
    let failure = attempt.result.as_ref().err()?;
    let code = code_of(failure, attempt, config).as_str();
    Some(RetryBlock { code, elapsed_ms: millis(attempt.elapsed) })
}

fn tls_block(tls: &TlsFacts) -> TlsBlock<'_> {
    TlsBlock {
        version: tls.version,
        subject_names: &tls.subject_names,
        issuer: tls.issuer.as_deref(),
        not_after: tls.not_after.map(rfc3339_seconds),
    }
}

fn database_block(database: &HealthFacts) -> DatabaseBlock<'_> {
    DatabaseBlock {
        name: database.database.as_deref(),
        user: &database.user,
        version: &database.version,
        role: database.role.as_str(),
        read_only: database.read_only,
        time: rfc3339_millis(database.time),
    }
}

fn step_block(record: &StepRecord) -> StepBlock {
    StepBlock {
        step: record.step.as_str(),
        status: record.status.as_str(),
        elapsed_ms: millis(record.elapsed),
    }
}

fn diagnosis_block(diagnosis: &Diagnosis) -> DiagnosisBlock<'_> {
    let server = diagnosis.server.as_ref();
    DiagnosisBlock {
        code: diagnosis.code.as_str(),
        step: diagnosis.step.as_str(),
        summary: &diagnosis.summary,
        causes: diagnosis.causes.iter().map(cause_block).collect(),
        ruled_out: diagnosis.ruled_out.as_deref(),
        sqlstate: server.and_then(|server| server.code.sqlstate()),
        error_number: server.and_then(|server| server.code.number()),
        server_message: server.map(|server| server.message.as_str()),
        transient: diagnosis.transient,
        doc: format!("TROUBLESHOOTING.md#{}", diagnosis.code.as_str()),
    }
}

fn cause_block(cause: &Cause) -> CauseBlock<'_> {
    let Cause { cause, evidence, remedy, commands } = cause;
    CauseBlock { cause, evidence: evidence.as_deref(), remedy, commands }
}
