//! What the control plane answered, as facts.
//!
//! The RDS API's values are kept as they are: AWS adds new ones without notice
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_TargetHealth.html>).

use std::time::Duration;

use aws_sdk_rds::types::{
    DbProxy, DbProxyEndpoint, DbProxyEndpointStatus, DbProxyStatus, DbProxyTarget,
    UserAuthConfigInfo,
};

use crate::clock::Offset;
use crate::token::AwsRefusal;

/// Everything that was asked, and the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlPlane {
    /// Who signed.
    pub principal: Option<Principal>,
    /// Who has the endpoint's name.
    pub owner: Owner,
    /// The databases behind the proxy; `None` if they were not asked for, or not answered.
    pub targets: Option<Vec<Target>>,
    /// How far AWS's clock is from this machine's, by the last answer's `Date`.
    pub clock: Option<Offset>,
    /// The calls that failed.
    pub failed_calls: Vec<FailedCall>,
    /// How long it took.
    pub elapsed: Duration,
}

/// The principal that the keys belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
}

/// Who has the endpoint's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// Not asked, not answered, or the answer tells nothing.
    #[default]
    NotAsked,
    /// No proxy of this account and region.
    NoProxy,
    /// This proxy.
    Proxy(Proxy),
}

/// A proxy as the control plane describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `POSTGRESQL`, `MYSQL` or `SQLSERVER`.
    pub engine_family: Option<String>,
    /// `available`, `modifying`, `suspended` and so on; the endpoint's own where it has one.
    pub status: String,
    /// `READ_WRITE` or `READ_ONLY`; `None` for the default endpoint.
    pub target_role: Option<String>,
    /// Whether it accepts only TLS connections.
    pub requires_tls: bool,
    /// `IAM_AUTH` for end-to-end IAM, else `NONE`.
    pub default_auth_scheme: Option<String>,
    /// Its list of secrets.
    pub auth: Vec<AuthEntry>,
}

/// A secret in a proxy's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthEntry {
    /// The user in the secret, if the control plane tells it.
    pub user: Option<String>,
    /// The secret.
    pub secret_arn: Option<String>,
    /// `REQUIRED` or `DISABLED`.
    pub iam_auth: Option<String>,
}

/// A database behind a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The instance or cluster.
    pub id: String,
    /// The port that the proxy connects to.
    pub port: Option<u16>,
    /// `READ_WRITE`, `READ_ONLY` or `UNKNOWN`.
    pub role: Option<String>,
    /// `AVAILABLE`, `UNAVAILABLE`, `REGISTERING` or `UNUSED`.
    pub state: Option<String>,
    /// The control plane's code for what is wrong.
    pub reason: Option<String>,
    /// Its description.
    pub description: Option<String>,
}

/// A target's health, as the control plane reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The proxy can connect to it.
    Available,
    /// It has just been registered.
    Registering,
    /// The proxy does not use it.
    Unused,
    /// The proxy cannot connect to it, for this reason.
    Unavailable(Reason),
    /// The control plane says nothing, or an unknown value.
    Unknown,
}

/// Why a proxy cannot connect to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no network path.
    Unreachable,
    /// It was reached, and did not accept the connection.
    ConnectionFailed,
    /// It rejected the proxy's login.
    AuthFailure,
    /// The proxy is still scaling.
    PendingProxyCapacity,
    /// It is a reader that does not replicate as it must.
    InvalidReplicationState,
    /// It was a replica, and was promoted to a database without the others.
    Promoted,
    /// None was given, or an unknown one.
    NotGiven,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCall {
    /// The permission that it needs, such as `rds:DescribeDBProxies`.
    pub permission: &'static str,
    /// What was answered instead.
    pub refusal: AwsRefusal,
}

impl ControlPlane {
    /// No call was possible, for this reason.
    pub fn not_asked(reason: &str) -> Self {
        let refusal = AwsRefusal::NotSent { reason: reason.to_owned() };
        Self { failed_calls: vec![FailedCall { permission: "all", refusal }], ..Self::default() }
    }

    /// The answer, if there is one; else records the failure.
    pub(super) fn note<T>(&mut self, answer: Result<T, FailedCall>) -> Option<T> {
        answer.map_err(|failed| self.failed_calls.push(failed)).ok()
    }

    /// The proxy that has the endpoint's name, if one is known.
    pub fn proxy(&self) -> Option<&Proxy> {
        match &self.owner {
            Owner::Proxy(proxy) => Some(proxy),
            Owner::NotAsked | Owner::NoProxy => None,
        }
    }

    /// The targets that the endpoint leads to: readers behind a read-only endpoint, else the
    /// writer. A target whose role is not known counts.
    pub fn relevant_targets(&self) -> impl Iterator<Item = &Target> {
        let read_only = self.proxy().is_some_and(Proxy::is_read_only);
        let other = if read_only { "READ_WRITE" } else { "READ_ONLY" };
        let targets = self.targets.iter().flatten();
        targets.filter(move |target| target.role.as_deref() != Some(other))
    }

