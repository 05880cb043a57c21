//! The statements that pinned a session, or may have.
//!
//! Owns the list that a test asks "since", with a bound: the oldest go first. What is said about a
//! pin is decided elsewhere.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// How many pins are kept.
const KEPT: usize = 10_000;

/// A statement that pinned a session, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// From 1, in order.
    pub id: u64,
    /// When it was sent, or bound if it was prepared.
    pub at: SystemTime,
    /// The endpoint's name: `proxyEndpoint` in the log.
    pub endpoint: Arc<str>,
    /// `IP:PORT`.
    pub client: String,
    /// The client's user.
    pub user: String,
    /// The client's database.
    pub database: String,
    /// What the client calls itself; empty if it says nothing.
    pub application_name: String,
    /// Whether RDS Proxy is known to pin here, rather than merely not known not to.
    pub is_certain: bool,
    /// Whether the statement failed instead, so that the session is not pinned.
    pub is_refused: bool,
    /// Why, in RDS Proxy's words where a public log has them.
    pub reason: String,
    /// Whether none has.
    pub is_invented: bool,
    /// The statement without its constants, as RDS Proxy's log shows it.
    pub digest: String,
    /// The statement's beginning.
    pub statement: String,
    /// What the statement does to the session.
    pub cause: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// The latest pins.
#[derive(Debug, Default)]
pub(crate) struct Pins(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    last_id: u64,
    pins: VecDeque<Pin>,
}

impl Pins {
    /// Adds a pin, whose id is given here.
    pub(crate) fn add(&self, pin: Pin) {
        let mut kept = self.lock();
        kept.last_id += 1;
        let id = kept.last_id;
        if kept.pins.len() == KEPT {
            kept.pins.pop_front();
        }
        kept.pins.push_back(Pin { id, ..pin });
    }

    /// The id of the last one, and the pins that came after the one with this id, oldest first.
    pub(crate) fn since(&self, id: u64) -> (u64, Vec<Pin>) {
        let kept = self.lock();
        (kept.last_id, kept.pins.iter().filter(|pin| pin.id > id).cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(digest: &str) -> Pin {
        Pin {
            id: 0,
            at: SystemTime::UNIX_EPOCH,
            endpoint: "default".into(),
            client: "127.0.0.1:1".to_owned(),
            user: "app".to_owned(),
            database: "app".to_owned(),
            application_name: String::new(),
            is_certain: true,
            is_refused: false,
            reason: String::new(),
            is_invented: false,
            digest: digest.to_owned(),
            statement: String::new(),
            cause: "",
            remedy: "",
        }
    }

    #[test]
    fn only_what_came_after_is_told_and_the_oldest_are_forgotten() {
        let pins = Pins::default();
        assert_eq!(pins.since(0), (0, Vec::new()));
        for number in 0..KEPT + 2 {
            pins.add(pin(&number.to_string()));
        }
        let last = u64::try_from(KEPT + 2).expect("small");
        let (last_id, since) = pins.since(last - 1);
        assert_eq!((last_id, since.len()), (last, 1));
        assert_eq!(since[0].digest, (KEPT + 1).to_string());
        assert_eq!(pins.since(0).1.len(), KEPT);
        assert_eq!(pins.since(last), (last, Vec::new()));
    }
}
