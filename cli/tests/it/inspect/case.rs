//! A misconfigured account: the right one, changed.

use rds_proxy_probe_cli::inspect::account::{
    Account, Answer, Database, Function, Login, Network, Policy, Proxy, Role, RouteTable, Secret,
    SecurityGroup, SgRule, Vpc,
};

use super::right::{SECRET, policy, text};

/// A misconfigured account.
pub(super) struct Case {
    /// Where someone met it; empty if it was made up.
    pub(super) link: &'static str,
    /// What was said there, in a line.
    pub(super) words: &'static str,
    /// What must be named first or second.
    pub(super) cause: &'static str,
    /// What is different from the right account.
    pub(super) change: fn(&mut Account),
}

pub(super) fn function(account: &mut Account) -> &mut Function {
    account.function.known_mut().unwrap()
}

pub(super) fn proxy(account: &mut Account) -> &mut Proxy {
    account.proxy.known_mut().unwrap()
}

pub(super) fn role(account: &mut Account) -> &mut Role {
    account.role.known_mut().unwrap()
}

pub(super) fn proxy_role(account: &mut Account) -> &mut Role {
    account.proxy_role.known_mut().unwrap()
}

pub(super) fn database(account: &mut Account) -> &mut Database {
    account.databases.first_mut().unwrap()
}

/// The function's role has this policy alone.
pub(super) fn own_policy(account: &mut Account, statements: &str) {
    role(account).policies = Answer::Known(vec![policy("db", statements)]);
}

/// The proxy's role has this policy alone.
pub(super) fn proxy_policy(account: &mut Account, statements: &str) {
    proxy_role(account).policies = Answer::Known(vec![policy("secrets", statements)]);
}

/// The proxy's role has one more policy.
pub(super) fn another(account: &mut Account, more: Policy) {
    proxy_role(account).policies.known_mut().unwrap().push(more);
}

pub(super) fn secret(account: &mut Account) -> &mut Secret {
    account.secrets.first_mut().unwrap().1.known_mut().unwrap()
}

pub(super) fn group<'a>(account: &'a mut Account, id: &str) -> &'a mut SecurityGroup {
    let groups = account.network.security_groups.known_mut().unwrap();
    groups.iter_mut().find(|group| group.id == id).unwrap()
}

pub(super) fn inbound(account: &mut Account, id: &str, rules: Vec<SgRule>) {
    group(account, id).inbound = rules;
}

pub(super) fn outbound(account: &mut Account, id: &str, rules: Vec<SgRule>) {
    group(account, id).outbound = rules;
}

pub(super) fn table(network: &mut Network) -> &mut RouteTable {
    network.route_tables.known_mut().unwrap().first_mut().unwrap()
}

pub(super) fn vpc(account: &mut Account) -> &mut Vpc {
    account.network.vpcs.known_mut().unwrap().first_mut().unwrap()
}

/// The function logs in with the user's secret.
pub(super) fn by_secret(account: &mut Account) {
    let reading = super::right::allow("secretsmanager:GetSecretValue", SECRET);
    let decrypting = super::right::allow("kms:Decrypt", super::right::KEY);
    own_policy(account, &format!("{reading}, {decrypting}"));
    let variables = &mut function(account).variables;
    (variables.login, variables.secret_arn) = (Login::Secret, Some(text(SECRET)));
    proxy(account).auth = vec![super::right::entry("app", "DISABLED")];
}
