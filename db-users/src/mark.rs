//! What tells the roles that a resource made from all others: the comment on the role.
//! <https://www.postgresql.org/docs/current/sql-comment.html>
//!
//! A physical id would not do: a create that was cut off has none, and what it made must be found
//! by the delete that follows.

/// The comment on the roles of one resource of one stack. The stack's ARN ends in an id that no
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
