//! What the control plane answered, as facts.
//!
//! Words of the RDS API stand as it says them: a list of them grows without notice
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_TargetHealth.html>).

use std::time::Duration;

use aws_sdk_rds::types::{
    DbProxy, DbProxyEndpoint, DbProxyEndpointStatus, DbProxyStatus, DbProxyTarget,
    UserAuthConfigInfo,
};

use crate::token::AwsRefusal;

/// Everything that was asked, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlPlane {
    /// Who signed.
    pub caller: Option<Caller>,
    /// Who has the endpoint's name.
    pub owner: Owner,
    /// What stands behind the proxy.
    pub targets: Vec<Target>,
    /// The calls that were not answered as asked.
    pub unanswered: Vec<Unanswered>,
    /// How long it took.
    pub elapsed: Duration,
}

/// The principal that the keys belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
}

/// Who has the endpoint's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// It was not asked, not answered, or the answer says nothing.
    #[default]
    NotAsked,
    /// No proxy of this account and region.
    Nobody,
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
    /// `available`, `modifying`, `suspended` and so on; the endpoint's own where it has one.
    pub status: String,
    /// `READ_WRITE` or `READ_ONLY`; `None` for the default endpoint.
    pub target_role: Option<String>,
    /// Whether it takes connections over TLS alone.
    pub requires_tls: bool,
    /// `IAM_AUTH` for end-to-end IAM, else `NONE`.
    pub default_auth_scheme: Option<String>,
    /// Its list of secrets.
    pub auth: Vec<AuthEntry>,
}

/// A secret in a proxy's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthEntry {
    /// The user in the secret, where the control plane tells it.
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
    /// The control plane's word for what is wrong.
    pub reason: Option<String>,
    /// Its sentence.
    pub description: Option<String>,
}

/// A call that was not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The permission that it needs, such as `rds:DescribeDBProxies`.
    pub call: &'static str,
    /// What was answered instead.
    pub refusal: AwsRefusal,
}

impl ControlPlane {
    /// Nothing could be asked, for this reason.
    pub fn not_asked(reason: &str) -> Self {
        let refusal = AwsRefusal::Unanswered { reason: reason.to_owned() };
        Self { unanswered: vec![Unanswered { call: "all", refusal }], ..Self::default() }
    }

    /// Takes the answer, or notes that there is none.
    pub(super) fn note<T>(&mut self, answer: Result<T, Unanswered>) -> Option<T> {
        answer.map_err(|unanswered| self.unanswered.push(unanswered)).ok()
    }

    /// The proxy that has the endpoint's name, if one is known.
    pub fn proxy(&self) -> Option<&Proxy> {
        match &self.owner {
            Owner::Proxy(proxy) => Some(proxy),
            Owner::NotAsked | Owner::Nobody => None,
        }
    }

    /// The targets that are not available.
    pub fn ailing(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|target| target.state.as_deref() != Some("AVAILABLE"))
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
            status: text(status.or(own_status)),
            target_role: endpoint.and_then(|it| it.target_role()).map(|it| it.as_str().to_owned()),
            requires_tls: proxy.require_tls().unwrap_or(false),
            default_auth_scheme: proxy.default_auth_scheme().map(str::to_owned),
            auth: proxy.auth().iter().map(AuthEntry::new).collect(),
        }
    }

    /// The `prx-…` id that `dbuser` ARNs carry: the last part of the proxy's ARN.
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

    /// Whether it signs in to the database by IAM itself.
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

    /// Its state in the control plane's own words.
    pub fn health(&self) -> String {
        let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut line = format!("{} is {}", self.id, known(&self.state));
        for more in [&self.reason, &self.description].into_iter().flatten() {
            line.push_str(", ");
            line.push_str(more);
        }
        line
    }
}
