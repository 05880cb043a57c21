//! The table of what a warm probe asks memory for, each row with its reason.

use crate::page::{figure, line, plain};
use crate::results::{Allocations, Site};

/// Why a function of the probe's own asks. A row without a reason is one to look into.
const REASONS: [(&str, &str); 11] = [
    (
        "session::Session::query",
        "the driver's: the parameter, the message, the channel of the answer, the names of seven \
         columns, the row",
    ),
    ("session::startup::authenticate", "the driver's task that owns the connection: its queue"),
    (
        "session::guard::Guarded::poll_",
        "rustls' (the guard is what it is seen through): one record's plain text in, one's cipher \
         text out",
    ),
    ("health::read", "database, user and version, which are the report's"),
    ("health::nonce::", "the nonce as text, which is the statement's parameter"),
    ("probe::run::Run::new", "the list of the steps"),
    ("response::body::", "the reply, and its list of steps: a buffer that doubles from 128 bytes"),
    ("response::metrics::", "the metric line, and its list of metrics: such a buffer too"),
    ("response::log::", "the log line: such a buffer too"),
    ("clock::format", "moments as text: the certificate's end, the server's clock, the log line's"),
    ("handler::Handler::written", "the list of the two lines"),
];

/// The sum, and a row for each place.
pub(crate) fn table(all: &Allocations) -> String {
    let mut table = format!(
        "A warm probe asks for memory {} times, {} bytes in all:\n\n\
         | times | bytes | who asks | through | reason |\n|---|---|---|---|---|\n",
        figure(all.count),
        figure(all.bytes)
    );
    for Site { asks, through, count, bytes } in &all.sites {
        let code = |name: &str| if name.is_empty() { String::new() } else { format!("`{name}`") };
        let reason = REASONS.iter().find(|(begin, _)| asks.starts_with(begin));
        let reason = reason.map_or("**none is known**", |(_, reason)| *reason);
        line(&mut table, &[&plain(*count), &plain(*bytes), &code(asks), &code(through), reason]);
    }
    table
}
