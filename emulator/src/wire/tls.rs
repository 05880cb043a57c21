//! The one thing to know of TLS below TLS: where the client's first record ends.
//!
//! Owns reading that record, so that a fault can answer it in the clear. The real handshake is
//! rustls'.
//! <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>

use tokio::io::{AsyncRead, AsyncReadExt as _, copy, sink};

use super::{WireError, first_byte};

/// Reads one record and throws it away.
pub(crate) async fn read_record<R: AsyncRead + Unpin>(reader: &mut R) -> Result<(), WireError> {
    first_byte(reader).await?;
    reader.read_u16().await?;
    let length = reader.read_u16().await?;
    copy(&mut reader.take(length.into()), &mut sink()).await?;
    Ok(())
}
