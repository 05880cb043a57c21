//! The Lambda function: its handler, given to the runtime.

use std::process::ExitCode;
use std::sync::Arc;

use db_users::{Handled, Handler};
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::https::connector;
use rds_proxy_probe::process::{Program, print, run, variable};
use serde_json::Value;

const PROGRAM: Program = Program {
    name: "db-users",
    what: "makes, changes and drops database users for CloudFormation and Terraform",
    start: "Deploy it for a stack's Custom::DatabaseUsers or Terraform's module: see docs/deploy.md.",
};

fn main() -> ExitCode {
    run(&PROGRAM, serve)
}

/// Serves invocations one after another.
async fn serve(clock: Clock) -> Result<(), lambda_runtime::Error> {
    let handler = Arc::new(Handler::new(variable, clock, connector()));
    let service = service_fn(move |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let handler = Arc::clone(&handler);
        async move {
            let Handled { result, lines } = handler.handle(&payload, &context.into()).await;
            for line in lines {
                print(&line);
            }
            result
        }
    });
    Runtime::new(service).run().await
}
