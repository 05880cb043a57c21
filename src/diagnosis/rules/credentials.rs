//! Rules for `credentials` and `sign`: the keys that sign, and the signing.

use std::error::Error;
use std::fmt::Write as _;

use super::super::draft::Draft;
use super::super::{Advice, Code, Entry};
use crate::clock::{rfc3339_seconds, spoken};
use crate::token::{CredentialsError, SignError};

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

static REFUSED_BY_SIGNER: Advice = Advice {
    cause: "The keys hold characters that cannot be signed with.",
    remedy: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for blanks, \
             quotes and line ends: aws sts get-caller-identity must work with them.",
};

pub(in super::super) static SIGN_FAILED: Entry = Entry {
    meaning: "The token could not be signed. Signing is local: no network takes part.",
    seen: &[],
    causes: &[&REFUSED_BY_SIGNER],
};

pub(in super::super) fn rule(error: &CredentialsError) -> Draft {
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
            let at = rfc3339_seconds(*at);
            Draft::new(Code::CredentialsExpired, format!("The AWS credentials ended at {at}."))
        }
        CredentialsError::TimedOut { after } => {
            let after = spoken(*after);
            let summary = format!("The AWS credentials did not arrive within {after}.");
            Draft::new(Code::CredentialsTimeout, summary).transient(true)
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
