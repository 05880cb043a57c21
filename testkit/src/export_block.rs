//! The block of variables that the emulator's program prints, as its tests and the benchmark read
//! it: lines such as `export NAME='VALUE'`, then `ready`.

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

/// The lines before `ready` of a process whose standard output is a pipe.
///
/// # Errors
///
/// It ended before that.
pub async fn read(process: &mut Child) -> io::Result<Vec<String>> {
    let stdout = process.stdout.take().ok_or(io::ErrorKind::NotConnected)?;
    let mut reader = BufReader::new(stdout).lines();
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line().await? {
        if line == "ready" {
            return Ok(lines);
        }
        lines.push(line);
    }
    Err(io::Error::other("the emulator ended before it was ready"))
}

/// The value of a variable, as it is quoted for a shell.
pub fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
    let found = lines.iter().filter_map(|line| split(line)).find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no {name} in {lines:?}")).1
}

/// The variables, whose values have no quotes in them.
pub fn variables(lines: &[String]) -> BTreeMap<String, String> {
    let all = lines.iter().filter_map(|line| split(line));
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ")?.split_once("='")?;
    Some((name, value.strip_suffix('\'')?))
}
