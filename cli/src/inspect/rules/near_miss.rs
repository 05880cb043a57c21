//! Why a policy that means to allow `rds-db:connect` does not: the part of its resource, or its
//! action, that is another one.

use super::permission::Policies;
use crate::inspect::account::Account;
use crate::inspect::policy::{Statement, matches};

/// The action that logging in needs.
pub(super) const CONNECT: &str = "rds-db:connect";

/// A statement that nearly allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NearMiss {
    pub(super) id: &'static str,
    /// The policy that has the statement.
    pub(super) policy: String,
    /// What the statement has, as the object of "it has".
    pub(super) found: String,
    /// What is wrong with it, as a sentence without a full stop.
    pub(super) flaw: String,
    /// How near it is; of several the nearest counts.
    nearness: u8,
}

/// The statement that comes nearest to allowing this.
pub(super) fn near_miss(
    policies: &Policies,
    account: &Account,
    expected: &str,
) -> Option<NearMiss> {
    let of_statement = |(policy, statement): (&str, &Statement)| {
        let misses = if statement.has_action(CONNECT) {
            let resources = statement.resources.listed().iter();
            resources.filter_map(|found| of_resource(found, account, expected)).collect()
        } else {
            of_action(statement, expected).into_iter().collect::<Vec<_>>()
        };
        misses.into_iter().map(|miss| NearMiss { policy: policy.to_owned(), ..miss }).collect()
    };
    let allowing = policies.statements().filter(|(_, statement)| statement.allows);
    let all = allowing.flat_map(|it| -> Vec<NearMiss> { of_statement(it) });
    // Of several that are as near, the first.
    all.fold(None, |best: Option<NearMiss>, miss| match best {
        Some(best) if best.nearness >= miss.nearness => Some(best),
        Some(_) | None => Some(miss),
    })
}

/// A statement about this resource, or about RDS, with other actions.
fn of_action(statement: &Statement, expected: &str) -> Option<NearMiss> {
    let actions = statement.actions.listed();
    let is_exact = statement.resources.listed().iter().any(|it| it != "*" && matches(it, expected));
    let is_near = |action: &String| {
        let action = action.to_ascii_lowercase();
        action.starts_with("rds-db:")
            || action == "rds:*"
            || action.starts_with("rds:connect")
            || action.starts_with("rds-data:")
    };
    if !is_exact && !actions.iter().any(is_near) {
        return None;
    }
    Some(NearMiss {
        id: "policy_action",
        policy: String::new(),
        found: format!("the action {}", actions.join(", ")),
        flaw: format!("which does not include {CONNECT}"),
        nearness: if is_exact { 9 } else { 1 },
    })
}

/// A resource for this action that is another one.
fn of_resource(found: &str, account: &Account, expected: &str) -> Option<NearMiss> {
    let miss = |id, nearness, flaw: String| {
        Some(NearMiss {
            id,
            policy: String::new(),
            found: format!("the resource {found}"),
            flaw,
            nearness,
        })
    };
    let form = |nearness| {
        let flaw =
            "which does not have the form arn:aws:rds-db:REGION:ACCOUNT:dbuser:PROXY-ID/USER";
        miss("policy_form", nearness, flaw.to_owned())
    };
    let parts = |arn: &str| arn.splitn(7, ':').map(str::to_owned).collect::<Vec<_>>();
    let (has, needs) = (parts(found), parts(expected));
    let part = |all: &[String], at: usize| all.get(at).cloned().unwrap_or_default();
    let differs = |at: usize| !matches(&part(&has, at), &part(&needs, at));
    if found == "*" || matches(found, expected) {
        return None;
    }
    if differs(0) || has.len() < 6 {
        return form(2);
    }
    if differs(2) {
        let flaw = format!("whose service is \"{}\": it must be \"rds-db\"", part(&has, 2));
        return miss("policy_service", 3, flaw);
    }
    for (at, id, what, nearness) in [
        (1, "policy_partition", "partition", 4),
        (3, "policy_region", "region", 5),
        (4, "policy_account", "account", 6),
    ] {
        if differs(at) {
            let flaw = format!(
                "whose {what} is \"{}\": the proxy's is \"{}\"",
                part(&has, at),
                part(&needs, at)
            );
            return miss(id, nearness, flaw);
        }
    }
    if differs(5) || has.len() < 7 {
        return form(6);
    }
    let (has, needs) = (part(&has, 6), part(&needs, 6));
    let (Some((id, user)), Some((needed_id, needed_user))) =
        (has.split_once('/'), needs.split_once('/'))
    else {
        return form(7);
    };
    if !matches(id, needed_id) {
        let (kind, flaw) = of_id(id, account, needed_id);
        return miss(kind, 8, flaw);
    }
    miss("policy_user", 9, of_user(user, needed_user))
}

/// Another user than the one that is needed.
fn of_user(user: &str, needed: &str) -> String {
    if user.contains("${") {
        format!("whose user is a policy variable, and \"{needed}\" is not its value for certain")
    } else if user.eq_ignore_ascii_case(needed) {
        format!("whose user is \"{user}\": case counts, and the user is \"{needed}\"")
    } else {
        format!("which is for the user \"{user}\", not \"{needed}\"")
    }
}

/// What stands where the proxy's id must stand.
fn of_id(id: &str, account: &Account, needed: &str) -> (&'static str, String) {
    let is_name = account.proxy.known().is_some_and(|proxy| proxy.name == id);
    let is_database = id.starts_with("cluster-")
        || id.starts_with("db-")
        || account.databases.iter().any(|it| it.id == id);
    if is_name {
        let flaw = format!("which has the proxy's name where its id must stand, {needed}");
        ("policy_proxy_name", flaw)
    } else if is_database {
        let flaw =
            format!("which is the database's: through the proxy, the proxy's id counts, {needed}");
        ("policy_database_id", flaw)
    } else if id.starts_with("proxy-") {
        let flaw =
            format!("which has a part of the host name where the proxy's id must stand, {needed}");
        ("policy_host_label", flaw)
    } else if id.starts_with("prx-") {
        let flaw = format!(
            "which is another proxy's, or this one's before it was created again: its id is {needed} now"
        );
        ("policy_other_proxy", flaw)
    } else {
        let flaw = format!("which has \"{id}\" where the proxy's id must stand, {needed}");
        ("policy_other_id", flaw)
    }
}
