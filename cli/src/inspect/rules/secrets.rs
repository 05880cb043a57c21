//! Whether the secrets exist and can be read: the proxy's by its role, the function's by its own.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-secrets-arns.html>

use super::permission::{Permission, Policies, Refusal, permission};
use crate::inspect::account::{Account, Answer, Login, Role, Secret};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::policy::{Context, matches};
use crate::inspect::shell;

/// Reads a secret.
pub const READ: &str = "secretsmanager:GetSecretValue";

/// Decrypts it.
pub const DECRYPT: &str = "kms:Decrypt";

/// What keeps a secret from being read.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let mut found = of_proxy(account);
    if account.login() == Login::Secret {
        found.extend(of_function(account));
    }
    found
}

/// The secrets for the user in the proxy's list. If RDS doesn't tell whose they are, one that is
/// good may be the user's.
fn of_proxy(account: &Account) -> Vec<Finding> {
    let Some(proxy) = account.proxy.known().filter(|proxy| !proxy.is_end_to_end()) else {
        return vec![];
    };
    let entries = proxy.entries_for(&account.question.user);
    let arns: Vec<&str> = entries.filter_map(|entry| entry.secret_arn.as_deref()).collect();
    let checked: Vec<Vec<Finding>> =
        arns.iter().map(|arn| of_one(account, arn, account.proxy_role.known(), true)).collect();
    let all_fail = checked.iter().all(|found| !found.is_empty());
    let mut found: Vec<Finding> = Vec::new();
    for finding in checked.into_iter().flatten() {
        let certainty = if all_fail { finding.certainty } else { Certainty::Possible };
        // One for each kind is enough: the policy is the same.
        if !found.iter().any(|other| other.id == finding.id) {
            found.push(finding.but(certainty));
        }
    }
    found
}

fn of_function(account: &Account) -> Vec<Finding> {
    let function = account.function.known();
    let arn = function.and_then(|function| function.variables.secret_arn.as_deref());
    let role = account.signer().known();
    arn.map(|arn| of_one(account, arn, role, false)).unwrap_or_default()
}

/// A secret, read by a role.
fn of_one(account: &Account, arn: &str, role: Option<&Role>, is_proxys: bool) -> Vec<Finding> {
    let secret = account.secrets.iter().find(|(other, _)| other == arn).map(|(_, secret)| secret);
    let mut found = Vec::new();
    let known = match secret {
        Some(Answer::Absent) => return vec![missing(account, arn)],
        Some(Answer::Known(secret)) => Some(secret),
        Some(Answer::Unknown) | None => None,
    };
    found.extend(known.and_then(|secret| unusable(account, arn, secret)));
    let Some(role) = role else { return found };
    let who = if is_proxys { "The proxy's role" } else { "The function's role" };
    let ids = if is_proxys {
        ("proxy_role_secret", "proxy_role_key")
    } else {
        ("function_role_secret", "function_role_key")
    };
    if let Some(finding) = refused(role, who, (ids.0, READ, arn), &Context::default()) {
        found.push(suffix_hint(role, arn, finding));
    }
    let key = known.and_then(|secret| secret.kms_key.as_deref());
    if let Some(key) = key.filter(|key| key.starts_with("arn:")) {
        found.extend(refused(role, who, (ids.1, DECRYPT, key), &decryption(account, arn)));
    }
    found
}

/// What is known of a request that decrypts a secret.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
pub fn decryption(account: &Account, secret: &str) -> Context {
    let region = secret.split(':').nth(3).unwrap_or(&account.question.region);
    let suffix =
        if account.question.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    Context::default()
        .with("kms:ViaService", &format!("secretsmanager.{region}.{suffix}"))
        .with("kms:EncryptionContext:SecretARN", secret)
}

