//! The packets of a login, one after the other.
//!
//! Owns their sequence numbers, which both sides count together, and the bound on a client's.

use crate::client::end::End;
use crate::client::send;
use crate::client::socket::Client;
use crate::wire::mysql::read_packet;

/// The longest packet that a client may send before it is logged in. Tokens are 1 to 4 KiB.
const MAX_PACKET: usize = 64 * 1024;

/// A client that logs in.
pub(super) struct Exchange<'a, C> {
    pub(super) client: &'a mut C,
    /// That of the next packet, from either side.
    pub(super) sequence: u8,
}

impl<'a, C: Client> Exchange<'a, C> {
    pub(super) fn new(client: &'a mut C, sequence: u8) -> Self {
        Self { client, sequence }
    }

    /// Sends a packet.
    pub(super) async fn send(&mut self, payload: &[u8]) -> Result<(), End> {
        let bytes = super::packet(self.sequence, payload);
        self.sequence = self.sequence.wrapping_add(1);
        send(self.client, &bytes).await
    }

    /// Reads the client's next packet.
    pub(super) async fn receive(&mut self) -> Result<Vec<u8>, End> {
        let payload = read_packet(self.client, self.sequence, MAX_PACKET).await?;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(payload)
    }
}
