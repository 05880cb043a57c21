//! Client and database joined.
//!
//! Owns passing bytes both ways until either side is done. It does not look into them: after the
//! login, proxy and database speak alike.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy, split};

use super::Stream;

/// Passes bytes until one side ends its stream, then lets go of both. PostgreSQL has no half-open
/// connections, so the first end is the end.
pub(crate) async fn relay<C>(client: &mut C, database: Box<dyn Stream>) -> io::Result<()>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from_client, mut to_client) = split(client);
    let (mut from_database, mut to_database) = split(database);
    tokio::select! {
        sent = copy(&mut from_client, &mut to_database) => drop(sent?),
        received = copy(&mut from_database, &mut to_client) => {
            received?;
            to_client.shutdown().await?;
        }
    }
    Ok(())
}
