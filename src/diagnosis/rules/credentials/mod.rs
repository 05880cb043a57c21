//! Rules for `credentials` and `sign`: the keys that sign, and the signing.
//!
//! A provider counts as configured only if something names it. The kind of AWS STS's answer decides;
//! only a missing answer is about the network.

pub(in crate::diagnosis) mod keys;
pub(in crate::diagnosis) mod role;

use std::time::{Duration, SystemTime};

use super::key_variables::{blame_variables, describe_flaw, key_problems};
use super::refusal::{KEY_VARIABLES, STS_CUT_OFF, STS_UNREACHABLE, Service, common, said};
use crate::clock::{human_duration, rfc3339_seconds};
use crate::config::{KeyFlaw, KeyPart};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::token::{
    AwsRefusal, CredentialsError, KeyService, PolicyKind, Profile, ProfileSource, Provider,
    ProviderFailure, RefusalKind, ServiceRefusal, SignError,
};
use keys::{
    CONSOLE_SESSION, CONTAINER, ENDED, INSTANCE, KEYS_MALFORMED, NO_KEYS, PROCESS_FAILED,
    PROFILE_INCOMPLETE, PROFILE_ROLE, PROFILE_UNDEFINED, PROFILES_UNREADABLE, PROVIDER_SILENT,
    SSO_DENIED, SSO_SESSION, SSO_UNREACHABLE, WEB_IDENTITY,
};
use role::{
    PRINCIPAL_NOT_ALLOWED, ROLE_DOES_NOT_TRUST, ROLE_EXPLICITLY_DENIED, ROLE_OUT_OF_BOUNDS,
    ROLE_REQUEST_INVALID,
};

static REFUSED_BY_SIGNER: Advice = Advice {
    engine: None,
    cause: "The keys hold characters that cannot be signed with.",
    remedy: "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN without blanks, \
             quotes and line ends. On a machine with a profile that works, the command prints \
             them.",
    commands: &[Command::Shell("aws configure export-credentials --profile PROFILE --format env")],
};

static NO_DATE: Advice = Advice {
    engine: None,
    cause: "This machine's clock is so wrong that no signature can be dated by it.",
    remedy: "Look at the clock, set it, and turn on time synchronization.",
    commands: &[Command::Shell("date -u")],
};

pub(in super::super) static SIGN_FAILED: Entry = Entry {
    meaning: "The token could not be signed. Signing is local: no network takes part.",
    seen: &[],
    causes: &[&REFUSED_BY_SIGNER, &NO_DATE],
    transient: false,
};

pub(in super::super) fn rule(error: &CredentialsError, facts: &Facts<'_>) -> Draft {
    match error {
        CredentialsError::Missing { profile, instance } => {
            missing(profile, instance.as_deref(), facts)
        }
        CredentialsError::Provider(failure) => {
            let ProviderFailure { provider, said, reason } = &**failure;
            match said {
                Some(refused) => provider_refused(provider, refused),
                None => provider_failed(provider, reason, facts),
            }
        }
        CredentialsError::SsoSession { profile, reason } => sso_session(profile, reason),
        CredentialsError::Silent { provider, after } => provider_silent(provider, *after),
        CredentialsError::Malformed { provider, flaws } => {
            malformed(provider.as_ref(), flaws, facts)
        }
        CredentialsError::Expired { at } => expired_at(*at),
        CredentialsError::RejectedAsExpired(refusal) => rejected_as_expired(refusal, &ENDED),
        CredentialsError::RoleDenied(refusal) => role_denied(refusal, facts),
        CredentialsError::RoleFailed(refusal) => role_failed(refusal, facts),
    }
}

