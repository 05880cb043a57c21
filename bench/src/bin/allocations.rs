//! The memory that a warm probe asks for, place by place, counted by dhat.
//!
//! Prints the count, the bytes and the places as JSON, for one probe.

#![expect(clippy::disallowed_methods, reason = "a main: it reads environment and clock")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{Write as _, stdout};
use std::time::SystemTime;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe::handler::{Event, Handler, Invocation};
use serde::Deserialize;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const WARMING_UP: u32 = 20;
const PROBES: u32 = 100;
/// How many of a place's functions are named.
const DEPTH: usize = 3;

/// What is read of dhat's file.
/// <https://valgrind.org/docs/manual/dh-manual.html>
#[derive(Deserialize)]
struct Profile {
    pps: Vec<ProgramPoint>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct ProgramPoint {
    /// Total bytes.
    tb: f64,
    /// Total blocks.
    tbk: f64,
    /// The frames, innermost first, as indices into `ftbl`.
    fs: Vec<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("where is the profile to be written?")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(profile(&file))?;
    let profile: Profile = serde_json::from_str(&fs::read_to_string(&file)?)?;
    let mut places: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for point in &profile.pps {
        let place = places.entry(place(point, &profile.ftbl)).or_default();
        *place = (place.0 + point.tbk, place.1 + point.tb);
    }
    let each = |total: f64| total / f64::from(PROBES);
    let (count, bytes) =
        places.values().fold((0.0, 0.0), |sum, place| (sum.0 + place.0, sum.1 + place.1));
    let mut sites: Vec<_> = places.into_iter().collect();
    sites.sort_by(|(_, one), (_, other)| other.0.total_cmp(&one.0));
    let sites: Vec<Value> = sites
        .into_iter()
        .map(|(place, (count, bytes))| {
            json!({"place": place, "count": each(count), "bytes": each(bytes)})
        })
        .collect();
    let printed = json!({"count": each(count), "bytes": each(bytes), "sites": sites});
    Ok(writeln!(stdout(), "{printed}")?)
}

/// Probes until everything is warm, then with the profiler on.
async fn profile(file: &str) -> Result<(), Box<dyn Error>> {
    let handler = Handler::new(|name| std::env::var(name).ok(), Clock::new(SystemTime::now));
    let (event, invocation) = (Event::from(json!({})), Invocation::default());
    let mut profiler = None;
    for probe in 0..WARMING_UP + PROBES {
        if probe == WARMING_UP {
            profiler = Some(dhat::Profiler::builder().file_name(file).build());
        }
        let answer = handler.handle(&event, &invocation).await;
        let reply = answer.reply.map_err(|error| error.to_string())?;
        if probe > 0 && !reply.as_json().contains(r#""reused":true"#) {
            return Err(format!("not a probe over a kept session: {}", reply.as_json()).into());
        }
    }
    drop(profiler);
    Ok(())
}

/// The innermost functions that are neither the allocator's nor the standard library's.
fn place(point: &ProgramPoint, frames: &[String]) -> String {
    let functions = point.fs.iter().filter_map(|index| frames.get(*index));
    let named = functions.filter_map(|frame| {
        // `0x…: crate::path::function (file.rs:1:2)`
        let name = frame.split_once(": ").map_or(frame.as_str(), |(_, name)| name);
        let name = name.split(" (").next().unwrap_or(name);
        let first = name.trim_start_matches(['<', '&']);
        let foreign = ["alloc::", "core::", "std::", "dhat::", "hashbrown::", "[root]", "__rust"];
        (!foreign.iter().any(|prefix| first.starts_with(prefix))).then(|| name.to_owned())
    });
    named.take(DEPTH).collect::<Vec<_>>().join(" < ")
}
