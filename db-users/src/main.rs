//! The Lambda function: environment, clock, standard output and the runtime, and nothing to test.

#![expect(clippy::disallowed_methods, reason = "the one place that reads environment and clock")]

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use db_users::{Handled, Handler};
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::handler::{Invocation, RuntimeLog};
use rds_proxy_probe::https::connector;
use rds_proxy_probe::response::{LogLevel, LogStyle};
use serde_json::Value;

/// Without these the runtime cannot begin; Lambda sets them all
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
const RUNTIME_VARIABLES: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

fn main() -> ExitCode {
    let log_style = LogStyle::from_vars(variable);
    // A panic's message may hold anything; its place is enough to find it by.
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        complain(log_style, LogLevel::Error, &format!("panicked at {place}"));
    }));
    if let Some(missing) = RUNTIME_VARIABLES.into_iter().find(|name| variable(name).is_none()) {
        let hint = "this is a Lambda function, which CloudFormation invokes";
        complain(log_style, LogLevel::Fatal, &format!("{missing} is not set: {hint}"));
        return ExitCode::FAILURE;
    }
    match serve(log_style) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(log_style, LogLevel::Fatal, &format!("the runtime ended: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Serves invocations one after another on this thread.
fn serve(log_style: LogStyle) -> Result<(), lambda_runtime::Error> {
    let clock = Clock::new(SystemTime::now);
    RuntimeLog::new(log_style, clock.clone(), print).install()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handler = Arc::new(Handler::new(variable, clock, connector()));
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let handler = Arc::clone(&handler);
        async move {
            let invocation = Invocation {
                ends: Some(event.context.deadline()),
                request_id: event.context.request_id,
            };
            let Handled { result, lines } = handler.handle(&event.payload, &invocation).await;
            for line in lines {
                print(&line);
            }
            result
        }
    });
    runtime.block_on(Runtime::new(service).run())
}

fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn complain(log_style: LogStyle, level: LogLevel, message: &str) {
    if let Some(line) = log_style.line(level, message, SystemTime::now()) {
        print(&line);
    }
}

/// Writes one line in one piece. Nobody is left to tell when standard output is closed.
fn print(line: &str) {
    let mut stdout = io::stdout().lock();
    drop(stdout.write_all(format!("{line}\n").as_bytes()).and_then(|()| stdout.flush()));
}
