//! Asks a server for TLS, and finds out whether it expects TLS without being asked.

use std::net::SocketAddr;
use std::pin::{Pin, pin};

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::postgres;
use crate::config::EndpointKind;
use crate::tls::{Handshake, TlsError, TlsFacts};

/// Asks the server for TLS; ready for the handshake if it says yes.
///
/// A server that closes the connection, or has not answered by `patience`, may expect TLS without
/// being asked. A second connection tries that while the first still waits for the answer.
///
/// # Errors
/// [`TlsError`], and what such a server's certificate showed.
pub async fn ask_for_tls(
    socket: &mut TcpStream,
    handshake: &Handshake<'_>,
    patience: Instant,
) -> Result<(), (TlsError, Option<TlsFacts>)> {
    let address = socket.peer_addr().ok();
    let asked = pin!(postgres::ask_for_tls(socket, handshake.secrets));
    or_look(asked, address, handshake, patience).await
}

async fn or_look<T>(
    mut asked: Pin<&mut impl Future<Output = Result<T, TlsError>>>,
    address: Option<SocketAddr>,
    handshake: &Handshake<'_>,
    patience: Instant,
) -> Result<T, (TlsError, Option<TlsFacts>)> {
    let found = |facts| (TlsError::ExpectsTls, Some(facts));
    match timeout_at(patience, asked.as_mut()).await {
        Ok(Err(error)) if error.is_without_answer() => {
            let looked = timeout_at(patience, Box::pin(look(address, handshake))).await;
            Err(looked.ok().flatten().map_or((error, None), found))
        }
        Ok(answered) => answered.map_err(|error| (error, None)),
        Err(_elapsed) => tokio::select! {
            answered = asked => answered.map_err(|error| (error, None)),
            Some(facts) = Box::pin(look(address, handshake)) => Err(found(facts)),
        },
    }
}

/// An application protocol that no database has: PostgreSQL accepts TLS without the request from
/// version 17 on, but only for its own protocol.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>
const NO_DATABASES: &[u8] = b"http/1.1";

/// What a server shows that starts TLS without being asked; `None` if it does not. An endpoint with
/// a valid certificate for a name of RDS's is not such a server, whatever it does.
async fn look(address: Option<SocketAddr>, handshake: &Handshake<'_>) -> Option<TlsFacts> {
    let socket = TcpStream::connect(address?).await.ok()?;
    let (encrypted, facts) = handshake.make_for(NO_DATABASES, socket).await;
    let is_named_by_rds = !matches!(handshake.host.kind(), EndpointKind::Other);
    if encrypted.is_ok() && is_named_by_rds { None } else { facts }
}
