//! Rules for `credentials` where the login is a secret's: reading it.

use std::time::Duration;

use super::super::draft::Draft;
use super::super::placeholder::Placeholder;
use super::super::{Advice, Code, Entry, Facts};
use super::credentials::expired;
use crate::clock::spoken;
use crate::token::{AwsRefusal, SecretError};

static SECRET_NOT_ALLOWED: Advice = Advice {
    cause: "The function's role may not read the secret, or the secret's own policy forbids it.",
    remedy: "{\"Effect\": \"Allow\", \"Action\": \"secretsmanager:GetSecretValue\", \
             \"Resource\": \"{secret}\"}; aws secretsmanager get-resource-policy --secret-id {secret}",
    commands: &[],
};

static KEY_NOT_ALLOWED: Advice = Advice {
    cause: "The secret is encrypted with a key of your own, which the function's role may not use.",
    remedy: "{\"Effect\": \"Allow\", \"Action\": \"kms:Decrypt\", \"Resource\": \"KEY_ARN\"} for \
             the key in: aws secretsmanager describe-secret --secret-id {secret} --query KmsKeyId",
    commands: &[],
};

pub(in super::super) static SECRET_DENIED: Entry = Entry {
    meaning: "AWS Secrets Manager does not let the function read the secret.",
    seen: &[
        "is not authorized to perform: secretsmanager:GetSecretValue on resource",
        "Access to KMS is not allowed",
    ],
    causes: &[&SECRET_NOT_ALLOWED, &KEY_NOT_ALLOWED],
    transient: false,
};

static NO_SUCH_SECRET: Advice = Advice {
    cause: "The ARN is mistyped, or the secret was deleted, is marked as deleted, or has no \
            current version.",
    remedy: "aws secretsmanager describe-secret --secret-id {secret}; a deleted one comes back \
             with: aws secretsmanager restore-secret --secret-id {secret}",
    commands: &[],
};

pub(in super::super) static SECRET_NOT_FOUND: Entry = Entry {
    meaning: "There is no such secret, or it is marked as deleted.",
    seen: &["Secrets Manager can't find the specified secret."],
    causes: &[&NO_SUCH_SECRET],
    transient: false,
};

static NOT_AS_RDS_WRITES_IT: Advice = Advice {
    cause: "The secret was not made in the form that RDS uses: JSON with a lower-case username \
            and password.",
    remedy: "aws secretsmanager put-secret-value --secret-id {secret} --secret-string \
             '{\"username\": \"USER\", \"password\": \"…\"}'",
    commands: &[],
};

pub(in super::super) static SECRET_MALFORMED: Entry = Entry {
    meaning: "The secret was read and does not hold a user name and a password. Its content is \
              never repeated.",
    seen: &[],
    causes: &[&NOT_AS_RDS_WRITES_IT],
    transient: false,
};

static SECRETS_OUT_OF_REACH: Advice = Advice {
    cause: "AWS Secrets Manager is out of reach from here, or is disturbed.",
    remedy: "In a VPC without a NAT gateway: aws ec2 create-vpc-endpoint --vpc-endpoint-type \
             Interface --service-name com.amazonaws.{secret_region}.secretsmanager …; try again.",
    commands: &[],
};

pub(in super::super) static SECRET_TIMEOUT: Entry = Entry {
    meaning: "AWS Secrets Manager did not answer inside the budget.",
    seen: &[],
    causes: &[&SECRETS_OUT_OF_REACH],
    transient: true,
};

pub(in super::super) static SECRET_FAILED: Entry = Entry {
    meaning: "The secret could not be read in a way that no other code names; the summary has \
              the words of AWS Secrets Manager or of the client.",
    seen: &[],
    causes: &[&SECRETS_OUT_OF_REACH],
    transient: false,
};

pub(in super::super) fn rule(error: &SecretError, facts: &Facts<'_>) -> Draft {
    let secret = facts.say(Placeholder::Secret);
    match error {
        SecretError::KeysExpired(_) => expired(None),
        SecretError::Denied(refusal) => {
            let advice =
                if blames_the_key(refusal) { &KEY_NOT_ALLOWED } else { &SECRET_NOT_ALLOWED };
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
        SecretError::Failed(refusal) => {
            let summary = format!("{secret} could not be read: {refusal}.");
            Draft::new(Code::SecretFailed, summary).transient(refusal.is_temporary())
        }
    }
}

pub(in super::super) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let secret = facts.say(Placeholder::Secret);
    Draft::new(Code::SecretTimeout, format!("{secret} was not read within {}.", spoken(after)))
}

fn blames_the_key(refusal: &AwsRefusal) -> bool {
    match refusal {
        AwsRefusal::Answered { message, .. } => message.contains("KMS"),
        AwsRefusal::Unanswered { .. } => false,
    }
}
