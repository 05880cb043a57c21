//! A rejected password, a token that was treated as one, and a password where IAM is required.

use crate::config::{Engine, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::facts::LoginMethod;
use crate::diagnosis::server::{Author, Reading};
use crate::diagnosis::{Advice, Command, Entry, Facts};

use super::method::{
    ADD_TO_RDS_IAM, ADD_TO_RDS_IAM_BY, ENTRY_REQUIRES_IAM, REQUIRE_IAM, REQUIRE_IAM_BY,
};
use super::{mysql, token};

const SHOW_VERSIONS: Command = Command::Shell(
    "aws secretsmanager describe-secret --region {secret_region} --secret-id {secret} --query \
     '[RotationEnabled,LastRotatedDate,VersionIdsToStages]'",
);

const SET_PASSWORD: Command = Command::Sql("\\password {user}");

pub(in crate::diagnosis) static SECRET_STALE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The secret and the database have different passwords: one of the two was changed \
            alone, or a rotation is under way.",
    remedy: "Look first whether a rotation is under way: a version with AWSPENDING beside \
             AWSCURRENT. If so, wait until it ends, or find out why it doesn't. Otherwise give the \
             user the secret's password, in psql as an administrator.",
    commands: &[SHOW_VERSIONS, SET_PASSWORD],
};

pub(in crate::diagnosis) static PROXY_HAS_OTHER_SECRET: Advice = Advice {
    engine: None,
    cause: "The proxy knows another password for this user than DB_SECRET_ARN has: another secret \
            is in the proxy's list, or the proxy hasn't read the latest rotation yet.",
    remedy: "Compare the user's SecretArn in the proxy's list with DB_SECRET_ARN ({secret}), and \
             look whether a rotation is under way (a version with AWSPENDING beside AWSCURRENT). \
             Set DB_SECRET_ARN to the secret that the proxy lists; after a rotation try again.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].Auth'",
        ),
        SHOW_VERSIONS,
    ],
};

/// The database then rejects the proxy's login.
pub(in crate::diagnosis) static PROXYS_SECRET_STALE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The database rejected the proxy's own login: the secret in the proxy's list has \
            another password for this user than the database.",
    remedy: "Find the user's secret in the proxy's list, and look whether a rotation is under way \
             (a version with AWSPENDING beside AWSCURRENT). If not, give the user the secret's \
             password, in psql as an administrator.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].Auth'",
        ),
        Command::Shell(
            "aws secretsmanager describe-secret --region {region} --secret-id PROXY_SECRET_ARN \
             --query '[RotationEnabled,LastRotatedDate,VersionIdsToStages]'",
        ),
        SET_PASSWORD,
    ],
};

pub(in crate::diagnosis) static SECRET_OF_OTHER: Advice = Advice {
    engine: None,
    cause: "The secret is for another server than the one that is tested.",
    remedy: "Compare the secret's host and port with DB_HOST and DB_PORT, and set DB_SECRET_ARN to \
             this server's secret.",
    commands: &[Command::Shell(
        "aws secretsmanager get-secret-value --region {secret_region} --secret-id {secret} \
         --query SecretString --output text | jq '{host, port, username}'",
    )],
};

/// PostgreSQL doesn't tell a client that a user does not exist:
/// <https://www.postgresql.org/docs/current/client-authentication-problems.html>.
pub(in crate::diagnosis) static NO_SUCH_USER: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "There is no such user: PostgreSQL answers the same for a user that doesn't exist. \
            CREATE USER makes a name lower case unless it is quoted.",
    remedy: "List the users whose names differ only in case, and correct DB_USER or the secret's \
             username; if there is none, create the user.",
    commands: &[Command::Sql(
        "SELECT rolname, rolcanlogin FROM pg_roles WHERE lower(rolname) = lower('{user}');",
    )],
};

pub(in crate::diagnosis) static IAM_DISABLED: Advice = Advice {
    engine: None,
    cause: "The user's entry at the proxy has IAM authentication disabled, so the proxy treated \
            the token as a password.",
    remedy: REQUIRE_IAM,
    commands: REQUIRE_IAM_BY,
};

pub(in crate::diagnosis) static NOT_IN_RDS_IAM: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "DB_HOST points at a database, not a proxy, and the user isn't in rds_iam there, so the \
            database treated the token as a password.",
    remedy: ADD_TO_RDS_IAM,
    commands: ADD_TO_RDS_IAM_BY,
};

/// Found through `pg_auth_members`; PAM then looks at no password:
/// <https://github.com/hashicorp/terraform-provider-postgresql/issues/120>.
const FIND_RDS_IAM: Command = Command::Sql(
    "WITH RECURSIVE held(role, path) AS (SELECT oid, rolname::text FROM pg_roles WHERE rolname = \
     '{user}' UNION ALL SELECT m.roleid, path || ' > ' || r.rolname FROM held JOIN pg_auth_members \
     m ON m.member = held.role JOIN pg_roles r ON r.oid = m.roleid) SELECT path FROM held WHERE \
     path LIKE '%> rds_iam';",
);

