//! Doing a deed to a client.
//!
//! Owns what each deed does to the connection. Where in the conversation it happens is the
//! caller's; an error's text comes with the deed.

use tokio::io::{AsyncWriteExt as _, copy, sink};

use super::{Deed, Names};
use crate::end::End;
use crate::login::send;
use crate::socket::Client;

/// Does the deed. All but [`Deed::Drip`] end the conversation.
pub(crate) async fn perform<C: Client>(
    deed: Deed,
    client: &mut C,
    names: Names<'_>,
) -> Result<(), End> {
    match deed {
        Deed::Say(refusal) => {
            let (refusal, why) = (refusal(&names), "a fault".to_owned());
            return Err(End::Refused { refusal, why });
        }
        Deed::Send(bytes) => {
            send(client, bytes).await?;
            listen_only(client).await;
        }
        Deed::SendAndClose(bytes) => {
            send(client, bytes).await?;
            // A client that is gone by now needs no goodbye.
            drop(client.shutdown().await);
        }
        Deed::Close => {}
        Deed::Reset => drop(client.socket().reset_on_close()),
        Deed::Stall => listen_only(client).await,
        Deed::Drip => {
            client.socket().drip();
            return Ok(());
        }
    }
    Err(End::Fault)
}

/// Takes whatever comes, until the client gives up.
async fn listen_only<C: Client>(client: &mut C) {
    // However it ends, it was the client that ended it.
    drop(copy(client, &mut sink()).await);
}
