//! How the proxy authenticates a user, and how it logs in to the database: its list of secrets, IAM for
//! both sides.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html>

use super::near_miss::CONNECT;
use super::permission::{Permission, Policies, permission};
use crate::inspect::account::{Account, AuthEntry, Database, Login, Proxy};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::policy::Context;
use crate::inspect::shell;

/// What keeps the proxy from letting the user in.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let Some(proxy) = account.proxy.known() else { return vec![] };
    let mut found = Vec::new();
    match (account.login(), proxy.is_end_to_end()) {
        (Login::Iam, true) => found.extend(end_to_end(account, proxy)),
        (Login::Iam, false) => found.extend(by_token(account, proxy)),
        (Login::Secret, _) => found.extend(by_password(account, proxy)),
    }
    found
}

/// A token, and a secret behind it.
fn by_token(account: &Account, proxy: &Proxy) -> Option<Finding> {
    let user = &account.question.user;
    registration(account, proxy).or_else(|| {
        let entries: Vec<&AuthEntry> = proxy.entries_for(user).collect();
        let is_disabled = |entry: &&AuthEntry| entry.iam_auth.as_deref() == Some("DISABLED");
        if !entries.iter().all(is_disabled) {
            return None;
        }
        let problem = format!(
            "The proxy expects a password of \"{user}\", not a token: IAM authentication is disabled for its secret."
        );
        let remedy = "Set IAMAuth to REQUIRED for the secret, and leave the others as they are.";
        let finding = Finding::certain("iam_not_required", problem, remedy.to_owned())
            .typing(show(account, proxy));
        Some(match changed(account, proxy, &entries) {
            Some(command) => finding.typing(command),
            None => finding,
        })
    })
}

/// Whether the user has a secret in the proxy's list.
fn registration(account: &Account, proxy: &Proxy) -> Option<Finding> {
    let user = &account.question.user;
    if proxy.auth.is_empty() {
        let problem =
            "The proxy has no secret at all, and does not log in by IAM itself.".to_owned();
        let remedy = format!("Give it the secret with the password of \"{user}\".");
        return Some(Finding::certain("no_secrets", problem, remedy).typing(show(account, proxy)));
    }
    if proxy.entries_for(user).next().is_some() {
        return None;
    }
    let names = proxy.auth.iter().filter_map(|entry| entry.user.as_deref());
    let names = names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let problem = format!("The proxy has no secret for the user \"{user}\".");
    let remedy = format!(
        "Create a secret with \"{user}\" as its username, and add it to the proxy's list beside the others."
    );
    Some(
        Finding::certain("user_not_registered", problem, remedy)
            .because(format!("its secrets are those of {names}"))
            .typing(show(account, proxy)),
    )
}

/// A password, from the function's own secret.
fn by_password(account: &Account, proxy: &Proxy) -> Option<Finding> {
    let user = &account.question.user;
    if !proxy.is_end_to_end()
        && let Some(finding) = registration(account, proxy)
    {
        return Some(finding);
    }
    let entries: Vec<&AuthEntry> = proxy.entries_for(user).collect();
    let is_required = |entry: &&AuthEntry| entry.iam_auth.as_deref() == Some("REQUIRED");
    if !entries.iter().all(is_required) {
        return None;
    }
    let problem = format!(
        "The proxy requires a token of \"{user}\", and the function sends a password (DB_AUTH is \"secret\")."
    );
    let remedy =
        "Let the function log in by IAM: take DB_AUTH out of its variables, and set DB_USER.";
    Some(Finding::certain("iam_required", problem, remedy.to_owned()).typing(show(account, proxy)))
}

/// The proxy's role logs in to the database by IAM.
fn end_to_end(account: &Account, proxy: &Proxy) -> Vec<Finding> {
    let databases = logged_in(account);
    let mut found: Vec<Finding> =
        databases.iter().filter(|it| !it.has_iam).map(|it| iam_off(account, it)).collect();
    let Some(role) = account.proxy_role.known() else { return found };
    let (user, region) = (&account.question.user, &account.question.region);
    let (partition, own) = (&account.question.partition, proxy.account().unwrap_or_default());
    for database in databases {
        let Some(id) = &database.resource_id else { continue };
        let arn = format!("arn:{partition}:rds-db:{region}:{own}:dbuser:{id}/{user}");
        let Permission::Refused(refusal) = permission(role, CONNECT, &arn, &Context::default())
        else {
            continue;
        };
        let problem = format!(
            "The proxy's role \"{}\" isn't allowed to log in to the database as \"{user}\": {}.",
            role.name(),
            refusal.because()
        );
        let policies = Policies::of(role);
        let taken = policies.as_ref().map(Policies::names).unwrap_or_default();
        let remedy = "Allow it on the database's resource id, which is not the proxy's.".to_owned();
        found.push(
            Finding::certain("proxy_role_connect", problem, remedy)
                .because(format!("{CONNECT} on {arn}"))
                .typing(shell::allow(role.name(), taken, CONNECT, &arn)),
        );
    }
    found
}

/// What the proxy logs in to: the clusters, or instances without one.
fn logged_in(account: &Account) -> Vec<&Database> {
    let has_cluster = account.databases.iter().any(|database| database.is_cluster);
    account.databases.iter().filter(|it| it.is_cluster || !has_cluster).collect()
}

fn iam_off(account: &Account, database: &Database) -> Finding {
    let (what, option) = if database.is_cluster {
        ("rds modify-db-cluster", "--db-cluster-identifier")
    } else {
        ("rds modify-db-instance", "--db-instance-identifier")
    };
    let problem = format!(
        "The proxy logs in to the database by IAM, and IAM authentication is off for \"{}\".",
        database.id
    );
    let command = format!(
        "{} {option} {} --enable-iam-database-authentication --apply-immediately",
        shell::aws(what, &account.question.region),
        shell::word(&database.id)
    );
    Finding::certain("database_iam_off", problem, "Turn it on.".to_owned())
        .but(Certainty::Certain)
        .typing(command)
}

/// Shows the proxy's list of secrets.
pub(super) fn show(account: &Account, proxy: &Proxy) -> String {
    format!(
        "{} --db-proxy-name {} --query 'DBProxies[].Auth'",
        shell::aws("rds describe-db-proxies", &account.question.region),
        shell::word(&proxy.name)
    )
}

/// Replaces the list by the same with IAM required for these entries; `None` if one has no ARN.
fn changed(account: &Account, proxy: &Proxy, required: &[&AuthEntry]) -> Option<String> {
    let entries: Option<Vec<String>> = (proxy.auth.iter())
        .map(|entry| {
            let is_meant = required.contains(&entry);
            let iam = if is_meant { "REQUIRED" } else { entry.iam_auth.as_deref()? };
            let arn = entry.secret_arn.as_deref()?;
            Some(format!("AuthScheme=SECRETS,SecretArn={arn},IAMAuth={iam}"))
        })
        .collect();
    let entries: Vec<String> = entries?.iter().map(|entry| shell::word(entry)).collect();
    Some(format!(
        "{} --db-proxy-name {} --auth {}",
        shell::aws("rds modify-db-proxy", &account.question.region),
        shell::word(&proxy.name),
        entries.join(" ")
    ))
}
