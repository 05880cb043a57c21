//! MySQL's client/server protocol, as far as a proxy needs it.
//!
//! Owns the bytes of packets in both directions. Knows nothing of users, tokens or what to answer.
//! Lengths come from strangers: none of them makes this code allocate more than its bound, and of a
//! long packet only the beginning is looked at.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>

pub(crate) mod answer;
pub(crate) mod capability;
pub(crate) mod command;
mod fields;
mod follow;
mod greeting;
mod packet;
mod response;

pub(crate) use fields::Fields;
pub(crate) use follow::{Answers, Progress};
pub(crate) use greeting::{Greeting, SCRAMBLE};
pub(crate) use packet::{HEADER, MAX_PAYLOAD, Packet, append, first_packet, read_packet};
pub(crate) use response::{Opening, Response};

#[cfg(test)]
mod property;
