//! Every way in which keys and secrets can fail, for the properties of the rules.

use std::time::{Duration, SystemTime};

use super::property::check;
use super::*;
use crate::clock::Offset;
use crate::config::{KeyFlaw, KeyPart};
use crate::peer::Service;
use crate::token::{
    AwsRefusal, FoundKeys, KeyService, ProfileSource, ProviderFailure, RefusalKind, SecretError,
    SecretProblem, ServiceRefusal,
};

const AFTER: Duration = Duration::from_secs(1);

/// A service's refusals: with an error code, only with a status, and without an answer.
fn refusals(text: &str) -> Vec<AwsRefusal> {
    let answered = |code: Option<&str>, status| AwsRefusal::Answered {
        code: code.map(str::to_owned),
        status,
        message: text.to_owned(),
        clock: Some(Offset::Ahead(AFTER)),
    };
    let mut all: Vec<_> = RefusalKind::codes().map(|code| answered(Some(code), 400)).collect();
    all.push(answered(Some(text), 400));
    all.extend([302, 429, 503].map(|status| answered(None, status)));
    for service in [Service::Ssh, Service::Http, Service::Unknown] {
        let (answer, reason) = (text.to_owned(), text.to_owned());
        all.push(AwsRefusal::Garbled { service, answer, reason });
    }
    all.push(AwsRefusal::Disconnected { reason: text.to_owned() });
    all.push(AwsRefusal::Untrusted { reason: text.to_owned() });
    all.push(AwsRefusal::NotSent { reason: text.to_owned() });
    all.push(AwsRefusal::Unanswered { reason: text.to_owned() });
    all
}

const SECRET_PROBLEMS: [SecretProblem; 7] = [
    SecretProblem::Binary,
    SecretProblem::NotJson,
    SecretProblem::EncodedTwice,
    SecretProblem::NotAnObject,
    SecretProblem::NotText("password"),
    SecretProblem::PasswordUnusable,
    SecretProblem::Missing {
        missing: vec![],
        found: FoundKeys { usual: vec![], others: 1 },
        engine: None,
    },
];

fn credentials(error: CredentialsError) -> Failure {
    Failure::Credentials(StepError::Failed(error))
}

fn secret(error: SecretError) -> Failure {
    Failure::Secret(StepError::Failed(error))
}

/// What the chain's providers can come to, with every source of a profile.
fn providers(text: &str, refusal: &AwsRefusal) -> Vec<CredentialsError> {
    let profile = |source| Profile { name: text.to_owned(), base: "base".to_owned(), source };
    let profiles = ProfileSource::ALL.map(|source| Provider::Profile(profile(source)));
    let others = [Provider::Environment, Provider::WebIdentity, Provider::Container];
    let flaws = vec![KeyFlaw::Blanks(KeyPart::Secret), KeyFlaw::Quotes(KeyPart::Id)];
    let mut all = vec![
        CredentialsError::RejectedAsExpired(refusal.clone()),
        CredentialsError::Malformed { provider: None, flaws },
    ];
    for provider in profiles.into_iter().chain(others) {
        let reason = text.to_owned();
        let services = [KeyService::Sts, KeyService::IdentityCenter].map(Some);
        for service in services.into_iter().chain([None]) {
            let said = service.map(|service| ServiceRefusal { service, refusal: refusal.clone() });
            let (provider, reason) = (provider.clone(), reason.clone());
            let failure = ProviderFailure { provider, said, reason };
            all.push(CredentialsError::Provider(Box::new(failure)));
        }
        let flaws = vec![KeyFlaw::NoSessionToken];
        all.push(CredentialsError::Malformed { provider: Some(provider.clone()), flaws });
        all.push(CredentialsError::Silent { provider, after: AFTER });
    }
    for source in ProfileSource::ALL {
        let instance = Some(text.to_owned());
        all.push(CredentialsError::Missing { profile: profile(source), instance });
        let reason = text.to_owned();
        all.push(CredentialsError::SsoSession { profile: profile(source), reason });
    }
    all
}

/// Every failure of keys and secrets, with this text in it.
pub(super) fn failures(text: &str, number: usize) -> Vec<Failure> {
    let refusals = refusals(text);
    // With every refusal they are too many for a property.
    let refusal = &refusals[number % refusals.len()];
    let mut all: Vec<_> = providers(text, refusal).into_iter().map(credentials).collect();
    for refusal in refusals {
        let secrets = [
            SecretError::KeysExpired(refusal.clone()),
            SecretError::Denied(refusal.clone()),
            SecretError::NotFound(refusal.clone()),
            SecretError::Failed(refusal.clone()),
        ];
        let roles =
            [CredentialsError::RoleDenied(refusal.clone()), CredentialsError::RoleFailed(refusal)];
        all.extend(secrets.map(secret));
        all.extend(roles.map(credentials));
    }
    all.push(credentials(CredentialsError::Expired { at: SystemTime::UNIX_EPOCH }));
    all.extend(SECRET_PROBLEMS.map(|problem| secret(SecretError::Malformed(problem))));
    let unusable = SecretProblem::UserName(text.to_owned());
    all.push(secret(SecretError::Malformed(unusable)));
    all.push(Failure::Credentials(StepError::TimedOut { after: AFTER }));
    all.push(Failure::Secret(StepError::TimedOut { after: AFTER }));
    all
}

#[test]
fn every_refusal_to_a_provider_has_a_cause() {
    for failure in refusals("no").iter().flat_map(|refusal| providers("local", refusal)) {
        check(&credentials(failure), &Facts::default()).unwrap();
    }
}
