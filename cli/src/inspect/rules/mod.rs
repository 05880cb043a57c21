//! What would keep the function from logging in: pure functions from what was read to findings, one
//! file for each subject.

mod auth;
mod near_miss;
mod network;
mod permission;
mod policy;
mod secrets;
mod services;
mod targets;
mod trust;
mod variables;

use super::account::Account;
use super::finding::Finding;

pub use secrets::{DECRYPT, READ, decryption};

/// What needs a role's permission.
pub const CONNECT: &str = near_miss::CONNECT;

/// The findings' names, by subject.
pub const IDS: &[&str] = &[
    "function_state",
    "host_is_database",
    "host_is_other_proxy",
    "host_is_other",
    "port",
    "region",
    "engine",
    "other_user",
    "function_outside_vpc",
    "no_route",
    "no_route_back",
    "function_outbound",
    "proxy_inbound",
    "proxy_outbound",
    "database_inbound",
    "network_acl",
    "no_free_addresses",
    "dns_support",
    "service_unreachable",
    "endpoint_state",
    "endpoint_private_dns",
    "endpoint_inbound",
    "endpoint_outbound",
    "policy_missing",
    "policy_action",
    "policy_form",
    "policy_service",
    "policy_partition",
    "policy_region",
    "policy_account",
    "policy_proxy_name",
    "policy_database_id",
    "policy_host_label",
    "policy_other_proxy",
    "policy_other_id",
    "policy_user",
    "policy_condition",
    "policy_denied",
    "policy_boundary",
    "policy_organization",
    "function_trust",
    "proxy_trust",
    "assume_permission",
    "assume_trust",
    "assume_external_id",
    "no_secrets",
    "user_not_registered",
    "iam_not_required",
    "iam_required",
    "proxy_role_connect",
    "database_iam_off",
    "secret_missing",
    "secret_deleted",
    "secret_empty",
    "key_disabled",
    "proxy_role_secret",
    "proxy_role_key",
    "function_role_secret",
    "function_role_key",
    "proxy_status",
    "no_targets",
    "no_reader",
    "database_status",
    "target_unreachable",
    "target_auth_failure",
    "target_connection_failed",
    "target_pending",
    "target_replication",
    "target_unavailable",
];

/// What would keep the function from logging in, the surest first.
pub fn findings(account: &Account) -> Vec<Finding> {
    let subjects = [
        variables::findings,
        network::findings,
        services::findings,
        policy::findings,
        trust::findings,
        auth::findings,
        secrets::findings,
        targets::findings,
    ];
    let mut found: Vec<Finding> = subjects.iter().flat_map(|subject| subject(account)).collect();
    found.sort_by_key(|finding| finding.certainty);
    found
}