fn refused(
    role: &Role,
    who: &str,
    (id, action, resource): (&'static str, &str, &str),
    context: &Context,
) -> Option<Finding> {
    let Permission::Refused(refusal) = permission(role, action, resource, context) else {
        return None;
    };
    // The secret's or the key's own policy may allow it too, and was not read.
    let certainty = match &refusal {
        Refusal::Condition { is_broken: false, .. } => return None,
        Refusal::Denied { .. } | Refusal::Boundary | Refusal::Organization => Certainty::Certain,
        Refusal::Condition { .. } | Refusal::NotAllowed => Certainty::Likely,
    };
    let what = if action == READ { "read the secret" } else { "decrypt the secret" };
    let problem =
        format!("{who} \"{}\" isn't allowed to {what}: {}.", role.name(), refusal.because());
    let policies = Policies::of(role);
    let taken = policies.as_ref().map(Policies::names).unwrap_or_default();
    Some(
        Finding::certain(id, problem, format!("Allow it {action}."))
            .but(certainty)
            .because(format!("{action} on {resource}"))
            .typing(shell::allow(role.name(), taken, action, resource)),
    )
}

/// Says so if a policy has the secret's ARN without the six letters at its end.
fn suffix_hint(role: &Role, arn: &str, finding: Finding) -> Finding {
    let Some(policies) = Policies::of(role) else { return finding };
    let stem = arn.rsplit_once('-').map_or(arn, |(stem, _)| stem);
    let name = stem.rsplit(':').next().unwrap_or(stem);
    let near = policies.statements().find_map(|(policy, statement)| {
        let near = statement.resources.listed().iter().find(|it| {
            let is_stem = matches(it, stem) || it.as_str() == name;
            statement.allows && statement.has_action(READ) && is_stem && !matches(it, arn)
        });
        near.map(|near| (policy.to_owned(), near.clone()))
    });
    match near {
        None => finding,
        Some((policy, near)) => {
            let evidence = format!(
                "the policy \"{policy}\" has {near}, without the six characters at the end of the secret's ARN, {arn}"
            );
            finding.because(evidence)
        }
    }
}

fn missing(account: &Account, arn: &str) -> Finding {
    let problem = "The secret of the user doesn't exist.".to_owned();
    let remedy = "Create the secret again, and give the proxy its new ARN: a secret that is created again has another one.";
    let name = arn.rsplit(':').next().unwrap_or(arn);
    let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
    Finding::certain("secret_missing", problem, remedy.to_owned()).because(arn.to_owned()).typing(
        format!(
            "{} --filters Key=name,Values={} --query 'SecretList[].ARN'",
            shell::aws("secretsmanager list-secrets", &account.question.region),
            shell::word(name)
        ),
    )
}

fn unusable(account: &Account, arn: &str, secret: &Secret) -> Option<Finding> {
    let (name, region) = (&secret.name, &account.question.region);
    let arn = shell::word(arn);
    if secret.is_deleted {
        let problem = format!("The secret \"{name}\" is marked for deletion and can't be read.");
        let command =
            format!("{} --secret-id {arn}", shell::aws("secretsmanager restore-secret", region));
        return Some(
            Finding::certain("secret_deleted", problem, "Restore it.".to_owned()).typing(command),
        );
    }
    if !secret.has_value {
        let problem = format!("The secret \"{name}\" has no current value.");
        let remedy = "Put username and password into it, as JSON.".to_owned();
        let command = format!(
            "{} --secret-id {arn} --query VersionIdsToStages",
            shell::aws("secretsmanager describe-secret", region)
        );
        return Some(Finding::certain("secret_empty", problem, remedy).typing(command));
    }
    let state = secret.key_state.as_deref().filter(|state| *state != "Enabled")?;
    let key = secret.kms_key.as_deref().unwrap_or_default();
    let problem = format!("The key of the secret \"{name}\" is not usable: its state is {state}.");
    let (verb, remedy) = if state == "PendingDeletion" {
        ("kms cancel-key-deletion", "Keep the key, then enable it.")
    } else {
        ("kms enable-key", "Enable the key.")
    };
    let command = format!("{} --key-id {}", shell::aws(verb, region), shell::word(key));
    Some(Finding::certain("key_disabled", problem, remedy.to_owned()).typing(command))
}