pub(in crate::diagnosis) static HOLDS_RDS_IAM: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The user holds rds_iam, directly or through another role, so the database accepts only \
            IAM tokens for it, whatever its password.",
    remedy: "Check how the user holds rds_iam (pg_auth_members), logged in as an administrator. \
             Then either test with tokens (DB_AUTH=iam and DB_USER={user}), or revoke the \
             membership that leads to it. No IAM policy helps.",
    commands: &[FIND_RDS_IAM, Command::Sql("REVOKE rds_iam FROM {user};")],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_GettingStartedAurora.AuroraPostgreSQL.ExpressConfig.html>
pub(in crate::diagnosis) static IAM_ONLY_ENDPOINT: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The endpoint accepts IAM tokens only, as that of an Aurora cluster in express \
            configuration does.",
    remedy: "Set DB_AUTH=iam and DB_USER={user}, and allow the role that signs rds-db:connect on \
             the cluster. Whether the cluster is one: InternetAccessGatewayEnabled is true.",
    commands: &[Command::Shell(
        "aws rds describe-db-clusters --region {region} --query \
         'DBClusters[].[DBClusterIdentifier,InternetAccessGatewayEnabled]'",
    )],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html> warns of it.
pub(in crate::diagnosis) static PROXYS_USER_HOLDS_RDS_IAM: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The proxy logs in to the database with the password of its secret, and the user holds \
            rds_iam there, directly or through another role, so the database accepts only tokens.",
    remedy: "Check how the user holds rds_iam (pg_auth_members), logged in to the database as an \
             administrator, and revoke the membership that leads to it. Or let the proxy log in by \
             IAM, end to end.",
    commands: &[FIND_RDS_IAM, Command::Sql("REVOKE rds_iam FROM {user};")],
};

pub(in crate::diagnosis) static END_TO_END_REFUSED: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The proxy logs in to the database by IAM, end to end, and its own role isn't allowed \
            to, or IAM authentication is disabled at the database, or the user isn't in rds_iam.",
    remedy: "Check that IAM database authentication is enabled on the cluster or instance, and \
             that the user is in rds_iam there. Then allow the proxy's role rds-db:connect on its \
             dbuser resource (arn:{partition}:rds-db:{region}:{account}:dbuser:RESOURCE_ID/{user}, \
             with its cluster- or db- id).",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].[DefaultAuthScheme,RoleArn]'",
        ),
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
             \"arn:{partition}:rds-db:{region}:{account}:dbuser:RESOURCE_ID/{user}\"}",
        ),
    ],
};

pub(in crate::diagnosis) static PASSWORD_REJECTED: Entry = Entry {
    meaning: "The server treated what was sent as a password, and it is not the right one.",
    seen: &[
        "The password that was provided for the role app is wrong.",
        "password authentication failed for user \"app\"",
        "Access denied for user 'app'@'%' (using password: YES)",
        "Your password has expired. To log in you must change it using a client that supports expired passwords.",
    ],
    causes: &[
        &PROXY_HAS_OTHER_SECRET,
        &SECRET_STALE,
        &PROXYS_SECRET_STALE,
        &NO_SUCH_USER,
        &SECRET_OF_OTHER,
        &IAM_DISABLED,
        &NOT_IN_RDS_IAM,
        &token::CLUSTER_WITHOUT_IAM,
        &token::INSTANCE_WITHOUT_IAM,
        &mysql::SECRET_STALE,
        &mysql::PROXYS_SECRET_STALE,
        &mysql::UNKNOWN_TO_PROXY,
        &mysql::NO_SUCH_ACCOUNT,
        &mysql::USER_WITH_IAM,
        &ENTRY_REQUIRES_IAM,
        &mysql::PASSWORD_EXPIRED,
    ],
    transient: false,
};

/// `password_rejected`.
pub(super) fn rejected(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    let by_proxy = match reading.author {
        Author::Proxy => true,
        Author::Database | Author::Pooler | Author::Unknown => false,
    };
    let draft = draft.only(match (facts.login_method(), facts.resource(), by_proxy) {
        (LoginMethod::Password, _, true) => vec![&PROXY_HAS_OTHER_SECRET, &SECRET_OF_OTHER],
        (LoginMethod::Token, _, true) => vec![&IAM_DISABLED],
        // The proxy accepted the login, but the database rejected the proxy's.
        (_, Resource::Proxy, false) => vec![&PROXYS_SECRET_STALE, &NO_SUCH_USER],
        (LoginMethod::Password, _, false) => vec![&SECRET_STALE, &NO_SUCH_USER, &SECRET_OF_OTHER],
        (LoginMethod::Token, Resource::Cluster, false) => {
            vec![&NOT_IN_RDS_IAM, &NO_SUCH_USER, &token::CLUSTER_WITHOUT_IAM]
        }
        (LoginMethod::Token, Resource::Instance, false) => {
            vec![&NOT_IN_RDS_IAM, &NO_SUCH_USER, &token::INSTANCE_WITHOUT_IAM]
        }
        (LoginMethod::Token, Resource::Unknown, false) => {
            vec![&NOT_IN_RDS_IAM, &IAM_DISABLED, &NO_SUCH_USER]
        }
    });
    let draft = match upper_case_user(facts) {
        Some(fact) if !by_proxy => draft.observed(&NO_SUCH_USER, fact),
        Some(_) | None => draft,
    };
    match facts.login_method() {
        LoginMethod::Password => secret_of_other(draft, facts),
        LoginMethod::Token => draft,
    }
}

