//! A deployment that must not continue over a broken path: probes until the path works or time is
//! short, and answers the deployment.

mod verdict;
mod wait;

pub use verdict::{answer, reason};
pub use wait::{Waited, time_to_answer, wait};
