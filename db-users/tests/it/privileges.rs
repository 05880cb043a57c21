//! Least privilege, by trying what must not work as the new user.

use rds_proxy_probe::config::Engine;
use serde_json::json;

use crate::support::{Stage, failed, succeeded};

/// What no user may do, whatever it is granted.
fn never(stage: &Stage) -> Vec<String> {
    let (usual, other) = (stage.usual_schema(), stage.other_schema());
    let mut never = vec![
        format!("CREATE TABLE {usual}.intruder (id int)"),
        format!("CREATE TABLE {other}.intruder (id int)"),
        format!("SELECT * FROM {other}.notes"),
        format!("DROP TABLE {usual}.notes"),
        "CREATE SCHEMA intruder".to_owned(),
        "CREATE DATABASE intruder".to_owned(),
    ];
    let own: &[&str] = match stage.engine() {
        Engine::PostgreSql => {
            &["CREATE ROLE intruder", "TRUNCATE public.notes", "SELECT * FROM pg_authid"]
        }
        Engine::MySql => &[
            "CREATE USER intruder",
            "TRUNCATE notes",
            "SELECT * FROM mysql.user",
            "CREATE VIEW intruder AS SELECT 1",
            "CREATE TEMPORARY TABLE intruder (id int)",
            "LOCK TABLES notes WRITE",
            "CREATE FUNCTION intruder() RETURNS int RETURN 1",
        ],
    };
    never.extend(own.iter().map(|statement| (*statement).to_owned()));
    never
}

async fn made(stage: &Stage, grant: &str) -> String {
    let app = stage.name("app");
    stage.create("IAM_AUTH", &json!([{ "Name": app, "Grant": grant }])).await;
    app
}

async fn denied(stage: &Stage, user: &str, statements: &[impl AsRef<str>]) {
    for statement in statements {
        let statement = statement.as_ref();
        let outcome = stage.attempt(user, statement).await;
        assert_eq!(outcome, Err("denied".to_owned()), "{statement}");
    }
}

async fn allowed(stage: &Stage, user: &str, statements: &[&str]) {
    for statement in statements {
        assert_eq!(stage.attempt(user, statement).await, Ok(()), "{statement}");
    }
}

const WRITING: [&str; 4] = [
    "INSERT INTO notes (note) VALUES ('x')",
    "UPDATE notes SET note = 'y'",
    "DELETE FROM notes",
    "INSERT INTO later (note) VALUES ('x')",
];

async fn make_later_table(stage: &Stage) {
    let id = match stage.engine() {
        Engine::PostgreSql => "serial",
        Engine::MySql => "int AUTO_INCREMENT PRIMARY KEY",
    };
    stage.master(&format!("CREATE TABLE later (id {id}, note text)")).await;
}

#[tokio::test]
async fn read_only_reads_and_does_nothing_else() {
    for stage in Stage::both().await {
        let app = made(&stage, "read-only").await;
        make_later_table(&stage).await;
        allowed(&stage, &app, &["SELECT * FROM notes", "SELECT * FROM later"]).await;
        denied(&stage, &app, &never(&stage)).await;
        denied(&stage, &app, &WRITING).await;
        if stage.engine() == Engine::PostgreSql {
            allowed(&stage, &app, &["SELECT last_value FROM later_id_seq"]).await;
            let sequences = ["SELECT nextval('notes_id_seq')", "SELECT setval('notes_id_seq', 7)"];
            denied(&stage, &app, &sequences).await;
        }
    }
}

#[tokio::test]
async fn read_write_changes_rows_and_makes_nothing() {
    for stage in Stage::both().await {
        let app = made(&stage, "read-write").await;
        make_later_table(&stage).await;
        allowed(&stage, &app, &WRITING).await;
        denied(&stage, &app, &never(&stage)).await;
        if stage.engine() == Engine::PostgreSql {
            allowed(&stage, &app, &["SELECT setval('notes_id_seq', 7)"]).await;
        }
    }
}

#[tokio::test]
async fn connect_connects_and_reads_nothing() {
    for stage in Stage::both().await {
        revoke_from_public(&stage).await;
        let app = made(&stage, "connect").await;
        allowed(&stage, &app, &["SELECT 1"]).await;
        denied(&stage, &app, &never(&stage)).await;
        denied(&stage, &app, &["SELECT * FROM notes"]).await;
    }
}

/// Takes away what every new database of PostgreSQL's gives to everyone.
async fn revoke_from_public(stage: &Stage) {
    match stage.engine() {
        Engine::PostgreSql => {
            let revoke = format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", stage.database);
            stage.master(&revoke).await;
        }
        Engine::MySql => {}
    }
}

#[tokio::test]
async fn none_connects_where_everybody_may_and_nowhere_else() {
    for stage in Stage::both().await {
        let app = made(&stage, "none").await;
        if stage.engine() == Engine::PostgreSql {
            allowed(&stage, &app, &["SELECT 1"]).await;
            denied(&stage, &app, &never(&stage)).await;
            denied(&stage, &app, &["SELECT * FROM notes"]).await;
        }
        revoke_from_public(&stage).await;
        let refused = stage.attempt(&app, "SELECT 1").await;
        assert_eq!(refused, Err("connect_not_permitted".to_owned()));
    }
}

#[tokio::test]
async fn a_user_goes_from_one_grant_to_every_other() {
    for stage in Stage::both().await {
        revoke_from_public(&stage).await;
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
            assert_eq!(may("SELECT * FROM notes").await, reads, "{grant}");
            assert_eq!(may("DELETE FROM notes").await, writes, "{grant}");
        }
    }
}

/// In MySQL a `_` in a grant stands for any character.
#[tokio::test]
async fn a_grant_is_not_for_a_schema_of_a_similar_name() {
    for stage in Stage::both().await {
        let (app, named, similar) = (stage.name("app"), stage.name("a_b"), stage.name("axb"));
        for schema in [&named, &similar] {
            let make = format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.t (id int)");
            stage.master(&make).await;
        }
        let users = json!([{ "Name": app, "Grant": "read-only", "Schemas": [named] }]);
        stage.create("IAM_AUTH", &users).await;
        allowed(&stage, &app, &[&format!("SELECT * FROM {named}.t")]).await;
        denied(&stage, &app, &[format!("SELECT * FROM {similar}.t")]).await;
        denied(&stage, &app, &["SELECT * FROM notes"]).await;
    }
}

/// What others gave a user of the resource's.
#[tokio::test]
async fn an_update_takes_back_what_the_master_gave_beyond_the_grant() {
    for stage in Stage::both().await {
        let (app, other) = (stage.name("app"), stage.other_schema());
        let users = json!([{ "Name": app, "Grant": "read-only" }]);
        let id = stage.create("IAM_AUTH", &users).await;
        let select = format!("SELECT * FROM {other}.notes");
        let mut gifts = vec![format!("GRANT SELECT ON {other}.notes TO {app}")];
        match stage.engine() {
            Engine::PostgreSql => gifts.push(format!("GRANT USAGE ON SCHEMA {other} TO {app}")),
            Engine::MySql => gifts.extend([
                format!("GRANT SELECT ON {other}.* TO {app} WITH GRANT OPTION"),
                format!("GRANT CREATE, PROCESS ON *.* TO {app}"),
            ]),
        }
        stage.master(&gifts.join("; ")).await;
        allowed(&stage, &app, &[&select]).await;
        succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
        allowed(&stage, &app, &["SELECT * FROM notes"]).await;
        denied(&stage, &app, &[select]).await;
        denied(&stage, &app, &never(&stage)).await;
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
