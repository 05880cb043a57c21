//! Least privilege, by trying what must not work as the new user.

use serde_json::json;

use crate::support::{Stage, failed, succeeded};

/// What no user may do, whatever it is granted, with the SQLSTATE.
const NEVER: [(&str, &str); 9] = [
    ("CREATE ROLE intruder", "42501"),
    ("CREATE DATABASE intruder", "42501"),
    ("CREATE TABLE public.intruder ()", "42501"),
    ("CREATE TABLE other.intruder ()", "42501"),
    ("CREATE SCHEMA intruder", "42501"),
    ("TABLE other.notes", "42501"),
    ("TRUNCATE public.notes", "42501"),
    ("DROP TABLE public.notes", "42501"),
    ("TABLE pg_authid", "42501"),
];

async fn made(stage: &Stage, grant: &str) -> String {
    let app = stage.name("app");
    stage.create("IAM_AUTH", &json!([{ "Name": app, "Grant": grant }])).await;
    app
}

async fn refused(stage: &Stage, user: &str, statements: &[(&str, &str)]) {
    for (statement, sqlstate) in statements {
        let outcome = stage.attempt(user, statement).await;
        assert_eq!(outcome, Err((*sqlstate).to_owned()), "{statement}");
    }
}

#[tokio::test]
async fn read_only_reads_and_does_nothing_else() {
    let stage = Stage::new().await;
    let app = made(&stage, "read-only").await;
    stage.master("CREATE TABLE later (id serial, note text)").await;
    for allowed in ["TABLE notes", "TABLE later", "SELECT last_value FROM later_id_seq"] {
        assert_eq!(stage.attempt(&app, allowed).await, Ok(()), "{allowed}");
    }
    refused(&stage, &app, &NEVER).await;
    let writing = [
        ("INSERT INTO notes (note) VALUES ('x')", "42501"),
        ("UPDATE notes SET note = 'x'", "42501"),
        ("DELETE FROM notes", "42501"),
        ("INSERT INTO later (note) VALUES ('x')", "42501"),
        ("SELECT nextval('notes_id_seq')", "42501"),
        ("SELECT setval('notes_id_seq', 7)", "42501"),
    ];
    refused(&stage, &app, &writing).await;
}

#[tokio::test]
async fn read_write_changes_rows_and_makes_nothing() {
    let stage = Stage::new().await;
    let app = made(&stage, "read-write").await;
    stage.master("CREATE TABLE later (id serial, note text)").await;
    for allowed in [
        "INSERT INTO notes (note) VALUES ('x')",
        "UPDATE notes SET note = 'y'",
        "DELETE FROM notes",
        "INSERT INTO later (note) VALUES ('x') RETURNING id",
        "SELECT setval('notes_id_seq', 7)",
    ] {
        assert_eq!(stage.attempt(&app, allowed).await, Ok(()), "{allowed}");
    }
    refused(&stage, &app, &NEVER).await;
}

#[tokio::test]
async fn connect_connects_and_reads_nothing() {
    let stage = Stage::new().await;
    stage.master(&format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", stage.database)).await;
    let app = made(&stage, "connect").await;
    assert_eq!(stage.attempt(&app, "SELECT 1").await, Ok(()));
    refused(&stage, &app, &NEVER).await;
    refused(&stage, &app, &[("TABLE notes", "42501")]).await;
}

#[tokio::test]
async fn none_connects_where_everybody_may_and_nowhere_else() {
    let stage = Stage::new().await;
    let app = made(&stage, "none").await;
    assert_eq!(stage.attempt(&app, "SELECT 1").await, Ok(()));
    refused(&stage, &app, &NEVER).await;
    refused(&stage, &app, &[("TABLE notes", "42501")]).await;
    stage.master(&format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", stage.database)).await;
    assert_eq!(stage.attempt(&app, "SELECT 1").await, Err("connect_not_permitted".to_owned()));
}

#[tokio::test]
async fn a_user_goes_from_one_grant_to_every_other() {
    let stage = Stage::new().await;
    stage.master(&format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", stage.database)).await;
    let app = made(&stage, "read-write").await;
    let id = "database-users/DatabaseUsers";
    for (grant, connects, reads, writes) in [
        ("none", false, false, false),
        ("read-only", true, true, false),
        ("connect", true, false, false),
        ("read-write", true, true, true),
        ("read-only", true, true, false),
        ("none", false, false, false),
    ] {
        let users = json!([{ "Name": app, "Grant": grant }]);
        succeeded(&stage.update(id, "IAM_AUTH", &users).await);
        let may = async |sql| stage.attempt(&app, sql).await.is_ok();
        assert_eq!(may("SELECT 1").await, connects, "{grant}");
        assert_eq!(may("TABLE notes").await, reads, "{grant}");
        assert_eq!(may("DELETE FROM notes").await, writes, "{grant}");
    }
}

/// As `public` is before PostgreSQL 15, and stays when a database is upgraded from there.
#[tokio::test]
async fn a_schema_in_which_everybody_may_create_is_refused() {
    let stage = Stage::new().await;
    stage.master("GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none" }]);
    let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
    let (_, reason) = failed(&answer, "schema_open");
    assert!(reason.contains("REVOKE CREATE ON SCHEMA \"public\" FROM PUBLIC"), "{reason}");
    assert!(stage.roles().await.is_empty());
}

#[tokio::test]
async fn a_grant_that_would_not_take_hold_is_a_failure() {
    let stage = Stage::new().await;
    let sql = format!("CREATE TABLE public.theirs (); GRANT SELECT ON theirs TO {}", stage.master);
    stage.superuser(&sql).await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "read-only" }]);
    let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
    let (_, reason) = failed(&answer, "not_granted");
    assert!(reason.contains("public.theirs"), "{reason}");
    assert!(stage.roles().await.is_empty());

    stage.superuser(&format!("REVOKE ALL ON theirs FROM {}", stage.master)).await;
    let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
    let (_, reason) = failed(&answer, "statement_refused");
    assert!(reason.contains("theirs") && reason.contains("GRANT owner TO master"), "{reason}");
    assert!(stage.roles().await.is_empty());
}

/// `nextval` and `setval` are what an application then lacks, long after the stack was made.
#[tokio::test]
async fn a_grant_that_would_not_take_hold_on_a_sequence_is_a_failure() {
    let stage = Stage::new().await;
    let app = stage.name("app");
    let master = &stage.master;
    let users = json!([{ "Name": app, "Grant": "read-write" }]);
    let given = format!("GRANT SELECT, USAGE ON theirs TO {master}");
    stage.superuser(&format!("CREATE SEQUENCE public.theirs; {given}")).await;
    let answer = stage.answer(&stage.event("Create", "IAM_AUTH", &users)).await;
    let (_, reason) = failed(&answer, "not_granted");
    assert!(reason.contains("public.theirs"), "{reason}");
    assert!(stage.roles().await.is_empty());

    stage.superuser(&format!("GRANT ALL ON theirs TO {master} WITH GRANT OPTION")).await;
    stage.create("IAM_AUTH", &users).await;
    for allowed in ["SELECT nextval('theirs')", "SELECT setval('theirs', 7)"] {
        assert_eq!(stage.attempt(&app, allowed).await, Ok(()), "{allowed}");
    }
}
