//! No bytes of a stranger's make reading them panic.

use proptest::prelude::*;

use super::answer::{parse_error, parse_switch, status_of_eof, status_of_ok};
use super::{Answers, Greeting, Opening, Response, append, first_packet, read_packet};

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let found = first_packet(&bytes);
        prop_assert!(found.is_none_or(|packet| packet.head.len() <= bytes.len()));
        drop(Greeting::parse(&bytes));
        drop(Opening::parse(&bytes));
        drop(Response::parse(&bytes));
        let read = (parse_error(&bytes), parse_switch(&bytes));
        prop_assert!(read.0.is_none() || read.1.is_none());
        let status = (status_of_ok(&bytes), status_of_eof(&bytes));
        prop_assert!(bytes.len() >= 5 || status == (None, None));
    }

    #[test]
    fn no_packets_make_following_them_panic(
        command in any::<u8>(),
        deprecates_eof in any::<bool>(),
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..20),
    ) {
        let Some(mut answers) = Answers::to(command, deprecates_eof) else { return Ok(()) };
        for payload in &packets {
            let mut bytes = Vec::new();
            append(&mut bytes, 1, payload);
            drop(first_packet(&bytes).map(|packet| answers.take(&packet)));
        }
    }

    #[test]
    fn packets_come_back_wherever_they_are_cut(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..6),
    ) {
        let mut bytes = Vec::new();
        let mut sequence = 0;
        for payload in &payloads {
            sequence = append(&mut bytes, sequence, payload);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let read = runtime.block_on(async {
            let (mut reader, mut read) = (&bytes[..], Vec::new());
            for sequence in 0..sequence {
                read.push(read_packet(&mut reader, sequence, 50).await.expect("a packet"));
            }
            read
        });
        prop_assert_eq!(read, payloads);
    }
}
