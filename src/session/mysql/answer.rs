//! What a statement returns: rows, as text, or that it was executed.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response.html>

use tokio::io::{AsyncRead, AsyncWrite};

use super::error::server_error;
use super::fields::{Column, Fields};
use super::packet::{Packets, protocol};
use crate::session::{TEXT_LIMIT, WireError};
use crate::token::Secrets;

/// A row's columns; `None` is `NULL`. Texts are free of secrets and bounded.
pub type Row = Vec<Option<String>>;

const OK: u8 = 0;
/// The server asks for a file of the client's, which a client must be ready to refuse.
const LOCAL_INFILE: u8 = 0xfb;
const EOF: u8 = 0xfe;
/// The shortest row that begins with the byte of an EOF.
const LONGEST_EOF: usize = 8;

/// The most columns that are read.
const COLUMN_LIMIT: u64 = 64;

/// Reads the answer to one statement.
pub(super) async fn rows<S: AsyncRead + AsyncWrite + Unpin>(
    packets: &mut Packets<S>,
    secrets: &Secrets,
) -> Result<Vec<Row>, WireError> {
    let first = next(packets, secrets).await?;
    let count = match *first.as_slice() {
        [OK, ..] => return Err(protocol("it answered a question without rows".to_owned())),
        [LOCAL_INFILE, ..] => return Err(protocol("it asked for a file".to_owned())),
        _ => Fields::new(&first).number().filter(|count| *count <= COLUMN_LIMIT),
    };
    let Some(count) = count else {
        return Err(protocol("it did not count its columns".to_owned()));
    };
    for _ in 0..count {
        next(packets, secrets).await?;
    }
    if !is_eof(&next(packets, secrets).await?) {
        return Err(protocol("it described more columns than it counted".to_owned()));
    }
    let mut rows = Vec::new();
    loop {
        let packet = next(packets, secrets).await?;
        if is_eof(&packet) {
            return Ok(rows);
        }
        let row = row(&packet, count, secrets);
        rows.push(row.ok_or_else(|| protocol("it sent a row of another form".to_owned()))?);
    }
}

/// Reads the answer to one statement that returns no rows.
pub(super) async fn done<S: AsyncRead + AsyncWrite + Unpin>(
    packets: &mut Packets<S>,
    secrets: &Secrets,
) -> Result<(), WireError> {
    match *next(packets, secrets).await?.as_slice() {
        [OK, ..] => Ok(()),
        [LOCAL_INFILE, ..] => Err(protocol("it asked for a file".to_owned())),
        _ => Err(protocol("it answered a statement with rows".to_owned())),
    }
}

/// The next packet, unless it is an error, which may end an answer anywhere.
async fn next<S: AsyncRead + AsyncWrite + Unpin>(
    packets: &mut Packets<S>,
    secrets: &Secrets,
) -> Result<Vec<u8>, WireError> {
    let packet = packets.read().await?;
    match server_error(&packet, secrets) {
        Some(error) => Err(WireError::Refused(error)),
        None => Ok(packet),
    }
}

fn is_eof(packet: &[u8]) -> bool {
    packet.first() == Some(&EOF) && packet.len() <= LONGEST_EOF
}

fn row(packet: &[u8], count: u64, secrets: &Secrets) -> Option<Row> {
    let mut fields = Fields::new(packet);
    let row = (0..count).map(|_| {
        fields.column().map(|column| match column {
            Column::Null => None,
            Column::Text(text) => Some(secrets.clean(&String::from_utf8_lossy(text), TEXT_LIMIT)),
        })
    });
    let row = row.collect::<Option<Row>>()?;
    fields.is_empty().then_some(row)
}

#[cfg(test)]
mod tests {
    use mysql_common::constants::ColumnType;
    use mysql_common::packets::Column as TheirColumn;
    use mysql_common::proto::MySerialize as _;
    use proptest::prelude::*;
    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    use super::super::packet::packet;
    use super::*;

    const END: &[u8] = b"\xfe\0\0\x02\0";

