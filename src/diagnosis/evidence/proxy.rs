//! The proxy itself: its status, its engine, whether it is what answers, and whether its list of
//! secrets fits the function's login.
//!
//! The words: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html>.

use crate::config::DbUser;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::facts::LoginMethod;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::rules::authenticate::{method, password, registration};
use crate::diagnosis::{Advice, Code, Command, Facts};
use crate::explain::Proxy;

const SHOW_PROXY: Command = Command::Shell(
    "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} \
     --query 'DBProxies[].[Status,EngineFamily,VpcId,VpcSubnetIds,VpcSecurityGroupIds]'",
);
const SHOW_EVENTS: Command = Command::Shell(
    "aws rds describe-events --region {region} --source-type db-proxy \
     --source-identifier {proxy} --duration 1440",
);

static CHANGING: Advice = Advice {
    engine: None,
    cause: "The proxy is being created, suspended, reactivated or deleted, and accepts no \
            sessions until that is done.",
    remedy: "Wait until its status is available; a new proxy takes 10 to 15 minutes. If it is \
             being deleted or stays suspended, test another proxy.",
    commands: &[SHOW_PROXY, SHOW_EVENTS],
};

static NETWORK: Advice = Advice {
    engine: None,
    cause: "The proxy's network is no longer valid (incompatible-network): a subnet, a security \
            group or the VPC was changed or deleted, or its subnets have no free addresses.",
    remedy: "Look at the proxy's subnets and security groups and at its events. Give it what is \
             missing; subnets of a proxy cannot be changed, so a proxy whose subnets are gone \
             has to be created again.",
    commands: &[
        SHOW_PROXY,
        SHOW_EVENTS,
        Command::Shell(
            "aws ec2 describe-subnets --region {region} --subnet-ids PROXY_SUBNET_ID \
             --query 'Subnets[].[SubnetId,State,AvailableIpAddressCount]'",
        ),
    ],
};

static LIMITS: Advice = Advice {
    engine: None,
    cause: "The proxy cannot get the resources that it needs (insufficient-resource-limits): a \
            quota of the account, or free addresses in its subnets.",
    remedy: "Look at the proxy's events, which say what is missing, and free addresses or ask for \
             a higher quota.",
    commands: &[SHOW_EVENTS, SHOW_PROXY],
};

static OTHER_ENGINE: Advice = Advice {
    engine: None,
    cause: "The proxy's engine family is not that of DB_ENGINE, {engine_family}.",
    remedy: "Set DB_ENGINE to the proxy's engine, or DB_HOST to the endpoint of a proxy whose \
             engine family is {engine_family}.",
    commands: &[Command::Shell(
        "aws rds describe-db-proxies --region {region} \
         --query 'DBProxies[?EngineFamily==`\"{engine_family}\"`].[DBProxyName,Endpoint]'",
    )],
};

static NOT_THE_PROXY: Advice = Advice {
    engine: None,
    cause: "What answers is not the proxy that has this endpoint: every RDS Proxy offers TLS.",
    remedy: "Check which server answers at {socket}: point DB_CONNECT_TO straight at the proxy's \
             endpoint, or unset it.",
    commands: &[Command::Shell(
        "openssl s_client -starttls {starttls} -connect {socket} -servername {host} </dev/null",
    )],
};

/// All of them.
pub(super) const ADVICE: &[&Advice] =
    &[&CHANGING, &NETWORK, &LIMITS, &OTHER_ENGINE, &NOT_THE_PROXY];

/// What the proxy's description tells, whatever failed.
pub(super) fn set_up(draft: Draft, owner: &Proxy, facts: &Facts<'_>) -> Draft {
    let Proxy { name, status, engine_family, .. } = owner;
    let draft = other_server(draft, owner, facts);
    let draft = match cause_of_status(status) {
        Some((advice, passes)) => {
            draft.decided(advice, format!("Proxy \"{name}\" is {status}.")).transient(passes)
        }
        None => draft,
    };
    match engine_family.as_deref() {
        Some(family) if family != facts.engine().family() => draft
            .decided(&OTHER_ENGINE, format!("The engine family of proxy \"{name}\" is {family}."))
            .transient(false),
        Some(_) | None => draft,
    }
}

/// The cause, and whether it is temporary. An unknown status is in the report, but explains nothing.
fn cause_of_status(status: &str) -> Option<(&'static Advice, bool)> {
    match status {
        "creating" | "reactivating" => Some((&CHANGING, true)),
        "deleting" | "suspended" | "suspending" => Some((&CHANGING, false)),
        "incompatible-network" => Some((&NETWORK, false)),
        "insufficient-resource-limits" => Some((&LIMITS, false)),
        _ => None,
    }
}

/// A server that does not offer TLS, or says that the connection has none.
fn other_server(draft: Draft, owner: &Proxy, facts: &Facts<'_>) -> Draft {
    if !matches!(draft.code(), Code::TlsNotOffered | Code::NotPostgres | Code::NotMysql) {
        return draft;
    }
    let requires = if owner.requires_tls { ", and requires it" } else { "" };
    let elsewhere = if facts.is_elsewhere() {
        format!(" DB_CONNECT_TO is {}.", facts.say(Placeholder::Socket))
    } else {
        String::new()
    };
    let fact = format!("Proxy \"{}\" offers TLS{requires}.{elsewhere}", owner.name);
    draft.observed(&NOT_THE_PROXY, fact)
}

