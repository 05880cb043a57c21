//! A deployment that must not continue over a broken path: probes until the path works or time is
//! short, and answers the deployment.

#[cfg(feature = "lambda")]
mod invocation;
#[cfg(feature = "lambda")]
mod verdict;
mod wait;

#[cfg(feature = "lambda")]
pub use invocation::{time_to_answer, time_to_probe};
#[cfg(feature = "lambda")]
pub use verdict::{answer, reason};
pub use wait::{Waited, wait};
