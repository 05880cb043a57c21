//! Statements of the proxy's own on a connection to a MySQL server.

use tokio::io::AsyncWriteExt as _;

use super::super::server::{RunError, Server};
use crate::wire::WireError;
use crate::wire::mysql::answer::parse_error;
use crate::wire::mysql::capability::DEPRECATE_EOF;
use crate::wire::mysql::{Answers, Fields, HEADER, Progress, append, command, first_packet};

/// Runs a statement whose answer no client sees, on a session with these flags; returns the first
/// column of the last row.
pub(crate) async fn run(
    server: &mut Server,
    statement: &str,
    capabilities: u32,
) -> Result<Option<Vec<u8>>, RunError> {
    let broken = WireError::Malformed("a long answer to a short question");
    let mut bytes = Vec::new();
    append(&mut bytes, 0, &[&[command::QUERY], statement.as_bytes()].concat());
    server.stream.write_all(&bytes).await?;
    let deprecates_eof = capabilities & DEPRECATE_EOF != 0;
    let Some(mut answers) = Answers::to(command::QUERY, deprecates_eof) else {
        return Err(broken.into());
    };
    let mut column = None;
    loop {
        while let Some(packet) = first_packet(server.inbox.bytes()) {
            if packet.rest > 0 {
                return Err(broken.into());
            }
            let is_row = answers.is_at_rows();
            let progress = answers.take(&packet)?;
            let length = HEADER + packet.length();
            match progress {
                Progress::More if is_row && answers.is_at_rows() => {
                    column = Fields(packet.head).string().map(<[u8]>::to_vec);
                }
                Progress::More => {}
                Progress::File => return Err(broken.into()),
                Progress::Succeeded => {
                    server.inbox.advance(length);
                    return Ok(column);
                }
                Progress::Failed => {
                    let refusal = parse_error(packet.head).ok_or(broken)?;
                    return Err(RunError::Refused(refusal));
                }
            }
            server.inbox.advance(length);
        }
        server.receive().await?;
    }
}
