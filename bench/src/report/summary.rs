//! The lines at the top of the page: what the results mean for a user.

use crate::report::format::figure;
use crate::report::goals::{PROBE, probe_over};
use crate::results::{ContenderResults, Results, usable};

/// One bullet point for each of speed when cold, speed when warm, and size.
pub(crate) fn summary(results: &Results) -> String {
    let Some(probe) = usable(&results.contenders, PROBE) else {
        return "The probe was not measured.\n".to_owned();
    };
    [cold(results, probe), warm(probe), size(probe)].concat()
}

fn cold(results: &Results, probe: &ContenderResults) -> String {
    let faster = |other: &str, what: &str| {
        let ratio = probe_over(&results.contenders, other, |it| &it.cold)?;
        Some(format!("{:.0} times as fast as {what}", 1.0 / ratio.median))
    };
    let others = [
        faster("sqlx", "the same with sqlx and the AWS SDK in Rust"),
        faster("python", "with boto3 and psycopg in Python"),
    ];
    let others: Vec<String> = others.into_iter().flatten().collect();
    let others = if others.is_empty() { String::new() } else { format!(": {}", others.join(", ")) };
    format!(
        "* **Cold: {} ms** from process start to the first result{others}.\n",
        figure(probe.cold.median)
    )
}

fn warm(probe: &ContenderResults) -> String {
    let trips = probe.wire.found().map(|network| network.warm.round_trips);
    let trips = trips.map(|trips| match trips {
        1 => ", with one round trip and no new login".to_owned(),
        more => format!(", with {more} round trips and no new login"),
    });
    format!(
        "* **Warm: {} ms** for each further probe{}, so probing every minute adds one small \
         query a minute.\n",
        figure(probe.kept.median),
        trips.unwrap_or_default()
    )
}

fn size(probe: &ContenderResults) -> String {
    format!(
        "* **Small: {} MB** of memory, of the 128 MB of the smallest Lambda function, and {} MB \
         to upload.\n",
        figure(probe.resident_mb().median),
        figure(probe.zip_mb())
    )
}
