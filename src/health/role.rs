//! Whether a server accepts writes.

/// What kind of server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A primary.
    Writer,
    /// A standby or a replica.
    Reader,
}

impl Role {
    /// From `pg_is_in_recovery()`
    /// (<https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL>).
    pub(super) fn from_recovery(in_recovery: bool) -> Self {
        if in_recovery { Self::Reader } else { Self::Writer }
    }

    /// From MySQL's variables
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Replication.html>).
    pub(super) fn from_read_only(read_only: bool) -> Self {
        if read_only { Self::Reader } else { Self::Writer }
    }

    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
        }
    }
}
