//! A server that sends small messages without end: the function stays within its memory.

use testkit::mysql::packet;

use super::{FRESH, Function};
use crate::support::database::{Session, database, vars};
use crate::support::peer::{Issued, message, ready};
use crate::support::{Engine, by_engine, check};

by_engine!(a_server_that_floods_the_function_does_not_fill_its_memory);

/// Where in the conversation the flood begins.
#[derive(Clone, Copy, Debug)]
enum From {
    Login,
    Question,
}

/// The messages that a client may have to skip; MySQL has none, and so any will do.
fn endless(engine: Engine) -> [Vec<u8>; 2] {
    match engine {
        Engine::PostgreSql => [message(b'N', b"SNOTICE\0C00000\0M\0\0"), message(b'S', b"a\0b\0")],
        // Of a row, and of an answer that goes on and on.
        Engine::MySql => [packet(1, b"\x01"), packet(1, &[b'x'; 4_096])],
    }
}

/// Sends a message for as long as the client takes it.
async fn flood(session: &mut Session, of: &[u8]) {
    let many = of.repeat(4096);
    while session.sends(&many).await {}
}

async fn a_server_that_floods_the_function_does_not_fill_its_memory(engine: Engine) {
    for (from, step, code) in
        [(From::Login, "authenticate", "auth_failed"), (From::Question, "query", "query_failed")]
    {
        for endless in endless(engine) {
            let issued = Issued::new(|_| {});
            let peer = database(engine, &issued, move |mut session| {
                let endless = endless.clone();
                async move {
                    match (from, engine) {
                        (From::Login, Engine::PostgreSql) => session.send(&ready()[..9]).await,
                        (From::Login, Engine::MySql) => {}
                        (From::Question, _) => {
                            session.log_in().await;
                            session.question().await.unwrap();
                        }
                    }
                    flood(&mut session, &endless).await;
                }
            })
            .await;
            let mut function = Function::start(&vars(engine, &issued, &peer)).await;
            check(&function.report(FRESH).await, step, "failed", code);
            // It has looked at its memory when it ends.
            function.stop().await;
        }
    }
}
