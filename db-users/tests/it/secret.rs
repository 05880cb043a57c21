//! What AWS Secrets Manager can answer, and what CloudFormation gets.

use serde_json::{Value, json};
use testkit::aws::Answer;
use testkit::response_host::ResponseHost;

use crate::support::secrets::{Secrets, login, refused};
use crate::support::{
    Stage, answers, emulator, event, failed, handle, secret_arn, succeeded, vars_of,
};

fn denied() -> Answer {
    let said = "User: arn:aws:sts::123456789012:assumed-role/users/users is not authorized to \
                perform: secretsmanager:GetSecretValue";
    refused("AccessDeniedException", said)
}

fn properties(user: &str) -> Value {
    json!({
        "ServiceToken": "arn", "Database": "app", "Scheme": "SECRETS",
        "Users": [{ "Name": user, "Grant": "connect", "SecretArn": secret_arn("app") }],
    })
}

/// What a create comes to whose secret is answered for like this. Nothing listens at the proxy's
/// address, and no client gets so far.
async fn told(given: Vec<Answer>) -> Value {
    let secrets = Secrets::start().await;
    secrets.put(&secret_arn("app"), given);
    let emulator = emulator(|options| options.backend = rds_proxy_emulator::Backend::Absent).await;
    let mut vars = vars_of(&emulator);
    vars.insert("DB_USER".to_owned(), "postgres".to_owned());
    let vars = secrets.aws.lead(vars);
    let host = ResponseHost::start().await;
    let handled = handle(vars, &host, &event("Create", &properties("app"))).await;
    assert_eq!(handled.result, Ok(Value::Null));
    answers(&host).pop().unwrap()
}

#[tokio::test]
async fn each_secret_is_read_and_no_other() {
    let stage = Stage::new().await;
    let (app, reports) = (stage.name("app"), stage.name("reports"));
    for user in [&app, &reports] {
        stage.secrets.put(&secret_arn(user), [login(user, "password")]);
    }
    let users = json!([
        { "Name": app, "Grant": "none", "SecretArn": secret_arn(&app) },
        { "Name": reports, "Grant": "none", "SecretArn": secret_arn(&reports) },
    ]);
    let id = stage.create("SECRETS", &users).await;
    let expected = [secret_arn(&app), secret_arn(&reports)];
    assert_eq!(stage.secrets.asked(), expected);
    succeeded(&stage.delete(&id).await);
    assert_eq!(stage.secrets.asked(), expected, "a delete needs no password");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_read_is_named_with_what_to_do() {
    for (answer, code, says) in [
        (denied(), "secret_denied", "Add the secret to SecretArns of infra/db-users.yaml"),
        (
            refused("ResourceNotFoundException", "can't find the specified secret."),
            "secret_not_found",
            "Correct SecretArn",
        ),
        (
            refused("InvalidParameterException", "no."),
            "secret_failed",
            "InvalidParameterException: no.",
        ),
        (Answer::Silence, "secret_timeout", "an interface endpoint of Secrets Manager"),
        (Answer::secret("canary"), "secret_malformed", "it is not JSON"),
        (login("canary", "canary"), "secret_malformed", "is not for \"app\": its username differs"),
        (login("app", ""), "secret_malformed", "its password is empty"),
        (
            Answer::secret(json!({ "Username": "app", "Password": "canary" })),
            "secret_malformed",
            "it has no \"username\" and no \"password\"",
        ),
    ] {
        let (id, reason) = failed(&told(vec![answer]).await, code);
        assert_eq!(id, "nothing-made/DatabaseUsers");
        assert!(reason.contains(says) && reason.contains(&secret_arn("app")), "{reason}");
        assert!(!reason.contains("canary"), "{reason}");
    }
}

/// A policy that the same deployment attached is not known everywhere at once. That the password
/// was read shows in what comes next.
#[tokio::test(start_paused = true)]
async fn a_policy_that_is_not_known_everywhere_yet_is_waited_for() {
    let answers = vec![denied(), denied(), login("app", "hunter2")];
    failed(&told(answers).await, "proxy_has_no_credentials");
}
