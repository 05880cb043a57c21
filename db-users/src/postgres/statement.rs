//! The steps as SQL. Names and values are quoted by the library, never here.

use postgres_protocol::escape::{escape_identifier, escape_literal};
use rds_proxy_probe::config::DbName;

use crate::mark::Mark;
use crate::properties::{Access, Password, SchemaName, UserName};

/// One change, which is one batch of statements.
#[derive(Clone, Debug)]
pub(crate) enum Step<'a> {
    /// Makes a role that may log in and nothing else, and marks it.
    Make {
        user: &'a UserName,
    },
    /// Sets the password's verifier.
    SetPassword {
        user: &'a UserName,
        password: &'a Password,
    },
    /// Removes the password.
    ClearPassword {
        user: &'a UserName,
    },
    /// Allows the role to log in to the database by token.
    GrantRdsIam {
        user: &'a UserName,
    },
    /// Revokes that: a role that holds `rds_iam` cannot log in by password.
    RevokeRdsIam {
        user: &'a UserName,
    },
    GrantConnect {
        user: &'a UserName,
    },
    RevokeConnect {
        user: &'a UserName,
    },
    GrantSchema {
        user: &'a UserName,
        access: Access,
        schema: &'a SchemaName,
    },
    RevokeSchema {
        user: &'a UserName,
        schema: &'a str,
    },
    /// Drops the role; what it owns becomes the master user's.
    Drop {
        role: &'a str,
    },
}

impl Step<'_> {
    /// What it does, such as "creating the user …".
    pub(crate) fn doing(&self) -> String {
        match self {
            Self::Make { user } => format!("creating the user {user}"),
            Self::SetPassword { user, .. } => format!("setting the password of {user}"),
            Self::ClearPassword { user } => format!("removing the password of {user}"),
            Self::GrantRdsIam { user } => format!("granting rds_iam to {user}"),
            Self::RevokeRdsIam { user } => format!("revoking rds_iam from {user}"),
            Self::GrantConnect { user } => format!("granting CONNECT to {user}"),
            Self::RevokeConnect { user } => format!("revoking CONNECT from {user}"),
            Self::GrantSchema { user, access, schema } => {
                format!("granting {user} {} on the schema {schema}", access.as_str())
            }
            Self::RevokeSchema { user, schema } => {
                format!("revoking the privileges of {user} in the schema {schema:?}")
            }
            Self::Drop { role } => format!("dropping the user {role:?}"),
        }
    }

    /// The role that it drops.
    pub(crate) fn dropped(&self) -> Option<&str> {
        match self {
            Self::Drop { role } => Some(role),
            Self::Make { .. }
            | Self::SetPassword { .. }
            | Self::ClearPassword { .. }
            | Self::GrantRdsIam { .. }
            | Self::RevokeRdsIam { .. }
            | Self::GrantConnect { .. }
            | Self::RevokeConnect { .. }
            | Self::GrantSchema { .. }
            | Self::RevokeSchema { .. } => None,
        }
    }

    /// The statements.
    pub(crate) fn sql(&self, mark: &Mark, database: &DbName) -> String {
        let database = escape_identifier(database.as_str());
        match self {
            Self::Make { user } => {
                let (user, mark) = (quote(user), escape_literal(mark.as_str()));
                format!("CREATE ROLE {user} LOGIN; COMMENT ON ROLE {user} IS {mark}")
            }
            Self::SetPassword { user, password } => {
                let verifier = escape_literal(password.in_sql());
                format!("ALTER ROLE {} LOGIN PASSWORD {verifier}", quote(user))
            }
            Self::ClearPassword { user } => {
                format!("ALTER ROLE {} LOGIN PASSWORD NULL", quote(user))
            }
            Self::GrantRdsIam { user } => format!("GRANT rds_iam TO {}", quote(user)),
            Self::RevokeRdsIam { user } => format!("REVOKE rds_iam FROM {}", quote(user)),
            Self::GrantConnect { user } => {
                format!("GRANT CONNECT ON DATABASE {database} TO {}", quote(user))
            }
            Self::RevokeConnect { user } => {
                format!("REVOKE CONNECT ON DATABASE {database} FROM {}", quote(user))
            }
            Self::GrantSchema { user, access, schema } => grant_schema(user, *access, schema),
            Self::RevokeSchema { user, schema } => revoke_schema(user, schema),
            Self::Drop { role } => drop_role(role),
        }
    }
}

/// Existing objects, and those that the master user creates later.
fn grant_schema(user: &UserName, access: Access, schema: &SchemaName) -> String {
    let (user, schema) = (quote(user), escape_identifier(schema.as_str()));
    let (tables, sequences) = (access.on_tables().join(", "), access.on_sequences().join(", "));
    let later = format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT");
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {user}; \
         GRANT {tables} ON ALL TABLES IN SCHEMA {schema} TO {user}; \
         GRANT {sequences} ON ALL SEQUENCES IN SCHEMA {schema} TO {user}; \
         {later} {tables} ON TABLES TO {user}; \
         {later} {sequences} ON SEQUENCES TO {user}"
    )
}

fn revoke_schema(user: &UserName, schema: &str) -> String {
    let (user, schema) = (quote(user), escape_identifier(schema));
    let later = format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL");
    format!(
        "REVOKE ALL ON SCHEMA {schema} FROM {user}; \
         REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {user}; \
         REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {user}; \
         {later} ON TABLES FROM {user}; \
         {later} ON SEQUENCES FROM {user}"
    )
}

/// The master user is not a superuser on RDS: it must be a member of the role to reassign its objects,
/// and may add itself to a role that it created.
/// <https://www.postgresql.org/docs/current/sql-reassign-owned.html>,
/// <https://www.postgresql.org/docs/current/role-attributes.html> (role creation)
fn drop_role(role: &str) -> String {
    let role = escape_identifier(role);
    format!(
        "GRANT {role} TO CURRENT_USER; \
         REASSIGN OWNED BY {role} TO CURRENT_USER; \
         DROP OWNED BY {role}; \
         DROP ROLE {role}"
    )
}

fn quote(user: &UserName) -> String {
    escape_identifier(user.as_str())
}
