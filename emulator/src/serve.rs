//! The accept loop of one endpoint.
//!
//! Owns its connections' tasks: when the loop is dropped, so are they. A connection that fails,
//! stalls or panics costs only itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::conversation::converse;
use crate::proxy::{Endpoint, Proxy, Visit};
use crate::socket::Socket;

/// How long accepting rests after the system refused it, for instance for want of file
/// descriptors.
const REST: Duration = Duration::from_millis(20);

/// Accepts and serves connections for ever.
pub(crate) async fn serve(listener: TcpListener, proxy: Arc<Proxy>, endpoint: Arc<Endpoint>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, peer)) => {
                    let number = proxy.count_connection();
                    let (proxy, endpoint) = (Arc::clone(&proxy), Arc::clone(&endpoint));
                    let visit = Visit { proxy, endpoint, peer, number };
                    connections.spawn(async move {
                        converse(Socket::new(tcp), &visit).await;
                    });
                }
                Err(error) => {
                    proxy.options.log.line(format_args!("cannot accept a connection: {error}"));
                    tokio::time::sleep(REST).await;
                }
            },
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    proxy.options.log.line(format_args!("a connection's task failed: {error}"));
                }
            }
        }
    }
}
