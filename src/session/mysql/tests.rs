//! The login at servers whose behavior the test gives, and what other libraries think of what is
//! sent.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use mysql_common::auth::plugins::caching_sha2_password::scramble_sha256;
use mysql_common::auth::plugins::mysql_native_password::scramble_native;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, HandshakeResponse};
use proptest::prelude::*;
use testkit::mysql::{self as server, CAPABILITIES, Conversation, NONCE, SSL};
use tokio::io::{DuplexStream, duplex};

use super::capabilities::PLUGIN_AUTH;
use super::login::{first_response, log_in};
use super::packet::Packets;
use super::password::{caching_sha2, native};
use super::*;
use crate::config::{Config, Engine};
use crate::session::ErrorCode;
use crate::token::{SecretLogin, sign_token};

const CLEAR: &str = "mysql_clear_password";
const SHA2: &str = "caching_sha2_password";
const NATIVE: &str = "mysql_native_password";

fn token() -> Login {
    let config = Config::from_vars(|name| match name {
        "DB_HOST" => Some("app.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned()),
        "DB_USER" => Some("app".to_owned()),
        "DB_ENGINE" => Some("mysql".to_owned()),
        _ => None,
    });
    let config = config.unwrap();
    let user = config.auth.user().unwrap();
    let keys = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
    let token = sign_token(&config.endpoint, user, &keys, SystemTime::UNIX_EPOCH).unwrap();
    Login::Token { user: user.clone(), token }
}

fn password(text: &str) -> Login {
    let secret = serde_json::json!({"username": "app", "password": text});
    Login::Password(SecretLogin::parse(Engine::MySql, &secret.to_string()).unwrap())
}

fn database() -> DbName {
    DbName::parse(Engine::MySql, "orders").unwrap()
}

type Server = Conversation<DuplexStream>;

/// Whether a packet is the token and nothing else.
fn is_token(packet: &[u8]) -> bool {
    let start = b"app.proxy-abc.eu-west-1.rds.amazonaws.com:3306/?";
    let is_one_text = packet.iter().position(|byte| *byte == 0) == packet.len().checked_sub(1);
    packet.starts_with(start) && packet.len() > 300 && is_one_text
}

/// How a login ends, what was asked, and what the server got after the response.
async fn at_server<F: Future<Output = ()>>(
    plugin: &str,
    login: Login,
    serve: impl FnOnce(Server) -> F,
) -> (Result<(), AuthenticateError>, Option<Plugin>) {
    let (client, server) = duplex(1 << 16);
    let secrets = login.secrets();
    let greeting = Greeting::read(&server::greeting(plugin), &secrets).unwrap();
    let mut packets = Packets::new(client, RESPONSE);
    let logging_in = async {
        let ended = log_in(&mut packets, &greeting, None, &login, &secrets).await;
        drop(packets);
        ended
    };
    let (ended, ()) = tokio::join!(logging_in, serve(Conversation::new(server, 0)));
    ended
}

/// The response to a greeting, as another library reads it: plugin and answer.
fn response(payload: &[u8]) -> (String, Vec<u8>) {
    let response: HandshakeResponse<'_> = ParseBuf(payload).parse(()).unwrap();
    assert_eq!(response.user(), b"app");
    let plugin = response.auth_plugin().unwrap();
    (String::from_utf8(plugin.as_bytes().to_vec()).unwrap(), response.scramble_buf().to_vec())
}

#[tokio::test]
async fn a_token_is_given_to_a_server_that_asks_for_it_with_or_without_data() {
    for data in [&b""[..], NONCE, b"0123456789abcdefghij\0"] {
        for greets in [NATIVE, SHA2, CLEAR, "auth_gssapi_client"] {
            let (ended, asked) = at_server(greets, token(), async |mut server| {
                let (named, answer) = response(&server.receive().await.unwrap());
                assert_ne!(named, greets, "or its answer would be taken for the greeting's");
                assert_ne!(named, CLEAR, "or it would be taken for the token");
                assert_eq!(answer, b"");
                server.send(&server::switch(CLEAR, data)).await;
                assert!(is_token(&server.receive().await.unwrap()));
                server.send(&server::ok()).await;
            })
            .await;
            ended.unwrap();
            assert_eq!(asked, Some(Plugin::ClearPassword));
        }
    }
}

#[tokio::test]
async fn nothing_of_a_token_is_given_to_a_server_that_asks_for_anything_else() {
    let requests = [
        (server::switch(NATIVE, NONCE), Plugin::Native),
        (server::switch(SHA2, NONCE), Plugin::CachingSha2),
        (server::switch("dialog", b"Password: "), Plugin::Other("dialog".into())),
        (vec![0xfe], Plugin::Other("mysql_old_password".into())),
        (vec![1, 4], Plugin::CachingSha2),
    ];
    for (request, expected) in requests {
        let (ended, asked) = at_server(NATIVE, token(), async |mut server| {
            let (_, answer) = response(&server.receive().await.unwrap());
            assert_eq!(answer, b"");
            server.send(&request).await;
            assert_eq!(server.receive().await, None, "the client is gone");
        })
        .await;
        let Err(AuthenticateError::MethodUnsupported { asked: refused }) = ended else {
            panic!("{ended:?}")
        };
        assert_eq!(refused, AuthRequest::MySql(expected.clone()));
        assert_eq!(asked, Some(expected));
    }
}

#[tokio::test]
async fn a_password_is_answered_to_the_greeting_at_once() {
    for (plugin, expected, digest) in [
        (NATIVE, Plugin::Native, scramble_native(NONCE, b"hunter2").unwrap().to_vec()),
        (SHA2, Plugin::CachingSha2, scramble_sha256(NONCE, b"hunter2").unwrap().to_vec()),
    ] {
        let (ended, asked) = at_server(plugin, password("hunter2"), async |mut server| {
            let (named, answer) = response(&server.receive().await.unwrap());
            assert_eq!((named.as_str(), answer), (plugin, digest.clone()));
            server.send(&server::ok()).await;
        })
        .await;
        ended.unwrap();
        assert_eq!(asked, Some(expected));
    }
}

#[tokio::test]
async fn a_password_follows_a_switch_with_the_nonce_of_the_switch() {
    const OTHER: &[u8; 20] = b"zyxwvutsrqponmlkjihg";
    for (greets, plugin, answer) in [
        ("unknown", NATIVE, scramble_native(OTHER, b"hunter2").unwrap().to_vec()),
        (NATIVE, SHA2, scramble_sha256(OTHER, b"hunter2").unwrap().to_vec()),
        (SHA2, CLEAR, b"hunter2\0".to_vec()),
    ] {
        let (ended, asked) = at_server(greets, password("hunter2"), async |mut server| {
            server.receive().await.unwrap();
            server.send(&server::switch(plugin, &[&OTHER[..], b"\0"].concat())).await;
            assert_eq!(server.receive().await.unwrap(), answer);
            server.send(&server::ok()).await;
        })
        .await;
        ended.unwrap();
        assert_eq!(asked.unwrap().as_str(), plugin, "the user's, not the greeting's");
    }
}

#[tokio::test]
async fn caching_sha2_password_knows_the_digest_or_gets_the_password() {
    for (known, sent) in [(true, None), (false, Some(b"hunter2\0".to_vec()))] {
        let (ended, _) = at_server(SHA2, password("hunter2"), async |mut server| {
            server.receive().await.unwrap();
            if known {
                // Both in one piece.
                server.send_all(&[vec![1, 3], server::ok()]).await;
            } else {
                server.send(&[1, 4]).await;
                assert_eq!(server.receive().await, sent);
                server.send(&server::ok()).await;
            }
        })
        .await;
        ended.unwrap();
    }
}

#[tokio::test]
async fn a_refusal_ends_the_login_with_the_servers_words() {
    let (ended, asked) = at_server(NATIVE, token(), async |mut server| {
        server.receive().await.unwrap();
        server.send(&server::ask_for_password()).await;
        let token = server.receive().await.unwrap();
        let token = String::from_utf8_lossy(&token[token.len() - 65..token.len() - 1]);
        let text = format!("Access denied for user 'app'@'%' ({token})");
        server.send(&server::error(1045, Some("28000"), &text)).await;
    })
    .await;
    let Err(AuthenticateError::Wire(WireError::Refused(error))) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(error.code, ErrorCode::mysql(1045, Some("28000")));
    assert_eq!(error.message, "Access denied for user 'app'@'%' ((redacted))");
    assert_eq!(asked, Some(Plugin::ClearPassword));
}

#[tokio::test]
async fn what_is_no_answer_to_a_login_breaks_the_protocol() {
    for (answer, problem) in [
        (&[7, 7][..], "it began an answer with byte 7"),
        (&[], "it sent an empty answer"),
        (&[1, 9], "it went on with caching_sha2_password in an unknown way"),
    ] {
        let (ended, _) = at_server(SHA2, password("hunter2"), async |mut server| {
            server.receive().await.unwrap();
            server.send(answer).await;
        })
        .await;
        let Err(AuthenticateError::Wire(WireError::Protocol(found))) = ended else {
            panic!("{ended:?}")
        };
        assert_eq!(found, problem);
    }
}

#[test]
fn tls_is_offered_by_one_flag() {
    let read = |capabilities| {
        let payload = server::greeting_with(capabilities, NATIVE);
        Greeting::read(&payload, &Secrets::default()).unwrap()
    };
    assert!(read(CAPABILITIES).offers_tls());
    assert!(!read(CAPABILITIES & !SSL).offers_tls());
}

proptest! {
    #[test]
    fn a_password_is_digested_as_by_another_library(
        text in ".{1,60}", nonce in proptest::array::uniform20(any::<u8>()),
    ) {
        let bytes = text.as_bytes();
        let theirs = scramble_native(&nonce, bytes).unwrap();
        prop_assert_eq!(native(bytes, &nonce), theirs);
        let theirs = scramble_sha256(&nonce, bytes).unwrap();
        prop_assert_eq!(caching_sha2(bytes, &nonce), theirs);
    }

    #[test]
    fn a_response_is_read_by_another_library_whatever_the_server_can_do(
        offered: u32, name in "[^\0]{1,20}", with_database: bool, text in "[^\0]{1,20}",
    ) {
        // Without these no response is sent, or it has another form.
        let offered = offered | PLUGIN_AUTH | SSL;
        let payload = server::greeting_with(offered, SHA2);
        let greeting = Greeting::read(&payload, &Secrets::default()).unwrap();
        let database = DbName::parse(Engine::MySql, &name).ok().filter(|_| with_database);
        let login = password(&text);
        let sent = first_response(&greeting, database.as_ref(), &login);
        let theirs: HandshakeResponse<'_> = ParseBuf(&sent).parse(()).unwrap();
        prop_assert_eq!(theirs.user(), b"app");
        prop_assert_eq!(theirs.db_name(), database.as_ref().map(|it| it.as_str().as_bytes()));
        prop_assert_eq!(theirs.auth_plugin(), Some(&AuthPlugin::CachingSha2Password));
        let digest = scramble_sha256(NONCE, text.as_bytes()).unwrap();
        prop_assert_eq!(theirs.scramble_buf(), digest);
        prop_assert_eq!(theirs.collation(), 45);
        prop_assert_eq!(theirs.capabilities().bits() & !(offered | 8 | 0x8201), 0);
    }

    #[test]
    fn no_bytes_of_a_server_are_too_odd_for_a_login(
        bytes in proptest::collection::vec(any::<u8>(), 0..200), by_token: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let login = if by_token { token() } else { password("hunter2") };
        runtime.block_on(at_server(NATIVE, login, async |mut server| {
            use tokio::io::AsyncWriteExt as _;
            drop(server.stream.write_all(&bytes).await);
        })).0.ok();
    }
}

#[test]
fn the_database_is_in_the_response_only_if_there_is_one() {
    let greeting = Greeting::read(&server::greeting(SHA2), &Secrets::default()).unwrap();
    for database in [None, Some(database())] {
        let sent = first_response(&greeting, database.as_ref(), &token());
        let theirs: HandshakeResponse<'_> = ParseBuf(&sent).parse(()).unwrap();
        assert_eq!(theirs.db_name(), database.as_ref().map(|it| it.as_str().as_bytes()));
    }
}
