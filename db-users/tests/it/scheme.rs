//! How the proxy logs in as the new user: with a secret's password or with a token.

use rds_proxy_probe::config::Engine;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::support::{Stage, answers, cluster, failed, secret_arn, succeeded};

const PASSWORD: &str = "canary-password-pässwörd-0123456789";

/// How a user logs in at the database: `nothing` without a password, `rds_iam`, the plugin.
async fn logs_in_by(stage: &Stage, user: &str) -> String {
    let sql = match stage.engine() {
        Engine::PostgreSql => format!(
            "SELECT concat(left(coalesce(rolpassword, 'nothing'), 19), \
                 (SELECT ', rds_iam' FROM pg_auth_members \
                  WHERE roleid = 'rds_iam'::regrole AND member = role.oid)) \
             FROM pg_authid AS role WHERE rolname = '{user}'"
        ),
        // The server hashes a password itself.
        Engine::MySql => format!(
            "SELECT CONCAT(plugin, ' ', IF(authentication_string = PASSWORD('{PASSWORD}'), \
                 'the password', authentication_string), ' ', ssl_type) \
             FROM mysql.user WHERE User = '{user}'"
        ),
    };
    stage.rows(&sql).await.remove(0)
}

fn by_password(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => "SCRAM-SHA-256$4096:",
        Engine::MySql => "mysql_native_password the password ",
    }
}

fn by_token(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => "nothing, rds_iam",
        Engine::MySql => "AWSAuthenticationPlugin RDS ANY",
    }
}

#[tokio::test]
async fn with_secrets_a_user_has_a_password_and_no_rds_iam() {
    for stage in Stage::both().await {
        let app = stage.name("app");
        let secret = stage.secret(&app, PASSWORD);
        let users = json!([{ "Name": app, "Grant": "connect", "SecretArn": secret }]);
        let event = stage.event("Create", "SECRETS", &users);
        let handled = stage.handle(&event).await;
        assert_eq!(handled.result, Ok(Value::Null));
        succeeded(&answers(&stage.host)[0]);
        let shown = format!("{handled:?} {:?}", answers(&stage.host));
        assert!(!shown.contains("canary-p"), "{shown}");
        assert_eq!(logs_in_by(&stage, &app).await, by_password(stage.engine()));
    }
}

/// Asked by the database itself, as behind a real proxy.
#[tokio::test]
async fn the_database_takes_that_password_and_no_other() {
    let stage = Stage::new().await;
    let app = stage.name("app");
    let users =
        json!([{ "Name": app, "Grant": "connect", "SecretArn": stage.secret(&app, PASSWORD) }]);
    stage.create("SECRETS", &users).await;
    ask_for_password(&stage, &app).await;
    for (password, expected) in [(PASSWORD, None), ("another", Some(SqlState::INVALID_PASSWORD))] {
        let socket = UnixStream::connect(cluster().socket()).await.unwrap();
        let mut config = tokio_postgres::Config::new();
        config.user(&app).dbname(&stage.database).password(password);
        let refused = config.connect_raw(socket, NoTls).await.err();
        assert_eq!(refused.and_then(|error| error.code().cloned()), expected, "{password}");
    }
}

/// Makes the cluster ask one user for its password, which it trusts otherwise.
async fn ask_for_password(stage: &Stage, user: &str) {
    let file = &stage.rows("SHOW hba_file").await[0];
    let before = &stage.rows("SELECT pg_conf_load_time()::text").await[0];
    let lines = format!("VALUES ('local all {user} scram-sha-256'), ('local all all trust')");
    stage.superuser(&format!("COPY ({lines}) TO '{file}'")).await;
    stage.superuser("SELECT pg_reload_conf()").await;
    let reloaded = format!("SELECT (pg_conf_load_time() > '{before}')::text");
    while stage.rows(&reloaded).await != ["true"] {}
}

#[tokio::test]
async fn a_change_of_scheme_changes_password_and_rds_iam() {
    for stage in Stage::both().await {
        let (app, engine) = (stage.name("app"), stage.engine());
        let secret = stage.secret(&app, PASSWORD);
        let by_secret = json!([{ "Name": app, "Grant": "connect", "SecretArn": secret }]);
        let users = json!([{ "Name": app, "Grant": "connect" }]);
        let id = stage.create("SECRETS", &by_secret).await;
        succeeded(&stage.update(&id, "IAM_AUTH", &users).await);
        assert_eq!(logs_in_by(&stage, &app).await, by_token(engine));
        succeeded(&stage.update(&id, "SECRETS", &by_secret).await);
        assert_eq!(logs_in_by(&stage, &app).await, by_password(engine));
    }
}

#[tokio::test]
async fn a_server_that_repeats_a_secret_does_not_make_the_answer_repeat_it() {
    let stage = Stage::new().await;
    let app = stage.name("app");
    stage
        .superuser(&format!(
            "CREATE FUNCTION repeat() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS \
             $$BEGIN RAISE 'heard: {PASSWORD} %', \
                 (SELECT rolpassword FROM pg_authid WHERE rolname = '{app}'); END$$; \
             CREATE EVENT TRIGGER repeat ON ddl_command_start WHEN TAG IN ('GRANT') \
             EXECUTE FUNCTION repeat()"
        ))
        .await;
    let users =
        json!([{ "Name": app, "Grant": "read-only", "SecretArn": stage.secret(&app, PASSWORD) }]);
    let handled = stage.handle(&stage.event("Create", "SECRETS", &users)).await;
    let (_, reason) = failed(&answers(&stage.host)[0], "statement_refused");
    assert!(reason.contains("heard: (redacted) (redacted) (P0001)"), "{reason}");
    let lines = handled.lines.join("\n");
    assert!(!lines.contains("canary-p") && !lines.contains("SCRAM-SHA"), "{lines}");
    assert!(stage.roles().await.is_empty());
}

/// The value of one that CloudFormation did not resolve: it sends what the template says.
const REFERENCE: &str = "{{resolve:secretsmanager:arn:SecretString:password}}";

#[tokio::test]
async fn a_reference_that_was_not_resolved_is_named_as_what_it_is() {
    let stage = Stage::new().await;
    for key in ["SecretArn", "Name", "Password"] {
        let mut user = json!({ "Name": "app", "Grant": "none", "SecretArn": secret_arn("app") });
        user[key] = json!(REFERENCE);
        let answer = stage.answer(&stage.event("Create", "SECRETS", &json!([user]))).await;
        let (id, reason) = failed(&answer, "properties_invalid");
        assert_eq!(id, "nothing-made/DatabaseUsers");
        let named = reason.contains(&format!("Users[0].{key}: expected"));
        assert!(named && reason.contains("it is a dynamic reference"), "{reason}");
        assert!(!reason.contains("resolve:"), "{reason}");
    }
    assert!(stage.secrets.asked().is_empty());
}

#[tokio::test]
async fn a_password_in_the_template_is_refused_and_not_repeated() {
    let stage = Stage::new().await;
    let users = json!([{ "Name": stage.name("app"), "Grant": "none", "Password": PASSWORD }]);
    let answer = stage.answer(&stage.event("Create", "SECRETS", &users)).await;
    let (_, reason) = failed(&answer, "properties_invalid");
    assert!(reason.contains("Users[0].Password: expected SecretArn instead"), "{reason}");
    assert!(!reason.contains("canary"), "{reason}");
}
