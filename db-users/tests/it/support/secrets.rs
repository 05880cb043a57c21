//! What AWS Secrets Manager answers for each secret.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::aws::{Answer, Asked, Aws};

/// A running stand-in; dropping it ends it.
pub(crate) struct Secrets {
    pub(crate) aws: Aws,
    answers: Arc<Mutex<Answers>>,
}

type Answers = BTreeMap<String, Vec<Answer>>;

impl Secrets {
    /// One that knows no secret yet.
    pub(crate) async fn start() -> Self {
        let answers = Arc::<Mutex<Answers>>::default();
        let given = Arc::clone(&answers);
        let aws = Aws::start(move |asked| {
            let mut given = given.lock().unwrap();
            let gone = || refused("ResourceNotFoundException", "can't find the secret.");
            match given.get_mut(&wanted(asked)) {
                Some(all) if all.len() > 1 => all.remove(0),
                Some(all) => all.first().cloned().unwrap_or_else(gone),
                None => gone(),
            }
        })
        .await;
        Self { aws, answers }
    }

    /// What it answers for an ARN in turn; the last is repeated.
    pub(crate) fn put(&self, arn: &str, answers: impl Into<Vec<Answer>>) {
        self.answers.lock().unwrap().insert(arn.to_owned(), answers.into());
    }

    /// The ARNs that were asked for, in that order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.aws.asked().iter().map(wanted).collect()
    }
}

/// A secret as RDS Proxy reads it.
pub(crate) fn login(user: &str, password: &str) -> Answer {
    Answer::secret(json!({ "username": user, "password": password }))
}

/// A refusal with this code.
pub(crate) fn refused(code: &str, message: &str) -> Answer {
    Answer::json_error(400, code, message)
}

/// The secret that is asked for.
fn wanted(asked: &Asked) -> String {
    assert_eq!(asked.operation, "GetSecretValue");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    body["SecretId"].as_str().unwrap().to_owned()
}
