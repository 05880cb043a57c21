//! A session in which one query, or each, meets a fault.
//!
//! Owns counting the queries of a session and what passes between the bad ones. It looks into the
//! messages, which the plain relay does not, and expects a client to await each answer before its
//! next query: of one that does not, parts of answers may be lost.
//! <https://www.postgresql.org/docs/current/protocol-flow.html>

use tokio::io::{AsyncRead, AsyncWriteExt as _, copy, split};

use super::{Deed, Names, When, perform};
use crate::answers;
use crate::backend::Stream;
use crate::end::End;
use crate::login::send;
use crate::socket::Client;
use crate::wire::WireError;
use crate::wire::backend::{error_response, message, ready_for_query};
use crate::wire::frontend::read_message;

/// The longest message that is taken from the client.
const MAX_MESSAGE: u32 = 1024 * 1024;

/// What a client sends before the next answer is due.
struct Request {
    bytes: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A simple query, or an extended one with its Sync.
    Query,
    /// Terminate.
    End,
    /// Anything else, such as a Flush or a piece of COPY.
    Other,
}

/// Passes queries to the database, if there is one, and does the deed where it is due.
pub(crate) async fn faulty_session<C: Client>(
    client: &mut C,
    mut database: Option<Box<dyn Stream>>,
    (deed, when): (Deed, When),
    names: Names<'_>,
) -> Result<(), End> {
    let mut queries = 0;
    loop {
        let request = match &mut database {
            Some(database) => next_request(client, database).await?,
            None => Some(read_request(client).await?),
        };
        let Some(Request { bytes, kind }) = request else { return Ok(()) };
        if kind == Kind::Query {
            queries += 1;
            if when.covers(queries) && misbehave(deed, client, names).await? == Done::Answered {
                continue;
            }
        }
        match &mut database {
            Some(database) => {
                database.write_all(&bytes).await.map_err(WireError::from)?;
                database.flush().await.map_err(WireError::from)?;
            }
            None if kind == Kind::Query => answer(client, &answers::borrow_timeout()).await?,
            None => {}
        }
        if kind == Kind::End {
            return Ok(());
        }
    }
}

#[derive(PartialEq, Eq)]
enum Done {
    /// The query has its answer.
    Answered,
    /// The query goes on to the database.
    GoOn,
}

async fn misbehave<C: Client>(deed: Deed, client: &mut C, names: Names<'_>) -> Result<Done, End> {
    if let Deed::Say(refusal) = deed {
        let refusal = refusal(&names);
        if refusal.severity == "ERROR" {
            answer(client, &refusal).await?;
            return Ok(Done::Answered);
        }
    }
    perform(deed, client, names).await.map(|()| Done::GoOn)
}

async fn answer<C: Client>(client: &mut C, refusal: &answers::Refusal) -> Result<(), End> {
    send(client, &[error_response(refusal), ready_for_query()].concat()).await
}

/// The client's next request, while the database's answers pass; none if the database ends first.
async fn next_request<C: Client>(
    client: &mut C,
    database: &mut Box<dyn Stream>,
) -> Result<Option<Request>, End> {
    let (mut from_client, mut to_client) = split(client);
    tokio::select! {
        request = read_request(&mut from_client) => Ok(Some(request?)),
        received = copy(database, &mut to_client) => {
            received.map_err(WireError::from)?;
            to_client.shutdown().await.map_err(WireError::from)?;
            Ok(None)
        }
    }
}

async fn read_request<R: AsyncRead + Unpin>(client: &mut R) -> Result<Request, WireError> {
    let mut bytes = Vec::new();
    loop {
        let next = read_message(client, MAX_MESSAGE).await?;
        bytes.extend(message(next.tag, &next.body));
        let kind = match next.tag {
            // Parse, Bind, Describe, Execute, Close: Sync or Flush is to come.
            b'P' | b'B' | b'D' | b'E' | b'C' => continue,
            b'Q' | b'S' => Kind::Query,
            b'X' => Kind::End,
            _ => Kind::Other,
        };
        return Ok(Request { bytes, kind });
    }
}
