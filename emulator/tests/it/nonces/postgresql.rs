//! In three ways: a simple query, the extended protocol, and a named statement.

use std::collections::BTreeSet;

use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::types::Type;

use super::{LONG, LONGEST_TEXT, nonce};
use crate::support::Client;

/// How many answers a client gets in a round.
pub(super) const WAYS: usize = 3;

/// Asks in all ways, round after round; returns the database's processes that answered.
pub(super) async fn ask(client: &Client, number: usize, rounds: usize) -> BTreeSet<String> {
    // A statement's text says whose it is, so that another's under the same name shows too.
    let named = format!("SELECT '{number}: ' || $1::text, pg_backend_pid()::text");
    let named = client.client.prepare(&named).await.unwrap();
    let mut processes = BTreeSet::new();
    for round in 0..rounds {
        let simple = nonce((number, round, 0), LONGEST_TEXT);
        let answer = client.client.simple_query(&format!("SELECT '{simple}'")).await.unwrap();
        let rows = answer.iter().filter_map(|message| {
            if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }
        });
        assert!(rows.eq([&*simple]), "client {number}, round {round}: {answer:?}");

        let extended = nonce((number, round, 1), LONG);
        let sql = format!("SELECT '{number}: ' || $1");
        let rows = client.client.query_typed(&sql, &[(&extended, Type::TEXT)]).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<_, String>(0), format!("{number}: {extended}"));

        let prepared = nonce((number, round, 2), LONG);
        let rows = client.client.query(&named, &[&prepared]).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<_, String>(0), format!("{number}: {prepared}"));
        processes.insert(rows[0].get(1));
    }
    processes
}
