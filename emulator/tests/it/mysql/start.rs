//! What an emulator for MySQL is started with.

use rds_proxy_emulator::{Backend, Options, PasswordAuth, PoolSettings, Script, start};

use super::{options, session};
use crate::support::variable;

#[tokio::test]
async fn a_client_is_told_of_the_engine_and_its_port() {
    let emulator = start(options().0).await.unwrap();
    assert_eq!(variable(&emulator, "DB_ENGINE"), "mysql");
    assert_eq!(variable(&emulator, "DB_PORT"), "3306");
    let names: Vec<_> = emulator.environment().into_iter().map(|(name, _)| name).collect();
    assert!(!names.contains(&"PGHOST"), "{names:?}");
}

#[tokio::test]
async fn the_script_runs_as_a_superuser_and_the_first_error_is_named_with_its_line() {
    let text = "CREATE TABLE IF NOT EXISTS scripted (a int);\nDELIMITER //\n\
                CREATE OR REPLACE PROCEDURE fill() BEGIN\n  DELETE FROM scripted;\n  \
                INSERT INTO scripted VALUES (1), (2);\nEND //\nDELIMITER ;\nCALL fill()";
    let init_sql = Some(Script::new("fill.sql", text));
    let emulator = start(Options { init_sql, ..options().0 }).await.unwrap();
    let mut one = session(&emulator).await;
    assert_eq!(one.value("SELECT SUM(a) FROM scripted").await.unwrap(), "3");
    let init_sql = Some(Script::new("bad.sql", "SELECT 1;\n\nSELECT none;"));
    let error = start(Options { init_sql, ..options().0 }).await.expect_err("no start");
    assert!(error.to_string().starts_with("bad.sql:3: ERROR 1054: Unknown column"), "{error}");
}

#[tokio::test]
async fn the_initialization_query_runs_on_each_connection() {
    let init_query = Some("SET sort_buffer_size = 262144; SET @b = ';'".to_owned());
    let pool = PoolSettings { init_query, ..PoolSettings::default() };
    let emulator = start(Options { pool, ..options().0 }).await.unwrap();
    let mut one = session(&emulator).await;
    assert_eq!(one.value("SELECT CONCAT(@@sort_buffer_size, @b)").await.unwrap(), "262144;");
}

#[tokio::test]
async fn options_of_the_other_engine_are_named() {
    let url = "postgres://127.0.0.1".parse().unwrap();
    let backend = Backend::Url(url);
    let error = start(Options { backend, ..options().0 }).await.expect_err("no start");
    let text = "--backend is for postgresql: expected one for mysql, or --engine postgresql";
    assert_eq!(error.to_string(), text);
    let password_auth = Some(PasswordAuth::Md5);
    let error = start(Options { password_auth, ..options().0 }).await.expect_err("no start");
    assert_eq!(
        error.to_string(),
        "--password-auth is \"md5\": expected caching_sha2_password or mysql_native_password with \
         --engine mysql"
    );
}
