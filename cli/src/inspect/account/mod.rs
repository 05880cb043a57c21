//! What was read of an account, as plain values: nothing here calls AWS, and no value of a
//! function's variables is kept that could be a secret.

mod call;
mod function;
mod network;
mod proxy;
mod role;

pub use call::{Call, Unread};
pub use function::{Function, Login, NamedHost, Variables};
pub use network::{
    AclEntry, Direction, Endpoint, Gateway, Network, NetworkAcl, Peer, Route, RouteTable,
    SecurityGroup, SgRule, Subnet, Vpc,
};
pub use proxy::{AuthEntry, Database, Proxy, ProxyEndpoint, Secret, Target};
pub use role::{Decision, Policy, Role, Simulated};

/// An answer of AWS's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer<T> {
    /// This.
    Known(T),
    /// There is none.
    Absent,
    /// The call was denied or failed, or was not made for want of another answer.
    #[default]
    Unknown,
}

impl<T> Answer<T> {
    /// What is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }

    /// What is known, to change it.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }
}

/// Who is to log in, where and as which user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// What runs: a function's name, or a role's ARN.
    pub caller: String,
    /// The proxy's name.
    pub proxy: String,
    /// The database user.
    pub user: String,
    /// The region.
    pub region: String,
    /// The partition that the region's ARNs begin with.
    pub partition: String,
    /// The account that was read.
    pub account: Option<String>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What was asked.
    pub question: Question,
    /// What runs, and where.
    pub function: Answer<Function>,
    /// The role that it runs as.
    pub role: Answer<Role>,
    /// The role that it assumes to sign, if it assumes one.
    pub assumed: Option<Answer<Role>>,
    /// The proxy.
    pub proxy: Answer<Proxy>,
    /// The endpoints that were added to it.
    pub endpoints: Vec<ProxyEndpoint>,
    /// The databases behind it, as it sees them.
    pub targets: Answer<Vec<Target>>,
    /// The same, as RDS describes them.
    pub databases: Vec<Database>,
    /// The role that it reads secrets or logs in as.
    pub proxy_role: Answer<Role>,
    /// The secrets that it was given, each with its ARN.
    pub secrets: Vec<(String, Answer<Secret>)>,
    /// The VPCs of both.
    pub network: Network,
    /// The calls that were denied or failed.
    pub unread: Vec<Unread>,
}

impl Account {
    /// How the function logs in, as far as its variables say.
    pub fn login(&self) -> Login {
        self.function.known().map_or(Login::Iam, |function| function.variables.login)
    }

    /// The role that signs: the one that is assumed, if any, else the function's.
    pub fn signer(&self) -> &Answer<Role> {
        self.assumed.as_ref().unwrap_or(&self.role)
    }

    /// The `dbuser` ARN that the signer must be allowed to connect to.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>
    pub fn dbuser_arn(&self) -> Option<String> {
        let proxy = self.proxy.known()?;
        let Question { user, region, partition, .. } = &self.question;
        let (account, id) = (proxy.account()?, proxy.id()?);
        Some(format!("arn:{partition}:rds-db:{region}:{account}:dbuser:{id}/{user}"))
    }
}
