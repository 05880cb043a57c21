//! The same of a MySQL.

use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::{Speech, paused, real, records, try_speeches};
use crate::support::mysql::{self, Point, Script, Then};
use crate::support::peer::Issued;

/// A packet with the number that is due or another, and a length that is right as often as not.
fn numbered(
    sequence: u8,
    payload: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Vec<u8>> {
    let sequence = prop_oneof![9 => Just(sequence), 1 => any::<u8>()];
    let length = prop_oneof![6 => Just(None), 1 => (0..200_u32).prop_map(Some)];
    (payload, sequence, length).prop_map(|(payload, sequence, length)| {
        let mut packet = testkit::mysql::packet(sequence, &payload);
        if let Some(length) = length {
            packet[..3].copy_from_slice(&length.to_le_bytes()[..3]);
        }
        packet
    })
}

/// A greeting, most of the time of protocol 10, of any version, abilities and plugin.
fn greeting() -> impl Strategy<Value = Vec<u8>> {
    let protocol = prop_oneof![6 => Just(10_u8), 1 => any::<u8>()];
    let version = prop_oneof![Just("8.0.36".to_owned()), "[ -~é]{0,20}"];
    let plugin = prop_oneof![Just("caching_sha2_password".to_owned()), "[ -~é]{0,20}"];
    let end = prop_oneof![Just(vec![0]), Just(vec![]), vec(any::<u8>(), 0..9)];
    let middle = vec(any::<u8>(), 20..60);
    (protocol, version, middle, plugin, end).prop_map(|(protocol, version, middle, plugin, end)| {
        [&[protocol][..], version.as_bytes(), b"\0", &middle, plugin.as_bytes(), &end].concat()
    })
}

/// What may come inside TLS: a kind, and behind it what belongs there or not.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let kind =
        prop::sample::select(&[0, 1, 2, 3, 4, 7, 10, 0xfb, 0xfc, 0xfd, 0xfe, 0xfe, 0xff][..]);
    let plugin = prop::sample::select(
        &["mysql_native_password", "caching_sha2_password", "mysql_old_password", "dialog", ""][..],
    );
    let switch = (plugin, vec(any::<u8>(), 0..25))
        .prop_map(|(plugin, data)| [plugin.as_bytes(), b"\0", &data].concat());
    let error = (any::<u16>(), "(#[0-9A-Z]{5})?[ -~é]{0,40}")
        .prop_map(|(number, text)| [&number.to_le_bytes()[..], text.as_bytes()].concat());
    let body = prop_oneof![switch, error, vec(any::<u8>(), 0..60)];
    (kind, body).prop_map(|(kind, body)| [&[kind][..], &body].concat())
}

/// Bytes for the point, at which the next packet has this number.
fn bytes(point: Point, sequence: u8) -> BoxedStrategy<Vec<u8>> {
    let noise = vec(any::<u8>(), 0..400);
    match point {
        Point::Greeting => {
            prop_oneof![1 => noise, 1 => records(), 6 => numbered(sequence, greeting())].boxed()
        }
        Point::Handshake => prop_oneof![noise, records()].boxed(),
        Point::Response | Point::Token | Point::Question | Point::Nowhere => {
            let following = vec(payload(), 1..12).prop_map(move |payloads| {
                let numbers = (0..=255_u8).cycle().skip(usize::from(sequence));
                let packets = numbers.zip(&payloads);
                packets.flat_map(|(number, it)| testkit::mysql::packet(number, it)).collect()
            });
            prop_oneof![1 => noise, 3 => numbered(sequence, payload()), 3 => following].boxed()
        }
    }
}

fn try_all(point: Point, sequence: u8, cases: u32, pace: (u32, Runtime, u64), step: &str) {
    let speech = Arc::new(Mutex::new(Speech::default()));
    let issued = Issued::new(|_| {});
    let next = Arc::clone(&speech);
    let script = move || {
        let Speech { bytes, closes } = next.lock().unwrap().clone();
        let then = if closes { Then::Closes } else { Then::Waits };
        Script { point, speech: mysql::Speech::Bytes(bytes), then }
    };
    let peer = pace.1.block_on(mysql::server_of(&issued, script));
    let vars = mysql::vars(&issued, &peer);
    try_speeches((bytes(point, sequence), &speech), &vars, cases, pace, step);
}

#[test]
fn whatever_greets_ends_in_a_report() {
    try_all(Point::Greeting, 0, 4_000, paused(), "tls");
}

#[test]
fn whatever_answers_the_handshake_ends_in_a_report() {
    try_all(Point::Handshake, 2, 3_200, paused(), "tls");
}

#[test]
fn whatever_answers_the_response_ends_in_a_report() {
    try_all(Point::Response, 3, 1_000, real(), "authenticate");
}

#[test]
fn whatever_answers_the_token_ends_in_a_report() {
    try_all(Point::Token, 5, 1_000, real(), "authenticate");
}

#[test]
fn whatever_answers_the_question_ends_in_a_report() {
    try_all(Point::Question, 1, 1_000, real(), "query");
}
