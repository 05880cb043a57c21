//! The error of everything here that can fail. It is only ever printed, so it is a text in a box.

/// Why something has no result.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
