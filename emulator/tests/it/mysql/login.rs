//! How clients of MySQL's are asked, and what they hear when they are refused.

use rds_proxy_emulator::{
    AuthScheme, Backend, Options, PasswordAuth, PasswordUser, Principal, start,
};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{emulator, options, session, token};
use crate::support::mysql::{
    Login, MySql, USUAL, closed, encrypted, framed, greeting, packet, refused, response,
};
use crate::support::{sign_for_port, variable};

#[tokio::test]
async fn a_token_is_asked_for_in_clear_and_without_data() {
    let emulator = emulator().await;
    let mut session = session(&emulator).await;
    assert_eq!(session.switches, [("mysql_clear_password".to_owned(), 0)]);
    assert_eq!(session.value("SELECT CURRENT_USER()").await.unwrap(), "app@localhost");
    let version = session.value("SELECT VERSION()").await.unwrap();
    assert!(session.version.ends_with(version.trim_end_matches("-log")), "{}", session.version);
}

#[tokio::test]
async fn a_token_that_comes_with_the_login_packet_needs_no_switch() {
    let emulator = emulator().await;
    let token = token(&emulator, "app");
    let login = Login { plugin: "mysql_clear_password", ..Login::new("app", &token) };
    let session = MySql::log_in(&emulator, &login).await.expect("a session");
    assert!(session.switches.is_empty());
}

#[tokio::test]
async fn whatever_is_wrong_with_a_login_has_one_text_and_its_reason_in_the_log_alone() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    let host = variable(&emulator, "DB_HOST");
    let now = std::time::SystemTime::now();
    let sign = |port| sign_for_port(&Principal::demo(), (&host, port), "app", now);
    for (user, password, reason) in [
        ("app", sign(5432), "port"),
        ("app", token(&emulator, "other"), "other"),
        ("app", "secret".to_owned(), "no token"),
        ("unknown", token(&emulator, "unknown"), "no --iam-user"),
    ] {
        let refused = MySql::log_in(&emulator, &Login::new(user, &password)).await.err();
        let expected =
            format!("1045 28000 Access denied for user '{user}'@'%' (using password: YES)");
        assert_eq!(refused, Some(expected));
        let lines = log.read();
        assert!(lines.last().is_some_and(|line| line.contains(reason)), "{reason}: {lines:?}");
    }
}

#[tokio::test]
async fn a_client_without_tls_is_refused_before_it_is_asked_for_a_password() {
    let emulator = emulator().await;
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    greeting(&mut tcp).await;
    let login = Login { flags: USUAL & !0x800, ..Login::new("app", "") };
    tcp.write_all(&framed(1, &response(&login, b""))).await.unwrap();
    let (sequence, payload) = packet(&mut tcp).await.expect("an error");
    assert_eq!(sequence, 2);
    assert_eq!(refused(&payload), "3159 HY000 This RDS Proxy requires TLS connections");
    assert!(closed(&mut tcp).await);
}

#[tokio::test]
async fn password_users_are_asked_by_both_plugins() {
    for (password_auth, plugin) in [
        (None, "caching_sha2_password"),
        (Some(PasswordAuth::MysqlNativePassword), "mysql_native_password"),
    ] {
        let password_users = vec![PasswordUser::new("pw", "se:cret")];
        let options = Options { password_auth, password_users, ..options().0 };
        let emulator = start(options).await.unwrap();
        for login in [
            Login::new("pw", "se:cret"),
            Login { plugin: "caching_sha2_password", ..Login::new("pw", "se:cret") },
            Login { plugin: "mysql_clear_password", ..Login::new("pw", "se:cret") },
        ] {
            let mut session = MySql::log_in(&emulator, &login).await.expect("a session");
            let asked = session.switches.first().map_or(login.plugin, |(plugin, _)| plugin);
            assert_eq!(asked, plugin);
            assert_eq!(session.value("SELECT CURRENT_USER()").await.unwrap(), "pw@localhost");
            let wrong = Login { password: "wrong", ..login };
            let refused = MySql::log_in(&emulator, &wrong).await.err();
            let expected = "1045 28000 Access denied for user 'pw'@'%' (using password: YES)";
            assert_eq!(refused.as_deref(), Some(expected));
        }
    }
}

#[tokio::test]
async fn where_iam_is_disabled_a_token_is_asked_for_as_a_password_and_denied() {
    let options = Options { auth_scheme: AuthScheme::SecretsIamDisabled, ..options().0 };
    let emulator = start(options).await.unwrap();
    let token = token(&emulator, "app");
    let refused = MySql::log_in(&emulator, &Login::new("app", &token)).await.err();
    assert!(refused.is_some_and(|text| text.starts_with("1045 28000 Access denied")));
}

#[tokio::test]
async fn a_database_that_a_user_may_not_use_is_the_databases_own_error() {
    let emulator = emulator().await;
    let token = token(&emulator, "app");
    let login = Login { database: "none", ..Login::new("app", &token) };
    let refused = MySql::log_in(&emulator, &login).await.err();
    let expected = "1044 42000 Access denied for user 'app'@'localhost' to database 'none'";
    assert_eq!(refused.as_deref(), Some(expected));
}

#[tokio::test]
async fn without_a_database_logins_are_well_and_queries_time_out() {
    let pool = crate::support::impatient();
    let options = Options { backend: Backend::Absent, pool, ..options().0 };
    let emulator = start(options).await.unwrap();
    let mut session = session(&emulator).await;
    for _ in 0..2 {
        let refused = session.rows("SELECT 1").await.expect_err("no database");
        assert_eq!(refused, "9501 HY000 Timed-out waiting to acquire database connection");
    }
    session.command(b"\x0e").await.expect("a ping is the proxy's to answer");
}

#[tokio::test]
async fn what_is_no_mysql_is_dropped_and_the_next_client_is_served() {
    let (options, log) = options();
    let emulator = start(options).await.unwrap();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\0\0\0\x08\x04\xd2\x16\x2f", b"\x01\0\0\x01x"] {
        let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
        greeting(&mut tcp).await;
        tcp.write_all(bytes).await.unwrap();
        assert!(closed(&mut tcp).await, "{bytes:?}");
    }
    assert_eq!(log.read().iter().filter(|line| line.contains("dropped")).count(), 3);
    let (mut stream, _) = encrypted(&emulator).await;
    stream.write_all(&framed(2, b"\x85\xa6\xff\x01")).await.unwrap();
    assert!(closed(&mut stream).await);
    session(&emulator).await.leave().await;
}
