//! A session in which one query, or each, meets a fault.
//!
//! Owns counting the queries of a session and what passes between the bad ones. It looks into the
//! messages' headers, which the plain relay does not, and stores no more of them than it must.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};

use super::{Deed, Names, When, perform};
use crate::answers;
use crate::backend::{Broken, Lender, Pump, Session, Stream, pass_on};
use crate::end::End;
use crate::login::send;
use crate::socket::Client;
use crate::wire::WireError;
use crate::wire::backend::{error_response, ready_for_query};
use crate::wire::frontend::Header;

/// As much of a query as is kept for the case that a Flush ends it, and not a Sync. Of a longer one
/// nothing reaches the database.
const MAX_HELD: usize = 1024 * 1024;

/// The session, as far as it has come.
struct Faulty<'a, C> {
    client: &'a mut C,
    database: Option<Box<dyn Stream>>,
    answers: Pump,
    deed: Deed,
    names: Names<'a>,
    /// The query that has begun and has not ended, if one has.
    query: Option<Query>,
}

/// A query: a simple one, or an extended one up to its Sync.
enum Query {
    /// It passes as it comes.
    Good,
    /// It meets the fault. Its messages so far are held, unless they are too many.
    Bad { held: Option<Vec<u8>> },
}

/// Passes queries to the database, if there is one, and does the deed where it is due.
pub(crate) async fn faulty_session<C: Client>(
    client: &mut C,
    database: Option<Box<dyn Stream>>,
    lender: &Lender<'_>,
    (deed, when): (Deed, When),
) -> Result<(), End> {
    let names = Names::from(lender.parameters);
    let mut session =
        Faulty { client, database, answers: Pump::default(), deed, names, query: None };
    let mut queries = 0;
    while let Some(header) = session.next_header().await? {
        if session.query.is_none() && begins_query(header.tag) {
            queries += 1;
            session.begin(when.covers(queries));
            if session.database.is_none()
                && let Some(Session { greeting, stream }) = lender.lend().await?
            {
                send(session.client, &greeting).await?;
                session.database = Some(stream);
            }
        }
        session.take(header).await?;
        if header.tag == b'X' {
            break;
        }
    }
    Ok(())
}

fn begins_query(tag: u8) -> bool {
    ends_query(tag) && tag != b'S' || matches!(tag, b'P' | b'B' | b'D' | b'E' | b'C')
}

fn ends_query(tag: u8) -> bool {
    matches!(tag, b'Q' | b'F' | b'S')
}

impl<C: Client> Faulty<'_, C> {
    /// The header of the client's next message, while the database's answers pass; none if the
    /// database ends first.
    async fn next_header(&mut self) -> Result<Option<Header>, End> {
        let Some(database) = &mut self.database else {
            return Ok(Some(Header::read(self.client).await?));
        };
        let (mut from_client, mut to_client) = split(&mut *self.client);
        tokio::select! {
            header = Header::read(&mut from_client) => Ok(Some(header?)),
            received = self.answers.run(database, &mut to_client) => {
                received.map_err(Broken::towards_client)?;
                drop(to_client.shutdown().await);
                Ok(None)
            }
        }
    }

    fn begin(&mut self, is_due: bool) {
        let drips = matches!(self.deed, Deed::Drip);
        self.query = Some(if is_due && !drips {
            Query::Bad { held: Some(Vec::new()) }
        } else {
            Query::Good
        });
        if is_due && drips {
            self.client.socket().drip();
        } else {
            self.client.socket().flow();
        }
    }

    /// Takes a message of a query, or one between two.
    async fn take(&mut self, header: Header) -> Result<(), End> {
        match &mut self.query {
            Some(Query::Bad { held }) => {
                hold(held, header, self.client).await?;
                let is_flushed = header.tag == b'H' && held.is_some();
                if is_flushed || header.tag == b'X' {
                    let held = held.replace(Vec::new()).unwrap_or_default();
                    return self.send_to_database(&held).await;
                }
                if ends_query(header.tag) || header.tag == b'H' {
                    self.query = None;
                    return self.misbehave().await;
                }
                Ok(())
            }
            Some(Query::Good) | None => {
                self.pass(header).await?;
                if ends_query(header.tag) && self.query.take().is_some() && self.database.is_none()
                {
                    self.answer(&answers::borrow_timeout()).await?;
                }
                Ok(())
            }
        }
    }

    async fn pass(&mut self, header: Header) -> Result<(), End> {
        let Some(database) = &mut self.database else {
            return Ok(header.skip(self.client).await?);
        };
        let (mut from_client, mut to_client) = split(&mut *self.client);
        let (mut from_database, mut to_database) = split(database);
        let mut sent = Box::pin(pass_on(header, &mut from_client, &mut to_database));
        tokio::select! {
            biased;
            sent = &mut sent => return sent.map_err(Broken::towards_database),
            // A database whose answers are not read may stop reading.
            received = self.answers.run(&mut from_database, &mut to_client) => {
                received.map_err(Broken::towards_client)?;
            }
        }
        // The database has ended; the next look at it tells so, unless the client breaks first.
        sent.await.map_err(Broken::towards_database)
    }

    async fn send_to_database(&mut self, bytes: &[u8]) -> Result<(), End> {
        let Some(database) = &mut self.database else { return Ok(()) };
        let sent = async {
            database.write_all(bytes).await?;
            database.flush().await
        };
        sent.await.map_err(|error| End::Database(error.into()))
    }

    async fn misbehave(&mut self) -> Result<(), End> {
        if let Deed::Say(refusal) = self.deed {
            let refusal = refusal(&self.names);
            if refusal.severity == "ERROR" {
                return self.answer(&refusal).await;
            }
        }
        perform(self.deed, self.client, self.names).await
    }

    async fn answer(&mut self, refusal: &answers::Refusal) -> Result<(), End> {
        send(self.client, &[error_response(refusal), ready_for_query()].concat()).await
    }
}

/// Adds a message to those that are held, or throws it away if they become too many.
async fn hold<C: Client>(
    held: &mut Option<Vec<u8>>,
    header: Header,
    client: &mut C,
) -> Result<(), WireError> {
    let length = usize::try_from(header.rest).unwrap_or(usize::MAX);
    let Some(bytes) = held.as_mut().filter(|bytes| length < MAX_HELD - bytes.len().min(MAX_HELD))
    else {
        *held = None;
        return header.skip(client).await;
    };
    bytes.extend(header.bytes());
    let before = bytes.len();
    client.take(header.rest.into()).read_to_end(bytes).await?;
    if bytes.len() - before == length { Ok(()) } else { Err(WireError::CutShort) }
}
