//! In two ways: a query, and one in a transaction whose answer is longer than its text. A prepared
//! statement pins its session, so it has a separate session.

use std::collections::BTreeSet;

use super::{LONG, LONGEST_TEXT, nonce};
use crate::support::door::Door;
use crate::support::mysql::MySql;

/// How many answers a client gets in a round.
pub(super) const WAYS: usize = 2;

/// Asks in both ways, round after round; returns the database connections that answered.
pub(super) async fn ask(session: &mut MySql, number: usize, rounds: usize) -> BTreeSet<String> {
    let mut connections = BTreeSet::new();
    for round in 0..rounds {
        let query = nonce((number, round, 0), LONGEST_TEXT);
        let rows = session.rows(&format!("SELECT '{query}', CONNECTION_ID()")).await.unwrap();
        assert_eq!((rows.len(), &rows[0][0]), (1, &query), "client {number}, round {round}");
        connections.insert(rows[0][1].clone());

        let long = nonce((number, round, 1), LONG);
        let short = long.trim_end_matches('x');
        let repeated = long.len() - short.len();
        session.rows("BEGIN").await.unwrap();
        let sql = format!("SELECT CONCAT('{short}', REPEAT('x', {repeated}))");
        assert_eq!(session.rows(&sql).await.unwrap(), [[long]], "client {number}, round {round}");
        session.rows("COMMIT").await.unwrap();
    }
    connections
}

/// Asks by prepared statements, each in a separate session.
pub(super) async fn prepare(door: &Door, number: usize, sessions: usize) {
    for round in 0..sessions {
        let prepared = nonce((number, round, 2), LONG);
        let mut session = door.enter_mysql().await;
        let answer = session.prepared(&format!("SELECT CONCAT('{number}: ', ?)"), &prepared).await;
        assert_eq!(answer, format!("{number}: {prepared}"));
        session.leave().await;
    }
}
