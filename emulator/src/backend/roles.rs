//! The database roles of the proxy's users, in a temporary cluster.
//!
//! Owns making each user an ordinary role that can log in. A role that is there already stays as
//! it is, so that emulators can share a cluster. A server named by URL has its own roles.
//! <https://www.postgresql.org/docs/current/sql-createrole.html>

use super::admin::{Admin, AdminError, identifier, literal};
use super::{OpenError, Target};
use crate::texts::rare;

/// "The role exists": said by `CREATE ROLE`, or by its catalog's index when two race.
const EXISTS: [&str; 2] = ["42710", "23505"];

/// The group role whose members log in by IAM.
const RDS_IAM: &str = "rds_iam";

/// Makes a role of each name, unless there is one. Those of `holders` get `rds_iam`, as a database
/// needs it for logins by IAM:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html>.
pub(crate) async fn create_roles<'a>(
    target: &Target,
    names: impl Iterator<Item = &'a str>,
    holders: impl Iterator<Item = &'a str>,
) -> Result<(), AdminError> {
    let roles = names.map(|name| format!("CREATE ROLE {} LOGIN", identifier(name)));
    let group = std::iter::once(format!("CREATE ROLE {RDS_IAM} NOLOGIN"));
    let grants = holders.map(|name| format!("GRANT {RDS_IAM} TO {}", identifier(name)));
    let mut admin = Admin::log_in(target, None).await?;
    for statement in roles.chain(group).chain(grants) {
        match admin.run(&statement).await {
            Err(AdminError::Statement(error)) if EXISTS.contains(&&*error.sqlstate) => {}
            outcome => drop(outcome?),
        }
    }
    Ok(())
}

/// Refuses a user whose role does not hold `rds_iam`, itself or through another role, as a database
/// of RDS does when a token comes for it. A superuser holds every role; RDS has no superusers. Only a
/// cluster of our own is asked; a server by URL judges for itself.
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-ACCESS>
pub(crate) async fn check_rds_iam(target: &Target, user: &str) -> Result<(), OpenError> {
    if !matches!(target, Target::Socket(_)) {
        return Ok(());
    }
    let unavailable = |error: AdminError| OpenError::Unavailable(error.to_string());
    let mut admin = Admin::log_in(target, None).await.map_err(unavailable)?;
    let statement = format!(
        "SELECT FROM pg_roles AS held, pg_roles AS holder \
         WHERE held.rolname = '{RDS_IAM}' AND holder.rolname = {} \
         AND pg_has_role(holder.oid, held.oid, 'MEMBER')",
        literal(user)
    );
    match admin.run(&statement).await.map_err(unavailable)?.count {
        0 => Err(OpenError::Refused(rare::pam_failed(user))),
        _ => Ok(()),
    }
}
