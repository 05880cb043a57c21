//! A proxy, what it was given to log in with, and the databases behind it.
//!
//! RDS's values are kept as they are: AWS adds new ones without notice.

/// A proxy.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `available`, `creating`, `suspended` and so on.
    pub status: String,
    /// The host name of its default endpoint.
    pub endpoint: Option<String>,
    /// `POSTGRESQL`, `MYSQL` or `SQLSERVER`.
    pub engine_family: String,
    /// Whether it accepts only TLS connections.
    pub requires_tls: bool,
    /// `IAM_AUTH` for end-to-end IAM, else `NONE`.
    pub default_auth_scheme: Option<String>,
    /// Its list of secrets.
    pub auth: Vec<AuthEntry>,
    /// The role that it reads secrets or logs in as.
    pub role_arn: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
}

/// A secret in a proxy's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthEntry {
    /// The user in the secret, if RDS tells it.
    pub user: Option<String>,
    /// The secret.
    pub secret_arn: Option<String>,
    /// `REQUIRED` or `DISABLED`.
    pub iam_auth: Option<String>,
}

/// An endpoint that was added to a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyEndpoint {
    /// Its name.
    pub name: String,
    /// Its host name.
    pub host: Option<String>,
    /// `available`, `creating` and so on.
    pub status: String,
    /// `READ_WRITE` or `READ_ONLY`.
    pub target_role: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
}

/// A database behind a proxy, as the proxy sees it.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_TargetHealth.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The instance or cluster.
    pub id: String,
    /// The cluster that it belongs to.
    pub cluster: Option<String>,
    /// `RDS_INSTANCE` or `TRACKED_CLUSTER`.
    pub kind: String,
    /// The port that the proxy connects to.
    pub port: Option<u16>,
    /// `READ_WRITE`, `READ_ONLY` or `UNKNOWN`.
    pub role: Option<String>,
    /// `AVAILABLE`, `UNAVAILABLE`, `REGISTERING` or `UNUSED`.
    pub state: Option<String>,
    /// The code for what is wrong.
    pub reason: Option<String>,
    /// Its description.
    pub description: Option<String>,
}

/// A cluster or an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub id: String,
    /// Whether it is a cluster.
    pub is_cluster: bool,
    /// The `cluster-…` or `db-…` id in `dbuser` ARNs.
    pub resource_id: Option<String>,
    /// `postgres`, `aurora-postgresql`, `mysql` and so on.
    pub engine: String,
    /// `available`, `stopped` and so on.
    pub status: String,
    /// The port.
    pub port: Option<u16>,
    /// The host names of its endpoints.
    pub hosts: Vec<String>,
    /// Whether it accepts IAM's tokens.
    pub has_iam: bool,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// The subnets that it may be in.
    pub subnet_ids: Vec<String>,
    /// The VPC.
    pub vpc_id: Option<String>,
}

/// A secret, without what is in it, which is never read.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// The key that encrypts it; `None` for the account's default one, which needs no permission.
    pub kms_key: Option<String>,
    /// The state of that key, such as `Enabled` or `Disabled`, if it is known.
    pub key_state: Option<String>,
    /// Whether it is marked for deletion.
    pub is_deleted: bool,
    /// Whether a version of it has the label `AWSCURRENT`.
    pub has_value: bool,
}

impl Proxy {
    /// The `prx-…` id in `dbuser` ARNs: the last part of its ARN.
    pub fn id(&self) -> Option<&str> {
        self.arn.rsplit(':').next().filter(|id| id.starts_with("prx-"))
    }

    /// The account that it is in.
    pub fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|account| !account.is_empty())
    }

    /// Whether it logs in to the database by IAM itself.
    pub fn is_end_to_end(&self) -> bool {
        self.default_auth_scheme.as_deref() == Some("IAM_AUTH")
    }

    /// The port that it listens on.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>
    pub fn port(&self) -> u16 {
        match self.engine_family.as_str() {
            "MYSQL" => 3306,
            "SQLSERVER" => 1433,
            _ => 5432,
        }
    }

    /// The entries for a user: that user's, or those whose user RDS does not tell.
    pub fn entries_for<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a AuthEntry> {
        let is_named = self.auth.iter().any(|entry| entry.user.as_deref() == Some(user));
        self.auth.iter().filter(move |entry| match &entry.user {
            Some(name) => name == user,
            None => !is_named,
        })
    }
}
