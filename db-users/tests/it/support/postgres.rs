//! A database in the shared cluster.

use super::{SUPERUSER, Server, emulator, rows, sign_in};

/// An emulator with a database and its master, who owns it.
pub(super) async fn server(database: &str, master: &str) -> Server {
    let users = vec![SUPERUSER.to_owned(), master.to_owned()];
    let emulator = emulator(|options| options.iam_users = users).await;
    let superuser = sign_in(&emulator, SUPERUSER, "postgres").await;
    superuser.batch(&format!("ALTER ROLE {master} CREATEROLE CREATEDB")).await.unwrap();
    // From 16 on the right to create roles is none to grant those that are there:
    // https://www.postgresql.org/docs/release/16.0/
    let version = rows(&superuser, "SHOW server_version_num").await;
    if version[0].parse::<u32>().unwrap() >= 160_000 {
        let grant = format!("GRANT rds_iam TO {master} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE");
        superuser.batch(&grant).await.unwrap();
    }
    superuser.batch(&format!("CREATE DATABASE {database} OWNER {master}")).await.unwrap();
    Server::PostgreSql(Box::new(emulator))
}
