//! What a user may do, in the engines' privileges.
//! <https://www.postgresql.org/docs/current/ddl-priv.html>,
//! <https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html>

use super::SchemaName;

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// No more than every user has.
    None,
    /// Connect to the database.
    Connect,
    /// Connect, and use what is in these schemas.
    Schemas { access: Access, schemas: Vec<SchemaName> },
}

/// How a schema's tables and sequences may be used. Neither includes creating objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

impl Access {
    /// Its name in the properties.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
        }
    }

    /// The privileges on tables, views and the like, whose names both engines share.
    pub(crate) fn on_tables(self) -> &'static [&'static str] {
        match self {
            Self::ReadOnly => &["SELECT"],
            Self::ReadWrite => &["SELECT", "INSERT", "UPDATE", "DELETE"],
        }
    }

    /// PostgreSQL's on sequences: inserting into a table with a serial column takes its next number.
    pub(crate) fn on_sequences(self) -> &'static [&'static str] {
        match self {
            Self::ReadOnly => &["SELECT"],
            Self::ReadWrite => &["SELECT", "USAGE", "UPDATE"],
        }
    }
}
