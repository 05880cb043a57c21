//! A deployment that must not go on over a broken path: probed until it works or time is short,
//! and told which.

mod verdict;
mod wait;

pub use verdict::{answer, reason};
pub use wait::{Waited, time_to_answer, wait};
