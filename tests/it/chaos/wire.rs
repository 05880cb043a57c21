//! A wire: a test says how long it takes and how much it loses; `wire.py` beside this
//! file is the wire.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::support::namespace::ip;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/chaos/wire.py");

/// Where a server has to listen, and where a client then reaches it through the wire.
const HERE: Ipv4Addr = Ipv4Addr::new(10, 44, 0, 1);
const THERE: Ipv4Addr = Ipv4Addr::new(10, 44, 0, 2);

/// A wire in the test's own network.
pub(super) struct Wire {
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Wire {
    /// Where a server has to listen.
    pub(super) fn server() -> SocketAddr {
        (HERE, 0).into()
    }

    /// Where a client reaches it through the wire.
    pub(super) fn client(server: SocketAddr) -> SocketAddr {
        (THERE, server.port()).into()
    }

    /// Lays one that takes no time and loses nothing.
    pub(super) async fn lay() -> Self {
        ip("link add near mtu 65535 type veth peer name far mtu 65535");
        ip("link set near up");
        ip("link set far up");
        ip(&format!("addr add {HERE}/24 dev near"));
        ip(&format!("neigh add {THERE} lladdr 02:00:00:00:00:44 dev near nud permanent"));
        let mut command = Command::new("python3");
        command.args([SCRIPT, "far"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let requests = process.stdin.take().unwrap();
        let mut wire = Self { requests, answers, _process: process };
        wire.is_ready().await;
        wire
    }

    /// From now on each packet takes so long in each direction, and so many of a hundred are lost.
    pub(super) async fn set(&mut self, delay_ms: u32, loss_percent: u32) {
        let request = format!("{delay_ms} {loss_percent}\n");
        self.requests.write_all(request.as_bytes()).await.unwrap();
        self.is_ready().await;
    }

    async fn is_ready(&mut self) {
        assert_eq!(self.answers.next_line().await.unwrap().as_deref(), Some("ready"));
    }
}
