//! The plan that `run.py` writes: the contenders, and the programs to measure them with.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Everything that is to be measured with PostgreSQL.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    #[serde(flatten)]
    pub(crate) comparison: Comparison,
    /// The program that measures the function's library within one process.
    pub(crate) library: String,
    /// The program that counts the memory allocations of a warm probe.
    pub(crate) allocations: String,
    /// The programs that sign tokens and print the microseconds of each batch, by name.
    pub(crate) signers: BTreeMap<String, Vec<String>>,
}

/// The contenders that are compared with each other: all that is measured with MySQL.
#[derive(Debug, Deserialize)]
pub(crate) struct Comparison {
    /// How many processes of each contender are measured.
    pub(crate) rounds: usize,
    /// The machine and the versions, for the report.
    pub(crate) machine: BTreeMap<String, String>,
    /// The emulator's program.
    pub(crate) emulator: String,
    /// The program that counts instructions; `None` if it is not installed.
    pub(crate) valgrind: Option<String>,
    /// The contenders, in the order of the tables.
    pub(crate) contenders: Vec<Contender>,
}

/// A program that queries a database from Lambda, or does nothing, for comparison.
#[derive(Debug, Deserialize)]
pub(crate) struct Contender {
    /// Its key in results.json.
    pub(crate) name: String,
    /// Its name in tables and charts.
    pub(crate) title: String,
    /// Why it could not be set up, if it could not.
    #[serde(default)]
    pub(crate) problem: Option<String>,
    /// The command that starts it.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// Variables that it needs in addition to the emulator's.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    /// Whether it queries the database at all.
    pub(crate) asks: bool,
    /// Whether its instructions are counted.
    pub(crate) counted: bool,
    /// The size of its deployment package, in bytes.
    #[serde(default)]
    pub(crate) zip_bytes: u64,
}
