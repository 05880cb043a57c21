//! Rules for `credentials` and `sign`: the keys that sign, and the signing.

use std::error::Error;
use std::fmt::Write as _;

use super::super::draft::Draft;
use super::super::{Advice, Code, Entry, Facts};
use crate::clock::{rfc3339_seconds, spoken};
use crate::token::{CredentialsError, SecretError, SignError};

static NO_KEYS: Advice = Advice {
    cause: "Neither the environment nor the SDK's default chain has AWS credentials.",
    remedy: "In Lambda: give the function an execution role, and do not set AWS_ACCESS_KEY_ID or \
             AWS_SECRET_ACCESS_KEY yourself. Locally: aws sso login --profile NAME, then \
             export AWS_PROFILE=NAME, or run the emulator and use its export block.",
};

static PROVIDER_FAILED: Advice = Advice {
    cause: "A provider of the SDK's default chain is configured, and failed.",
    remedy: "Ask the same chain by hand: aws sts get-caller-identity",
};

pub(in super::super) static MISSING: Entry = Entry {
    meaning: "There are no keys to sign a token with.",
    seen: &["the credential provider was not enabled", "Unable to locate credentials"],
    causes: &[&NO_KEYS, &PROVIDER_FAILED],
};

static ENDED: Advice = Advice {
    cause: "The keys are temporary and have ended; a token signed with them would be refused.",
    remedy: "Get new ones: locally aws sso login, or run what made them again. In Lambda they are \
             renewed by themselves; if they are not, deploy the function anew.",
};

pub(in super::super) static EXPIRED: Entry = Entry {
    meaning: "The keys ended before they could sign. Nothing was sent.",
    seen: &["ExpiredToken", "The security token included in the request is expired"],
    causes: &[&ENDED],
};

static PROVIDER_SILENT: Advice = Advice {
    cause: "The provider of the keys does not answer: a container or instance metadata service, \
            or AWS STS or SSO, out of reach.",
    remedy: "Try it by hand from the same place: aws sts get-caller-identity. In a VPC without a \
             NAT gateway, AWS STS needs an interface endpoint: aws ec2 create-vpc-endpoint \
             --vpc-endpoint-type Interface --service-name com.amazonaws.{region}.sts …",
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The keys did not arrive inside the budget.",
    seen: &["credentials provider timed out after"],
    causes: &[&PROVIDER_SILENT],
};

static ROLE_NOT_ALLOWED: Advice = Advice {
    cause: "The function's role may not sts:AssumeRole, or the assumed role's trust policy does \
            not name it, or asks for another external id.",
    remedy: "Function's role: {\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \
             \"Resource\": \"{role}\"}. Trust policy: aws iam get-role --role-name NAME --query \
             Role.AssumeRolePolicyDocument; its sts:ExternalId must equal \
             DB_ASSUME_ROLE_EXTERNAL_ID.",
};

pub(in super::super) static ROLE_DENIED: Entry = Entry {
    meaning: "AWS STS refused to hand out the role's keys.",
    seen: &["is not authorized to perform: sts:AssumeRole on resource"],
    causes: &[&ROLE_NOT_ALLOWED],
};

static STS_OUT_OF_REACH: Advice = Advice {
    cause: "AWS STS is out of reach from here, or is disturbed.",
    remedy: "In a VPC without a NAT gateway: aws ec2 create-vpc-endpoint --vpc-endpoint-type \
             Interface --service-name com.amazonaws.{region}.sts …; try again.",
};

pub(in super::super) static ROLE_FAILED: Entry = Entry {
    meaning: "The role's keys could not be had, and not for lack of permission; the summary has \
              the words of AWS STS or of the client.",
    seen: &[],
    causes: &[&STS_OUT_OF_REACH],
};

static SECRET_NOT_ALLOWED: Advice = Advice {
    cause: "The function's role may not read the secret, or the secret's own policy forbids it.",
    remedy: "{\"Effect\": \"Allow\", \"Action\": \"secretsmanager:GetSecretValue\", \
             \"Resource\": \"{secret}\"}; aws secretsmanager get-resource-policy --secret-id {secret}",
};

static KEY_NOT_ALLOWED: Advice = Advice {
    cause: "The secret is encrypted with a key of your own, which the function's role may not use.",
    remedy: "{\"Effect\": \"Allow\", \"Action\": \"kms:Decrypt\", \"Resource\": \"KEY_ARN\"} for \
             the key in: aws secretsmanager describe-secret --secret-id {secret} --query KmsKeyId",
};

pub(in super::super) static SECRET_DENIED: Entry = Entry {
    meaning: "AWS Secrets Manager does not let the function read the secret.",
    seen: &[
        "is not authorized to perform: secretsmanager:GetSecretValue on resource",
        "Access to KMS is not allowed",
    ],
    causes: &[&SECRET_NOT_ALLOWED, &KEY_NOT_ALLOWED],
};

static NO_SUCH_SECRET: Advice = Advice {
    cause: "The ARN is mistyped, or the secret was deleted, is marked as deleted, or has no \
            current version.",
    remedy: "aws secretsmanager describe-secret --secret-id {secret}; a deleted one comes back \
             with: aws secretsmanager restore-secret --secret-id {secret}",
};

pub(in super::super) static SECRET_NOT_FOUND: Entry = Entry {
    meaning: "There is no such secret, or it is marked as deleted.",
    seen: &["Secrets Manager can't find the specified secret."],
    causes: &[&NO_SUCH_SECRET],
};

