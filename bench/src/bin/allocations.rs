//! Counts the memory allocations of a warm probe with dhat, by place in the code.
//!
//! Prints the count, the bytes and the places as JSON, for one probe. A place is the probe's
//! innermost function on the stack, and the library's function that it calls.

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

/// Probes before the profiler starts.
const WARM_UP: u32 = 20;
const PROBES: u32 = 100;
/// The prefix of the probe's own functions.
const OWN: &str = "rds_proxy_probe::";
/// The prefixes of functions of the language and of the profiler.
const LANGUAGE: [&str; 7] =
    ["alloc::", "core::", "std::", "backtrace::", "dhat::", "hashbrown::", "__rust"];

/// The parts of dhat's file that are used.
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
    let file = std::env::args().nth(1).ok_or("usage: allocations FILE (for the profile)")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(profile(&file))?;
    let profile: Profile = serde_json::from_str(&fs::read_to_string(&file)?)?;
    let mut places: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
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
        .map(|((asks, through), (count, bytes))| {
            json!({
                "asks": asks, "through": through, "count": each(count), "bytes": each(bytes),
            })
        })
        .collect();
    let printed = json!({"count": each(count), "bytes": each(bytes), "sites": sites});
    Ok(writeln!(stdout(), "{printed}")?)
}

/// Probes until everything is warm, then again with the profiler on.
async fn profile(file: &str) -> Result<(), Box<dyn Error>> {
    let handler = Handler::new(|name| std::env::var(name).ok(), Clock::new(SystemTime::now));
    let (event, invocation) = (Event::from(json!({})), Invocation::default());
    let mut profiler = None;
    for probe in 0..WARM_UP + PROBES {
        if probe == WARM_UP {
            let builder = dhat::Profiler::builder().file_name(file);
            profiler = Some(builder.trim_backtraces(None).build());
        }
        let answer = handler.handle(&event, &invocation).await;
        let reply = answer.reply.map_err(|error| error.to_string())?;
        if probe > 0 && !reply.as_json().contains(r#""reused":true"#) {
            return Err(
                format!("this probe did not use the kept session: {}", reply.as_json()).into()
            );
        }
    }
    drop(profiler);
    Ok(())
}

/// The probe's innermost function, and the library's innermost function, if the probe called one.
fn place(point: &ProgramPoint, frames: &[String]) -> (String, String) {
    let functions = point.fs.iter().filter_map(|index| frames.get(*index)).map(|it| name(it));
    let above: Vec<&str> = functions.skip_while(|name| is_language(subject(name))).collect();
    let own = above.iter().find(|name| subject(name).starts_with(OWN));
    let through = above.first().filter(|name| !subject(name).starts_with(OWN));
    let own = own.map(|name| short(name)).unwrap_or_default();
    let through = through.map(|name| short(name)).unwrap_or_default();
    (own.trim_start_matches(OWN).to_owned(), through)
}

/// Whether this is the language's own, which may be named by a type parameter such as `T`.
fn is_language(subject: &str) -> bool {
    let is_parameter = subject.starts_with(|first: char| first.is_ascii_uppercase());
    is_parameter || LANGUAGE.iter().any(|prefix| subject.starts_with(prefix))
}

/// A function's name, out of `0x…: crate::path::function::h0123456789abcdef (file.rs:1:2)`.
fn name(frame: &str) -> &str {
    let name = frame.split_once(": ").map_or(frame, |(_, name)| name);
    name.rsplit_once(" (").map_or(name, |(name, _)| name)
}

/// The same name without what precedes the type or function.
fn subject(name: &str) -> &str {
    name.trim_start_matches(['<', '&', '(', '['])
        .trim_start_matches("dyn ")
        .trim_start_matches("mut ")
}

/// The short form of a name: without type parameters, closures and trait.
fn short(name: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for character in subject(name).split(" as ").next().unwrap_or(name).chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    let method =
        name.split(" as ").nth(1).and_then(|_| name.rsplit("::").find(|it| !it.starts_with('{')));
    let parts = kept.split("::").filter(|part| !part.is_empty() && !part.starts_with('{'));
    parts.chain(method).collect::<Vec<_>>().join("::")
}
