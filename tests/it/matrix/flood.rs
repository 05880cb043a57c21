//! A server that sends small messages without end: the function stays within its memory.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::{FRESH, Function};
use crate::support::peer::{Issued, log_in, message, question, ready};
use crate::support::{Vars, check};

/// Where in the conversation the flood begins.
#[derive(Clone, Copy, Debug)]
enum From {
    Login,
    Question,
}

/// Sends a message for as long as the client takes it.
async fn flood(stream: &mut TlsStream<TcpStream>, of: &[u8]) {
    let many = of.repeat(4096);
    while stream.write_all(&many).await.is_ok() {}
}

#[tokio::test]
async fn a_server_that_floods_the_function_does_not_fill_its_memory() {
    let notice = message(b'N', b"SNOTICE\0C00000\0M\0\0");
    let parameter_status = message(b'S', b"a\0b\0");
    for (from, step, code) in
        [(From::Login, "authenticate", "auth_failed"), (From::Question, "query", "query_failed")]
    {
        for endless in [notice.clone(), parameter_status.clone()] {
            let issued = Issued::new(|_| {});
            let peer = issued
                .peer(move |mut stream| {
                    let endless = endless.clone();
                    async move {
                        match from {
                            From::Login => stream.write_all(&ready()[..9]).await.unwrap(),
                            From::Question => {
                                log_in(&mut stream).await;
                                question(&mut stream).await.unwrap();
                            }
                        }
                        flood(&mut stream, &endless).await;
                    }
                })
                .await;
            let vars = Vars::to(peer.address).with("DB_CA_FILE", issued.ca_file());
            let mut function = Function::start(&vars).await;
            check(&function.report(FRESH).await, step, "failed", code);
            // It has looked at its memory when it ends.
            function.stop().await;
        }
    }
}