static NOT_AS_RDS_WRITES_IT: Advice = Advice {
    cause: "The secret was not made in the form that RDS uses: JSON with a lower-case username \
            and password.",
    remedy: "aws secretsmanager put-secret-value --secret-id {secret} --secret-string \
             '{\"username\": \"USER\", \"password\": \"…\"}'",
};

pub(in super::super) static SECRET_MALFORMED: Entry = Entry {
    meaning: "The secret was read and does not hold a user name and a password. Its content is \
              never repeated.",
    seen: &[],
    causes: &[&NOT_AS_RDS_WRITES_IT],
};

static SECRETS_OUT_OF_REACH: Advice = Advice {
    cause: "AWS Secrets Manager is out of reach from here, or is disturbed.",
    remedy: "In a VPC without a NAT gateway: aws ec2 create-vpc-endpoint --vpc-endpoint-type \
             Interface --service-name com.amazonaws.{secret_region}.secretsmanager …; try again.",
};

pub(in super::super) static SECRET_TIMEOUT: Entry = Entry {
    meaning: "AWS Secrets Manager did not answer inside the budget.",
    seen: &[],
    causes: &[&SECRETS_OUT_OF_REACH],
};

pub(in super::super) static SECRET_FAILED: Entry = Entry {
    meaning: "The secret could not be read in a way that no other code names; the summary has \
              the words of AWS Secrets Manager or of the client.",
    seen: &[],
    causes: &[&SECRETS_OUT_OF_REACH],
};

static REFUSED_BY_SIGNER: Advice = Advice {
    cause: "The keys hold characters that cannot be signed with.",
    remedy: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for blanks, \
             quotes and line ends: aws sts get-caller-identity must work with them.",
};

static NO_DATE: Advice = Advice {
    cause: "This machine's clock is so wrong that no signature can be dated by it.",
    remedy: "date -u, and set it right.",
};

pub(in super::super) static SIGN_FAILED: Entry = Entry {
    meaning: "The token could not be signed. Signing is local: no network takes part.",
    seen: &[],
    causes: &[&REFUSED_BY_SIGNER, &NO_DATE],
};

pub(in super::super) fn rule(error: &CredentialsError, facts: &Facts<'_>) -> Draft {
    match error {
        CredentialsError::Missing(error) => {
            let draft = Draft::new(Code::CredentialsMissing, "There are no AWS credentials.");
            // Without a source no provider was configured at all.
            match error.source() {
                None => draft.ruled_out(&PROVIDER_FAILED),
                Some(_) => draft.observed(&PROVIDER_FAILED, chain(error)),
            }
        }
        CredentialsError::Expired { at } => {
            let summary = match at {
                Some(at) => format!("The AWS credentials ended at {}.", rfc3339_seconds(*at)),
                None => "AWS says that the credentials have ended.".to_owned(),
            };
            Draft::new(Code::CredentialsExpired, summary)
        }
        CredentialsError::TimedOut { after } => {
            let after = spoken(*after);
            let summary = format!("The AWS credentials did not arrive within {after}.");
            Draft::new(Code::CredentialsTimeout, summary).transient(true)
        }
        CredentialsError::RoleDenied(refusal) => {
            let role = facts.value("{role}").unwrap_or_default();
            let summary = format!("AWS STS does not let the function assume {role}.");
            Draft::new(Code::AssumeRoleDenied, summary)
                .observed(&ROLE_NOT_ALLOWED, refusal.to_string())
        }
        CredentialsError::RoleFailed(refusal) => {
            let summary = format!("The role's keys could not be had: {refusal}.");
            Draft::new(Code::AssumeRoleFailed, summary).transient(refusal.is_temporary())
        }
        CredentialsError::Secret(error) => rule_secret(error, facts),
    }
}

fn rule_secret(error: &SecretError, facts: &Facts<'_>) -> Draft {
    let secret = facts.value("{secret}").unwrap_or_default();
    match error {
        SecretError::Denied(refusal) => {
            let by_key = refusal.message.contains("KMS");
            let advice = if by_key { &KEY_NOT_ALLOWED } else { &SECRET_NOT_ALLOWED };
            Draft::new(Code::SecretDenied, format!("The function may not read {secret}."))
                .observed(advice, refusal.to_string())
        }
        SecretError::NotFound(refusal) => {
            let summary = format!("There is no usable secret {secret}.");
            Draft::new(Code::SecretNotFound, summary).observed(&NO_SUCH_SECRET, refusal.to_string())
        }
        SecretError::Malformed(problem) => {
            let summary = format!("{secret} is not as expected: {problem}.");
            Draft::new(Code::SecretMalformed, summary)
        }
        SecretError::TimedOut { after } => {
            let after = spoken(*after);
            let summary = format!("{secret} was not read within {after}.");
            Draft::new(Code::SecretTimeout, summary).transient(true)
        }
        SecretError::Failed(refusal) => {
            let summary = format!("{secret} could not be read: {refusal}.");
            Draft::new(Code::SecretFailed, summary).transient(refusal.is_temporary())
        }
    }
}

pub(in super::super) fn rule_sign(error: &SignError) -> Draft {
    Draft::new(Code::SignFailed, format!("The token could not be signed: {error}."))
}

/// An error and what stands behind it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        // Writing to a string cannot fail, and a shorter line would be no harm.
        if write!(line, ": {source}").is_err() {
            break;
        }
        next = source.source();
    }
    line
}
