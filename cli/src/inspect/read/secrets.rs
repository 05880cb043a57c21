//! Secrets and their keys, by Secrets Manager and KMS. What is in a secret is never read.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>

use serde_json::{Value, json};

use super::Reader;
use crate::inspect::account::{Account, Answer, Call, Login, Secret};
use crate::inspect::aws::Service;

/// The most secrets that are looked at: a proxy may have 200, and few are one user's.
const SECRETS: usize = 20;

impl Reader<'_> {
    /// The secrets for the user in the proxy's list, and the function's own.
    pub(super) async fn secrets(&self, account: &Account) -> Vec<(String, Answer<Secret>)> {
        let mut arns: Vec<String> = Vec::new();
        if let Some(proxy) = account.proxy.known() {
            let entries = proxy.entries_for(&account.question.user);
            arns.extend(entries.filter_map(|entry| entry.secret_arn.clone()));
        }
        let function = account.function.known().map(|function| &function.variables);
        if let Some(variables) = function.filter(|it| it.login == Login::Secret) {
            arns.extend(variables.secret_arn.clone());
        }
        arns.dedup();
        let mut all = Vec::new();
        for arn in arns.into_iter().take(SECRETS) {
            let secret = self.secret(&arn).await;
            all.push((arn, secret));
        }
        all
    }

    async fn secret(&self, arn: &str) -> Answer<Secret> {
        let body = json!({ "SecretId": arn });
        let answer = self.client.json(Service::SecretsManager, "DescribeSecret", &body).await;
        let value = match self.note(Call::DescribeSecret, arn, answer) {
            Answer::Known(value) => value,
            Answer::Absent => return Answer::Absent,
            Answer::Unknown => return Answer::Unknown,
        };
        let mut secret = secret(&value);
        if let Some(key) = secret.kms_key.clone() {
            self.key(&mut secret, &key).await;
        }
        Answer::Known(secret)
    }

    /// The key's ARN instead of its id or alias, and its state.
    async fn key(&self, secret: &mut Secret, id: &str) {
        let answer = self.client.json(Service::Kms, "DescribeKey", &json!({ "KeyId": id })).await;
        let answer = self.note(Call::DescribeKey, id, answer);
        let Some(metadata) = answer.known().and_then(|value| value.get("KeyMetadata")) else {
            return;
        };
        let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
        // AWS's own key needs no permission.
        secret.kms_key = text("Arn").filter(|_| text("KeyManager").as_deref() != Some("AWS"));
        secret.key_state = text("KeyState");
    }
}

fn secret(value: &Value) -> Secret {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let stages = value.get("VersionIdsToStages").and_then(Value::as_object);
    let has_value = stages.is_none_or(|versions| {
        let mut stages = versions.values().filter_map(Value::as_array).flatten();
        stages.any(|stage| stage == "AWSCURRENT")
    });
    Secret {
        name: text("Name").unwrap_or_default(),
        kms_key: text("KmsKeyId"),
        key_state: None,
        is_deleted: value.get("DeletedDate").is_some_and(|date| !date.is_null()),
        has_value,
    }
}
