//! The ways a proxy is set up to authenticate, and faults in front of a real database.

use rds_proxy_emulator::{AuthScheme, Options, PasswordAuth, PasswordUser, start};
use tokio::io::AsyncWriteExt as _;

use crate::support::{cluster, connect, database, message, options, startup, tls, token, variable};

#[tokio::test]
async fn passwords_are_asked_for_in_clear_or_by_md5_too() {
    for (password_auth, name) in
        [(PasswordAuth::Md5, "md5_user"), (PasswordAuth::Cleartext, "clear_user")]
    {
        let password_users = vec![PasswordUser::new(name, "right")];
        let options = Options { password_auth: Some(password_auth), password_users, ..options().0 };
        let emulator = start(options).await.unwrap();
        let client = connect(&emulator, name, "right", "postgres").await.expect(name);
        assert_eq!(client.value("SELECT current_user::text").await.unwrap(), name);
        let error = connect(&emulator, name, "wrong", "postgres").await.err().unwrap();
        let error = error.as_db_error().unwrap();
        let text = format!("The password that was provided for the role {name} is wrong.");
        assert_eq!((error.code().code(), error.message()), ("28P01", text.as_str()));
        let token = token(&emulator, "app");
        connect(&emulator, "app", &token, "postgres").await.expect("IAM users bring tokens");
    }
}

#[tokio::test]
async fn with_iam_disabled_a_token_is_a_wrong_password() {
    let auth_scheme = AuthScheme::SecretsIamDisabled;
    let emulator = start(Options { auth_scheme, ..options().0 }).await.unwrap();
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    assert_eq!(message(&mut tls).await, (b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0".to_vec()));
    let error = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await;
    let text = "The password that was provided for the role app is wrong.";
    assert_eq!(error.err().unwrap().as_db_error().unwrap().message(), text);
    assert_eq!(emulator.passwords_received(), [""; 0], "no token was sent");
}

#[tokio::test]
async fn end_to_end_the_role_must_hold_rds_iam() {
    let admin = database(cluster().socket(), "postgres").await;
    let roles = "CREATE ROLE rds_iam_group NOLOGIN; CREATE ROLE by_group LOGIN; \
                 GRANT rds_iam_group TO by_group; CREATE ROLE \"o'without\" LOGIN";
    admin.client.batch_execute(roles).await.unwrap();
    let iam_users = vec!["with_rds_iam".to_owned()];
    let options = Options { auth_scheme: AuthScheme::Iam, iam_users, ..options().0 };
    let emulator = start(options).await.unwrap();
    let token = |user| token(&emulator, user);
    // The emulator has made rds_iam by now.
    admin.client.batch_execute("GRANT rds_iam TO rds_iam_group").await.unwrap();
    for user in ["with_rds_iam", "by_group"] {
        let client = connect(&emulator, user, &token(user), "postgres").await.expect(user);
        assert_eq!(client.value("SELECT current_user::text").await.unwrap(), user);
    }
    for user in ["o'without", "no such role"] {
        let error = connect(&emulator, user, &token(user), "postgres").await.err().unwrap();
        let error = error.as_db_error().unwrap();
        let text =
            format!("Request returned an error: PAM authentication failed for user \"{user}\"");
        assert_eq!((error.code().code(), error.message()), ("XX000", text.as_str()));
    }
    let error =
        connect(&emulator, "no such role", &token("with_rds_iam"), "postgres").await.err().unwrap();
    let text = error.as_db_error().unwrap().message();
    assert!(text.starts_with("The IAM authentication failed for the role no such role"), "{text}");
}

#[tokio::test]
async fn whoever_is_let_in_unasked_has_a_session_that_works() {
    let fault = Some("no-password-asked".parse().unwrap());
    let emulator = start(Options { fault, ..options().0 }).await.unwrap();
    let mut tls = tls(&emulator, emulator.address(), &variable(&emulator, "DB_HOST")).await;
    tls.write_all(&startup(0x0003_0000, &["user", "app", "database", "postgres"])).await.unwrap();
    assert_eq!(message(&mut tls).await, (b'R', vec![0, 0, 0, 0]), "nothing is asked for");
    let client = connect(&emulator, "app", "no token", "postgres").await.unwrap();
    assert_eq!(client.value("SELECT current_user::text").await.unwrap(), "app");
    assert_eq!(emulator.passwords_received(), [""; 0]);
}

#[tokio::test]
async fn a_statement_of_any_length_passes_beside_the_bad_one_or_meets_its_fault() {
    let fault = Some("statement-timeout:2".parse().unwrap());
    let emulator = start(Options { fault, ..options().0 }).await.unwrap();
    let long = format!("SELECT '{}'", "x".repeat(3_000_000));
    for is_extended in [false, true] {
        let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
        let run = async || {
            if is_extended {
                // Once there and back, where a prepared statement would be two queries.
                client.client.query_typed(&long, &[]).await.map(drop)
            } else {
                client.client.batch_execute(&long).await
            }
        };
        run().await.expect("it passes");
        let error = run().await.unwrap_err();
        assert_eq!(error.code().expect("an answer").code(), "57014");
        run().await.expect("the session lives on");
        client.ended().await.expect("a clean end");
    }
}

#[tokio::test]
async fn queries_beside_the_bad_one_reach_the_database() {
    let fault = Some("statement-timeout:2".parse().unwrap());
    let emulator = start(Options { fault, ..options().0 }).await.unwrap();
    let client = connect(&emulator, "app", &token(&emulator, "app"), "postgres").await.unwrap();
    client.client.batch_execute("CREATE TEMP TABLE t AS SELECT 7 AS n").await.unwrap();
    let error = client.client.batch_execute("DROP TABLE t").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "57014");
    assert_eq!(client.value("SELECT n::text FROM t").await.unwrap(), "7");
    let large = client.value("SELECT repeat('x', 1000000)").await.unwrap();
    assert_eq!(large.len(), 1_000_000);
    client.ended().await.expect("a clean end");
}
