//! Whether a server accepts writes.

/// What kind of server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A primary: it is not in recovery.
    Writer,
    /// A standby or an Aurora replica: it is in recovery.
    Reader,
}

impl Role {
    /// From `pg_is_in_recovery()`
    /// (<https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL>).
    pub(super) fn from_recovery(in_recovery: bool) -> Self {
        if in_recovery { Self::Reader } else { Self::Writer }
    }

    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
        }
    }
}
