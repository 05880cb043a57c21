//! A session's connection to the database, from the pool and back into it.
//!
//! Owns waiting for one while the client may leave, and what becomes of it afterwards. When a session
//! needs one is for each engine's session to say.

use std::sync::Arc;

use tokio::time::Instant;

use super::end::End;
use super::link::Link;
use super::proxy::Connection;
use super::query_time::QueryTime;
use super::socket::Client;
use crate::observe::{SessionState, SessionView};
use crate::pool::{BorrowError, Key, Lease};

/// What a query finds in the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Supply {
    /// What is there.
    #[default]
    Usual,
    /// Nothing, as if others had every connection.
    Exhausted,
}

/// What becomes of a connection when its session no longer uses it.
pub(super) enum After {
    /// It is given back, for any client.
    IsShared,
    /// It ends, as the session does.
    EndsWithSession,
}

/// Borrows a connection, or says why there is none; the error is the client's end in the meantime.
pub(super) async fn borrow<C: Client>(
    (link, connection): (&mut Link<'_, C>, &Connection),
    key: &Arc<Key>,
    supply: Supply,
    view: &SessionView,
) -> Result<Result<Lease, BorrowError>, End> {
    let pool = &connection.endpoint.pool;
    view.set_state(SessionState::Waiting);
    let began = Instant::now();
    let borrowed = tokio::select! {
        biased;
        borrowed = pool.borrow(key), if supply == Supply::Usual => borrowed,
        timed_out = pool.starve(), if supply == Supply::Exhausted => Err(timed_out),
        ended = link.wait_for_the_end() => {
            pool.metrics.borrow_requests_aborted.add();
            return Err(ended);
        }
    };
    let ended = if let Ok(lease) = &borrowed {
        lease.lent_at()
    } else {
        view.set_state(SessionState::Idle);
        Instant::now()
    };
    connection.endpoint.metrics.database_connections_borrow_latency.add(ended - began);
    Ok(borrowed)
}

/// Gives a connection back, unless it ends with its session.
pub(super) fn let_go(lease: Lease, after: &After, time: &QueryTime, view: &SessionView) {
    match after {
        After::IsShared => {
            view.set_state(SessionState::Idle);
            view.set_in_transaction(false);
            view.set_server(None);
            lease.give_back(time.idle_since());
        }
        After::EndsWithSession => lease.end_with_session(),
    }
}
