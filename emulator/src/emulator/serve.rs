//! The accept loop of one endpoint.
//!
//! Owns its connections' tasks: when the loop is dropped, so are they, and when it is stopped, it
//! waits for them. A connection that fails, stalls or panics costs only itself, but a panic is a
//! defect of the emulator's: it is logged, and remembered for the caller that ends the emulator.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::{Connection, Endpoint, Proxy, Socket, serve_client};

/// How long accepting rests after the system refused it, for instance for want of file
/// descriptors.
const REST: Duration = Duration::from_millis(20);

/// Accepts and serves connections until it is stopped.
pub(crate) async fn serve(
    listener: TcpListener,
    proxy: Arc<Proxy>,
    endpoint: Arc<Endpoint>,
    mut stopped: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, peer)) => {
                    let number = proxy.count_connection();
                    let (proxy, endpoint) = (Arc::clone(&proxy), Arc::clone(&endpoint));
                    let connection = Connection { proxy, endpoint, peer, number };
                    connections.spawn(async move { attend(Socket::new(tcp), &connection).await });
                }
                Err(error) => {
                    proxy.settings.log.line(format_args!("cannot accept a connection: {error}"));
                    tokio::time::sleep(REST).await;
                }
            },
            // It has said itself how it ended.
            Some(_) = connections.join_next() => {}
            // Also if the handle that could stop it is gone.
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Holds the conversation. If it panics, that is in the log before the client can know.
async fn attend(socket: Socket, connection: &Connection) {
    let mut conversation = pin!(serve_client(socket, connection));
    let ended = poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| conversation.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    });
    if let Err(panic) = ended.await {
        connection.proxy.note_panic();
        connection.log(&format_args!("its task panicked: {}", message(&*panic).replace('\n', " ")));
    }
}

/// What a panic says: <https://doc.rust-lang.org/std/panic/struct.PanicHookInfo.html#method.payload>.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