    /// Of the targets that the endpoint leads to, those that are not available.
    pub fn unavailable_targets(&self) -> impl Iterator<Item = &Target> {
        self.relevant_targets().filter(|target| target.is_unavailable())
    }
}

impl Proxy {
    pub(super) fn new(proxy: &DbProxy, endpoint: Option<&DbProxyEndpoint>) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let own_status = proxy.status().map(DbProxyStatus::as_str);
        let status = endpoint.and_then(|it| it.status()).map(DbProxyEndpointStatus::as_str);
        Self {
            name: text(proxy.db_proxy_name()),
            arn: text(proxy.db_proxy_arn()),
            engine_family: proxy.engine_family().map(str::to_owned),
            status: text(status.or(own_status)),
            target_role: endpoint.and_then(|it| it.target_role()).map(|it| it.as_str().to_owned()),
            requires_tls: proxy.require_tls().unwrap_or(false),
            default_auth_scheme: proxy.default_auth_scheme().map(str::to_owned),
            auth: proxy.auth().iter().map(AuthEntry::new).collect(),
        }
    }

    /// The `prx-…` id in `dbuser` ARNs: the last part of the proxy's ARN.
    pub fn id(&self) -> Option<&str> {
        self.arn.rsplit(':').next().filter(|id| id.starts_with("prx-"))
    }

    /// The account that it is in.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|account| !account.is_empty())
    }

    /// The entry for a user, if the control plane tells the entries' users.
    pub fn entry(&self, user: &str) -> Option<&AuthEntry> {
        self.auth.iter().find(|entry| entry.user.as_deref() == Some(user))
    }

    /// Whether the control plane tells the user of every entry.
    pub fn names_every_user(&self) -> bool {
        self.auth.iter().all(|entry| entry.user.is_some())
    }

    /// Whether the endpoint leads to readers.
    pub fn is_read_only(&self) -> bool {
        self.target_role.as_deref() == Some("READ_ONLY")
    }

    /// Whether it accepts connections, by its status.
    pub fn is_ready(&self) -> bool {
        matches!(self.status.as_str(), "available" | "modifying")
    }

    /// Whether it logs in to the database by IAM itself.
    pub fn is_end_to_end(&self) -> bool {
        self.default_auth_scheme.as_deref() == Some("IAM_AUTH")
    }
}

impl AuthEntry {
    fn new(entry: &UserAuthConfigInfo) -> Self {
        Self {
            user: entry.user_name().map(str::to_owned),
            secret_arn: entry.secret_arn().map(str::to_owned),
            iam_auth: entry.iam_auth().map(|mode| mode.as_str().to_owned()),
        }
    }
}

impl Target {
    pub(super) fn new(target: &DbProxyTarget) -> Self {
        let health = target.target_health();
        let id = target.rds_resource_id().or_else(|| target.tracked_cluster_id());
        Self {
            id: id.unwrap_or_default().to_owned(),
            port: target.port().and_then(|port| u16::try_from(port).ok()),
            role: target.role().map(|role| role.as_str().to_owned()),
            state: health.and_then(|it| it.state()).map(|state| state.as_str().to_owned()),
            reason: health.and_then(|it| it.reason()).map(|reason| reason.as_str().to_owned()),
            description: health.and_then(|it| it.description()).map(str::to_owned),
        }
    }

    /// Its health. A tracked cluster has none; its instances have.
    pub fn health(&self) -> Health {
        match self.state.as_deref() {
            Some("AVAILABLE") => Health::Available,
            Some("REGISTERING") => Health::Registering,
            Some("UNUSED") => Health::Unused,
            Some("UNAVAILABLE") => Health::Unavailable(Reason::named(self.reason.as_deref())),
            Some(_) | None => Health::Unknown,
        }
    }

    /// Whether the control plane says that the proxy cannot connect to it now.
    pub fn is_unavailable(&self) -> bool {
        match self.health() {
            Health::Registering | Health::Unused | Health::Unavailable(_) => true,
            Health::Available | Health::Unknown => false,
        }
    }

    /// Its health, in the control plane's words.
    pub fn health_line(&self) -> String {
        let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut line = format!("\"{}\" is {}", self.id, known(&self.state));
        for more in [&self.reason, &self.description].into_iter().flatten() {
            line.push_str(", ");
            line.push_str(more.trim_end_matches('.'));
        }
        line
    }
}

impl Reason {
    fn named(word: Option<&str>) -> Self {
        match word {
            Some("UNREACHABLE") => Self::Unreachable,
            Some("CONNECTION_FAILED") => Self::ConnectionFailed,
            Some("AUTH_FAILURE") => Self::AuthFailure,
            Some("PENDING_PROXY_CAPACITY") => Self::PendingProxyCapacity,
            Some("INVALID_REPLICATION_STATE") => Self::InvalidReplicationState,
            Some("PROMOTED") => Self::Promoted,
            Some(_) | None => Self::NotGiven,
        }
    }
}
