//! All problems of the properties, so that they can be fixed together. A problem never repeats a
//! value, since a password may be in the wrong place: that is why it is not the `Problem` of
//! `rds_proxy_probe::config`, which knows variables by name and shows what it found.

use std::fmt;

/// One thing wrong with one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The property, such as `Users[0].Grant`; users are counted from 0.
    pub(crate) path: String,
    /// What was expected instead.
    pub(crate) expected: String,
}

/// All problems of a resource's properties; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problems(pub(super) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Problem { path, expected }) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{path}: expected {expected}")?;
        }
        Ok(())
    }
}
