//! The text kept with a user that tells which resource made it: PostgreSQL's comment on a role,
//! MySQL's comment on a user.
//! <https://www.postgresql.org/docs/current/sql-comment.html>
//!
//! The physical id is not enough: an interrupted create has none, and the delete that follows must
//! find what it made.

/// What is kept with the users of one resource. A stack's ARN ends in an id that no other stack has;
/// a resource of Terraform's has only the name that its configuration gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark(String);

const BY_CLOUDFORMATION: &str = "Made by CloudFormation: ";
const BY_TERRAFORM: &str = "Made by Terraform: ";

impl Mark {
    pub(crate) fn of_cloudformation(stack_id: &str, logical_id: &str) -> Self {
        Self(format!("{BY_CLOUDFORMATION}{logical_id} of {stack_id}"))
    }

    pub(crate) fn of_terraform(name: &str) -> Self {
        Self(format!("{BY_TERRAFORM}{name}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose mark a comment is, if it is one.
    pub(crate) fn owner(comment: &str) -> Option<&str> {
        comment.strip_prefix(BY_CLOUDFORMATION).or_else(|| comment.strip_prefix(BY_TERRAFORM))
    }
}
