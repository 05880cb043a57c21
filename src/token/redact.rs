//! What must not be seen: a value that shows nothing, and texts freed of such values.
//!
//! A server may answer with what it was sent. Its words go into the report, so they are searched
//! for every secret that this process holds before they are kept.

use std::fmt;

/// A value whose `Debug` shows nothing, and that has neither `Display` nor equality.
#[derive(Clone)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Hides `value`.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; each call is a place to justify.
    pub(crate) fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// The secrets of one sign-in, to be struck out of a server's words.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<Redacted<String>>);

/// A secret shorter than this would strike out innocent words; nothing so short is a token, a
/// signature or a session token.
const SHORTEST: usize = 8;

impl Secrets {
    /// Adds one text that must not be seen.
    pub fn add(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        if secret.len() >= SHORTEST {
            self.0.push(Redacted::new(secret));
        }
    }

    /// `text` with every secret in it replaced, longest secret first as they were added.
    pub fn strike_out(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose().as_str(), "(redacted)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_struck_out_wherever_it_stands() {
        let mut secrets = Secrets::default();
        secrets.add("hunter2-hunter2");
        let text = "no: hunter2-hunter2, hunter2-hunter2";
        assert_eq!(secrets.strike_out(text), "no: (redacted), (redacted)");
        assert_eq!(format!("{secrets:?}"), "Secrets([redacted])");
    }
}
