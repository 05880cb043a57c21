//! What an event may ask of one probe; nothing of it chooses where to connect.

/// What an event may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Leave a kept session alone and sign in anew.
    pub fresh: bool,
    /// Ask the control plane after a failure.
    pub explain: bool,
}
