//! Who signed, with which keys, and by which clock: evidence for a token that a proxy or a database
//! rejected.

use std::time::Duration;

use crate::config::Resource;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::facts::LoginMethod;
use crate::diagnosis::rules::authenticate::{signed_for, token};
use crate::diagnosis::rules::credentials::keys::ENDED;
use crate::diagnosis::rules::refusal::{CLOCK_TOLERANCE, Service, common, said};
use crate::diagnosis::rules::secret::{names_engine, sentences};
use crate::diagnosis::{Advice, Code, Facts};
use crate::explain::{ControlPlane, FailedCall, IDENTITY, Owner, Principal, Proxy};
use crate::token::RefusalClass;

/// Whether the secret of a rejected password is another engine's.
pub(super) fn other_engine(draft: Draft, facts: &Facts<'_>) -> Draft {
    let engine = facts.login.and_then(|login| login.secret_engine);
    match engine.filter(|engine| engine.differs_from(facts.engine())) {
        Some(engine) if draft.code() == Code::PasswordRejected => {
            draft.decided(&sentences::OTHER_ENGINES_SECRET, names_engine(engine))
        }
        Some(_) | None => draft,
    }
}

fn is_rejected_token(draft: &Draft, facts: &Facts<'_>) -> bool {
    let by_token = match facts.login_method() {
        LoginMethod::Token => true,
        LoginMethod::Password => false,
    };
    by_token && matches!(draft.code(), Code::IamRejected | Code::PamRejected)
}

/// Who signed, and by which clock.
pub(super) fn signed(
    draft: Draft,
    control_plane: &ControlPlane,
    owner: Option<&Proxy>,
    facts: &Facts<'_>,
) -> Draft {
    if !is_rejected_token(&draft, facts) {
        return draft;
    }
    let draft = match owner {
        Some(proxy) => {
            let fact = format!("DB_HOST is an endpoint of proxy \"{}\".", proxy.name);
            draft.refuted(&signed_for::NOT_THE_ENDPOINTS_NAME, fact)
        }
        None => draft,
    };
    let draft = match (&control_plane.principal, no_permission(&draft, facts)) {
        (Some(principal), Some(advice)) => {
            draft.observed(advice, who(principal, control_plane, owner))
        }
        (Some(_), None) | (None, _) => draft,
    };
    clock(rejected_keys(draft, control_plane), control_plane)
}

/// The cause that the signer is evidence for. Behind a proxy, PAM rejects the proxy itself.
fn no_permission(draft: &Draft, facts: &Facts<'_>) -> Option<&'static Advice> {
    match facts.resource() {
        Resource::Proxy | Resource::Unknown if draft.code() == Code::IamRejected => {
            Some(&token::NO_PERMISSION)
        }
        Resource::Proxy => None,
        Resource::Cluster | Resource::Unknown => Some(&token::NO_PERMISSION_ON_CLUSTER),
        Resource::Instance => Some(&token::NO_PERMISSION_ON_INSTANCE),
    }
}

fn who(principal: &Principal, control_plane: &ControlPlane, owner: Option<&Proxy>) -> String {
    let signed = format!("The token was signed by \"{}\".", principal.arn);
    match (&control_plane.owner, owner.and_then(Proxy::account)) {
        (_, Some(account)) if account != principal.account => {
            format!("{signed} The proxy is in account {account}.")
        }
        (Owner::NoProxy, _) => {
            format!("{signed} No proxy of its account and region has DB_HOST.")
        }
        (Owner::NotAsked | Owner::Proxy(_), _) => signed,
    }
}

/// Every principal may call `GetCallerIdentity`, so its refusal is about the keys.
fn rejected_keys(draft: Draft, control_plane: &ControlPlane) -> Draft {
    let mut calls = control_plane.failed_calls.iter();
    let Some(FailedCall { refusal, .. }) = calls.find(|call| call.permission == IDENTITY) else {
        return draft;
    };
    let advice = match refusal.class() {
        RefusalClass::ExpiredKeys => Some(&ENDED),
        RefusalClass::Clock => Some(&token::CLOCK_SKEW),
        RefusalClass::Keys => common(refusal.kind(), Service::Sts),
        RefusalClass::Permission
        | RefusalClass::Missing
        | RefusalClass::Temporary
        | RefusalClass::Other => None,
    };
    match advice {
        Some(advice) => draft.decided(advice, said(refusal)),
        None => draft,
    }
}

/// How closely two correct clocks agree, with answers that take up to a second.
const AGREEMENT: Duration = Duration::from_secs(30);

/// A clock that agrees with AWS's is not a cause. RDS Proxy's own tolerance is not documented, so a
/// difference in between tells nothing.
fn clock(draft: Draft, control_plane: &ControlPlane) -> Draft {
    let blamed =
        control_plane.failed_calls.iter().find(|call| call.refusal.class() == RefusalClass::Clock);
    match (control_plane.clock, blamed) {
        (_, Some(call)) => draft.decided(&token::CLOCK_SKEW, said(&call.refusal)),
        (Some(offset), None) if offset.size() > CLOCK_TOLERANCE => {
            draft.decided(&token::CLOCK_SKEW, format!("AWS's clock is {offset} this machine's."))
        }
        (Some(offset), None) if offset.size() <= AGREEMENT => {
            draft.refuted(&token::CLOCK_SKEW, "AWS's clock and this machine's agree.")
        }
        (Some(_) | None, None) => draft,
    }
}
