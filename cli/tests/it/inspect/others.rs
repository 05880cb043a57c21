//! Accounts that no thread was found for: the findings that are left, and right accounts of other
//! kinds.

use rds_proxy_probe_cli::inspect::account::{
    Account, Answer, Decision, Direction, Network, Peer, Simulated, Variables,
};

use super::case::{
    Case, another, by_secret, database, function, own_policy, proxy, role, secret, table,
};
use super::iam::end_to_end;
use super::networks::{assumes, endpoint, unreachable, with_endpoint};
use super::right::{
    DBUSER, SECRET, acl_entry, allow, from_group, policy, route, rule, target, text, trust,
};

macro_rules! cases {
    ($($cause:literal: $change:expr,)*) => {
        &[$(Case { link: "", words: "", cause: $cause, change: $change }),*]
    };
}

fn connect_on(account: &mut Account, from: &str, to: &str) {
    own_policy(account, &allow("rds-db:connect", &DBUSER.replace(from, to)));
}

fn host(account: &mut Account, host: &str) {
    function(account).variables.hosts[0].host = text(host);
}

fn targets(account: &mut Account, reason: &str) {
    account.targets = Answer::Known(vec![target("READ_WRITE", "UNAVAILABLE", Some(reason))]);
}

pub(super) const CASES: &[Case] = cases![
    "function_state": |account| function(account).state = Some(text("Failed")),
    "host_is_database": |account| host(account, super::right::CLUSTER_HOST),
    "host_is_other_proxy": |account| host(account, "old.proxy-abc.eu-west-1.rds.amazonaws.com"),
    "host_is_other": |account| host(account, "x.abc.eu-west-1.rds.amazonaws.com"),
    "port": |account| function(account).variables.port = Some(5433),
    "region": |account| function(account).variables.region = Some(text("us-east-1")),
    "engine": |account| function(account).variables.engine = Some(text("mysql")),
    "other_user": |account| function(account).variables.user = Some(text("admin")),
    "network_acl": |account| {
        let acl = account.network.acls.known_mut().unwrap().first_mut().unwrap();
        acl.entries.push(acl_entry(50, Direction::Inbound, false));
    },
    "no_free_addresses": |account| {
        account.network.subnets.known_mut().unwrap()[2].free_addresses = Some(0);
    },
    "endpoint_state": |account| {
        by_secret(account);
        let mut pending = endpoint("secretsmanager", true);
        pending.state = text("pendingAcceptance");
        with_endpoint(account, pending, vec![from_group(443, "sg-function")]);
    },
    "endpoint_outbound": |account| {
        by_secret(account);
        let own = endpoint("secretsmanager", true);
        with_endpoint(account, own, vec![from_group(443, "sg-function")]);
        super::case::outbound(account, "sg-function", vec![from_group(5432, "sg-proxy")]);
    },
    "policy_form": |account| connect_on(account, "dbuser:", "dbuser/"),
    "policy_partition": |account| connect_on(account, "arn:aws:", "arn:aws-cn:"),
    "policy_region": |account| connect_on(account, "eu-west-1", "us-east-1"),
    "policy_account": |account| connect_on(account, "123456789012", "210987654321"),
    "policy_host_label": |account| connect_on(account, "prx-0123456789abcdef0", "proxy-abc"),
    "policy_other_proxy": |account| connect_on(account, "prx-0123456789abcdef0", "prx-1"),
    "policy_other_id": |account| connect_on(account, "prx-0123456789abcdef0", "x"),
    "policy_user": |account| connect_on(account, "/app", "/App"),
    "policy_condition": |account| {
        let under = r#"{"Effect": "Allow", "Action": "rds-db:connect", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}"#;
        own_policy(account, under);
    },
    "policy_denied": |account| {
        let deny = allow("rds-db:*", "*").replace("Allow", "Deny");
        own_policy(account, &format!("{}, {deny}", allow("rds-db:connect", DBUSER)));
    },
    "policy_missing": |account| {
        role(account).policies = Answer::Unknown;
        role(account).simulated = vec![Simulated {
            action: text("rds-db:connect"),
            resource: text(DBUSER),
            decision: Decision::NotAllowed,
            boundary_allows: None,
            organization_allows: Some(true),
            missing_keys: vec![],
        }];
    },
    "function_trust": |account| {
        role(account).trust = Answer::Known(trust("ec2.amazonaws.com"));
    },
    "proxy_trust": |account| {
        let other = trust("rds.amazonaws.com").replace(
            r#""Action""#,
            r#""Condition": {"StringEquals": {"aws:SourceAccount": "1"}}, "Action""#,
        );
        super::case::proxy_role(account).trust = Answer::Known(other);
    },
    "assume_permission": |account| {
        assumes(account);
        own_policy(account, &allow("logs:*", "*"));
        // Its own account is trusted, not this role by its ARN.
        let signer = account.assumed.as_mut().unwrap().known_mut().unwrap();
        let all = trust("x").replace(r#"{"Service": "x"}"#, r#"{"AWS": "123456789012"}"#);
        signer.trust = Answer::Known(all);
    },
    "assume_trust": |account| {
        assumes(account);
        let signer = account.assumed.as_mut().unwrap().known_mut().unwrap();
        signer.trust = Answer::Known(trust("lambda.amazonaws.com"));
    },
    "assume_external_id": |account| {
        assumes(account);
        let signer = account.assumed.as_mut().unwrap().known_mut().unwrap();
        let under = r#""Condition": {"StringEquals": {"sts:ExternalId": "x"}}, "Action""#;
        let own = signer.trust.known().unwrap().replace(r#""Action""#, under);
        signer.trust = Answer::Known(own);
    },
    "no_secrets": |account| proxy(account).auth = vec![],
    "secret_missing": |account| account.secrets[0].1 = Answer::Absent,
    "secret_deleted": |account| secret(account).is_deleted = true,
    "key_disabled": |account| secret(account).key_state = Some(text("Disabled")),
    "proxy_role_secret": |account| {
        let deny = allow("secretsmanager:*", SECRET).replace("Allow", "Deny");
        another(account, policy("deny", &deny));
    },
    "function_role_secret": |account| {
        by_secret(account);
        own_policy(account, &allow("logs:*", "*"));
    },
    "function_role_key": |account| {
        by_secret(account);
        own_policy(account, &allow("secretsmanager:GetSecretValue", SECRET));
    },
    "proxy_status": |account| proxy(account).status = text("suspended"),
    "database_status": |account| database(account).status = text("stopped"),
    "target_unreachable": unreachable,
    "target_auth_failure": |account| targets(account, "AUTH_FAILURE"),
    "target_connection_failed": |account| targets(account, "CONNECTION_FAILED"),
    "target_pending": |account| targets(account, "PENDING_PROXY_CAPACITY"),
    "target_replication": |account| targets(account, "INVALID_REPLICATION_STATE"),
];

/// Right accounts that differ from the usual one.
pub(super) const RIGHT: &[fn(&mut Account)] = &[
    |_| {},
    end_to_end,
    |account| {
        by_secret(account);
        let rules = vec![from_group(443, "sg-function")];
        with_endpoint(account, endpoint("secretsmanager", true), rules);
    },
    |account| {
        by_secret(account);
        let nat = route("0.0.0.0/0", rds_proxy_probe_cli::inspect::account::Gateway::Nat);
        table(&mut account.network).routes.push(nat);
    },
    |account| {
        assumes(account);
        let nat = route("0.0.0.0/0", rds_proxy_probe_cli::inspect::account::Gateway::Nat);
        table(&mut account.network).routes.push(nat);
    },
    // RDS need not tell whose a secret is.
    |account| proxy(account).auth[0].user = None,
    |account| own_policy(account, &allow("rds-db:connect", "*")),
    |account| own_policy(account, &allow("*", "*")),
    |account| connect_on(account, "prx-0123456789abcdef0/app", "*"),
    |account| {
        let by_address = rule(5432, Peer::Cidr(text("10.0.0.0/16")));
        super::case::inbound(account, "sg-proxy", vec![by_address]);
    },
    // An application of another kind has no variable that names the proxy.
    |account| function(account).variables = Variables::default(),
    // What was not read is not judged.
    |account| {
        account.role = Answer::Unknown;
        account.proxy_role = Answer::Unknown;
        account.network = Network::default();
        account.targets = Answer::Unknown;
        account.secrets = vec![];
    },
    |account| account.function = Answer::Unknown,
    |account| account.proxy = Answer::Unknown,
];
