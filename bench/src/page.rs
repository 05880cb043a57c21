//! The page: results as Markdown tables, in the frame of `page.md`.

use crate::allocated;
use crate::goals::{Goal, Unit, Verdict, zip_bytes};
use crate::results::{Finding, Measured, Results};
use crate::sample::Sample;

const FRAME: &str = include_str!("page.md");

/// docs/performance/README.md.
pub(crate) fn page(results: &Results) -> String {
    let mut page = FRAME.to_owned();
    for (place, table) in [
        ("{goals}", goals(&results.goals)),
        ("{times}", times(&results.contenders)),
        ("{costs}", costs(&results.contenders)),
        ("{wire}", wire(&results.contenders)),
        ("{instructions}", instructions(&results.contenders)),
        ("{signing}", signing(results)),
        ("{library}", library(results)),
        ("{allocations}", allocations(results)),
        ("{machine}", machine(results)),
        ("{rounds}", results.rounds.to_string()),
    ] {
        page = page.replace(place, &table);
    }
    page
}

/// Three digits, as many as a measurement is worth.
pub(crate) fn figure(value: f64) -> String {
    let digits = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// The median, and the quartiles in brackets.
fn spread(sample: &Sample) -> String {
    let Sample { median, lower_quartile, upper_quartile, rounds } = sample;
    match rounds.as_slice() {
        [] => "–".to_owned(),
        [_] => figure(*median),
        _ => {
            format!("{} ({}–{})", figure(*median), figure(*lower_quartile), figure(*upper_quartile))
        }
    }
}

fn goals(goals: &[Goal]) -> String {
    let mut table = "| what | goal | measured | |\n|---|---|---|---|\n".to_owned();
    for Goal { what, limit, unit, figure: measured, verdict } in goals {
        let (limit, unit) = (limit.map(|limit| unit.limit(limit)), unit.symbol());
        let measured = match measured {
            Some(sample) if unit == "×" && sample.median < 0.9 => {
                format!("1/{} ({}×)", figure(1.0 / sample.median), spread(sample))
            }
            Some(sample) => format!("{}{unit}", spread(sample)),
            None => "–".to_owned(),
        };
        let verdict = match verdict {
            Verdict::Met => "met",
            Verdict::NotMet => "**not met**",
            Verdict::NotMeasured => "**not measured**",
            Verdict::NoGoal => "",
        };
        line(&mut table, &[what, &limit.unwrap_or_default(), &measured, verdict]);
    }
    table
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Self::Ratio => "×",
            Self::Micros => " µs",
            Self::RoundTrips => "",
            Self::Megabytes => " MB",
        }
    }

    fn limit(self, limit: f64) -> String {
        match self {
            Self::Ratio if limit < 1.0 => format!("≤ 1/{}", plain(1.0 / limit)),
            Self::Ratio | Self::Micros | Self::RoundTrips | Self::Megabytes => {
                format!("≤ {}{}", plain(limit), self.symbol())
            }
        }
    }
}

/// A goal's own number, without digits that it does not have.
pub(crate) fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn times(contenders: &[Measured]) -> String {
    let mut table = "| | INIT | first invocation | both | warm, kept session | warm, fresh \
                     session |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for it in contenders {
        if let Some(problem) = &it.problem {
            line(&mut table, &[&it.title, &failed(problem), "", "", "", ""]);
            continue;
        }
        let fresh = if it.asks { spread(&it.fresh) } else { "–".to_owned() };
        let cells = [&it.init, &it.first, &it.cold, &it.kept].map(spread);
        let [init, first, cold, kept] = &cells;
        line(&mut table, &[&it.title, init, first, cold, kept, &fresh]);
    }
    table
}

/// Why there is no figure, as far as a table has room for it.
fn failed(problem: &str) -> String {
    let first = problem.lines().next().unwrap_or_default().replace(['`', '|'], " ");
    format!("failed: `{}`", first.chars().take(120).collect::<String>())
}

const NOT_MEASURED: &str = "not measured";

