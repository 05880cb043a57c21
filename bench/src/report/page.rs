//! The page: the results as Markdown tables, inserted into the text of `page.md`.

use std::collections::BTreeMap;

use crate::report::allocations;
use crate::report::format::{NOT_MEASURED, failed, figure, row, spread};
use crate::report::goals::{self, Goal, Status};
use crate::report::summary::summary;
use crate::results::{ContenderResults, Measurement, Results};
use crate::sample::Sample;

const TEXT: &str = include_str!("page.md");

/// docs/performance/README.md.
pub(crate) fn page(results: &Results) -> String {
    let mut page = TEXT.to_owned();
    for (placeholder, content) in [
        ("{summary}", summary(results)),
        ("{goals}", goals(goals::goals(results))),
        ("{times}", times(&results.contenders)),
        ("{costs}", costs(&results.contenders)),
        ("{network}", network(&results.contenders)),
        ("{instructions}", instructions(&results.contenders)),
        ("{signing}", signing(results)),
        ("{library}", library(results)),
        ("{allocations}", allocations(results)),
        ("{machine}", machine(&results.machine)),
        ("{rounds}", results.rounds.to_string()),
    ] {
        page = page.replace(placeholder, &content);
    }
    page
}

pub(super) fn goals(goals: Vec<Goal>) -> String {
    let mut table = "| what | goal | result | |\n|---|---|---|---|\n".to_owned();
    for goal in goals {
        let status = match goal.status() {
            Status::Met => "met",
            Status::NotMet => "**not met**",
            Status::NotMeasured => "**not measured**",
            Status::NoGoal => "for comparison",
        };
        row(&mut table, &[&goal.what, &goal.limit_text(), &goal.result_text(), status]);
    }
    table
}

pub(super) fn times(contenders: &[ContenderResults]) -> String {
    let mut table = "| | INIT | first invocation | cold start | warm, kept session | warm, new \
                     login |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for it in contenders {
        if let Some(problem) = &it.problem {
            row(&mut table, &[&it.title, &failed(problem), "", "", "", ""]);
            continue;
        }
        let fresh = if it.asks { spread(&it.fresh) } else { "–".to_owned() };
        let cells = [&it.init, &it.first, &it.cold, &it.kept].map(spread);
        let [init, first, cold, kept] = &cells;
        row(&mut table, &[&it.title, init, first, cold, kept, &fresh]);
    }
    table
}

pub(super) fn costs(contenders: &[ContenderResults]) -> String {
    let mut table =
        "| | memory, MB | zip, MB | CPU of INIT | of the first invocation | of a warm one | \
                     of one with a new login | emulator's CPU, warm | emulator's CPU, new login |\n\
                     |---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for it in contenders.iter().filter(|it| it.problem.is_none()) {
        let median = |sample: &Sample| figure(sample.median);
        let if_it_queries =
            |sample: &Sample| if it.asks { median(sample) } else { "–".to_owned() };
        let cells = [
            it.title.clone(),
            figure(it.resident_mb().median),
            figure(it.zip_mb()),
            median(&it.cpu_init),
            median(&it.cpu_first),
            median(&it.cpu_kept),
            if_it_queries(&it.cpu_fresh),
            if_it_queries(&it.emulator_cpu_kept),
            if_it_queries(&it.emulator_cpu_fresh),
        ];
        row(&mut table, &cells.each_ref().map(String::as_str));
    }
    table
}

pub(super) fn network(contenders: &[ContenderResults]) -> String {
    let mut table = "| | round trips, cold | bytes, cold | round trips, warm | bytes, warm |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for it in contenders {
        let network = match &it.wire {
            Measurement::Found(network) => network,
            Measurement::Failed(problem) => {
                row(&mut table, &[&it.title, &failed(problem), "", "", ""]);
                continue;
            }
            Measurement::NotMeasured => continue,
        };
        let cells = [
            it.title.clone(),
            network.cold.round_trips.to_string(),
            format!("{} ({} + {})", network.cold.bytes(), network.cold.sent, network.cold.received),
            network.warm.round_trips.to_string(),
            format!("{} ({} + {})", network.warm.bytes(), network.warm.sent, network.warm.received),
        ];
        row(&mut table, &cells.each_ref().map(String::as_str));
    }
    table
}

pub(super) fn instructions(contenders: &[ContenderResults]) -> String {
    let mut table =
        "| | INIT | first invocation | warm invocation |\n|---|---|---|---|\n".to_owned();
    for it in contenders {
        let counted = match &it.instructions {
            Measurement::Found(counted) => counted,
            Measurement::Failed(problem) => {
                row(&mut table, &[&it.title, &failed(problem), "", ""]);
                continue;
            }
            Measurement::NotMeasured => {
                row(&mut table, &[&it.title, NOT_MEASURED, "", ""]);
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
        row(&mut table, &[&it.title, init, first, warm]);
    }
    table
}

fn signing(results: &Results) -> String {
    let mut table = "| signer | µs for one token |\n|---|---|\n".to_owned();
    for (signer, sample) in &results.signing_us {
        let cell = match sample {
            Measurement::Found(sample) => spread(sample),
            Measurement::Failed(problem) => failed(problem),
            Measurement::NotMeasured => NOT_MEASURED.to_owned(),
        };
        row(&mut table, &[signer, &cell]);
    }
    table
}

fn library(results: &Results) -> String {
    let library = match &results.library_us {
        Measurement::Found(library) => library,
        Measurement::Failed(problem) => return failed(problem) + "\n",
        Measurement::NotMeasured => return NOT_MEASURED.to_owned() + "\n",
    };
    let mut table = "| | µs |\n|---|---|\n".to_owned();
    for (what, sample) in [
        ("the function's handler, from the event to reply and log lines", &library.handler),
        ("the probe inside it", &library.probe),
        ("`tokio-postgres` through the emulator", &library.raw),
        ("`tokio-postgres` on PostgreSQL's Unix socket", &library.direct),
    ] {
        row(&mut table, &[what, &spread(sample)]);
    }
    table
}

fn allocations(results: &Results) -> String {
    let all = match &results.allocations {
        Measurement::Found(all) => all,
        Measurement::Failed(problem) => return failed(problem) + "\n",
        Measurement::NotMeasured => return NOT_MEASURED.to_owned() + "\n",
    };
    allocations::table(all)
}

pub(super) fn machine(facts: &BTreeMap<String, String>) -> String {
    let mut table = "| | |\n|---|---|\n".to_owned();
    for (what, value) in facts {
        row(&mut table, &[what, value]);
    }
    table
}