/// No provider has keys: problems of the variables and the profile come first.
fn missing(profile: &Profile, instance: Option<&str>, facts: &Facts<'_>) -> Draft {
    let draft = Draft::new(Code::CredentialsMissing, "There are no AWS credentials.");
    let draft = match instance {
        Some(said) => {
            let note = format!("The address of such a service answered: {said}.");
            draft.only(vec![&NO_KEYS, &INSTANCE]).noted(&INSTANCE, note)
        }
        None => draft.only(vec![&NO_KEYS]),
    };
    let is_chosen = facts.config.is_some_and(|config| config.keys.profile.is_some());
    let draft = match key_problems(facts) {
        Some(problems) => draft.observed(&KEY_VARIABLES, problems),
        None => draft,
    };
    match profile.source {
        ProfileSource::Undefined if is_chosen || profile.base != profile.name => {
            draft.observed(&PROFILE_UNDEFINED, undefined(profile))
        }
        ProfileSource::Undefined => draft,
        ProfileSource::Nothing if !is_chosen => draft,
        ProfileSource::Unreadable
        | ProfileSource::Sso
        | ProfileSource::ConsoleSession
        | ProfileSource::Process
        | ProfileSource::WebIdentity
        | ProfileSource::Provider
        | ProfileSource::Keys
        | ProfileSource::Nothing => {
            draft.observed(&PROFILE_INCOMPLETE, format!("{}.", settings(profile)))
        }
    }
}

/// Keys that no service can accept.
fn malformed(provider: Option<&Provider>, flaws: &[KeyFlaw], facts: &Facts<'_>) -> Draft {
    let (advice, source, part_name): (_, _, fn(KeyPart) -> &'static str) = match provider {
        Some(Provider::Environment) => {
            (&KEY_VARIABLES, "the environment".to_owned(), KeyPart::variable)
        }
        Some(provider) => (&KEYS_MALFORMED, name(provider), KeyPart::setting),
        None => {
            (&KEYS_MALFORMED, "the EC2 instance's metadata service".to_owned(), KeyPart::setting)
        }
    };
    let found: Vec<String> = flaws.iter().map(|flaw| describe_flaw(*flaw, part_name)).collect();
    let found = found.join(" ");
    let summary = format!("No AWS service can accept the keys from {source}. {found}");
    let evidence = match provider {
        // The variables may show more: a session token under another name.
        Some(Provider::Environment) => key_problems(facts).unwrap_or(found),
        Some(_) | None => found,
    };
    Draft::new(Code::CredentialsMalformed, summary).only(vec![advice]).observed(advice, evidence)
}

/// A configured provider failed before it called AWS: `reason` is the SDK's message.
fn provider_failed(provider: &Provider, reason: &str, facts: &Facts<'_>) -> Draft {
    let advice = advice_of(provider);
    let reason = reason.trim_end_matches('.');
    let evidence = match provider {
        Provider::Environment => key_problems(facts).unwrap_or_else(|| format!("{reason}.")),
        Provider::Profile(profile) => format!("{}: {reason}.", settings(profile)),
        Provider::WebIdentity | Provider::Container => format!("{reason}."),
    };
    let summary = match provider {
        Provider::Environment => format!("{} {evidence}", not_from(provider)),
        Provider::Profile(_) | Provider::WebIdentity | Provider::Container => not_from(provider),
    };
    Draft::new(Code::CredentialsMissing, summary).only(vec![advice]).observed(advice, evidence)
}

/// A configured provider called AWS, which rejected the call or did not answer.
fn provider_refused(provider: &Provider, refused: &ServiceRefusal) -> Draft {
    let ServiceRefusal { service, refusal } = refused;
    let kind = refusal.kind();
    let advice = match (service, provider) {
        (KeyService::IdentityCenter, Provider::Profile(profile))
            if kind == RefusalKind::Expired =>
        {
            return sso_session(profile, &said(refusal));
        }
        (KeyService::IdentityCenter, _) if kind == RefusalKind::Unanswered => &SSO_UNREACHABLE,
        (KeyService::IdentityCenter, _) => common(kind, Service::Sts).unwrap_or(&SSO_DENIED),
        (KeyService::Sts, Provider::WebIdentity) if kind == RefusalKind::Expired => {
            return rejected_as_expired(refusal, &WEB_IDENTITY);
        }
        (KeyService::Sts, _) if kind == RefusalKind::Expired => {
            return rejected_as_expired(refusal, &ENDED);
        }
        (KeyService::Sts, provider) => {
            common(kind, Service::Sts).unwrap_or_else(|| role_of(provider))
        }
    };
    Draft::new(Code::CredentialsMissing, not_from(provider))
        .only(vec![advice])
        .observed(advice, said(refusal))
        .transient(refusal.is_temporary())
}

