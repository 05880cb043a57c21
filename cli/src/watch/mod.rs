//! `watch`: the stopwatch of a failover. Every interval a kept session and a new one ask; each change
//! is a line, and the end has how long what was away.

mod ledger;
mod lines;
mod streams;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::options::{LineForm, Watch};
use crate::status::Status;
use crate::surroundings::Surroundings;
use crate::targets::{Target, configuration, label, of_file, sentences};
use crate::terminal::{Interrupt, Mark, Output};
use ledger::{Ledger, Observation};
use lines::Place;
use streams::Streams;

/// The shortest interval for one target: ten IAM logins a second.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html#UsingWithRDS.IAMDBAuth.Limitations>
const SHORTEST: Duration = Duration::from_millis(100);

/// The longest: a kept session that is idle for two minutes is not used again.
const LONGEST: Duration = Duration::from_mins(1);

/// Goes to the start of the line and clears it.
const CLEAR_LINE: &str = "\r\u{1b}[K";

/// Watches until Ctrl-C, or for as long as it was asked to.
pub async fn watch(
    options: &Watch,
    surroundings: &Surroundings,
    output: &Output,
) -> (Status, Vec<String>) {
    let targets = match targets(options, surroundings) {
        Ok(targets) => targets,
        Err(problems) => return (Status::Misused, problems),
    };
    let count = u32::try_from(targets.len()).unwrap_or(u32::MAX);
    let shortest = SHORTEST.saturating_mul(count);
    if options.interval < shortest || options.interval > LONGEST {
        let found = options.interval.as_millis();
        let problem = format!(
            "--interval is {found}ms: expected {}ms to {}ms for {count} target(s)",
            shortest.as_millis(),
            LONGEST.as_millis()
        );
        return (Status::Misused, vec![problem]);
    }
    let run = Run {
        targets: &targets,
        form: options.output,
        surroundings,
        output,
        begun: Instant::now(),
    };
    let ledger = run.until_the_end(options).await;
    (if ledger.is_clean() { Status::Healthy } else { Status::Unhealthy }, vec![])
}

fn targets(options: &Watch, surroundings: &Surroundings) -> Result<Vec<Target>, Vec<String>> {
    if let Some(path) = &options.file {
        return of_file(path, &options.connection, surroundings);
    }
    match configuration(&options.connection, surroundings) {
        Ok(config) => Ok(vec![Target { label: label(&config), config }]),
        Err(problems) => Err(sentences(&problems, &options.connection, surroundings)),
    }
}

/// A running watch: what it asks, and where it writes.
struct Run<'a> {
    targets: &'a [Target],
    form: LineForm,
    surroundings: &'a Surroundings,
    output: &'a Output,
    begun: Instant,
}

impl Run<'_> {
    async fn until_the_end(&self, options: &Watch) -> Ledger {
        let Self { targets, surroundings, output, begun, .. } = *self;
        let mut ledger = Ledger::new(targets.len());
        let mut ends = std::pin::pin!(ends(Interrupt::new(), options.duration));
        let mut streams = Streams::start(targets, options.interval, begun, surroundings);
        loop {
            tokio::select! {
                seen = streams.results.recv() => {
                    let Some(seen) = seen else { break };
                    self.note(&mut ledger, &seen);
                    // Nothing reads it any more.
                    if output.error().is_some() {
                        break;
                    }
                }
                () = ends.as_mut() => break,
            }
        }
        let elapsed = begun.elapsed();
        ledger.end(elapsed);
        let style = &output.style;
        output.write(&match self.form {
            LineForm::Json => lines::json_summary(&ledger, targets, elapsed),
            LineForm::Text => self.clear() + &lines::summary(&ledger, targets, elapsed, style),
        });
        ledger
    }

    /// Writes what changed; on a terminal also how long the watch has gone on.
    fn note(&self, ledger: &mut Ledger, seen: &Observation) {
        let style = &self.output.style;
        let mut text = self.clear();
        for change in ledger.note(seen) {
            let target = self.targets.get(change.target).filter(|_| self.targets.len() > 1);
            let label = target.map(|target| target.label.as_str());
            let place = Place { label, now: self.surroundings.clock.now() };
            text.push_str(&match self.form {
                LineForm::Json => lines::json(&change, &place),
                LineForm::Text => lines::text(&change, &place, style),
            });
        }
        if self.is_live() {
            let seconds = self.begun.elapsed().as_secs().to_string();
            text.extend(["  ", style.mark(Mark::Pending), " ", &seconds, " s, Ctrl-C ends"]);
        }
        self.output.write(&text);
    }

    fn is_live(&self) -> bool {
        self.output.style.live && self.form == LineForm::Text
    }

    /// What takes the last line back.
    fn clear(&self) -> String {
        if self.is_live() { CLEAR_LINE.to_owned() } else { String::new() }
    }
}

/// Waits for Ctrl-C, or until the time is over.
async fn ends(mut interrupt: Interrupt, duration: Option<Duration>) {
    let time = async {
        match duration {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => {}
        () = interrupt.received() => {}
    }
}
