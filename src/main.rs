//! The Lambda function: its handler, given to the runtime.

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::handler::{Event, Handled, Handler, with_payload};
use rds_proxy_probe::process::{Program, print, resident_kib, run, variable};

const PROGRAM: Program = Program {
    name: "probe",
    what: "logs in to PostgreSQL or MySQL through Amazon RDS Proxy and reports what is wrong",
    start: "Start it in Lambda, or on this machine with \"cargo lambda watch\": see README.md.",
};

fn main() -> ExitCode {
    run(&PROGRAM, serve)
}

/// Serves invocations one after another, or on a managed instance as many at once as
/// `AWS_LAMBDA_MAX_CONCURRENCY` says.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html>
async fn serve(clock: Clock) -> Result<(), lambda_runtime::Error> {
    let handler = Arc::new(Handler::new(variable, clock).with_resident(resident_kib));
    let service = service_fn(move |LambdaEvent { payload, context }: LambdaEvent<Event>| {
        let handler = Arc::clone(&handler);
        async move {
            let Handled { reply, lines } = handler.handle(&payload, &context.into()).await;
            for line in lines {
                print(&line);
            }
            reply
        }
    });
    Runtime::new(service).layer(MapRequestLayer::new(with_payload)).run_concurrent().await
}
