//! A budget that is too small for a step: named as such, with its variable, before what silence
//! otherwise means.

use std::time::{Duration, SystemTime};

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::handler::{Event, Invocation};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::database::database;
use crate::support::peer::{Issued, Peer, wait_for_end};
use crate::support::{Engine, Vars, by_engine, check, probe, running};

by_engine!(the_binary_names_a_budget_that_no_login_fits_in);
by_engine!(
    #[tokio::test(start_paused = true)]
    a_budget_of_a_millisecond_is_named_with_its_variable_as_the_first_cause,
    an_invocation_that_is_nearly_over_is_the_first_cause,
    a_step_that_had_time_enough_is_not_blamed_on_the_budget,
    a_budget_that_an_earlier_step_used_up_is_the_first_cause,
);

/// A server that accepts connections and says nothing.
async fn silent() -> Peer {
    Peer::start(|mut stream: TcpStream| async move { wait_for_end(&mut stream).await }).await
}

fn summary_and_first(report: &Value) -> (&str, &Value) {
    let diagnosis = &report["diagnosis"];
    (diagnosis["summary"].as_str().unwrap(), &diagnosis["causes"][0])
}

async fn a_budget_of_a_millisecond_is_named_with_its_variable_as_the_first_cause(engine: Engine) {
    let peer = silent().await;
    let report = probe(&Vars::to(peer.address).of_engine(engine).with("PROBE_TIMEOUT_MS", 1)).await;
    check(&report, "tls", "timeout", "tls_timeout");
    let (summary, first) = summary_and_first(&report);
    assert!(summary.ends_with("The budget of 1 ms (PROBE_TIMEOUT_MS) was used up."), "{summary}");
    assert!(first["cause"].as_str().unwrap().starts_with("PROBE_TIMEOUT_MS is too small"));
    let evidence = first["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("The steps had 1 ms together (PROBE_TIMEOUT_MS)"), "{evidence}");
    assert_eq!(report["diagnosis"]["transient"], true, "another probe may be fast enough");
}

async fn the_binary_names_a_budget_that_no_login_fits_in(engine: Engine) {
    let peer = silent().await;
    let mut function =
        running(&Vars::to(peer.address).of_engine(engine).with("PROBE_TIMEOUT_MS", 1)).await;
    let report = function.invoke(b"{}").await.report();
    function.stop().await;
    // Which step the time ends at is the machine's choice.
    let (summary, first) = summary_and_first(&report);
    assert!(summary.ends_with("The budget of 1 ms (PROBE_TIMEOUT_MS) was used up."), "{summary}");
    assert!(first["cause"].as_str().unwrap().starts_with("PROBE_TIMEOUT_MS is too small"));
}

async fn an_invocation_that_is_nearly_over_is_the_first_cause(engine: Engine) {
    let peer = silent().await;
    let now = SystemTime::now();
    let handler = Vars::to(peer.address).of_engine(engine).handler_at(Clock::new(move || now));
    let ends = Some(now + Duration::from_millis(100));
    let invocation = Invocation { request_id: "id-1".to_owned(), ends };
    let answer = handler.handle(&Event::from(json!({})), &invocation).await;
    let report: Value = serde_json::from_str(answer.reply.unwrap().as_json()).unwrap();
    check(&report, "tls", "timeout", "tls_timeout");
    let (summary, first) = summary_and_first(&report);
    let used_up = "The budget of 50 ms (what the invocation had left) was used up.";
    assert!(summary.ends_with(used_up), "{summary}");
    assert!(first["commands"].to_string().contains("--timeout"), "{first:#}");
}

async fn a_step_that_had_time_enough_is_not_blamed_on_the_budget(engine: Engine) {
    let peer = silent().await;
    for budget_ms in [300, 5_000] {
        let report =
            probe(&Vars::to(peer.address).of_engine(engine).with("PROBE_TIMEOUT_MS", budget_ms))
                .await;
        check(&report, "tls", "timeout", "tls_timeout");
        let (summary, first) = summary_and_first(&report);
        assert!(!summary.contains("budget"), "{summary}");
        assert!(!first["cause"].as_str().unwrap().contains("too small"), "{first:#}");
    }
}

async fn a_budget_that_an_earlier_step_used_up_is_the_first_cause(engine: Engine) {
    let issued = Issued::new(|_| {});
    let peer = database(engine, &issued, |mut session| async move {
        session.wait_for_end().await;
    })
    .await;
    // What answers in between takes all of the budget but a tenth of a second.
    let relay = Peer::start(move |mut client: TcpStream| async move {
        tokio::time::sleep(Duration::from_millis(4_900)).await;
        let mut server = TcpStream::connect(peer.address).await.unwrap();
        drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
    })
    .await;
    let report =
        probe(&Vars::to(relay.address).of_engine(engine).with("DB_CA_FILE", issued.ca_file()))
            .await;
    check(&report, "authenticate", "timeout", "auth_timeout");
    let (summary, first) = summary_and_first(&report);
    assert!(summary.ends_with("The budget of 5 s (PROBE_TIMEOUT_MS) was used up."), "{summary}");
    assert!(first["evidence"].as_str().unwrap().contains("this one had "), "{first:#}");
}