/// `pam_rejected` of a password: the database asks PAM, which accepts tokens.
pub(super) fn rejected_by_pam(draft: Draft, facts: &Facts<'_>) -> Draft {
    match facts.resource() {
        Resource::Proxy => draft.only(vec![&PROXYS_USER_HOLDS_RDS_IAM, &END_TO_END_REFUSED]),
        Resource::Cluster | Resource::Instance => {
            draft.only(vec![&HOLDS_RDS_IAM, &IAM_ONLY_ENDPOINT])
        }
        Resource::Unknown => draft.only(vec![&HOLDS_RDS_IAM, &IAM_ONLY_ENDPOINT, &SECRET_STALE]),
    }
}

/// Evidence if the user's name has letters that an unquoted CREATE USER would make lower case.
pub(super) fn upper_case_user(facts: &Facts<'_>) -> Option<String> {
    let user = facts.user()?.as_str();
    let variable = match facts.login_method() {
        LoginMethod::Token => "DB_USER",
        LoginMethod::Password => "The secret's username",
    };
    let has_upper = user.bytes().any(|byte| byte.is_ascii_uppercase());
    has_upper.then(|| format!("{variable}, \"{user}\", has upper-case letters."))
}

/// Whether the secret names another server than the configuration: evidence if the two names cannot
/// belong to one server, a note if they can.
pub(super) fn secret_of_other(draft: Draft, facts: &Facts<'_>) -> Draft {
    let (Some(login), Some(config)) = (facts.login, facts.config) else { return draft };
    let own = config.endpoint.host.as_str();
    let is_proxy = match facts.resource() {
        Resource::Proxy => true,
        Resource::Cluster | Resource::Instance | Resource::Unknown => false,
    };
    match (&login.secret_host, login.secret_port) {
        (Some(host), _) if host != own => {
            let fact = format!("The secret's host is \"{host}\"; DB_HOST is \"{own}\".");
            match related(host, own) {
                Related::Other => draft.observed(&SECRET_OF_OTHER, fact),
                Related::Perhaps => draft.noted(&SECRET_OF_OTHER, fact),
                Related::Same => draft.ruled_out(&SECRET_OF_OTHER),
            }
        }
        // A proxy's port is its engine's, whatever the port of the database behind it.
        (_, Some(port)) if port != config.endpoint.port && !is_proxy => draft.observed(
            &SECRET_OF_OTHER,
            format!("The secret's port is \"{port}\"; DB_PORT is \"{}\".", config.endpoint.port),
        ),
        _ => draft.ruled_out(&SECRET_OF_OTHER),
    }
}

/// How two host names are related.
enum Related {
    /// They belong to one cluster.
    Same,
    /// They may belong to one server: a proxy and the database behind it, a cluster and its instance,
    /// an alias and what it leads to.
    Perhaps,
    /// They have the same form and differ.
    Other,
}

fn related(other: &str, own: &str) -> Related {
    match (Form::of(own), Form::of(other)) {
        (Form::Proxy, Form::Proxy) | (Form::Instance, Form::Instance) => Related::Other,
        (Form::Cluster { rest: own_rest }, Form::Cluster { rest }) => {
            // A cluster's writer and reader endpoints have the same prefix; a custom one has another.
            let is_same = own_rest == rest && own.split('.').next() == other.split('.').next();
            if is_same { Related::Same } else { Related::Other }
        }
        (Form::Proxy | Form::Cluster { .. } | Form::Instance | Form::Alias, _) => Related::Perhaps,
    }
}

/// The form of a host name, as far as it matters for a secret's.
enum Form<'a> {
    Proxy,
    /// A writer's or readers' endpoint; `rest` follows `cluster-` or `cluster-ro-`.
    Cluster {
        rest: &'a str,
    },
    /// Any other name that RDS gives.
    Instance,
    /// A name that RDS does not give.
    Alias,
}

impl<'a> Form<'a> {
    fn of(name: &'a str) -> Self {
        let rest = name.split_once('.').map_or("", |(_, rest)| rest);
        if rest.starts_with("proxy-") || rest.starts_with("endpoint.proxy-") {
            return Self::Proxy;
        }
        if !rest.contains(".amazonaws.com") || rest.starts_with("cluster-custom-") {
            return Self::Alias;
        }
        let cluster = ["cluster-ro-", "cluster-"].iter().find_map(|kind| rest.strip_prefix(kind));
        cluster.map_or(Self::Instance, |rest| Self::Cluster { rest })
    }
}
