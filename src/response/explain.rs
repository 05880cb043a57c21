//! What the control plane said, as JSON; `docs/reference.md` describes each key.

use serde::Serialize;

use super::millis;
use crate::explain::{AuthEntry, ControlPlane, FailedCall, Owner, Proxy, Target};

#[derive(Serialize)]
pub(super) struct ExplainBlock<'a> {
    principal: Option<&'a str>,
    proxy_exists: Option<bool>,
    proxy: Option<ProxyBlock<'a>>,
    targets: Vec<TargetBlock<'a>>,
    problems: Vec<String>,
    elapsed_ms: f64,
}

#[derive(Serialize)]
struct ProxyBlock<'a> {
    name: &'a str,
    id: Option<&'a str>,
    engine_family: Option<&'a str>,
    status: &'a str,
    target_role: Option<&'a str>,
    require_tls: bool,
    default_auth_scheme: Option<&'a str>,
    auth: Vec<AuthEntryBlock<'a>>,
}

#[derive(Serialize)]
struct AuthEntryBlock<'a> {
    user: Option<&'a str>,
    iam: Option<&'a str>,
    secret_arn: Option<&'a str>,
}

#[derive(Serialize)]
struct TargetBlock<'a> {
    id: &'a str,
    port: Option<u16>,
    role: Option<&'a str>,
    state: Option<&'a str>,
    reason: Option<&'a str>,
    description: Option<&'a str>,
}

pub(super) fn explain_block(said: &ControlPlane) -> ExplainBlock<'_> {
    ExplainBlock {
        principal: said.principal.as_ref().map(|principal| principal.arn.as_str()),
        proxy_exists: match said.owner {
            Owner::NotAsked => None,
            Owner::NoProxy => Some(false),
            Owner::Proxy(_) => Some(true),
        },
        proxy: said.proxy().map(proxy_block),
        targets: said.targets.iter().flatten().map(target_block).collect(),
        problems: said.failed_calls.iter().map(problem).collect(),
        elapsed_ms: millis(said.elapsed),
    }
}

fn proxy_block(proxy: &Proxy) -> ProxyBlock<'_> {
    ProxyBlock {
        name: &proxy.name,
        id: proxy.id(),
        engine_family: proxy.engine_family.as_deref(),
        status: &proxy.status,
        target_role: proxy.target_role.as_deref(),
        require_tls: proxy.requires_tls,
        default_auth_scheme: proxy.default_auth_scheme.as_deref(),
        auth: proxy.auth.iter().map(entry_block).collect(),
    }
}

fn entry_block(entry: &AuthEntry) -> AuthEntryBlock<'_> {
    AuthEntryBlock {
        user: entry.user.as_deref(),
        iam: entry.iam_auth.as_deref(),
        secret_arn: entry.secret_arn.as_deref(),
    }
}

fn target_block(target: &Target) -> TargetBlock<'_> {
    TargetBlock {
        id: &target.id,
        port: target.port,
        role: target.role.as_deref(),
        state: target.state.as_deref(),
        reason: target.reason.as_deref(),
        description: target.description.as_deref(),
    }
}

fn problem(call: &FailedCall) -> String {
    format!("{}: {}", call.permission, call.refusal)
}
