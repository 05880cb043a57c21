//! What the process passes in: its environment and the clock. Only `main` reads them.

use std::fmt;

use rds_proxy_probe::clock::Clock;

/// The environment and the clock.
#[derive(Clone)]
pub struct Surroundings {
    variable: fn(&str) -> Option<String>,
    /// Wall time.
    pub clock: Clock,
}

impl Surroundings {
    /// An environment that `variable` reads.
    pub fn new(variable: fn(&str) -> Option<String>, clock: Clock) -> Self {
        Self { variable, clock }
    }

    /// A variable's value; one that is empty counts as unset.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

/// Without the variables' values, which may be secrets.
impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}
