//! Whether the role that signs may log in through the proxy as the user.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>

use super::near_miss::{CONNECT, near_miss};
use super::permission::{Permission, Policies, Refusal, permission};
use crate::inspect::account::{Account, Login, Role};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::policy::Context;
use crate::inspect::shell;

/// What keeps the signing role's token from being accepted.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let signer = account.signer().known();
    match (account.login(), signer, account.dbuser_arn()) {
        (Login::Iam, Some(role), Some(arn)) => connect(account, role, &arn).into_iter().collect(),
        (Login::Iam | Login::Secret, _, _) => vec![],
    }
}

fn connect(account: &Account, role: &Role, arn: &str) -> Option<Finding> {
    let user = &account.question.user;
    let name = role.name();
    let refusal = match permission(role, CONNECT, arn, &Context::default()) {
        Permission::Granted | Permission::Unknown => return None,
        Permission::Refused(refusal) => refusal,
    };
    let policies = Policies::of(role);
    let taken = policies.as_ref().map(Policies::names).unwrap_or_default();
    let allow = shell::allow(name, taken, CONNECT, arn);
    let cannot =
        format!("The role \"{name}\" isn't allowed to log in as \"{user}\" through the proxy");
    let may = |id, remedy: &str| {
        Finding::certain(id, format!("{cannot}: {}.", refusal.because()), remedy.to_owned())
            .because(format!("{CONNECT} on {arn}"))
    };
    Some(match &refusal {
        Refusal::NotAllowed => not_allowed(policies.as_ref(), account, (&cannot, arn), allow),
        Refusal::Denied { .. } => may("policy_denied", "Take the action or the resource out of the statement that denies it.")
            .typing(list(name)),
        Refusal::Boundary => may("policy_boundary", "Allow the action in the permissions boundary too, or give the role another boundary.")
            .typing(format!("aws iam get-role --role-name {} --query Role.PermissionsBoundary", shell::word(name))),
        Refusal::Organization => may("policy_organization", "Ask those who manage the organization's policies to allow rds-db:connect in this account.")
            .typing("aws organizations list-policies --filter SERVICE_CONTROL_POLICY".to_owned()),
        Refusal::Condition { is_broken, .. } => {
            let certainty = if *is_broken { Certainty::Certain } else { Certainty::Likely };
            may("policy_condition", "Allow it without a condition: RDS Proxy supports no global condition keys for rds-db:connect.")
                .but(certainty)
                .typing(allow)
        }
    })
}

fn not_allowed(
    policies: Option<&Policies>,
    account: &Account,
    (cannot, arn): (&str, &str),
    allow: String,
) -> Finding {
    let near = policies.and_then(|policies| near_miss(policies, account, arn));
    let finding = match near {
        Some(near) => Finding::certain(
            near.id,
            format!("{cannot}. The policy \"{}\" has {}, {}.", near.policy, near.found, near.flaw),
            "Allow it on the proxy's own resource, in that policy or in one more.".to_owned(),
        ),
        None => Finding::certain(
            "policy_missing",
            format!("{cannot}: no policy of the role allows {CONNECT}."),
            "Allow it.".to_owned(),
        ),
    };
    finding.because(format!("needed: {CONNECT} on {arn}")).typing(allow)
}

/// Shows the role's policies.
fn list(role: &str) -> String {
    format!("aws iam list-attached-role-policies --role-name {}", shell::word(role))
}
