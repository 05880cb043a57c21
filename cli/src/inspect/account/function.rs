//! What runs, and where.

/// A function, or what stands for one on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Its name; `None` if only role, subnets and groups were given.
    pub name: Option<String>,
    /// The role that it runs as.
    pub role_arn: Option<String>,
    /// The subnets of its network interfaces.
    pub subnet_ids: Vec<String>,
    /// Their security groups.
    pub security_group_ids: Vec<String>,
    /// `Active`, `Pending`, `Inactive` or `Failed`.
    pub state: Option<String>,
    /// Why it is not active.
    pub state_reason: Option<String>,
    /// `Successful`, `Failed` or `InProgress`.
    pub last_update: Option<String>,
    /// Why the last update failed.
    pub last_update_reason: Option<String>,
    /// What its variables say.
    pub variables: Variables,
}

/// What a function's variables say, without values that could be secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// The RDS host names that stand in variables, also inside connection strings.
    pub hosts: Vec<NamedHost>,
    /// `DB_PORT`, or `PGPORT`.
    pub port: Option<u16>,
    /// `DB_USER`, or `PGUSER`, if it has the form of a name.
    pub user: Option<String>,
    /// `DB_REGION`.
    pub region: Option<String>,
    /// `DB_ENGINE`, if it is one of its values.
    pub engine: Option<String>,
    /// `DB_AUTH`.
    pub login: Login,
    /// `DB_SECRET_ARN`, if it has the form of an ARN.
    pub secret_arn: Option<String>,
    /// `DB_ASSUME_ROLE_ARN`, if it has the form of an ARN.
    pub assume_role_arn: Option<String>,
    /// Whether `DB_ASSUME_ROLE_EXTERNAL_ID` is set.
    pub has_external_id: bool,
    /// Whether `PROBE_EXPLAIN` is on.
    pub explains: bool,
}

/// How a function logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Login {
    /// By a token.
    #[default]
    Iam,
    /// By a secret's password.
    Secret,
}

/// A host name of RDS's in a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedHost {
    /// The variable.
    pub variable: String,
    /// The host name.
    pub host: String,
}

impl Function {
    /// Its name in a sentence.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("the function \"{name}\""),
            None => "the function".to_owned(),
        }
    }

    /// Whether it runs in a VPC.
    pub fn is_in_vpc(&self) -> bool {
        !self.subnet_ids.is_empty()
    }
}
