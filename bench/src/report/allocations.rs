//! The table of a warm probe's memory allocations, each with its reason.

use crate::report::format::{figure, plain, row};
use crate::results::{Allocations, Site};

/// Why a function of the probe allocates. An allocation without a reason is worth a look.
const REASONS: [(&str, &str); 11] = [
    (
        "session::postgres::Session::query",
        "the driver's: parameter, message, the channel for the answer, seven column names, the row",
    ),
    ("session::postgres::startup::authenticate", "the queue of the driver's connection task"),
    (
        "session::postgres::guard::Guarded::poll_",
        "rustls', called through the guard: a record's plaintext in, a record's ciphertext out",
    ),
    ("health::postgres::read", "database, user and version for the report"),
    ("health::nonce::", "the nonce as text, the statement's parameter"),
    ("probe::run::Run::new", "the list of steps"),
    (
        "response::body::",
        "the reply and its list of steps: a buffer that grows from 128 bytes by doubling",
    ),
    ("response::metrics::", "the metric line and its list of metrics: another such buffer"),
    ("response::log::", "the log line: another such buffer"),
    (
        "clock::format",
        "times as text: the certificate's expiry, the server's clock, the log line's time",
    ),
    ("handler::Handler::written", "the list of the two lines"),
];

/// The total, and a row for each place in the code.
pub(crate) fn table(all: &Allocations) -> String {
    let mut table = format!(
        "A warm probe makes {} allocations, {} bytes in total:\n\n\
         | allocations | bytes | function | calls | reason |\n|---|---|---|---|---|\n",
        figure(all.count),
        figure(all.bytes)
    );
    for Site { asks, through, count, bytes } in &all.sites {
        let code = |name: &str| if name.is_empty() { String::new() } else { format!("`{name}`") };
        let reason = REASONS.iter().find(|(prefix, _)| asks.starts_with(prefix));
        let reason = reason.map_or("**unknown**", |(_, reason)| *reason);
        row(&mut table, &[&plain(*count), &plain(*bytes), &code(asks), &code(through), reason]);
    }
    table
}
