//! A proxy whose database is unavailable: logins succeed, queries do not.
//!
//! Owns the answer to each query while no connection can be borrowed, and the hand-over once one
//! can. The answer comes at once, where a real proxy lets the client wait for its
//! `ConnectionBorrowTimeout` first.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html>

use tokio::io::{AsyncRead, AsyncWrite};

use super::relay::{Broken, pass_on};
use super::{Lender, Session, Stream};
use crate::answers;
use crate::end::End;
use crate::login::send;
use crate::wire::WireError;
use crate::wire::backend::{error_response, parameter_status, ready_for_query};
use crate::wire::frontend::Header;

/// What clients hear after the login from a server whose settings nobody can ask for.
const PARAMETERS: [(&str, &str); 6] = [
    ("server_version", "16.0"),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("integer_datetimes", "on"),
    ("standard_conforming_strings", "on"),
];

/// What the client hears before its first query, but for `ReadyForQuery`.
pub(crate) fn greeting() -> Vec<u8> {
    PARAMETERS.iter().flat_map(|(name, value)| parameter_status(name, value)).collect()
}

/// Answers each of the client's queries with the borrow timeout, until the database is available
/// again: the query that finds it is passed on to it. None if the client leaves first.
pub(crate) async fn answer_without_database<C>(
    client: &mut C,
    lender: &Lender<'_>,
) -> Result<Option<Box<dyn Stream>>, End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    // After an error in the extended protocol a server skips everything up to Sync:
    // https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
    let mut skipping = false;
    loop {
        let header = Header::read(client).await?;
        let asks = match header.tag {
            b'X' => return Ok(None),
            b'Q' | b'F' | b'P' | b'B' | b'D' | b'E' | b'C' => !skipping,
            // Flush, and what is left of a COPY.
            b'S' | b'H' | b'd' | b'c' | b'f' => false,
            _ => return Err(WireError::Malformed("a message of no known type").into()),
        };
        if asks && let Some(session) = lender.lend().await? {
            return hand_over(client, header, session).await.map(Some);
        }
        header.skip(client).await?;
        let refusal = || error_response(&answers::borrow_timeout());
        match header.tag {
            b'Q' | b'F' if asks => send(client, &[refusal(), ready_for_query()].concat()).await?,
            b'S' => {
                skipping = false;
                send(client, &ready_for_query()).await?;
            }
            _ if asks => {
                skipping = true;
                send(client, &refusal()).await?;
            }
            _ => {}
        }
    }
}

/// Passes the query that has begun on to a session; the client hears of its settings first.
async fn hand_over<C>(
    client: &mut C,
    header: Header,
    session: Session,
) -> Result<Box<dyn Stream>, End>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let Session { greeting, mut stream } = session;
    send(client, &greeting).await?;
    pass_on(header, client, &mut stream).await.map_err(Broken::towards_database)?;
    Ok(stream)
}
