//! Writes TROUBLESHOOTING.md from the table that the function answers with:
//! `cargo run --example troubleshooting > TROUBLESHOOTING.md`. A test holds the page to it.

use std::io::{self, Write as _};

use rds_proxy_probe::diagnosis::troubleshooting_page;

fn main() -> io::Result<()> {
    io::stdout().lock().write_all(troubleshooting_page().as_bytes())
}
