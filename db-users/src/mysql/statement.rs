//! The steps as SQL, and their inverses. Each is one statement, which the server commits at once.

use super::marks::{Marks, forget, note};
use super::quote::{account, identifier, literal};
use super::state::On;
use crate::mark::Mark;
use crate::properties::{Login, Password, UserName};

/// One change.
#[derive(Clone, Debug)]
pub(super) enum Step<'a> {
    /// Writes the mark of a user that is about to be made into the table.
    Note { user: &'a str },
    /// Removes it.
    Forget { user: &'a str },
    /// Makes a user that may log in and nothing else; with its mark, if that is a comment.
    Make { user: &'a UserName, login: &'a Login<Password> },
    /// Sets how a user logs in.
    SetLogin { user: &'a UserName, login: &'a Login<Password> },
    /// Grants privileges that the user does not hold.
    Grant { user: &'a str, privileges: Vec<String>, on: On },
    /// Revokes privileges that the user holds.
    Revoke { user: &'a str, privileges: Vec<String>, on: On },
    /// Drops the user.
    Drop { user: &'a str },
}

/// Allows a user to log in by token alone, and only over TLS.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html>
const BY_TOKEN: &str = "IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL";

impl<'a> Step<'a> {
    /// What it does, such as "creating the user …".
    pub(super) fn doing(&self) -> String {
        match self {
            Self::Note { user } => format!("noting that the user {user:?} is created"),
            Self::Forget { user } => format!("noting that the user {user:?} does not exist"),
            Self::Make { user, .. } => format!("creating the user {user}"),
            Self::SetLogin { user, login: Login::Secret(_) } => {
                format!("setting the password of {user}")
            }
            Self::SetLogin { user, login: Login::Iam } => {
                format!("letting {user} log in by token alone")
            }
            Self::Grant { user, privileges, on } => {
                format!("granting {user:?} {} on {}", privileges.join(", "), spoken(on))
            }
            Self::Revoke { user, privileges, on } => {
                format!("revoking {} on {} from {user:?}", privileges.join(", "), spoken(on))
            }
            Self::Drop { user } => format!("dropping the user {user:?}"),
        }
    }

    /// The user that it drops.
    pub(super) fn dropped(&self) -> Option<&'a str> {
        match self {
            Self::Drop { user } => Some(user),
            Self::Note { .. }
            | Self::Forget { .. }
            | Self::Make { .. }
            | Self::SetLogin { .. }
            | Self::Grant { .. }
            | Self::Revoke { .. } => None,
        }
    }

    /// What undoes it; `None` if nothing does: the server does not show what was there before.
    pub(super) fn inverse(&self) -> Option<Self> {
        match self {
            Self::Note { user } => Some(Self::Forget { user }),
            Self::Make { user, .. } => Some(Self::Drop { user: user.as_str() }),
            Self::Grant { user, privileges, on } => {
                Some(Self::Revoke { user, privileges: privileges.clone(), on: on.clone() })
            }
            Self::Revoke { user, privileges, on } => {
                Some(Self::Grant { user, privileges: privileges.clone(), on: on.clone() })
            }
            Self::Forget { .. } | Self::SetLogin { .. } | Self::Drop { .. } => None,
        }
    }

    /// The statement.
    pub(super) fn sql(&self, marks: Marks, mark: &Mark) -> String {
        match self {
            Self::Note { user } => note(user, mark),
            Self::Forget { user } => forget(user),
            Self::Make { user, login } => {
                let (account, mark) = (account(user.as_str()), marks.clause(mark));
                format!("CREATE USER {account} {}{mark}", identified(login))
            }
            Self::SetLogin { user, login } => {
                format!("ALTER USER {} {}", account(user.as_str()), identified(login))
            }
            Self::Grant { user, privileges, on } => {
                format!("GRANT {} ON {} TO {}", privileges.join(", "), object(on), account(user))
            }
            Self::Revoke { user, privileges, on } => {
                format!("REVOKE {} ON {} FROM {}", privileges.join(", "), object(on), account(user))
            }
            Self::Drop { user } => format!("DROP USER {}", account(user)),
        }
    }
}

/// A password is kept by the server's default plugin, whatever that is: the proxy knows them all.
fn identified(login: &Login<Password>) -> String {
    match login {
        Login::Iam => BY_TOKEN.to_owned(),
        Login::Secret(password) => {
            format!("IDENTIFIED BY {} REQUIRE NONE", literal(password.in_sql()))
        }
    }
}

fn object(on: &On) -> String {
    match on {
        On::Server => "*.*".to_owned(),
        On::Databases(pattern) => format!("{}.*", identifier(pattern)),
        On::Table { database, table } => format!("{}.{}", identifier(database), identifier(table)),
    }
}

fn spoken(on: &On) -> String {
    match on {
        On::Server => "the whole server".to_owned(),
        On::Databases(_) => format!("the databases {}", object(on)),
        On::Table { .. } => format!("the table {}", object(on)),
    }
}
