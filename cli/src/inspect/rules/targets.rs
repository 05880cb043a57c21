//! Whether the proxy works, and reaches its databases.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_TargetHealth.html>

use crate::inspect::account::{Account, Answer, Proxy, Target};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::shell;

/// What keeps the proxy from serving anyone.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let Some(proxy) = account.proxy.known() else { return vec![] };
    let mut found: Vec<Finding> = status(account, proxy).into_iter().collect();
    found.extend(databases(account));
    match &account.targets {
        Answer::Known(targets) if !targets.is_empty() => {
            found.extend(no_reader(account, targets));
            found.extend(unavailable(account, proxy, targets));
        }
        Answer::Known(_) | Answer::Absent => found.push(no_targets(account, proxy)),
        Answer::Unknown => {}
    }
    found
}

fn status(account: &Account, proxy: &Proxy) -> Option<Finding> {
    if ["available", "modifying"].contains(&proxy.status.as_str()) {
        return None;
    }
    let remedy = match proxy.status.as_str() {
        "creating" | "reactivating" => "Wait until it is available.",
        "incompatible-network" => {
            "Give the proxy's subnets free addresses, and leave its security groups and subnets in place; then create it again."
        }
        "insufficient-resource-limits" => "Raise the account's limits for network interfaces.",
        _ => "Look at the proxy's events, and create it again if it stays so.",
    };
    let problem =
        format!("The proxy \"{}\" is not available: its status is {}.", proxy.name, proxy.status);
    let command = format!(
        "{} --db-proxy-name {} --query 'DBProxies[].Status'",
        shell::aws("rds describe-db-proxies", &account.question.region),
        shell::word(&proxy.name)
    );
    Some(Finding::certain("proxy_status", problem, remedy.to_owned()).typing(command))
}

fn no_targets(account: &Account, proxy: &Proxy) -> Finding {
    let problem = format!("The proxy \"{}\" has no database behind it.", proxy.name);
    let command = format!(
        "{} --db-proxy-name {} --db-cluster-identifiers CLUSTER",
        shell::aws("rds register-db-proxy-targets", &account.question.region),
        shell::word(&proxy.name)
    );
    let remedy = "Register a cluster, or an instance with --db-instance-identifiers.".to_owned();
    Finding::certain("no_targets", problem, remedy).typing(command)
}

/// Whether the function uses an endpoint for readers, and there is none.
fn no_reader(account: &Account, targets: &[Target]) -> Option<Finding> {
    let function = account.function.known()?;
    let endpoint = account.endpoints.iter().find(|endpoint| {
        let hosts = function.variables.hosts.iter();
        endpoint.target_role.as_deref() == Some("READ_ONLY")
            && hosts.into_iter().any(|named| Some(&named.host) == endpoint.host.as_ref())
    })?;
    let has_reader = targets.iter().any(|target| target.role.as_deref() == Some("READ_ONLY"));
    if has_reader {
        return None;
    }
    let problem = format!(
        "The function uses the read-only endpoint \"{}\", and the proxy has no reader behind it.",
        endpoint.name
    );
    let remedy = "Add a reader to the cluster, or use the proxy's default endpoint.".to_owned();
    let evidence = "a proxy of an RDS instance has no readers at all".to_owned();
    Some(Finding::certain("no_reader", problem, remedy).because(evidence))
}

/// The databases' own status.
fn databases(account: &Account) -> Vec<Finding> {
    let stopped = account.databases.iter().filter(|database| {
        let status = database.status.as_str();
        ["stopped", "stopping", "failed", "storage-full", "deleting"].contains(&status)
            || status.starts_with("in")
    });
    let finding = |database: &crate::inspect::account::Database| {
        let problem = format!(
            "The database \"{}\" is not available: its status is {}.",
            database.id, database.status
        );
        let (verb, option) = if database.is_cluster {
            ("rds start-db-cluster", "--db-cluster-identifier")
        } else {
            ("rds start-db-instance", "--db-instance-identifier")
        };
        let command = format!(
            "{} {option} {}",
            shell::aws(verb, &account.question.region),
            shell::word(&database.id)
        );
        let is_stopped = database.status.starts_with("stop");
        let remedy =
            if is_stopped { "Start it." } else { "Look at its events in the RDS console." };
        let finding = Finding::certain("database_status", problem, remedy.to_owned());
        if is_stopped { finding.typing(command) } else { finding }
    };
    stopped.map(finding).collect()
}

/// Targets that the proxy can't connect to, one finding for each reason.
fn unavailable(account: &Account, proxy: &Proxy, targets: &[Target]) -> Vec<Finding> {
    // A tracked cluster has no health state; its instances have.
    let with_health: Vec<&Target> =
        targets.iter().filter(|target| target.state.is_some()).collect();
    let is_down = |target: &&&Target| {
        let state = target.state.as_deref().unwrap_or_default();
        ["UNAVAILABLE", "REGISTERING"].contains(&state)
    };
    let down: Vec<&&Target> = with_health.iter().filter(is_down).collect();
    let all_down = down.len() == with_health.len();
    let mut found: Vec<Finding> = Vec::new();
    for target in down {
        let (id, why, remedy) = reason(target);
        if found.iter().any(|finding| finding.id == id) {
            continue;
        }
        let writer_is_down = target.role.as_deref() == Some("READ_WRITE");
        let certainty =
            if all_down || writer_is_down { Certainty::Certain } else { Certainty::Possible };
        let problem = format!("The proxy can't use the database \"{}\": {why}.", target.id);
        let finding = Finding::certain(id, problem, remedy.to_owned())
            .but(certainty)
            .because(health(target))
            .typing(format!(
                "{} --db-proxy-name {} --query 'Targets[].[RdsResourceId,TargetHealth]'",
                shell::aws("rds describe-db-proxy-targets", &account.question.region),
                shell::word(&proxy.name)
            ));
        found.push(finding);
    }
    found
}

/// The id of a finding, why the target is unavailable, and what to do.
fn reason(target: &Target) -> (&'static str, &'static str, &'static str) {
    match target.reason.as_deref() {
        Some("UNREACHABLE") => (
            "target_unreachable",
            "no packet gets through",
            "Let the proxy's security groups out to the database's port, and the database's let them in.",
        ),
        Some("AUTH_FAILURE") => (
            "target_auth_failure",
            "it can't log in",
            "Check that its role may read the secret and decrypt it, and that the secret has the database's present password.",
        ),
        Some("CONNECTION_FAILED") => (
            "target_connection_failed",
            "it was reached, but took no connection",
            "Check that the database is running and has connections left (max_connections).",
        ),
        Some("PENDING_PROXY_CAPACITY") => (
            "target_pending",
            "the proxy is still getting ready, which takes up to 15 minutes",
            "Wait.",
        ),
        Some("INVALID_REPLICATION_STATE") => (
            "target_replication",
            "it is a reader that doesn't replicate as it must",
            "Check the reader's replication.",
        ),
        Some(_) | None => (
            "target_unavailable",
            "RDS doesn't say why",
            "Check security groups, secret and status of the database; then look at the proxy's log.",
        ),
    }
}

fn health(target: &Target) -> String {
    let parts = [&target.state, &target.reason, &target.description];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    format!("target health: {}", parts.join(", "))
}
