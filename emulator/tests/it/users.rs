//! Users of any name, and emulators that share a cluster.

use rds_proxy_emulator::{Options, start};

use crate::support::{connect, options, token};

#[tokio::test]
async fn users_may_have_any_characters() {
    let names = [
        "a b",
        "a+b",
        "a&b=c",
        "a%b",
        "app@example.com",
        "DOMAIN/user",
        "ünïcode",
        "Ω",
        "a#b?c",
        "ApP",
        "o'brien",
        "a:b",
        "a*b",
        "(a)",
        "a\"b",
        "a\\b",
        "$$",
    ];
    let iam_users = names.map(str::to_owned).to_vec();
    let emulator = start(Options { iam_users, ..options().0 }).await.unwrap();
    for name in names {
        let token = token(&emulator, name);
        let client = connect(&emulator, name, &token, "postgres").await.expect(name);
        assert_eq!(client.value("SELECT current_user::text").await.unwrap(), name);
    }
}

#[tokio::test]
async fn roles_are_ordinary_and_emulators_may_share_them() {
    let users = || Options { iam_users: vec!["shared_user".to_owned()], ..options().0 };
    let (first, second) = tokio::join!(start(users()), start(users()));
    for emulator in [first.unwrap(), second.unwrap()] {
        let token = token(&emulator, "shared_user");
        let client = connect(&emulator, "shared_user", &token, "postgres").await.unwrap();
        let query = "SELECT (rolsuper OR rolcreaterole OR rolcreatedb)::text FROM pg_roles \
                     WHERE rolname = current_user";
        assert_eq!(client.value(query).await.unwrap(), "false");
    }
}
