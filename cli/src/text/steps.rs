//! The steps of a probe as they happen, each with its time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rds_proxy_probe::config::{AuthMethod, Config};
use rds_proxy_probe::probe::{Progress, Step, StepRecord, StepStatus};

use crate::terminal::{Color, Mark, Output, Style};

/// Goes to the start of the line and clears it.
/// <https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>
const CLEAR_LINE: &str = "\r\u{1b}[K";

/// Writes each step when it ends, and on a terminal the one that is under way.
#[derive(Clone, Debug)]
pub struct Steps {
    output: Arc<Output>,
    signs: bool,
    pending: Arc<Mutex<bool>>,
}

impl Steps {
    /// For a probe of this configuration.
    pub fn new(output: Arc<Output>, config: &Config) -> Self {
        let signs = match &config.auth {
            AuthMethod::Iam { .. } => true,
            AuthMethod::Secret { .. } => false,
        };
        Self { output, signs, pending: Arc::default() }
    }

    /// Writes the steps of the only probe.
    pub fn once(&self) -> Progress {
        let steps = self.clone();
        Progress::new(move |record| steps.ended(&record))
    }

    /// Shows on a terminal how far the present one of many probes is.
    pub fn again(&self) -> Progress {
        let (steps, probes) = (self.clone(), AtomicUsize::new(0));
        Progress::new(move |record: StepRecord| {
            let is_first = usize::from(record.step == Step::Config);
            let number = probes.fetch_add(is_first, Ordering::Relaxed) + is_first;
            steps.interrupt();
            let next = steps.after(record.step).filter(|_| record.status == StepStatus::Ok);
            let now = next.map_or("waiting", Step::as_str);
            steps.pend(&format!("probe {number}: {now}"));
        })
    }

    /// The steps of a finished probe.
    pub fn all(&self, records: &[StepRecord]) -> String {
        records.iter().map(|record| step_line(record, &self.output.style) + "\n").collect()
    }

    /// The first one is under way.
    pub fn begin(&self) {
        self.begins(Step::Config);
    }

    /// Takes back the line of the step that is under way.
    pub fn interrupt(&self) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *pending) {
            self.output.write(CLEAR_LINE);
        }
    }

    fn ended(&self, record: &StepRecord) {
        self.interrupt();
        self.output.write(&format!("{}\n", step_line(record, &self.output.style)));
        if record.status == StepStatus::Ok
            && let Some(next) = self.after(record.step)
        {
            self.begins(next);
        }
    }

    fn begins(&self, step: Step) {
        self.pend(step.as_str());
    }

    fn pend(&self, what: &str) {
        let style = &self.output.style;
        if style.live {
            *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.output.write(&format!("  {} {what}", style.mark(Mark::Pending)));
        }
    }

    fn after(&self, step: Step) -> Option<Step> {
        let after = Step::ALL.into_iter().skip_while(|other| *other != step).skip(1);
        after.into_iter().find(|next| self.signs || *next != Step::Sign)
    }
}

/// A step, how it ended, and how long it took.
pub fn step_line(record: &StepRecord, style: &Style) -> String {
    let (mark, color, word) = match record.status {
        StepStatus::Ok => (Mark::Done, Color::Green, ""),
        StepStatus::Failed => (Mark::Failed, Color::Red, "  failed"),
        StepStatus::TimedOut => (Mark::Failed, Color::Red, "  timed out"),
    };
    let mark = style.colored(color, style.mark(mark));
    let word = style.colored(color, word);
    format!("  {mark} {:<12} {:>9}{word}", record.step.as_str(), milliseconds(record.elapsed))
}

/// `0.2 ms`
pub(crate) fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1e3)
}
