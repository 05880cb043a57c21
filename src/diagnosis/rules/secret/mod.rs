//! Rules for `credentials` with a secret: reading it.
//!
//! The kind of AWS Secrets Manager's answer decides; only a missing answer is about the network.

pub(in crate::diagnosis) mod sentences;

use std::time::Duration;

use super::credentials::keys::ENDED;
use super::credentials::rejected_as_expired;
use super::key_variables::blame_variables;
use super::refusal::{SECRETS_CUT_OFF, SECRETS_UNREACHABLE, Service, common, said};
use crate::clock::human_duration;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Code, Facts};
use crate::token::{
    AwsRefusal, FoundKeys, PolicyKind, RefusalKind, SecretEngine, SecretError, SecretProblem,
};
use sentences::{
    KEY_NOT_ALLOWED, KEY_NOT_SHARED, KEY_UNUSABLE, KEYS_MISSING, NO_SUCH_SECRET, NOT_IN_RDS_FORM,
    OTHER_ENGINES_SECRET, SECRET_DELETED, SECRET_EXPLICITLY_DENIED, SECRET_NOT_ALLOWED,
    SECRET_OUT_OF_BOUNDS, SECRET_REQUEST_INVALID, VALUE_UNUSABLE,
};

pub(in crate::diagnosis) fn rule(error: &SecretError, facts: &Facts<'_>) -> Draft {
    let secret = facts.say(Placeholder::Secret);
    match error {
        SecretError::KeysExpired(refusal) => rejected_as_expired(refusal, &ENDED),
        SecretError::Denied(refusal) => {
            let here = facts.here();
            let summary = format!("AWS Secrets Manager does not allow {here} to read {secret}.");
            let advice = why_denied(refusal);
            Draft::new(Code::SecretDenied, summary)
                .only(vec![advice])
                .observed(advice, said(refusal))
        }
        SecretError::NotFound(refusal) => {
            let (advice, summary) = if refusal.kind() == RefusalKind::Deleted {
                (&SECRET_DELETED, format!("The secret {secret} is marked for deletion."))
            } else {
                (&NO_SUCH_SECRET, format!("There is no secret {secret}, or it has no value."))
            };
            Draft::new(Code::SecretNotFound, summary)
                .only(vec![advice])
                .observed(advice, said(refusal))
        }
        SecretError::Malformed(problem) => malformed(problem, &secret, facts),
        SecretError::Failed(refusal) => failed(refusal, &secret, facts),
    }
}

fn why_denied(refusal: &AwsRefusal) -> &'static Advice {
    match refusal.policy() {
        _ if refusal.kind() == RefusalKind::KeyDenied => &KEY_NOT_ALLOWED,
        _ if refusal.kind() == RefusalKind::ExplicitlyDenied => &SECRET_EXPLICITLY_DENIED,
        Some(PolicyKind::Bounding) => &SECRET_OUT_OF_BOUNDS,
        Some(PolicyKind::Identity | PolicyKind::Resource) | None => &SECRET_NOT_ALLOWED,
    }
}

fn failed(refusal: &AwsRefusal, secret: &str, facts: &Facts<'_>) -> Draft {
    let words = refusal.to_string();
    let words = words.trim_end_matches('.');
    let summary = format!("{secret} could not be read: {words}.");
    let kind = refusal.kind();
    let own =
        [(RefusalKind::Decryption, &KEY_UNUSABLE), (RefusalKind::KeyNotShared, &KEY_NOT_SHARED)];
    let own = own.into_iter().find(|(of, _)| *of == kind).map(|(_, advice)| advice);
    let advice = common(kind, Service::SecretsManager).or(own).unwrap_or(&SECRET_REQUEST_INVALID);
    let draft = Draft::new(Code::SecretFailed, summary)
        .only(vec![advice])
        .observed(advice, said(refusal))
        .transient(refusal.is_temporary());
    blame_variables(draft, kind, facts)
}

fn malformed(problem: &SecretProblem, secret: &str, facts: &Facts<'_>) -> Draft {
    let (advice, what) = match problem {
        SecretProblem::Binary => (&NOT_IN_RDS_FORM, "it is binary".to_owned()),
        SecretProblem::NotJson => (&NOT_IN_RDS_FORM, "it is not JSON".to_owned()),
        SecretProblem::NotAnObject => (&NOT_IN_RDS_FORM, "it is not a JSON object".to_owned()),
        SecretProblem::EncodedTwice => {
            (&NOT_IN_RDS_FORM, "it is JSON that was encoded as a JSON text once more".to_owned())
        }
        SecretProblem::Missing { missing, .. } => {
            let missing: Vec<String> = missing.iter().map(|key| format!("\"{key}\"")).collect();
            (&KEYS_MISSING, format!("it has no {}", missing.join(" and no ")))
        }
        SecretProblem::NotText(key) => {
            (&VALUE_UNUSABLE, format!("the value of its \"{key}\" is not text"))
        }
        SecretProblem::PasswordUnusable => {
            (&VALUE_UNUSABLE, "its password is empty or contains a NUL byte".to_owned())
        }
        SecretProblem::UserName(expected) => (
            &VALUE_UNUSABLE,
            format!("its username is not one for a database: expected {expected}"),
        ),
    };
    let summary = format!("The secret {secret} holds no login: {what}.");
    let draft = Draft::new(Code::SecretMalformed, summary).only(vec![advice]);
    match problem {
        SecretProblem::Missing { found, engine, missing: _ } => {
            let draft = draft.observed(advice, names(found));
            match engine.filter(|engine| engine.differs_from(facts.engine())) {
                Some(engine) => draft.decided(&OTHER_ENGINES_SECRET, names_engine(engine)),
                None => draft,
            }
        }
        SecretProblem::Binary
        | SecretProblem::NotJson
        | SecretProblem::EncodedTwice
        | SecretProblem::NotAnObject
        | SecretProblem::NotText(_)
        | SecretProblem::PasswordUnusable
        | SecretProblem::UserName(_) => draft,
    }
}

/// The names of a secret's keys, as far as they are usual ones.
fn names(FoundKeys { usual, others }: &FoundKeys) -> String {
    let keys = |count: &usize| if *count == 1 { "key" } else { "keys" };
    let listed = usual.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    match (usual.is_empty(), others) {
        (true, 0) => "It has no keys.".to_owned(),
        (true, others) => format!("It has {others} other {}.", keys(others)),
        (false, 0) => format!("It has {listed}."),
        (false, others) => format!("It has {listed} and {others} other {}.", keys(others)),
    }
}

/// Evidence that a secret is another engine's.
pub(in crate::diagnosis) fn names_engine(engine: SecretEngine) -> String {
    format!("The secret's engine is {}.", engine.label())
}

pub(in crate::diagnosis) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let secret = facts.say(Placeholder::Secret);
    let after = human_duration(after);
    let advice: &'static Advice =
        if facts.aws_is_silent { &SECRETS_CUT_OFF } else { &SECRETS_UNREACHABLE };
    Draft::new(Code::SecretTimeout, format!("{secret} was not read within {after}."))
        .only(vec![advice])
}
