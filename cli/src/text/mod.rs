//! Texts for people: steps, diagnoses, and entries of TROUBLESHOOTING.md.

mod diagnosis;
mod entry;
mod steps;

pub use diagnosis::diagnosis;
pub use entry::entry;
pub(crate) use steps::milliseconds;
pub use steps::{Steps, step_line};
