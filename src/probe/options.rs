//! An event's options for one probe; none chooses where to connect.

/// An event's options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Ignore the cached session and log in again.
    pub fresh: bool,
    /// Ask the control plane after a failure.
    pub explain: bool,
}
