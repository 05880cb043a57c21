//! Weighs what is known besides the failure itself: who signed, with which variables, and what the
//! control plane said. Evidence moves a cause up; what contradicts a cause drops it.
//!
//! The control plane's answers count for every failure after the connection. They refute only what
//! they cover: an available target tells nothing about a client's login.

mod budget;
mod proxy;
mod signer;
mod targets;
#[cfg(test)]
mod tests;
mod variables;

pub(super) use budget::weigh as weigh_budget;

use super::draft::Draft;
use super::rules::{connect, resolve};
use super::{Advice, Code, Facts};
use crate::explain::{ControlPlane, Owner, Proxy};
use crate::probe::Step;

/// Causes that only the control plane or the environment tells, in addition to those of the codes'
/// entries.
pub(super) const ADVICE: [&[&Advice]; 4] =
    [budget::ADVICE, variables::ADVICE, targets::ADVICE, proxy::ADVICE];

/// The draft with all of that weighed.
pub(super) fn weigh(draft: Draft, step: Step, facts: &Facts<'_>) -> Draft {
    let draft = signer::other_engine(variables::weigh(draft, facts), facts);
    let Some(said) = facts.control_plane else { return draft };
    match (step, said.proxy()) {
        (Step::Config | Step::Credentials | Step::Sign, _) | (Step::Connect, None) => draft,
        (Step::Resolve, _) => name(draft, said),
        (Step::Connect, Some(owner)) => proxy::set_up(reach(draft, owner), owner, facts),
        (Step::Tls, owner) => past_the_connection(draft, owner, said, facts),
        (Step::Authenticate | Step::Query, owner) => {
            let draft = signer::signed(draft, said, owner, facts);
            past_the_connection(draft, owner, said, facts)
        }
    }
}

fn past_the_connection(
    draft: Draft,
    owner: Option<&Proxy>,
    said: &ControlPlane,
    facts: &Facts<'_>,
) -> Draft {
    let Some(owner) = owner else { return draft };
    let draft = proxy::entries(draft, owner, facts);
    proxy::set_up(targets::weigh(draft, owner, said), owner, facts)
}

fn name(draft: Draft, said: &ControlPlane) -> Draft {
    match &said.owner {
        Owner::NoProxy => draft.observed(
            &resolve::NO_SUCH_ENDPOINT,
            "No proxy of this account and region has this endpoint.",
        ),
        Owner::Proxy(proxy) => {
            let fact = format!("The endpoint is that of proxy \"{}\", which exists.", proxy.name);
            draft.refuted(&resolve::NO_SUCH_ENDPOINT, fact)
        }
        Owner::NotAsked => draft,
    }
}

/// A proxy that is ready does not explain a closed or silent port; one that is not ready is handled by
/// its status.
fn reach(draft: Draft, proxy: &Proxy) -> Draft {
    if !proxy.is_ready() {
        return draft;
    }
    let fact = format!("Proxy \"{}\" is {}.", proxy.name, proxy.status);
    let advice = if draft.code() == Code::TcpRefused {
        &connect::NOTHING_LISTENS
    } else {
        &connect::PROXY_NOT_READY
    };
    draft.refuted(advice, fact)
}
