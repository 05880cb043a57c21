//! A role of another account: its keys, from AWS STS in the proxy's region.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_sts::operation::RequestId as _;

use super::aws::{client_config, refusal};
use super::error::CredentialsError;
use super::redact::Secrets;
use super::refusal::{AwsRefusal, RefusalClass};
use crate::clock::Clock;
use crate::config::{Region, RoleToAssume};
use crate::connector::Contact;

/// How long the keys are asked for, in seconds: the hour that a role grants by default.
const SECONDS: i32 = 3_600;

pub(super) async fn assume_role(
    role: &RoleToAssume,
    region: &Region,
    keys: Credentials,
    clock: &Clock,
    contact: &Contact,
) -> Result<Credentials, CredentialsError> {
    let secrets = Secrets::of_keys(&keys);
    let client = aws_sdk_sts::Client::new(&client_config(region, keys, contact).await);
    let asked = client
        .assume_role()
        .role_arn(role.arn.as_str())
        .role_session_name(&role.session_name)
        .set_external_id(role.external_id.clone())
        .duration_seconds(SECONDS)
        .send()
        .await;
    let answer = asked.map_err(|error| classify(refusal(&error, clock, &secrets)))?;
    let Some(keys) = answer.credentials() else {
        let id = answer.request_id().unwrap_or("unknown");
        let message = format!("the answer to request {id} contains no keys");
        let (code, status, clock) = (None, 200, None);
        return Err(CredentialsError::RoleFailed(AwsRefusal::Answered {
            code,
            status,
            message,
            clock,
        }));
    };
    let end = SystemTime::try_from(*keys.expiration()).ok();
    let token = Some(keys.session_token().to_owned());
    let (id, secret) = (keys.access_key_id(), keys.secret_access_key());
    Ok(Credentials::new(id, secret, token, end, "assumed role"))
}

fn classify(refusal: AwsRefusal) -> CredentialsError {
    match refusal.class() {
        RefusalClass::Permission => CredentialsError::RoleDenied(refusal),
        RefusalClass::ExpiredKeys => CredentialsError::RejectedAsExpired(refusal),
        RefusalClass::Keys
        | RefusalClass::Clock
        | RefusalClass::Missing
        | RefusalClass::Temporary
        | RefusalClass::Other => CredentialsError::RoleFailed(refusal),
    }
}
