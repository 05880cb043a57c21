//! The real binary against everything that can go wrong: each server's fault, each state of the
//! network, each answer of AWS; and each code reached by at least one of them.
//!
//! `fault` beside this folder looks closely at single conversations inside the test's process; here
//! it is the function as Lambda starts it, with its environment, its memory and its next invocation.

mod chain;
mod damaged_keys;
mod explain;
mod faults;
mod flood;
mod keys;
mod mysql;
mod mysql_rows;
mod network;
mod reach;
mod refusals;
mod rotation;
mod secret;
mod strangers;

use serde_json::Value;
use testkit::function::{Output, Running};
use testkit::process::PATIENCE;

use crate::support::{Vars, running};

/// What the function may have resident at most, in KiB.
const PEAK_KIB: u64 = 32 * 1024;

/// Asks for a separate session.
const FRESH: &[u8] = br#"{"fresh": true}"#;

/// The function's binary as the tests of the matrix use it.
struct Function(Running);

impl Function {
    async fn start(vars: &Vars) -> Self {
        Self(running(vars).await)
    }

    /// The report for one event.
    async fn report(&mut self, event: &[u8]) -> Value {
        let posted = tokio::time::timeout(PATIENCE, self.0.invoke(event)).await;
        posted.expect("the function answers").report()
    }

    /// Ends the function, which has stayed within its memory.
    async fn stop(self) -> Output {
        let output = self.0.stop().await;
        assert!(output.peak_kib < PEAK_KIB, "{} KiB", output.peak_kib);
        assert_eq!(output.stderr, "");
        output
    }
}

/// The reports of so many invocations, each with a fresh session, of one function.
async fn reports<const N: usize>(vars: &Vars) -> [Value; N] {
    let mut function = Function::start(vars).await;
    let mut reports = std::array::from_fn(|_| Value::Null);
    for report in &mut reports {
        *report = function.report(FRESH).await;
    }
    function.stop().await;
    reports
}