    /// How the payloads of an answer are read.
    fn read(payloads: &[&[u8]]) -> Result<Vec<Row>, WireError> {
        after(payloads, async |mut packets| rows(&mut packets, &Secrets::default()).await)
    }

    /// What a client does once a server has sent these payloads.
    fn after<T>(payloads: &[&[u8]], client: impl AsyncFnOnce(Packets<DuplexStream>) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut server, stream) = duplex(1 << 20);
            let packets = (0..).zip(payloads).flat_map(|(number, it)| packet(number, it).unwrap());
            server.write_all(&packets.collect::<Vec<u8>>()).await.unwrap();
            drop(server);
            client(Packets::new(stream, 0)).await
        })
    }

    fn problem(payloads: &[&[u8]]) -> String {
        match read(payloads).unwrap_err() {
            WireError::Protocol(problem) => problem,
            other @ (WireError::Refused(_) | WireError::Lost { .. }) => format!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_row_is_named() {
        let column = b"\x03def\0\0\0\x01c\0\x0c\x2d\0\x04\0\0\0\xfd\0\0\0\0\0";
        assert_eq!(problem(&[b"\0\0\0\x02\0\0\0"]), "it answered a question without rows");
        assert_eq!(problem(&[b"\xfb/etc/passwd"]), "it asked for a file");
        assert_eq!(problem(&[b"\xfc\xff\xff"]), "it did not count its columns");
        assert_eq!(problem(&[b""]), "it did not count its columns");
        let surplus = "it described more columns than it counted";
        assert_eq!(problem(&[b"\x01", column, column]), surplus);
        let form = "it sent a row of another form";
        assert_eq!(problem(&[b"\x01", column, END, b"\x05cut"]), form);
        assert_eq!(problem(&[b"\x01", column, END, b"\x01a\x01b"]), form);
        assert_eq!(problem(&[b"\x01", column, END]), "Lost { error: None }");
    }

    #[test]
    fn a_statement_without_rows_is_done_or_not() {
        let done = |payload: &[u8]| {
            let read = async |mut packets| done(&mut packets, &Secrets::default()).await;
            after(&[payload], read).map_err(|error| format!("{error:?}"))
        };
        assert_eq!(done(b"\0\0\0\x02\0\0\0"), Ok(()));
        assert!(done(b"\xff\x25\x05#HY000no").unwrap_err().contains("1317"));
        for (other, problem) in
            [(&b"\xfb/etc/passwd"[..], "a file"), (b"\x01", "rows"), (b"", "rows")]
        {
            assert!(done(other).unwrap_err().contains(problem));
        }
    }

    #[test]
    fn an_error_may_end_an_answer_anywhere() {
        let error = b"\xff\x25\x05#HY000cut";
        let answers: [&[&[u8]]; 3] = [&[error], &[b"\x01", error], &[b"\x01", b"c", END, error]];
        for answer in answers {
            let refused = read(answer).unwrap_err();
            assert!(matches!(refused, WireError::Refused(_)), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn any_row_is_read_as_another_library_describes_it(
            row in proptest::collection::vec(proptest::option::of(".{0,300}"), 1..10),
        ) {
            let name = "c".repeat(row.len());
            let mut column = Vec::new();
            TheirColumn::new(ColumnType::MYSQL_TYPE_VAR_STRING)
                .with_name(name.as_bytes())
                .serialize(&mut column);
            let mut text = Vec::new();
            for value in &row {
                use mysql_common::io::BufMutExt as _;
                match value {
                    Some(value) => text.put_lenenc_str(value.as_bytes()),
                    None => text.push(0xfb),
                }
            }
            let count = [u8::try_from(row.len()).unwrap()];
            let mut payloads = vec![&count[..]];
            payloads.extend(row.iter().map(|_| &*column));
            payloads.extend([END, &text, END]);
            prop_assert_eq!(read(&payloads).unwrap(), [row]);
        }

        #[test]
        fn no_answer_is_too_odd_to_be_read(
            payloads in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![Just(0xfe), Just(0xfb), 0_u8..3, any::<u8>()], 0..12),
                0..12,
            ),
        ) {
            let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
            drop(read(&payloads));
        }
    }
}
