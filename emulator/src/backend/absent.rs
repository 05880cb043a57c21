//! A proxy that has no database to give: logins are well, queries are not.
//!
//! Owns the answer to each query when no connection can be borrowed. It comes at once, where a
//! real proxy lets the client wait for its `ConnectionBorrowTimeout` first.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html>

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::answers;
use crate::wire::WireError;
use crate::wire::backend::{error_response, parameter_status, ready_for_query};
use crate::wire::frontend::read_message;

/// The longest query that is read; its text is thrown away.
const MAX_MESSAGE: u32 = 1024 * 1024;

/// What clients hear after the login from a server whose settings nobody can ask for.
const PARAMETERS: [(&str, &str); 6] = [
    ("server_version", "16.0"),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("integer_datetimes", "on"),
    ("standard_conforming_strings", "on"),
];

/// What the client hears before its first query.
pub(crate) fn greeting() -> Vec<u8> {
    let status = PARAMETERS.iter().flat_map(|(name, value)| parameter_status(name, value));
    status.chain(ready_for_query()).collect()
}

/// Answers each of the client's queries with the borrow timeout.
pub(crate) async fn answer_without_database<C>(client: &mut C) -> Result<(), WireError>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    // After an error in the extended protocol a server skips everything up to Sync:
    // https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
    let mut skipping = false;
    loop {
        let message = read_message(client, MAX_MESSAGE).await?;
        let answer = match message.tag {
            b'X' => return Ok(()),
            b'Q' => [error_response(&answers::borrow_timeout()), ready_for_query()].concat(),
            b'S' => {
                skipping = false;
                ready_for_query()
            }
            _ if skipping => continue,
            _ => {
                skipping = true;
                error_response(&answers::borrow_timeout())
            }
        };
        client.write_all(&answer).await?;
        client.flush().await?;
    }
}
