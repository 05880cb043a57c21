//! One process of a contender from start to stop: how long each phase takes, what it costs, and
//! what it sends.

use std::time::Duration;

use serde_json::Value;
use testkit::process::status_kib;

use crate::error::BoxError;
use crate::measure::emulator::{Emulator, Variables};
use crate::measure::plan::Contender;
use crate::measure::relay::{Relay, difference};
use crate::measure::runtime_api::Function;
use crate::measure::usage::cpu_time;
use crate::results::NetworkUse;
use crate::sample::Sample;

/// An event that allows the contender to use the session that it kept.
pub(crate) const KEPT: &str = "{}";
/// An event that makes it log in again.
pub(crate) const FRESH: &str = r#"{"fresh": true}"#;

const KEPT_INVOCATIONS: u32 = 40;
const FRESH_INVOCATIONS: u32 = 8;

/// What one process took. Times are in milliseconds; those of invocations are medians.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timings {
    pub(crate) init: f64,
    pub(crate) first: f64,
    pub(crate) kept: f64,
    pub(crate) fresh: f64,
    pub(crate) resident_kib: f64,
    pub(crate) cpu_init: f64,
    pub(crate) cpu_first: f64,
    pub(crate) cpu_kept: f64,
    pub(crate) cpu_fresh: f64,
    pub(crate) emulator_cpu_kept: f64,
    pub(crate) emulator_cpu_fresh: f64,
}

/// What every contender must get from the database.
pub(crate) struct ExpectedAnswer {
    pub(crate) user: String,
    /// Taken from the first answer; all others must have the same.
    pub(crate) version: Option<String>,
}

impl ExpectedAnswer {
    /// Checks an answer. The function reports the database in a block of its reply.
    fn check(&mut self, answer: &[u8]) -> Result<(), BoxError> {
        let answer: Value = serde_json::from_slice(answer)?;
        let row = answer.get("database").filter(|block| block.is_object()).unwrap_or(&answer);
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let (user, version) = (text("user"), text("version"));
        let known = self.version.get_or_insert_with(|| version.clone().unwrap_or_default());
        if user.as_ref() == Some(&self.user) && version.as_ref() == Some(known) && !known.is_empty()
        {
            return Ok(());
        }
        Err(format!("this is not an answer of the emulator's database: {answer}").into())
    }
}

/// Runs one process through everything that is timed.
pub(crate) async fn timings(
    contender: &Contender,
    emulator: &Emulator,
    expected: &mut ExpectedAnswer,
) -> Result<Timings, BoxError> {
    let variables = variables(contender, &emulator.variables);
    let (mut function, init) = Function::start(&contender.command, &variables).await?;
    let pid = function.pid();
    let cpu_init = cpu_time(pid)?;
    let mut timings =
        Timings { init: millis(init), cpu_init: millis(cpu_init), ..Timings::default() };
    let (answer, first) = function.invoke(KEPT).await?;
    timings.first = millis(first);
    timings.cpu_first = millis(cpu_time(pid)?.saturating_sub(cpu_init));
    timings.resident_kib = f64::from(u32::try_from(status_kib(pid, "VmRSS")?)?);
    if contender.asks {
        expected.check(&answer)?;
    }
    let before = (cpu_time(pid)?, cpu_time(emulator.pid())?);
    timings.kept = median_of(&mut function, KEPT, KEPT_INVOCATIONS, contender, expected).await?;
    let between = (cpu_time(pid)?, cpu_time(emulator.pid())?);
    timings.cpu_kept = each(between.0.saturating_sub(before.0), KEPT_INVOCATIONS);
    timings.emulator_cpu_kept = each(between.1.saturating_sub(before.1), KEPT_INVOCATIONS);
    if contender.asks {
        timings.fresh =
            median_of(&mut function, FRESH, FRESH_INVOCATIONS, contender, expected).await?;
        let after = (cpu_time(pid)?, cpu_time(emulator.pid())?);
        timings.cpu_fresh = each(after.0.saturating_sub(between.0), FRESH_INVOCATIONS);
        timings.emulator_cpu_fresh = each(after.1.saturating_sub(between.1), FRESH_INVOCATIONS);
    }
    function.stop().await?;
    Ok(timings)
}

/// The median time of several invocations; each answer is checked.
async fn median_of(
    function: &mut Function,
    event: &str,
    count: u32,
    contender: &Contender,
    expected: &mut ExpectedAnswer,
) -> Result<f64, BoxError> {
    let mut times = Vec::new();
    for _ in 0..count {
        let (answer, elapsed) = function.invoke(event).await?;
        if contender.asks {
            expected.check(&answer)?;
        }
        times.push(millis(elapsed));
    }
    Ok(Sample::new(times).median)
}

/// Runs one process that reaches the emulator through the relay, which counts.
pub(crate) async fn network_use(
    contender: &Contender,
    emulator: &Emulator,
    expected: &mut ExpectedAnswer,
) -> Result<NetworkUse, BoxError> {
    let mut variables = variables(contender, &emulator.variables);
    let target = variables.get("DB_CONNECT_TO").cloned().ok_or("no DB_CONNECT_TO")?;
    let relay = Relay::to(target).await;
    variables.insert("DB_CONNECT_TO".to_owned(), relay.address.to_string());
    let (mut function, _) = Function::start(&contender.command, &variables).await?;
    let (answer, _) = function.invoke(KEPT).await?;
    expected.check(&answer)?;
    let cold = relay.traffic();
    let (answer, _) = function.invoke(KEPT).await?;
    expected.check(&answer)?;
    let warm = difference(relay.traffic(), cold);
    function.stop().await?;
    Ok(NetworkUse { cold, warm })
}

/// The emulator's variables and the contender's own.
pub(crate) fn variables(contender: &Contender, emulator: &Variables) -> Variables {
    let own = contender.variables.iter();
    emulator.iter().chain(own).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn each(total: Duration, count: u32) -> f64 {
    millis(total) / f64::from(count)
}
