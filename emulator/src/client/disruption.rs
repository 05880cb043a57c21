//! What a session notices of the end of all database connections.
//!
//! Owns who is cut off by it, and when it begins if that is some time after the first login. What
//! each kind means is `fault`'s, which connections are gone the pool's.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::LINGER;
use super::end::End;
use super::proxy::{Connection, Proxy};
use super::pump::Use;
use super::session::Session;
use super::socket::Client;
use crate::fault::{Disruption, Fault};
use crate::pool::{Outage, Outages, Pool};
use crate::texts::rare;

/// What of it concerns one session.
pub(super) struct Outlook {
    outages: watch::Receiver<Outages>,
    disruption: Disruption,
    /// How many there were when the session began.
    at_beginning: u64,
}

impl Outlook {
    /// None if the fault is another one.
    pub(super) fn of(connection: &Connection) -> Option<Self> {
        let disruption = connection.proxy.fault().and_then(Fault::disruption)?;
        let outages = connection.endpoint.pool.outage()?.watch();
        let at_beginning = outages.borrow().count;
        Some(Self { outages, disruption, at_beginning })
    }

    async fn more_than(&mut self, count: u64) {
        if self.outages.wait_for(|outages| outages.count > count).await.is_err() {
            // The pool is gone, and this session with it.
            pending::<()>().await;
        }
    }
}

/// Ready if a session is cut off that does not have a connection.
pub(super) async fn cut_without_connection(outlook: &mut Option<Outlook>) {
    match outlook {
        Some(outlook) if outlook.disruption.cuts_idle_clients() => {
            outlook.more_than(outlook.at_beginning).await;
        }
        Some(_) | None => pending().await,
    }
}

/// Ready if a session is cut off whose connection was opened after so many outages.
pub(super) async fn cut_with_connection(outlook: &mut Option<Outlook>, count: u64) {
    match outlook {
        Some(outlook) => outlook.more_than(count).await,
        None => pending().await,
    }
}

/// The end of a client that waits for an answer, or is in a transaction.
pub(super) fn last_words() -> End {
    End::Refused { refusal: rare::shutting_down(), why: "a fault".to_owned() }
}

impl<C: Client> Session<'_, C> {
    /// Ends a session whose connection is gone; with last words, unless they would get into the
    /// middle of a message.
    pub(super) async fn cut_off(&mut self, using: &Use) -> End {
        let is_flushed = matches!(timeout(LINGER, self.link.flush()).await, Ok(Ok(())));
        if is_flushed && using.is_between_answers() { last_words() } else { End::Fault }
    }
}

impl Connection {
    /// Begins a disruption, and announces it to this connection's pool at once.
    pub(super) fn disrupt(&self, disruption: Disruption) {
        let pool = &self.endpoint.pool;
        if let Some(outage) = pool.outage() {
            outage.begin(disruption.length());
        }
        pool.close_idle();
    }
}

/// Begins a disruption so many seconds after the first login, if the fault is one that waits.
pub(crate) async fn disrupt_later(proxy: Arc<Proxy>, outage: Arc<Outage>, pools: [Arc<Pool>; 2]) {
    let Some((disruption, seconds)) = proxy.fault().and_then(Fault::later) else { return };
    proxy.first_login.notified().await;
    sleep(Duration::from_secs(seconds.into())).await;
    outage.begin(disruption.length());
    pools.iter().for_each(Pool::close_idle);
}
