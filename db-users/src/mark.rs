//! The text kept with a user that tells which resource made it: PostgreSQL's comment on a role,
//! MySQL's comment on a user.
//! <https://www.postgresql.org/docs/current/sql-comment.html>
//!
//! The physical id is not enough: an interrupted create has none, and the delete that follows must
//! find what it made.

/// What is kept with the users of one resource of one stack. The stack's ARN ends in an id that no
/// other stack has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark(String);

const PREFIX: &str = "Made by CloudFormation: ";

impl Mark {
    pub(crate) fn new(stack_id: &str, logical_id: &str) -> Self {
        Self(format!("{PREFIX}{logical_id} of {stack_id}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose mark a comment is, if it is one.
    pub(crate) fn owner(comment: &str) -> Option<&str> {
        comment.strip_prefix(PREFIX)
    }
}
