//! Doing what a fault is to a client.
//!
//! Owns what each action does to the connection. Where in the conversation it happens is the
//! caller's; an error's text comes with the action.

use tokio::io::{AsyncWriteExt as _, copy, sink};

use super::end::End;
use super::send;
use super::socket::Client;
use crate::fault::Action;
use crate::wire::startup::Names;

/// Does the action. All but [`Action::Drip`] end the conversation.
pub(super) async fn perform<C: Client>(
    action: Action,
    client: &mut C,
    names: Names<'_>,
) -> Result<(), End> {
    match action {
        Action::Say(refusal) => {
            let (refusal, why) = (refusal(&names), "a fault".to_owned());
            return Err(End::Refused { refusal, why });
        }
        Action::Send(bytes) => {
            send(client, bytes).await?;
            listen_only(client).await;
        }
        Action::SendAndClose(bytes) => {
            send(client, bytes).await?;
            // A client that is gone by now needs no goodbye.
            drop(client.shutdown().await);
        }
        Action::Close => {}
        Action::Reset => drop(client.socket().reset()),
        Action::Stall => listen_only(client).await,
        Action::Drip => {
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
