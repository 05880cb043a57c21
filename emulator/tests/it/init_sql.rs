//! The script that fills the database: as which user it runs, what it may hold, where it failed.

use rds_proxy_emulator::{Backend, Emulator, Options, Script, StartError, start};
use testkit::peer::{Peer, wait_for_end};
use testkit::postgres::{self, read_startup, ready};
use tokio::io::AsyncWriteExt as _;

use crate::support::{cluster, connect, database, message, options, tcp_to, token, variable};

/// Options whose database is this one, filled by this script.
fn filled(name: &str, sql: &str) -> Options {
    let init_sql = Some(Script::new("schema.sql", sql));
    Options { database: Some(name.to_owned()), init_sql, ..options().0 }
}

/// What the first user reads there.
async fn value(emulator: &Emulator, query: &str) -> String {
    let database = variable(emulator, "DB_NAME");
    let client = connect(emulator, "app", &token(emulator, "app"), &database).await.unwrap();
    client.value(query).await.unwrap()
}

/// Why it does not start.
async fn complaint(name: &str, sql: &str) -> String {
    let error = start(filled(name, sql)).await.expect_err("a script that fails");
    assert!(matches!(error, StartError::InitSql(_)), "{error}");
    error.to_string()
}

#[tokio::test]
async fn what_a_script_makes_belongs_to_the_first_user() {
    let sql = "CREATE TABLE item (id int PRIMARY KEY, name text);\n\
               INSERT INTO item VALUES (1, 'one;'), (2, 'two');\n";
    let emulator = start(filled("filled", sql)).await.unwrap();
    assert_eq!(value(&emulator, "SELECT string_agg(name, ' ') FROM item").await, "one; two");
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'item'";
    assert_eq!(value(&emulator, owner).await, "app");
}

#[tokio::test]
async fn a_script_may_do_what_only_a_superuser_may_and_what_no_transaction_holds() {
    let sql = "RESET ROLE;\n\
               CREATE ROLE made_by_script;\n\
               ALTER SYSTEM RESET work_mem;\n\
               VACUUM;";
    let emulator = start(filled("superuser", sql)).await.unwrap();
    let made = "SELECT count(*)::text FROM pg_roles WHERE rolname = 'made_by_script'";
    assert_eq!(value(&emulator, made).await, "1");
}

#[tokio::test]
async fn a_script_may_be_what_pg_dump_writes() {
    let sql = "\\restrict key\nSELECT pg_catalog.set_config('search_path', '', false);\n\
               CREATE TABLE public.item (id integer, name text);\n\
               COPY public.item (id, name) FROM stdin;\n1\tone;\n2\t\\N\n\\.\n\n\
               CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\n\
               \\unrestrict key\n";
    let emulator = start(filled("dumped", sql)).await.unwrap();
    let rows = "SELECT count(*) || ' ' || count(name) FROM item";
    assert_eq!(value(&emulator, rows).await, "2 1");
}

#[tokio::test]
async fn an_error_is_named_with_file_line_and_postgresqls_own_words() {
    let said = complaint("broken", "SELECT 1;\n\nSELECT\n  1,\n  nothing\nFROM pg_class;").await;
    let expected = "schema.sql:5: ERROR: column \"nothing\" does not exist (42703)";
    assert_eq!(said, expected);
    // One that has no position is named by the statement's own line.
    let said =
        complaint("broken", "CREATE TABLE t (id int UNIQUE);\nINSERT INTO t\n VALUES (1), (1);")
            .await;
    let expected = "schema.sql:2: ERROR: duplicate key value violates unique constraint \
                    \"t_id_key\" (23505); DETAIL: Key (id)=(1) already exists.";
    assert_eq!(said, expected);
    let said = complaint("broken", "SELECT 'no end").await;
    assert!(said.starts_with("schema.sql:1: ERROR: unterminated quoted string"), "{said}");
    let said = complaint("broken", "CREATE TABLE c (id int);\nCOPY c FROM STDIN;\nx\n\\.\n").await;
    assert!(said.starts_with("schema.sql:2: ERROR: invalid input syntax"), "{said}");
    assert!(said.ends_with("; CONTEXT: COPY c, line 1, column id: \"x\""), "{said}");
}

#[tokio::test]
async fn an_error_of_any_length_ends_the_start() {
    let sql = "DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 2000000); END $$";
    let said = complaint("broken", sql).await;
    assert!(said.starts_with("schema.sql:1: ERROR: "), "{}", said.len());
    assert!(said.len() < 2_000_000);
}

#[tokio::test]
async fn a_command_of_psqls_is_named_as_one() {
    let said = complaint("broken", "SELECT 1;\n\\connect other\n").await;
    assert!(said.starts_with("schema.sql:2: \\connect is a command of psql's: "), "{said}");
}

/// A server that accepts every login, and answers as many statements as this.
async fn server(statements: usize) -> Peer {
    Peer::start(move |mut client| async move {
        read_startup(&mut client).await.unwrap();
        client.write_all(&ready()).await.unwrap();
        for _ in 0..statements {
            assert_eq!(message(&mut client).await.0, b'Q');
            client.write_all(&postgres::message(b'Z', b"I")).await.unwrap();
        }
        wait_for_end(&mut client).await;
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_takes_too_long_is_named() {
    for (statements, expected) in
        [(0, "schema.sql:1: the statement"), (1, "schema.sql:3: the statement")]
    {
        let server = server(statements).await;
        let backend: Backend = format!("postgres://filler@{}", server.address).parse().unwrap();
        let init_sql = Some(Script::new("schema.sql", "SELECT 1;\n\nSELECT\n2;\n"));
        let error = start(Options { backend, init_sql, ..Options::default() }).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{expected} did not finish within 60s"));
    }
}

#[tokio::test]
async fn on_a_server_by_url_a_script_runs_as_the_urls_user() {
    let admin = database(cluster().socket(), "postgres").await;
    let setup = "CREATE ROLE url_filler LOGIN SUPERUSER";
    admin.client.batch_execute(setup).await.unwrap();
    admin.client.batch_execute("CREATE DATABASE url_filled OWNER url_filler").await.unwrap();
    let server = tcp_to(cluster().socket()).await;
    let url = |user: &str| {
        let backend: Backend =
            format!("postgres://{user}{}/url_filled", server.address).parse().unwrap();
        let init_sql = Some(Script::new("schema.sql", "CREATE TABLE made (id int)"));
        Options { backend, init_sql, ..options().0 }
    };
    let emulator = start(url("url_filler@")).await.unwrap();
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'made'";
    assert_eq!(value(&emulator, owner).await, "url_filler");
    let error = start(url("")).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot run schema.sql: expected a user in --backend"), "{error}");
}
