//! What `run.py` has set up: the contenders, and the programs to measure them with.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Everything to be measured, as `run.py` writes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    /// How many processes of each contender are measured.
    pub(crate) rounds: usize,
    /// Machine and versions, to be printed.
    pub(crate) machine: BTreeMap<String, String>,
    /// The emulator's program.
    pub(crate) emulator: String,
    /// Prints what the function's library costs within one process.
    pub(crate) library: String,
    /// Prints the memory that a warm probe asks for.
    pub(crate) allocations: String,
    /// Counts instructions; `None` where it is not installed.
    pub(crate) valgrind: Option<String>,
    /// Programs that sign tokens and print the microseconds of each batch, by the signer's name.
    pub(crate) signers: BTreeMap<String, Vec<String>>,
    /// Who takes part, in the order of the tables.
    pub(crate) contenders: Vec<Contender>,
}

/// One way to test a database from Lambda.
#[derive(Debug, Deserialize)]
pub(crate) struct Contender {
    /// Its key in results.json.
    pub(crate) name: String,
    /// Its name in tables and plots.
    pub(crate) title: String,
    /// Why it could not be set up, if so.
    #[serde(default)]
    pub(crate) problem: Option<String>,
    /// What is run.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// Variables that it needs besides.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    /// Whether it asks a database at all.
    pub(crate) asks: bool,
    /// Whether its instructions are counted.
    pub(crate) counted: bool,
    /// The size of what is uploaded, in bytes.
    #[serde(default)]
    pub(crate) zip_bytes: u64,
}
