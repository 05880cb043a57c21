//! A database user that logs in by password, as named on the command line.
//!
//! Owns the form `NAME:PASSWORD` and keeps the password out of every output.

use std::fmt;
use std::str::FromStr;

/// A database user that logs in by password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordUser {
    /// The user's name.
    pub name: String,
    password: String,
}

impl PasswordUser {
    /// A user with this password.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { name: name.into(), password: password.into() }
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }
}

/// Shows no password.
impl fmt::Debug for PasswordUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A `--password-user` without a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordUserError;

impl fmt::Display for PasswordUserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected NAME:PASSWORD")
    }
}

impl std::error::Error for PasswordUserError {}

/// `NAME:PASSWORD`; the password may hold colons, the name none.
impl FromStr for PasswordUser {
    type Err = PasswordUserError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, password) = text.split_once(':').ok_or(PasswordUserError)?;
        if name.is_empty() || password.is_empty() {
            return Err(PasswordUserError);
        }
        Ok(Self::new(name, password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_hold_colons_and_debug_hides_it() {
        let user: PasswordUser = "app:a:b".parse().expect("well formed");
        assert_eq!((user.name.as_str(), user.password()), ("app", "a:b"));
        assert_eq!(format!("{user:?}"), "PasswordUser { name: \"app\", .. }");
        for text in ["app", "app:", ":a", ""] {
            assert_eq!(text.parse::<PasswordUser>(), Err(PasswordUserError), "{text}");
        }
    }
}
