//! One process of a contender, from its spawn to its end, measured on the way.

use std::time::Duration;

use serde_json::Value;

use crate::Failed;
use crate::cost::{cpu_time, resident_kib};
use crate::environment::{Emulator, Variables};
use crate::plan::Contender;
use crate::runtime_api::Function;
use crate::sample::Sample;
use crate::wire::{Traffic, Wire};

/// An event that leaves the choice of the session to the contender.
pub(crate) const KEPT: &str = "{}";
/// An event that asks for a session of its own.
pub(crate) const FRESH: &str = r#"{"fresh": true}"#;

const KEPT_INVOCATIONS: u32 = 40;
const FRESH_INVOCATIONS: u32 = 8;

/// What one process took. Times are in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
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

/// What went over the wire.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct OnTheWire {
    /// From the first SYN to the first verdict.
    pub(crate) cold: Traffic,
    /// Over a kept session.
    pub(crate) warm: Traffic,
}

/// What every contender must have got from the database.
pub(crate) struct Truth {
    pub(crate) user: String,
    /// As the first answer said; everybody's must be the same.
    pub(crate) version: Option<String>,
}

impl Truth {
    /// Holds an answer to it. The function reports the database in a block of its own.
    fn check(&mut self, answer: &[u8]) -> Result<(), Failed> {
        let answer: Value = serde_json::from_slice(answer)?;
        let row = answer.get("database").filter(|block| block.is_object()).unwrap_or(&answer);
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let (user, version) = (text("user"), text("version"));
        let known = self.version.get_or_insert_with(|| version.clone().unwrap_or_default());
        if user.as_ref() == Some(&self.user) && version.as_ref() == Some(known) && !known.is_empty()
        {
            return Ok(());
        }
        Err(format!("not an answer of this database: {answer}").into())
    }
}

/// Runs one process through all that is timed.
pub(crate) async fn live(
    contender: &Contender,
    emulator: &Emulator,
    truth: &mut Truth,
) -> Result<Life, Failed> {
    let variables = variables(contender, &emulator.variables);
    let (mut function, init) = Function::start(&contender.command, &variables).await?;
    let pid = function.pid();
    let born = cpu_time(pid)?;
    let mut life = Life { init: millis(init), cpu_init: millis(born), ..Life::default() };
    let (answer, first) = function.invoke(KEPT).await?;
    life.first = millis(first);
    life.cpu_first = millis(cpu_time(pid)?.saturating_sub(born));
    life.resident_kib = resident_kib(pid)?;
    if contender.asks {
        truth.check(&answer)?;
    }
    let begun = (cpu_time(pid)?, cpu_time(emulator.pid())?);
    life.kept = series(&mut function, KEPT, KEPT_INVOCATIONS, contender, truth).await?;
    let between = (cpu_time(pid)?, cpu_time(emulator.pid())?);
    life.cpu_kept = each(between.0.saturating_sub(begun.0), KEPT_INVOCATIONS);
    life.emulator_cpu_kept = each(between.1.saturating_sub(begun.1), KEPT_INVOCATIONS);
    if contender.asks {
        life.fresh = series(&mut function, FRESH, FRESH_INVOCATIONS, contender, truth).await?;
        let end = (cpu_time(pid)?, cpu_time(emulator.pid())?);
        life.cpu_fresh = each(end.0.saturating_sub(between.0), FRESH_INVOCATIONS);
        life.emulator_cpu_fresh = each(end.1.saturating_sub(between.1), FRESH_INVOCATIONS);
    }
    function.stop().await?;
    Ok(life)
}

/// The median of several invocations, each answer checked.
async fn series(
    function: &mut Function,
    event: &str,
    count: u32,
    contender: &Contender,
    truth: &mut Truth,
) -> Result<f64, Failed> {
    let mut times = Vec::new();
    for _ in 0..count {
        let (answer, elapsed) = function.invoke(event).await?;
        if contender.asks {
            truth.check(&answer)?;
        }
        times.push(millis(elapsed));
    }
    Ok(Sample::new(times).median)
}

/// Runs one process with the counting wire in between.
pub(crate) async fn count(
    contender: &Contender,
    emulator: &Emulator,
    truth: &mut Truth,
) -> Result<OnTheWire, Failed> {
    let mut variables = variables(contender, &emulator.variables);
    let target = variables.get("DB_CONNECT_TO").cloned().ok_or("no DB_CONNECT_TO")?;
    let wire = Wire::to(target).await?;
    variables.insert("DB_CONNECT_TO".to_owned(), wire.address.to_string());
    let (mut function, _) = Function::start(&contender.command, &variables).await?;
    let (answer, _) = function.invoke(KEPT).await?;
    truth.check(&answer)?;
    let cold = wire.traffic();
    let (answer, _) = function.invoke(KEPT).await?;
    truth.check(&answer)?;
    let warm = wire.traffic().since(cold);
    function.stop().await?;
    Ok(OnTheWire { cold, warm })
}

/// The emulator's variables, and the contender's own.
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
