//! What the control plane said, weighed: it moves causes up with its words as evidence, and drops
//! those that it speaks against.

use super::draft::Draft;
use super::rules::authenticate::{admission, identity};
use super::rules::{connect, query, resolve};
use super::{Code, Facts};
use crate::config::DbUser;
use crate::explain::{ControlPlane, Owner, Proxy, Target};
use crate::token::RefusalKind;

/// The draft as it stands after the control plane was heard; unchanged if it was not asked.
pub(super) fn weigh(draft: Draft, facts: &Facts<'_>) -> Draft {
    let Some(said) = facts.control_plane else { return draft };
    let user = facts.user().map(DbUser::as_str).unwrap_or_default();
    let code = draft.code();
    match (code, said.proxy()) {
        (Code::DnsNotFound | Code::DnsFailed | Code::DnsTimeout, _) => name(draft, said),
        (Code::TcpRefused | Code::TcpTimeout, Some(proxy)) => reach(draft, proxy),
        (Code::IamRejected, proxy) => permission(clock(draft, said), said, proxy),
        (Code::ProxyHasNoCredentials, Some(proxy)) => registration(draft, proxy, user),
        (Code::PasswordRejected | Code::AuthMethodUnsupported, Some(proxy)) => {
            iam_disabled(draft, proxy, user)
        }
        (Code::PamRejected, Some(proxy)) if proxy.is_end_to_end() => {
            let fact = "The proxy's DefaultAuthScheme is IAM_AUTH.";
            draft.observed(&identity::END_TO_END_REFUSED, fact)
        }
        (
            Code::BorrowTimeout | Code::ServerUnavailable | Code::AuthTimeout | Code::QueryTimeout,
            Some(_),
        ) => targets(draft, said),
        (Code::NoReader, Some(proxy)) => readers(draft, said, proxy),
        (_, Some(_) | None) => draft,
    }
}

fn name(draft: Draft, said: &ControlPlane) -> Draft {
    match &said.owner {
        Owner::Nobody => draft.observed(
            &resolve::NO_SUCH_ENDPOINT,
            "No proxy of this account and region has this endpoint.",
        ),
        Owner::Proxy(proxy) => {
            let fact = format!("The endpoint is that of proxy {}, which exists.", proxy.name);
            draft.refuted(&resolve::NO_SUCH_ENDPOINT, fact)
        }
        Owner::NotAsked => draft,
    }
}

fn reach(draft: Draft, proxy: &Proxy) -> Draft {
    let fact = format!("Proxy {} is {}.", proxy.name, proxy.status);
    let advice = if draft.code() == Code::TcpRefused {
        &connect::NOBODY_LISTENS
    } else {
        &connect::PROXY_NOT_READY
    };
    match proxy.status.as_str() {
        "available" | "modifying" => draft.refuted(advice, fact),
        _ => draft.observed(advice, fact),
    }
}

/// AWS judges the time of a signature too, and says so.
fn clock(draft: Draft, said: &ControlPlane) -> Draft {
    let skewed = said
        .unanswered
        .iter()
        .find(|unanswered| unanswered.refusal.kind() == RefusalKind::ClockSkewed);
    match skewed {
        Some(skewed) => draft.observed(&identity::CLOCK_SKEW, skewed.refusal.to_string()),
        None => draft,
    }
}

fn permission(draft: Draft, said: &ControlPlane, proxy: Option<&Proxy>) -> Draft {
    let draft = match proxy {
        Some(proxy) => {
            let fact = format!("DB_HOST is an endpoint of proxy {}.", proxy.name);
            draft.refuted(&identity::NOT_THE_ENDPOINTS_NAME, fact)
        }
        None => draft,
    };
    match &said.caller {
        Some(caller) => {
            let fact = format!("The token was signed by {}.", caller.arn);
            let other_account = proxy
                .and_then(Proxy::account)
                .filter(|account| *account != caller.account)
                .map(|account| format!(" The proxy is in account {account}."));
            let fact = fact + &other_account.unwrap_or_default();
            draft.observed(&identity::NO_PERMISSION, fact)
        }
        None => draft,
    }
}

fn registration(draft: Draft, proxy: &Proxy, user: &str) -> Draft {
    match proxy.entry(user) {
        Some(entry) => {
            let secret = entry.secret_arn.as_deref().unwrap_or("a secret");
            let fact = format!("Proxy {} lists {user} with {secret}.", proxy.name);
            draft
                .observed(&identity::SECRET_UNREADABLE, fact.clone())
                .refuted(&identity::NOT_REGISTERED, fact)
        }
        None if proxy.names_every_user() => {
            let users: Vec<&str> =
                proxy.auth.iter().filter_map(|entry| entry.user.as_deref()).collect();
            let users = if users.is_empty() { "nobody".to_owned() } else { users.join(", ") };
            let fact = format!("Proxy {} has secrets for {users}.", proxy.name);
            draft
                .observed(&identity::NOT_REGISTERED, fact.clone())
                .refuted(&identity::SECRET_UNREADABLE, fact)
        }
        None => draft,
    }
}

fn iam_disabled(draft: Draft, proxy: &Proxy, user: &str) -> Draft {
    let Some(mode) = proxy.entry(user).and_then(|entry| entry.iam_auth.as_deref()) else {
        return draft;
    };
    let fact = format!("Proxy {} lists {user} with IAMAuth {mode}.", proxy.name);
    let advice = if draft.code() == Code::PasswordRejected {
        &identity::IAM_DISABLED
    } else {
        &identity::ENTRY_WITHOUT_IAM
    };
    if mode == "DISABLED" { draft.observed(advice, fact) } else { draft.refuted(advice, fact) }
}

fn targets(draft: Draft, said: &ControlPlane) -> Draft {
    let ailing: Vec<String> = said.ailing().map(Target::health).collect();
    let code = draft.code();
    let down = if code == Code::BorrowTimeout {
        &admission::TARGET_DOWN
    } else if code == Code::AuthTimeout {
        &admission::SLOW_LOGIN
    } else if code == Code::QueryTimeout {
        &query::BORROW_WAITS
    } else {
        &admission::STARTING_OR_STOPPING
    };
    if !ailing.is_empty() {
        draft.observed(down, format!("{}.", ailing.join("; ")))
    } else if said.targets.is_empty() {
        draft
    } else {
        draft.refuted(down, "Every target of the proxy is AVAILABLE.")
    }
}

fn readers(draft: Draft, said: &ControlPlane, proxy: &Proxy) -> Draft {
    let is_reader = |role: &Option<String>| role.as_deref() == Some("READ_ONLY");
    if said.targets.iter().any(|target| is_reader(&target.role)) {
        return draft;
    }
    let count = said.targets.len();
    let fact = format!("None of the {count} targets of proxy {} is READ_ONLY.", proxy.name);
    draft.observed(&admission::NO_READER_TARGET, fact)
}
