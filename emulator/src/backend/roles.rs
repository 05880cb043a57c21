//! The database roles of the proxy's users, in a temporary cluster.
//!
//! Owns making each user an ordinary role that can log in. A role that is there already stays as
//! it is, so that emulators can share a cluster. A server named by URL has its own roles, and gets
//! others only if it is asked for.
//! <https://www.postgresql.org/docs/current/sql-createrole.html>

use postgres_protocol::password::scram_sha_256;

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

/// Makes a role at a server by URL, as the URL's user, for each of these users that has none, with
/// its password or else the URL's, with which sessions log in there. Returns the names of those made.
pub(crate) async fn make_missing_roles<'a>(
    target: &Target,
    database: &str,
    users: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<Vec<&'a str>, AdminError> {
    let Target::Server(url) = target else { return Ok(Vec::new()) };
    let no_user = || AdminError::Login("the URL of --backend names no user".to_owned());
    let user = url.user.as_deref().ok_or_else(no_user)?;
    let mut admin = Admin::log_in_as(target, user, database).await?;
    let mut made = Vec::new();
    for (name, password) in users {
        let known = format!("SELECT FROM pg_roles WHERE rolname = {}", literal(name));
        if admin.run(&known).await?.count > 0 {
            continue;
        }
        // As a verifier, so that no log of the server's has the password.
        let password = password.or_else(|| url.password());
        let password = password.map(|password| literal(&scram_sha_256(password.as_bytes())));
        let password = password.map(|verifier| format!(" PASSWORD {verifier}")).unwrap_or_default();
        match admin.run(&format!("CREATE ROLE {} LOGIN{password}", identifier(name))).await {
            Err(AdminError::Statement(error)) if EXISTS.contains(&&*error.sqlstate) => {}
            outcome => {
                outcome?;
                made.push(name);
            }
        }
    }
    Ok(made)
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
