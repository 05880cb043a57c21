//! Rules for `credentials` and `sign`: the keys that sign, and the signing.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use super::super::draft::Draft;
use super::super::placeholder::Placeholder;
use super::super::{Advice, Code, Entry, Facts};
use crate::clock::{rfc3339_seconds, spoken};
use crate::token::{CredentialsError, SignError};

static NO_KEYS: Advice = Advice {
    cause: "Neither the environment nor the SDK's default chain has AWS credentials.",
    remedy: "In Lambda: give the function an execution role, and do not set AWS_ACCESS_KEY_ID or \
             AWS_SECRET_ACCESS_KEY yourself. Locally: aws sso login --profile NAME, then \
             export AWS_PROFILE=NAME, or run the emulator and use its export block.",
    commands: &[],
};

static PROVIDER_FAILED: Advice = Advice {
    cause: "A provider of the SDK's default chain is configured, and failed.",
    remedy: "Ask the same chain by hand: aws sts get-caller-identity",
    commands: &[],
};

pub(in super::super) static MISSING: Entry = Entry {
    meaning: "There are no keys to sign a token with.",
    seen: &["the credential provider was not enabled", "Unable to locate credentials"],
    causes: &[&NO_KEYS, &PROVIDER_FAILED],
    transient: false,
};

static ENDED: Advice = Advice {
    cause: "The keys are temporary and have ended; a token signed with them would be refused.",
    remedy: "Get new ones: locally aws sso login, or run what made them again. In Lambda they are \
             renewed by themselves; if they are not, deploy the function anew.",
    commands: &[],
};

pub(in super::super) static EXPIRED: Entry = Entry {
    meaning: "The keys ended before they could sign. Nothing was sent.",
    seen: &["ExpiredToken", "The security token included in the request is expired"],
    causes: &[&ENDED],
    transient: false,
};

static PROVIDER_SILENT: Advice = Advice {
    cause: "The provider of the keys does not answer: a container or instance metadata service, \
            or AWS STS or SSO, out of reach.",
    remedy: "Try it by hand from the same place: aws sts get-caller-identity. In a VPC without a \
             NAT gateway, AWS STS needs an interface endpoint: aws ec2 create-vpc-endpoint \
             --vpc-endpoint-type Interface --service-name com.amazonaws.{region}.sts …",
    commands: &[],
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The keys did not arrive inside the budget.",
    seen: &["credentials provider timed out after"],
    causes: &[&PROVIDER_SILENT],
    transient: true,
};

static ROLE_NOT_ALLOWED: Advice = Advice {
    cause: "The function's role may not sts:AssumeRole, or the assumed role's trust policy does \
            not name it, or asks for another external id.",
    remedy: "Function's role: {\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \
             \"Resource\": \"{role}\"}. Trust policy: aws iam get-role --role-name NAME --query \
             Role.AssumeRolePolicyDocument; its sts:ExternalId must equal \
             DB_ASSUME_ROLE_EXTERNAL_ID.",
    commands: &[],
};

pub(in super::super) static ROLE_DENIED: Entry = Entry {
    meaning: "AWS STS refused to hand out the role's keys.",
    seen: &["is not authorized to perform: sts:AssumeRole on resource"],
    causes: &[&ROLE_NOT_ALLOWED],
    transient: false,
};

static STS_OUT_OF_REACH: Advice = Advice {
    cause: "AWS STS is out of reach from here, or is disturbed.",
    remedy: "In a VPC without a NAT gateway: aws ec2 create-vpc-endpoint --vpc-endpoint-type \
             Interface --service-name com.amazonaws.{region}.sts …; try again.",
    commands: &[],
};

pub(in super::super) static ROLE_FAILED: Entry = Entry {
    meaning: "The role's keys could not be had, and not for lack of permission; the summary has \
              the words of AWS STS or of the client.",
    seen: &[],
    causes: &[&STS_OUT_OF_REACH],
    transient: false,
};

static REFUSED_BY_SIGNER: Advice = Advice {
    cause: "The keys hold characters that cannot be signed with.",
    remedy: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for blanks, \
             quotes and line ends: aws sts get-caller-identity must work with them.",
    commands: &[],
};

static NO_DATE: Advice = Advice {
    cause: "This machine's clock is so wrong that no signature can be dated by it.",
    remedy: "date -u, and set it right.",
    commands: &[],
};

pub(in super::super) static SIGN_FAILED: Entry = Entry {
    meaning: "The token could not be signed. Signing is local: no network takes part.",
    seen: &[],
    causes: &[&REFUSED_BY_SIGNER, &NO_DATE],
    transient: false,
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
        CredentialsError::Expired { at } => expired(*at),
        CredentialsError::Silent { after } => timed_out(*after),
        CredentialsError::RoleDenied(refusal) => {
            let role = facts.say(Placeholder::Role);
            let summary = format!("AWS STS does not let the function assume {role}.");
            Draft::new(Code::AssumeRoleDenied, summary)
                .observed(&ROLE_NOT_ALLOWED, refusal.to_string())
        }
        CredentialsError::RoleFailed(refusal) => {
            let summary = format!("The role's keys could not be had: {refusal}.");
            Draft::new(Code::AssumeRoleFailed, summary).transient(refusal.is_temporary())
        }
    }
}

/// Keys that have expired: by their own date, or because AWS says so.
pub(super) fn expired(at: Option<SystemTime>) -> Draft {
    let summary = match at {
        Some(at) => format!("The AWS credentials expired at {}.", rfc3339_seconds(at)),
        None => "AWS says that the credentials have expired.".to_owned(),
    };
    Draft::new(Code::CredentialsExpired, summary)
}

pub(in super::super) fn timed_out(after: Duration) -> Draft {
    let summary = format!("The AWS credentials did not arrive within {}.", spoken(after));
    Draft::new(Code::CredentialsTimeout, summary)
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