fn costs(contenders: &[Measured]) -> String {
    let mut table =
        "| | resident, MB | zip, MB | CPU of INIT | of the first | of a warm one | of a fresh \
                     one | emulator's CPU, warm | emulator's CPU, fresh |\n\
                     |---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for it in contenders.iter().filter(|it| it.problem.is_none()) {
        let median = |sample: &Sample| figure(sample.median);
        let asked = |sample: &Sample| if it.asks { median(sample) } else { "–".to_owned() };
        let cells = [
            it.title.clone(),
            figure(it.resident_kib.median * 1024.0 / 1e6),
            figure(zip_bytes(it) / 1e6),
            median(&it.cpu_init),
            median(&it.cpu_first),
            median(&it.cpu_kept),
            asked(&it.cpu_fresh),
            asked(&it.emulator_cpu_kept),
            asked(&it.emulator_cpu_fresh),
        ];
        line(&mut table, &cells.each_ref().map(String::as_str));
    }
    table
}

fn wire(contenders: &[Measured]) -> String {
    let mut table = "| | round trips, cold | bytes, cold | round trips, warm | bytes, warm |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for it in contenders {
        let wire = match &it.wire {
            Finding::Found(wire) => wire,
            Finding::Failed(problem) => {
                line(&mut table, &[&it.title, &failed(problem), "", "", ""]);
                continue;
            }
            Finding::NotMeasured => continue,
        };
        let cells = [
            it.title.clone(),
            wire.cold.round_trips.to_string(),
            format!("{} ({} + {})", wire.cold.bytes(), wire.cold.sent, wire.cold.received),
            wire.warm.round_trips.to_string(),
            format!("{} ({} + {})", wire.warm.bytes(), wire.warm.sent, wire.warm.received),
        ];
        line(&mut table, &cells.each_ref().map(String::as_str));
    }
    table
}

fn instructions(contenders: &[Measured]) -> String {
    let mut table =
        "| | INIT | first invocation | warm invocation |\n|---|---|---|---|\n".to_owned();
    for it in contenders {
        let counted = match &it.instructions {
            Finding::Found(counted) => counted,
            Finding::Failed(problem) => {
                line(&mut table, &[&it.title, &failed(problem), "", ""]);
                continue;
            }
            Finding::NotMeasured => {
                line(&mut table, &[&it.title, NOT_MEASURED, "", ""]);
                continue;
            }
        };
        let thousands = [counted.init, counted.first, counted.warm].map(|count| {
            match (count / 1_000_000, count / 1000 % 1000) {
                (0, thousands) => thousands.to_string(),
                (millions, thousands) => format!("{millions},{thousands:03}"),
            }
        });
        let [init, first, warm] = &thousands;
        line(&mut table, &[&it.title, init, first, warm]);
    }
    table
}

fn signing(results: &Results) -> String {
    let mut table = "| signer | µs for one token |\n|---|---|\n".to_owned();
    for (signer, sample) in &results.signing_us {
        let cell = match sample {
            Finding::Found(sample) => spread(sample),
            Finding::Failed(problem) => failed(problem),
            Finding::NotMeasured => NOT_MEASURED.to_owned(),
        };
        line(&mut table, &[signer, &cell]);
    }
    table
}

fn library(results: &Results) -> String {
    let library = match &results.library_us {
        Finding::Found(library) => library,
        Finding::Failed(problem) => return failed(problem) + "\n",
        Finding::NotMeasured => return NOT_MEASURED.to_owned() + "\n",
    };
    let mut table = "| | µs |\n|---|---|\n".to_owned();
    for (what, sample) in [
        ("the function's handler, from event to report and log lines", &library.handler),
        ("the probe in it", &library.probe),
        ("`tokio-postgres` through the emulator", &library.raw),
        ("`tokio-postgres` on PostgreSQL's own socket", &library.direct),
    ] {
        line(&mut table, &[what, &spread(sample)]);
    }
    table
}

fn allocations(results: &Results) -> String {
    let all = match &results.allocations {
        Finding::Found(all) => all,
        Finding::Failed(problem) => return failed(problem) + "\n",
        Finding::NotMeasured => return NOT_MEASURED.to_owned() + "\n",
    };
    allocated::table(all)
}

fn machine(results: &Results) -> String {
    let mut table = "| | |\n|---|---|\n".to_owned();
    for (what, value) in &results.machine {
        line(&mut table, &[what, value]);
    }
    table
}

pub(crate) fn line(table: &mut String, cells: &[&str]) {
    table.extend(["| ", &cells.join(" | "), " |\n"]);
}