fn not_from(provider: &Provider) -> String {
    format!("Couldn't get AWS credentials from {}.", name(provider))
}

/// What may be wrong with a role that a provider wants to assume.
fn role_of(provider: &Provider) -> &'static Advice {
    match provider {
        Provider::Profile(profile) if profile.source != ProfileSource::WebIdentity => &PROFILE_ROLE,
        Provider::Environment | Provider::Container => &PROFILE_ROLE,
        Provider::Profile(_) | Provider::WebIdentity => &WEB_IDENTITY,
    }
}

fn advice_of(provider: &Provider) -> &'static Advice {
    match provider {
        Provider::Environment => &KEY_VARIABLES,
        Provider::WebIdentity => &WEB_IDENTITY,
        Provider::Container => &CONTAINER,
        Provider::Profile(profile) => match profile.source {
            ProfileSource::Unreadable => &PROFILES_UNREADABLE,
            ProfileSource::Undefined => &PROFILE_UNDEFINED,
            ProfileSource::Sso => &SSO_DENIED,
            ProfileSource::ConsoleSession => &CONSOLE_SESSION,
            ProfileSource::Process => &PROCESS_FAILED,
            ProfileSource::WebIdentity => &WEB_IDENTITY,
            ProfileSource::Provider => &PROFILE_ROLE,
            ProfileSource::Keys | ProfileSource::Nothing if profile.base != profile.name => {
                &PROFILE_ROLE
            }
            ProfileSource::Keys | ProfileSource::Nothing => &PROFILE_INCOMPLETE,
        },
    }
}

fn name(provider: &Provider) -> String {
    match provider {
        Provider::Environment => "the environment".to_owned(),
        Provider::Profile(profile) => format!("the profile \"{}\"", profile.name),
        Provider::WebIdentity => "the web identity token".to_owned(),
        Provider::Container => "the container's credentials endpoint".to_owned(),
    }
}

/// What a profile has, without a full stop.
fn settings(profile: &Profile) -> String {
    let Profile { name, base, source } = profile;
    let from = match source {
        ProfileSource::Unreadable => "its files cannot be read",
        ProfileSource::Undefined => return undefined(profile).trim_end_matches('.').to_owned(),
        ProfileSource::Sso => "it uses AWS SSO",
        ProfileSource::ConsoleSession => "it uses a console session (login_session)",
        ProfileSource::Process => "it uses credential_process",
        ProfileSource::WebIdentity => "it uses web_identity_token_file",
        ProfileSource::Provider => "it uses credential_source",
        ProfileSource::Keys => "it has aws_access_key_id",
        ProfileSource::Nothing => "it has no settings for credentials",
    };
    if base == name {
        format!("The profile is \"{name}\"; {from}")
    } else {
        format!("The profile is \"{name}\", whose source is the profile \"{base}\"; {from}")
    }
}

fn undefined(profile: &Profile) -> String {
    let Profile { name, base, source: _ } = profile;
    if base == name {
        format!("AWS_PROFILE is \"{name}\", and no profile has this name.")
    } else {
        format!("The profile \"{name}\" has the source \"{base}\", and no profile has this name.")
    }
}

fn sso_session(profile: &Profile, reason: &str) -> Draft {
    let base = &profile.base;
    let summary = format!(
        "The AWS SSO session of the profile \"{base}\" has expired, or was never started here."
    );
    let reason = reason.trim_end_matches('.');
    Draft::new(Code::CredentialsExpired, summary)
        .only(vec![&SSO_SESSION])
        .observed(&SSO_SESSION, format!("{reason}."))
}

fn provider_silent(provider: &Provider, after: Duration) -> Draft {
    let after = human_duration(after);
    let who = name(provider);
    let summary = format!("AWS credentials from {who} did not arrive within {after}.");
    let advice = match provider {
        Provider::Environment => &PROVIDER_SILENT,
        Provider::WebIdentity => &STS_UNREACHABLE,
        Provider::Container => &CONTAINER,
        Provider::Profile(profile) => match profile.source {
            ProfileSource::Sso => &SSO_UNREACHABLE,
            ProfileSource::Process => &PROCESS_FAILED,
            ProfileSource::WebIdentity | ProfileSource::Keys => &STS_UNREACHABLE,
            ProfileSource::Unreadable
            | ProfileSource::Undefined
            | ProfileSource::ConsoleSession
            | ProfileSource::Provider
            | ProfileSource::Nothing => &PROVIDER_SILENT,
        },
    };
    let evidence = format!("Nothing came from {who} within {after}.");
    Draft::new(Code::CredentialsTimeout, summary).only(vec![advice]).observed(advice, evidence)
}

