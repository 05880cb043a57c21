//! What a test may see that no client sees.
//!
//! Owns the passwords and tokens that arrive in clear, for tests that look for them elsewhere. An
//! emulator has none unless its options do: the binary keeps nothing of what strangers send.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps every password and token that arrives in clear; clones share them.
#[derive(Clone, Default)]
pub struct Observer(Arc<Mutex<Vec<String>>>);

impl Observer {
    /// The passwords and tokens so far, in order of arrival.
    pub fn passwords(&self) -> Vec<String> {
        self.lock().clone()
    }

    pub(crate) fn keep_password(&self, password: &str) {
        self.lock().push(password.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no password.
impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}
