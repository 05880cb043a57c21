//! The binary, frozen between invocations as Lambda freezes it, while the path to the database
//! changes: what the next invocation costs, counted on the wire.

use std::time::Duration;

use serde_json::Value;
use testkit::function::Running;
use testkit::process::PATIENCE;

use crate::support::forwarder::Forwarder;
use crate::support::{Engine, Vars, by_engine, emulator, running};

by_engine!(
    a_freeze_alone_costs_nothing,
    a_session_that_the_proxy_closed_for_idleness_costs_a_question_at_most,
    a_session_that_was_reset_costs_a_question_at_most,
    a_session_that_is_half_open_costs_a_question,
    freeze_after_freeze_no_invocation_is_lost,
);

/// After how long the hop closes a connection that rests, for which RDS Proxy takes a minute at
/// least.
const IDLE_TIMEOUT: Duration = Duration::from_millis(300);

/// The function behind a hop, with its first session kept.
struct Warm {
    function: Running,
    hop: Forwarder,
    /// What a fresh session and its question send.
    fresh: usize,
    /// What a question sends.
    question: usize,
    _emulator: rds_proxy_emulator::Emulator,
}

impl Warm {
    /// Invokes it twice, for a fresh session and for a kept one.
    async fn up(engine: Engine, idle_timeout: Option<Duration>) -> Self {
        let emulator = emulator(engine).await;
        let hop = match idle_timeout {
            Some(timeout) => Forwarder::with_idle_timeout(emulator.address(), timeout).await,
            None => Forwarder::start(emulator.address()).await,
        };
        let vars = Vars::of(&emulator).with("DB_CONNECT_TO", hop.address);
        let function = running(&vars.with("PROBE_TIMEOUT_MS", 3_000)).await;
        let mut warm = Self { function, hop, fresh: 0, question: 0, _emulator: emulator };
        assert_eq!(warm.report().await["session"]["reused"], false);
        warm.fresh = warm.hop.carried()[0];
        let second = warm.report().await;
        assert_eq!(second["session"]["reused"], true, "{second:#}");
        warm.question = warm.hop.carried()[0] - warm.fresh;
        warm
    }

    /// The report of the next invocation, which is healthy.
    async fn report(&mut self) -> Value {
        let posted = tokio::time::timeout(PATIENCE, self.function.invoke(b"{}")).await;
        let report = posted.expect("no invocation is lost").report();
        assert_eq!(report["status"], "healthy", "{report:#}");
        report
    }

    /// Freezes the function, waits for `while_frozen`, thaws it, and invokes it.
    async fn thawed(&mut self, while_frozen: impl AsyncFnOnce(&Forwarder)) -> Value {
        self.function.process.freeze().await;
        while_frozen(&self.hop).await;
        self.function.process.thaw().await;
        self.report().await
    }

    /// That the invocation made one fresh session, and before it asked the kept one at most once.
    fn check_cost(&self, before: usize, report: &Value) {
        assert_eq!(report["session"]["reused"], false, "{report:#}");
        let [kept, fresh] = self.hop.carried()[..] else { panic!("{:?}", self.hop.carried()) };
        assert_eq!(fresh, self.fresh, "a session like the first one, and nothing more");
        // To take leave is less than a question.
        assert!(kept - before < 2 * self.question, "{} bytes", kept - before);
    }
}

async fn a_freeze_alone_costs_nothing(engine: Engine) {
    let mut warm = Warm::up(engine, None).await;
    let before = warm.hop.carried()[0];
    let report = warm.thawed(async |_| {}).await;
    assert_eq!(report["session"]["reused"], true, "{report:#}");
    assert_eq!(warm.hop.carried(), [before + warm.question]);
}

async fn a_session_that_the_proxy_closed_for_idleness_costs_a_question_at_most(engine: Engine) {
    let mut warm = Warm::up(engine, Some(IDLE_TIMEOUT)).await;
    let before = warm.hop.carried()[0];
    let report = warm.thawed(async |hop| hop.have_ended(1).await).await;
    warm.check_cost(before, &report);
    let code = &report["retry"]["code"];
    assert!(code.is_null() || code == "connection_lost", "{report:#}");
}

async fn a_session_that_was_reset_costs_a_question_at_most(engine: Engine) {
    let mut warm = Warm::up(engine, None).await;
    let before = warm.hop.carried()[0];
    let reset = async |hop: &Forwarder| {
        hop.reset();
        hop.have_ended(1).await;
    };
    let report = warm.thawed(reset).await;
    warm.check_cost(before, &report);
    let code = &report["retry"]["code"];
    assert!(code.is_null() || code == "connection_lost", "{report:#}");
}

async fn a_session_that_is_half_open_costs_a_question(engine: Engine) {
    let mut warm = Warm::up(engine, None).await;
    let before = warm.hop.carried()[0];
    let report = warm.thawed(async |hop| hop.silence()).await;
    warm.check_cost(before, &report);
    assert_eq!(report["retry"]["code"], "query_timeout", "{report:#}");
    let waited = report["retry"]["elapsed_ms"].as_f64().unwrap();
    assert!(waited >= 250.0, "{waited}");
}

async fn freeze_after_freeze_no_invocation_is_lost(engine: Engine) {
    let mut warm = Warm::up(engine, Some(IDLE_TIMEOUT)).await;
    for ended in 1..=5 {
        warm.thawed(async |hop| hop.have_ended(ended).await).await;
    }
    let sessions = warm.hop.carried();
    assert_eq!(sessions.len(), 6);
    assert!(sessions[1..].iter().all(|carried| *carried <= warm.fresh + warm.question));
}
