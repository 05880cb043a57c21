//! Log lines in Lambda's own format, and which levels are written.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>

use std::time::SystemTime;

use serde::{Serialize, Serializer};

use super::{Answered, VERSION, millis};
use crate::clock::rfc3339_millis;
use crate::probe::Outcome;

/// A line's level, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// The normal course.
    Info,
    /// It works, but needs attention.
    Warn,
    /// It does not work.
    Error,
    /// The process ends.
    Fatal,
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Words, separated by blanks.
    Text,
}

/// How lines are written, and the lowest level that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogStyle {
    format: LogFormat,
    min_level: LogLevel,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    timestamp: String,
    level: LogLevel,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    version: &'static str,
    status: &'static str,
    diagnosis_code: Option<&'static str>,
    step: Option<&'static str>,
    session_reused: Option<bool>,
    elapsed_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cold_start: Option<bool>,
    #[serde(rename = "residentKiB", skip_serializing_if = "Option::is_none")]
    resident_kib: Option<u64>,
}

impl LogLevel {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

impl LogStyle {
    /// From `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets from the
    /// function's logging configuration; JSON and everything when they are unset or unknown.
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Self {
        let format = match get("AWS_LAMBDA_LOG_FORMAT").as_deref() {
            Some("Text") => LogFormat::Text,
            Some(_) | None => LogFormat::Json,
        };
        let min_level = match get("AWS_LAMBDA_LOG_LEVEL").as_deref() {
            Some("WARN") => LogLevel::Warn,
            Some("ERROR") => LogLevel::Error,
            Some("FATAL") => LogLevel::Fatal,
            Some(_) | None => LogLevel::Info,
        };
        Self { format, min_level }
    }

    /// The line for a message outside any invocation; `None` below the lowest level.
    pub fn line(self, level: LogLevel, message: &str, now: SystemTime) -> Option<String> {
        self.write(&Line::new(level, message, now))
    }

    /// The summary line of an invocation, with [`Answered::message`]; `None` below the lowest level.
    pub fn summary(
        self,
        answered: &Answered<'_>,
        message: &str,
        now: SystemTime,
    ) -> Option<String> {
        let level = match answered.report.outcome() {
            Outcome::Healthy => LogLevel::Info,
            Outcome::Degraded(_) => LogLevel::Warn,
            Outcome::Failed(_) => LogLevel::Error,
        };
        let summary = Summary {
            version: VERSION,
            status: answered.status(),
            diagnosis_code: answered.diagnosis.map(|diagnosis| diagnosis.code.as_str()),
            step: answered.diagnosis.map(|diagnosis| diagnosis.step.as_str()),
            session_reused: answered.report.attempt.session.map(|session| session.reused),
            elapsed_ms: millis(answered.report.elapsed),
            cold_start: answered.invocation.map(|invocation| invocation.cold_start),
            resident_kib: answered.invocation.and_then(|invocation| invocation.resident_kib),
        };
        let request_id = answered.invocation.map(|invocation| invocation.request_id);
        self.write(&Line { request_id, summary: Some(summary), ..Line::new(level, message, now) })
    }

    fn write(self, line: &Line<'_>) -> Option<String> {
        if line.level < self.min_level {
            return None;
        }
        match self.format {
            LogFormat::Text => {
                let Line { timestamp, level, message, request_id, .. } = line;
                let (level, request_id) = (level.as_str(), request_id.unwrap_or("-"));
                Some(format!("{timestamp} {level} {request_id} {}", message.escape_debug()))
            }
            LogFormat::Json => super::line(line).ok(),
        }
    }
}

impl<'a> Line<'a> {
    fn new(level: LogLevel, message: &'a str, now: SystemTime) -> Self {
        let timestamp = rfc3339_millis(now);
        Self { timestamp, level, message, request_id: None, summary: None }
    }
}

impl Serialize for LogLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
