//! A name server for a test in its own network, where port 53 is free.
//! <https://www.rfc-editor.org/rfc/rfc1035#section-4>

use std::net::IpAddr;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use crate::namespace::mount;

/// What the server says to every question.
#[derive(Clone, Debug)]
pub enum Says {
    /// The name's addresses; of a family that has none, that there is none.
    Addresses(Vec<IpAddr>),
    /// An error, by its code: 2 is a failure, 3 a name that does not exist, 5 a refusal.
    Error(u8),
    /// Nothing.
    Nothing,
}

/// Bytes of a message's header.
const HEADER: usize = 12;
/// Record types.
const A: u16 = 1;
const AAAA: u16 = 28;

/// Has the machine ask this name server, with these options.
pub fn use_own_resolver(options: &str) {
    mount(&format!("nameserver 127.0.0.1\noptions {options}\n"), "/etc/resolv.conf");
}

/// A running name server; dropping it ends it, some time.
#[derive(Debug)]
pub struct Resolver {
    answering: JoinSet<()>,
}

impl Resolver {
    /// Starts one that says this.
    pub async fn start(says: Says) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:53").await.unwrap();
        let mut answering = JoinSet::new();
        answering.spawn(async move {
            let mut question = [0; 1500];
            loop {
                let (length, from) = socket.recv_from(&mut question).await.unwrap();
                if let Some(answer) = answer(&question[..length], &says) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        Self { answering }
    }

    /// Ends it, and gives its port back.
    pub async fn stop(mut self) {
        self.answering.shutdown().await;
    }
}

fn answer(message: &[u8], says: &Says) -> Option<Vec<u8>> {
    // The name ends with an empty label; type and class follow.
    let end = HEADER + message[HEADER..].iter().position(|byte| *byte == 0)? + 5;
    let kind = u16::from_be_bytes([message[end - 4], message[end - 3]]);
    let (code, records): (u8, Vec<Vec<u8>>) = match says {
        Says::Nothing => return None,
        Says::Error(code) => (*code, vec![]),
        Says::Addresses(all) => (0, all.iter().filter_map(|it| record(*it, kind)).collect()),
    };
    let count = u8::try_from(records.len()).unwrap();
    let mut answer = message[..end].to_vec();
    // A response, recursion desired and available; one question, so many answers, nothing else.
    answer[2..HEADER].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    answer.extend(records.concat());
    Some(answer)
}

/// The address as a record that refers to the question's name, if it is of that type.
fn record(address: IpAddr, kind: u16) -> Option<Vec<u8>> {
    let bytes = match (address, kind) {
        (IpAddr::V4(address), A) => address.octets().to_vec(),
        (IpAddr::V6(address), AAAA) => address.octets().to_vec(),
        _ => return None,
    };
    let (length, [high, low]) = (u8::try_from(bytes.len()).unwrap(), kind.to_be_bytes());
    let head = [0xc0, 12, high, low, 0, 1, 0, 0, 0, 60, 0, length];
    Some([&head[..], &bytes].concat())
}
