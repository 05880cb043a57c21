//! The function itself, and its variables against the proxy: host, port, region, user, engine.

use crate::inspect::account::{Account, Function, NamedHost, Proxy};
use crate::inspect::finding::{Certainty, Finding};
use crate::inspect::shell;

/// What is wrong with the function, or with its variables.
pub(super) fn findings(account: &Account) -> Vec<Finding> {
    let Some(function) = account.function.known() else { return vec![] };
    let mut found: Vec<Finding> = state(account, function).into_iter().collect();
    let Some(proxy) = account.proxy.known() else { return found };
    found.extend(host(account, function, proxy));
    found.extend(values(account, function, proxy));
    found
}

fn state(account: &Account, function: &Function) -> Option<Finding> {
    let name = function.name.as_deref()?;
    let failed = |state: &Option<String>| state.as_deref() == Some("Failed");
    let (what, reason) = if failed(&function.state) {
        ("it could not be created", &function.state_reason)
    } else if failed(&function.last_update) {
        ("its last update failed", &function.last_update_reason)
    } else {
        return None;
    };
    let certainty = if failed(&function.state) { Certainty::Certain } else { Certainty::Likely };
    let problem = format!("Lambda can't run {} as configured: {what}.", function.label());
    let command = format!(
        "{} --function-name {} --query '[State,StateReason,LastUpdateStatus,LastUpdateStatusReason]'",
        shell::aws("lambda get-function-configuration", &account.question.region),
        shell::word(name)
    );
    let finding = Finding::certain(
        "function_state",
        problem,
        "Correct what Lambda names, and update the function.".to_owned(),
    );
    let finding = finding.but(certainty).typing(command);
    Some(match reason {
        Some(reason) => finding.because(reason.clone()),
        None => finding,
    })
}

/// Whether a variable names the proxy; if others name something else, which.
fn host(account: &Account, function: &Function, proxy: &Proxy) -> Option<Finding> {
    let own: Vec<&str> = (proxy.endpoint.iter())
        .chain(account.endpoints.iter().filter_map(|endpoint| endpoint.host.as_ref()))
        .map(String::as_str)
        .collect();
    let hosts = &function.variables.hosts;
    let endpoint = proxy.endpoint.as_deref()?;
    if hosts.is_empty() || hosts.iter().any(|named| own.contains(&named.host.as_str())) {
        return None;
    }
    let is_databases = |named: &&NamedHost| {
        account.databases.iter().any(|database| database.hosts.contains(&named.host))
    };
    let of_database = hosts.iter().find(is_databases);
    let named = of_database.or_else(|| hosts.first())?;
    let (id, what) = if of_database.is_some() {
        ("host_is_database", "the database behind the proxy, not the proxy")
    } else if named.host.contains(".proxy-") {
        ("host_is_other_proxy", "another proxy")
    } else {
        ("host_is_other", "another database")
    };
    // An application may have more hosts than the variables show.
    let certainty =
        if named.variable == "DB_HOST" { Certainty::Certain } else { Certainty::Likely };
    let problem = format!("The variable {} names {what}: {}.", named.variable, named.host);
    let remedy = format!("Set it to the proxy's endpoint, {endpoint}.");
    Some(Finding::certain(id, problem, remedy).but(certainty).typing(variables(account, function)))
}

fn values(account: &Account, function: &Function, proxy: &Proxy) -> Vec<Finding> {
    let variables = &function.variables;
    let (user, region) = (&account.question.user, &account.question.region);
    let show = |finding: Finding| finding.typing(self::variables(account, function));
    let mut found = Vec::new();
    if let Some(port) = variables.port.filter(|port| *port != proxy.port()) {
        let problem = format!(
            "The function connects to port {port}, and the proxy listens on {} only.",
            proxy.port()
        );
        let remedy =
            format!("Set the port to {}: it does not follow the database's.", proxy.port());
        found.push(show(Finding::certain("port", problem, remedy)));
    }
    if let Some(other) = variables.region.as_ref().filter(|other| *other != region) {
        let problem = format!("DB_REGION is {other}, and the proxy is in {region}.");
        let remedy = format!("Set it to {region}, or leave it out.");
        found.push(show(Finding::certain("region", problem, remedy)));
    }
    let family = match variables.engine.as_deref() {
        Some("mysql") => Some("MYSQL"),
        Some("postgresql") => Some("POSTGRESQL"),
        Some(_) | None => None,
    };
    if let Some(family) = family.filter(|family| *family != proxy.engine_family) {
        let problem =
            format!("DB_ENGINE is for {family}, and the proxy is for {}.", proxy.engine_family);
        let remedy = "Set DB_ENGINE to the proxy's engine.".to_owned();
        found.push(show(Finding::certain("engine", problem, remedy)));
    }
    if variables.user.as_ref().is_some_and(|other| other != user) {
        let problem = format!("The function's own variable names another user than \"{user}\".");
        let remedy = format!("Inspect that user with --user, or set the variable to \"{user}\".");
        let finding = Finding::certain("other_user", problem, remedy);
        found.push(finding.but(Certainty::Possible));
    }
    found
}

/// Shows the names of the function's variables, not their values.
fn variables(account: &Account, function: &Function) -> String {
    format!(
        "{} --function-name {} --query 'keys(Environment.Variables)'",
        shell::aws("lambda get-function-configuration", &account.question.region),
        shell::word(function.name.as_deref().unwrap_or_default())
    )
}