/// Keys that have expired by their own date.
fn expired_at(at: SystemTime) -> Draft {
    let at = rfc3339_seconds(at);
    let summary = format!("The AWS credentials expired at {at}, by this machine's clock.");
    Draft::new(Code::CredentialsExpired, summary).only(vec![&ENDED])
}

/// Keys that have expired, as AWS says.
pub(super) fn rejected_as_expired(refusal: &AwsRefusal, advice: &'static Advice) -> Draft {
    Draft::new(Code::CredentialsExpired, "AWS says that the credentials have expired.")
        .only(vec![advice])
        .observed(advice, said(refusal))
}

/// The configuration tells which provider was asked when the time ran out.
pub(in super::super) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let summary = format!("The AWS credentials did not arrive within {}.", human_duration(after));
    let draft = Draft::new(Code::CredentialsTimeout, summary);
    let Some(keys) = facts.config.map(|config| &config.keys) else { return draft };
    let sts: &'static Advice = if facts.aws_is_silent { &STS_CUT_OFF } else { &STS_UNREACHABLE };
    if keys.environment.is_some() {
        return draft.only(vec![sts]);
    }
    let draft = match keys.role {
        Some(_) => draft,
        None if facts.aws_is_silent => draft.only(vec![&PROVIDER_SILENT, sts]),
        None => draft.only(vec![&PROVIDER_SILENT, sts, &SSO_UNREACHABLE]),
    };
    keys.providers.iter().fold(draft, |draft, name| {
        let advice = match *name {
            "AWS_PROFILE" => &PROVIDER_SILENT,
            "AWS_WEB_IDENTITY_TOKEN_FILE" => sts,
            _ => &CONTAINER,
        };
        draft.observed(advice, format!("{name} is set."))
    })
}

fn role_denied(refusal: &AwsRefusal, facts: &Facts<'_>) -> Draft {
    let role = facts.say(Placeholder::Role);
    let here = facts.here();
    let summary = format!("AWS STS does not allow {here} to assume {role}.");
    let draft = Draft::new(Code::AssumeRoleDenied, summary);
    let (first, second): (&'static Advice, Option<&'static Advice>) = match refusal.policy() {
        _ if refusal.kind() == RefusalKind::ExplicitlyDenied => (&ROLE_EXPLICITLY_DENIED, None),
        Some(PolicyKind::Bounding) => (&ROLE_OUT_OF_BOUNDS, None),
        Some(PolicyKind::Resource) => (&ROLE_DOES_NOT_TRUST, Some(&PRINCIPAL_NOT_ALLOWED)),
        Some(PolicyKind::Identity) | None => (&PRINCIPAL_NOT_ALLOWED, Some(&ROLE_DOES_NOT_TRUST)),
    };
    let kept: Vec<_> = [Some(first), second].into_iter().flatten().collect();
    draft.only(kept).observed(first, said(refusal))
}

fn role_failed(refusal: &AwsRefusal, facts: &Facts<'_>) -> Draft {
    let role = facts.say(Placeholder::Role);
    let words = refusal.to_string();
    let words = words.trim_end_matches('.');
    let summary = format!("Couldn't get the keys of {role} from AWS STS: {words}.");
    let advice = common(refusal.kind(), Service::Sts).unwrap_or(&ROLE_REQUEST_INVALID);
    let draft = Draft::new(Code::AssumeRoleFailed, summary)
        .only(vec![advice])
        .observed(advice, said(refusal))
        .transient(refusal.is_temporary());
    blame_variables(draft, refusal.kind(), facts)
}

pub(in super::super) fn rule_sign(error: &SignError) -> Draft {
    Draft::new(Code::SignFailed, format!("The token could not be signed: {error}."))
}