/// Whether the user's entry and the scheme fit the function's login.
pub(super) fn entries(draft: Draft, owner: &Proxy, facts: &Facts<'_>) -> Draft {
    let user = facts.user().map(DbUser::as_str).unwrap_or_default();
    let code = draft.code();
    let draft = if code == Code::ProxyHasNoCredentials {
        registered(draft, owner, user)
    } else if code == Code::TlsRequired {
        encrypted(draft, owner)
    } else {
        draft
    };
    let mode = owner.entry(user).and_then(|entry| entry.iam_auth.as_deref());
    match facts.login_method() {
        LoginMethod::Token => token_against(draft, owner, user, mode),
        LoginMethod::Password => password_against(draft, owner, user, mode),
    }
}

/// The proxy uses TLS towards the database as its `RequireTLS` says.
fn encrypted(draft: Draft, owner: &Proxy) -> Draft {
    let name = &owner.name;
    if owner.requires_tls {
        let fact = format!("RequireTLS of proxy \"{name}\" is on.");
        draft.observed(&method::CLEAR_TEXT_HOP, fact.clone()).refuted(&method::PROXY_IN_CLEAR, fact)
    } else {
        draft.observed(&method::PROXY_IN_CLEAR, format!("RequireTLS of proxy \"{name}\" is off."))
    }
}

fn registered(draft: Draft, owner: &Proxy, user: &str) -> Draft {
    let name = &owner.name;
    match owner.entry(user) {
        Some(entry) => {
            let secret = entry.secret_arn.as_ref();
            let secret = secret.map_or_else(|| "a secret".to_owned(), |arn| format!("\"{arn}\""));
            let fact = format!("Proxy \"{name}\" lists the user \"{user}\" with {secret}.");
            draft
                .observed(&registration::SECRET_UNREADABLE, fact.clone())
                .refuted(&registration::NOT_REGISTERED, fact)
        }
        None if owner.names_every_user() => {
            let users = owner.auth.iter().filter_map(|entry| entry.user.as_deref());
            let users: Vec<String> = users.map(|user| format!("\"{user}\"")).collect();
            let users = if users.is_empty() { "no user".to_owned() } else { users.join(", ") };
            let fact = format!("Proxy \"{name}\" has secrets for {users}.");
            draft
                .observed(&registration::NOT_REGISTERED, fact.clone())
                .refuted(&registration::SECRET_UNREADABLE, fact)
        }
        None => draft,
    }
}

/// A token needs an entry that requires IAM, or the scheme `IAM_AUTH`.
fn token_against(draft: Draft, owner: &Proxy, user: &str, mode: Option<&str>) -> Draft {
    let code = draft.code();
    let name = &owner.name;
    if code == Code::PamRejected {
        let scheme = owner.default_auth_scheme.as_deref().unwrap_or("NONE");
        let fact = format!("The DefaultAuthScheme of proxy \"{name}\" is {scheme}.");
        return if owner.is_end_to_end() {
            draft.observed(&password::END_TO_END_REFUSED, fact)
        } else {
            draft.observed(&password::PROXYS_USER_HOLDS_RDS_IAM, fact)
        };
    }
    let advice = if code == Code::PasswordRejected {
        &password::IAM_DISABLED
    } else if matches!(code, Code::AuthMethodUnsupported | Code::IamRejected) {
        &method::ENTRY_WITHOUT_IAM
    } else {
        return draft;
    };
    match mode {
        Some("DISABLED") => {
            let fact = format!("Proxy \"{name}\" lists the user \"{user}\" with IAMAuth DISABLED.");
            draft.observed(advice, fact)
        }
        Some(mode) => {
            let fact = format!("Proxy \"{name}\" lists the user \"{user}\" with IAMAuth {mode}.");
            draft.refuted(advice, fact)
        }
        None => draft,
    }
}

/// A password needs an entry that does not require IAM.
fn password_against(draft: Draft, owner: &Proxy, user: &str, mode: Option<&str>) -> Draft {
    let name = &owner.name;
    let wants_iam = [
        Code::IamRejected,
        Code::PasswordRejected,
        Code::AuthMethodUnsupported,
        Code::ProxyHasNoCredentials,
    ];
    if !wants_iam.contains(&draft.code()) {
        return draft;
    }
    match mode {
        Some("REQUIRED") => {
            let fact = format!("Proxy \"{name}\" lists the user \"{user}\" with IAMAuth REQUIRED.");
            draft.decided(&method::ENTRY_REQUIRES_IAM, fact)
        }
        Some(mode) if owner.is_end_to_end() => {
            let fact = format!(
                "The DefaultAuthScheme of proxy \"{name}\" is IAM_AUTH, and the user's IAMAuth is \
                 {mode}."
            );
            draft.observed(&method::ENTRY_REQUIRES_IAM, fact)
        }
        None if owner.is_end_to_end() => {
            let fact = format!("The DefaultAuthScheme of proxy \"{name}\" is IAM_AUTH.");
            draft.observed(&method::ENTRY_REQUIRES_IAM, fact)
        }
        Some(_) | None => draft,
    }
}
