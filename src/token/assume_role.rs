//! A role of another account: its keys, from AWS STS in the proxy's region.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_sts::operation::RequestId as _;

use super::aws::{client_config, refusal, says_denied, says_expired};
use super::error::{AwsRefusal, CredentialsError};
use crate::config::{Region, RoleToAssume};

/// How long the keys are asked for, in seconds: the hour that a role grants by default.
const SECONDS: i32 = 3_600;

pub(super) async fn assume_role(
    role: &RoleToAssume,
    region: &Region,
    keys: Credentials,
) -> Result<Credentials, CredentialsError> {
    let client = aws_sdk_sts::Client::new(&client_config(region, keys).await);
    let asked = client
        .assume_role()
        .role_arn(role.arn.as_str())
        .role_session_name(&role.session_name)
        .set_external_id(role.external_id.clone())
        .duration_seconds(SECONDS)
        .send()
        .await;
    let answer = asked.map_err(|error| {
        let refusal = refusal(&error);
        if says_denied(&refusal) {
            CredentialsError::RoleDenied(refusal)
        } else if says_expired(&refusal) {
            CredentialsError::Expired { at: None }
        } else {
            CredentialsError::RoleFailed(refusal)
        }
    })?;
    let Some(keys) = answer.credentials() else {
        let id = answer.request_id().unwrap_or("unknown");
        let message = format!("the answer to request {id} holds no keys");
        return Err(CredentialsError::RoleFailed(AwsRefusal { code: None, message }));
    };
    let end = SystemTime::try_from(*keys.expiration()).ok();
    let token = Some(keys.session_token().to_owned());
    let (id, secret) = (keys.access_key_id(), keys.secret_access_key());
    Ok(Credentials::new(id, secret, token, end, "assumed role"))
}
