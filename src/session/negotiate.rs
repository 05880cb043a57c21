//! Asks a server for TLS in its engine's way, and finds out what answers if it is another one: a
//! server that expects TLS without being asked, or the other engine.

use std::net::SocketAddr;
use std::pin::{Pin, pin};

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::mysql::Greeting;
use super::{EncryptError, OpenError, mysql, postgres};
use crate::config::{DbName, EndpointKind, Engine};
use crate::peer::Service;
use crate::tls::{Handshake, Moment, TlsError, TlsFacts};

/// A server that has agreed to TLS, with what the login needs of what it said.
#[derive(Debug)]
pub enum Opened {
    /// A PostgreSQL, which says only that.
    PostgreSql,
    /// A MySQL, which greets first.
    MySql(Greeting),
}

/// Why there is no such server, and what its certificate showed if it expects TLS.
type Refusal = (OpenError, Option<TlsFacts>);

/// Asks the server for TLS; ready for the handshake if it says yes. With MySQL the request already
/// says whether a database is used.
///
/// A server that closes the connection, or has not answered by `patience`, may be another one than
/// expected. Further connections find out while the first still waits for the answer.
///
/// # Errors
/// [`OpenError`], and what such a server's certificate showed.
pub async fn ask_for_tls(
    engine: Engine,
    database: Option<&DbName>,
    socket: &mut TcpStream,
    handshake: &Handshake<'_>,
    patience: Instant,
) -> Result<Opened, Refusal> {
    let look = Look { engine, address: socket.peer_addr().ok(), handshake };
    match engine {
        Engine::PostgreSql => {
            let asked = async {
                let asked = postgres::ask_for_tls(socket, handshake.secrets).await;
                asked.map_err(OpenError::Encrypt)
            };
            look.beside(pin!(asked), patience).await.map(|()| Opened::PostgreSql)
        }
        Engine::MySql => {
            let asked = pin!(mysql::ask_for_tls(socket, database, handshake.secrets));
            Box::pin(look.beside(asked, patience)).await.map(Opened::MySql)
        }
    }
}

/// A look at a server that does not answer.
struct Look<'a> {
    engine: Engine,
    address: Option<SocketAddr>,
    handshake: &'a Handshake<'a>,
}

/// An application protocol that no database has: PostgreSQL accepts TLS without the request from
/// version 17 on, but only for its own protocol.
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>
const NO_DATABASES: &[u8] = b"http/1.1";

impl Look<'_> {
    async fn beside<T>(
        &self,
        mut asked: Pin<&mut impl Future<Output = Result<T, OpenError>>>,
        patience: Instant,
    ) -> Result<T, Refusal> {
        match timeout_at(patience, asked.as_mut()).await {
            Ok(Err(error)) if is_without_answer(&error) => {
                let looked = timeout_at(patience, Box::pin(self.make())).await;
                Err(looked.ok().flatten().unwrap_or((error, None)))
            }
            Ok(answered) => answered.map_err(|error| (error, None)),
            Err(_elapsed) => tokio::select! {
                answered = asked => answered.map_err(|error| (error, None)),
                Some(found) = Box::pin(self.make()) => Err(found),
            },
        }
    }

    /// What the server is, if it shows that it is another one than expected.
    async fn make(&self) -> Option<Refusal> {
        let (tls, postgres) = (pin!(self.for_tls()), pin!(self.for_postgres()));
        tokio::select! {
            Some(found) = tls => Some(found),
            Some(found) = postgres => Some(found),
            else => None,
        }
    }

    /// What a server shows that starts TLS without being asked; `None` if it does not. An endpoint
    /// with a valid certificate for a name of RDS's is not such a server, whatever it does.
    async fn for_tls(&self) -> Option<Refusal> {
        let socket = TcpStream::connect(self.address?).await.ok()?;
        let (encrypted, facts) = self.handshake.make_for(NO_DATABASES, socket).await;
        let is_named_by_rds = !matches!(self.handshake.host.kind(), EndpointKind::Other);
        let facts = if encrypted.is_ok() && is_named_by_rds { None } else { facts };
        facts.map(|facts| (TlsError::ExpectsTls.into(), Some(facts)))
    }

    /// Whether the server is a PostgreSQL where a MySQL was expected: it waits for a request, as the
    /// client waits for a greeting.
    async fn for_postgres(&self) -> Option<Refusal> {
        match self.engine {
            Engine::PostgreSql => return None,
            Engine::MySql => {}
        }
        let mut socket = TcpStream::connect(self.address?).await.ok()?;
        let answer = match postgres::ask_for_tls(&mut socket, self.handshake.secrets).await {
            Ok(()) => "S",
            Err(EncryptError::Tls(TlsError::NotOffered)) => "N",
            Err(_) => return None,
        };
        let found = EncryptError::NotThisEngine {
            expected: self.engine,
            service: Service::PostgreSql,
            answer: answer.to_owned(),
        };
        Some((OpenError::Encrypt(found), None))
    }
}

/// Whether the server ended the connection instead of answering.
fn is_without_answer(error: &OpenError) -> bool {
    matches!(
        error,
        OpenError::Encrypt(EncryptError::Tls(
            TlsError::Closed(Moment::BeforeTls) | TlsError::Io(Moment::BeforeTls, _)
        ))
    )
}
