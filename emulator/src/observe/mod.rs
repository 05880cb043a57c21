//! What can be seen of a running emulator from outside.
//!
//! Owns the log, the pins, the sessions, the metrics, and the passwords that a test may look at.
//! Clients and pools write in here; what reads it is `emulator`.

mod log;
mod metrics;
mod passwords;
mod pins;
mod proxy_log;
mod sessions;
mod writer;

pub use log::{Lines, Log};
pub(crate) use metrics::{Counted, EndpointMetrics, Latency, TargetMetrics};
pub use passwords::Observer;
pub use pins::Pin;
pub(crate) use pins::Pins;
pub use proxy_log::LogDetail;
pub(crate) use proxy_log::ProxyLog;
pub(crate) use sessions::{SessionState, SessionView, Sessions};
pub use writer::Writer;
