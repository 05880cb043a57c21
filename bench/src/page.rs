//! The page: results as Markdown tables, in the frame of `page.md`.

use crate::goals::{Goal, Unit, zip_bytes};
use crate::results::{Measured, Results};
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
    for Goal { what, limit, unit, figure: measured, met } in goals {
        let (limit, unit) = match unit {
            Unit::Ratio if *limit < 1.0 => (format!("1/{}", plain(1.0 / limit)), "×"),
            Unit::Ratio => (format!("{}×", plain(*limit)), "×"),
            Unit::Micros => (format!("{} µs", plain(*limit)), " µs"),
            Unit::RoundTrips => (plain(*limit), ""),
            Unit::Megabytes => (format!("{} MB", plain(*limit)), " MB"),
        };
        let measured = match measured {
            Some(sample) if unit == "×" && sample.median < 0.9 => {
                format!("1/{} ({}×)", figure(1.0 / sample.median), spread(sample))
            }
            Some(sample) => format!("{}{unit}", spread(sample)),
            None => "no figures".to_owned(),
        };
        let verdict = if *met { "met" } else { "**not met**" };
        line(&mut table, &[what, &format!("≤ {limit}"), &measured, verdict]);
    }
    table
}

/// A goal's own number, without digits that it does not have.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn times(contenders: &[Measured]) -> String {
    let mut table = "| | INIT | first invocation | warm, kept session | warm, fresh session |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for it in contenders {
        if let Some(problem) = &it.problem {
            let problem: String = problem.chars().take(80).collect();
            line(&mut table, &[&it.title, &format!("failed: `{problem}`…"), "", "", ""]);
            continue;
        }
        let fresh = if it.asks { spread(&it.fresh) } else { "–".to_owned() };
        let cells = [&it.init, &it.first, &it.kept].map(spread);
        let [init, first, kept] = &cells;
        line(&mut table, &[&it.title, init, first, kept, &fresh]);
    }
    table
}

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
        let Some(wire) = it.wire else { continue };
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
        let Some(counted) = it.instructions else { continue };
        let thousands = [counted.init, counted.first, counted.warm]
            .map(|count| format!("{},{:03}", count / 1_000_000, count / 1000 % 1000));
        let [init, first, warm] = &thousands;
        line(&mut table, &[&it.title, init, first, warm]);
    }
    table
}

fn signing(results: &Results) -> String {
    let mut table = "| signer | µs for one token |\n|---|---|\n".to_owned();
    for (signer, sample) in &results.signing_us {
        line(&mut table, &[signer, &spread(sample)]);
    }
    table
}

fn library(results: &Results) -> String {
    let mut table = "| | µs |\n|---|---|\n".to_owned();
    for (what, sample) in [
        ("the function's handler, from event to report", &results.library_us.probe),
        ("`tokio-postgres` through the emulator", &results.library_us.raw),
        ("`tokio-postgres` on PostgreSQL's own socket", &results.library_us.direct),
    ] {
        line(&mut table, &[what, &spread(sample)]);
    }
    table
}

fn allocations(results: &Results) -> String {
    let all = &results.allocations;
    let mut table = format!(
        "A warm probe asks for memory {} times, {} bytes in all:\n\n\
         | times | bytes | place, innermost first |\n|---|---|---|\n",
        figure(all.count),
        figure(all.bytes)
    );
    for site in &all.sites {
        let place = format!("`{}`", site.place.replace(" < ", "` < `"));
        line(&mut table, &[&plain(site.count), &plain(site.bytes), &place]);
    }
    table
}

fn machine(results: &Results) -> String {
    let mut table = "| | |\n|---|---|\n".to_owned();
    for (what, value) in &results.machine {
        line(&mut table, &[what, value]);
    }
    table
}

fn line(table: &mut String, cells: &[&str]) {
    table.extend(["| ", &cells.join(" | "), " |\n"]);
}
