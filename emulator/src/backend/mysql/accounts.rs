//! The proxy's users in a temporary MariaDB, and the database that clients connect to.
//!
//! Owns making both: each user an ordinary account that may do everything in the database, since
//! MySQL's databases have no owner. An account that is there already stays as it is, so that
//! emulators can share a cluster. A server named by URL has its own accounts.
//! <https://mariadb.com/kb/en/create-user/>

use super::admin::{Admin, identifier, literal};
use crate::backend::Target;
use crate::backend::admin::AdminError;

/// How long the standby may take to follow, in seconds.
const FOLLOWS_WITHIN: u32 = 10;

/// Makes an account of each name, for the cluster's socket alone. A user with a password has it at
/// the database too; one that logs in by IAM has none there.
pub(crate) async fn create_accounts<'a>(
    target: &Target,
    users: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<(), AdminError> {
    let mut admin = Admin::log_in(target).await?;
    for (name, password) in users {
        let by = password.map(|password| format!(" IDENTIFIED BY {}", literal(password)));
        let by = by.unwrap_or_default();
        let account = account(name);
        admin.run(&format!("CREATE USER IF NOT EXISTS {account}{by}")).await?;
    }
    Ok(())
}

/// Makes a database in which the users of these names may do everything.
pub(crate) async fn create_database<'a>(
    target: &Target,
    name: &str,
    users: impl Iterator<Item = &'a str>,
) -> Result<(), AdminError> {
    let database = identifier(name);
    let mut admin = Admin::log_in(target).await?;
    admin.run(&format!("CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4")).await?;
    // In a grant the name is a pattern.
    let pattern = identifier(&name.replace('\\', r"\\").replace('_', r"\_").replace('%', r"\%"));
    for user in users {
        admin.run(&format!("GRANT ALL ON {pattern}.* TO {}", account(user))).await?;
    }
    Ok(())
}

/// Makes an account at a server by URL, as the URL's user, for each of these users that has none, with
/// its password or else the URL's, with which sessions log in there. Returns the names of those made.
pub(crate) async fn make_missing_accounts<'a>(
    target: &Target,
    users: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<Vec<&'a str>, AdminError> {
    let Target::Server(url) = target else { return Ok(Vec::new()) };
    let no_user = || AdminError::Login("the URL of --backend names no user".to_owned());
    let user = url.user.as_deref().ok_or_else(no_user)?;
    let mut admin = Admin::log_in_as(target, user, "").await?;
    let mut made = Vec::new();
    for (name, password) in users {
        let known = format!("SELECT 1 FROM mysql.user WHERE user = {}", literal(name));
        if admin.run(&known).await?.count > 0 {
            continue;
        }
        let password = literal(password.or_else(|| url.password()).unwrap_or_default());
        let name_anywhere = format!("{}@'%'", identifier(name));
        admin.run(&format!("CREATE USER {name_anywhere} IDENTIFIED BY {password}")).await?;
        made.push(name);
    }
    Ok(made)
}

/// Waits until a standby has everything that the primary has by now: a login there must not fail for
/// coming early. <https://mariadb.com/kb/en/master_gtid_wait/>
pub(crate) async fn wait_for_standby(primary: &Target, standby: &Target) -> Result<(), AdminError> {
    let mut admin = Admin::log_in(primary).await?;
    let written = admin.run("SELECT @@gtid_binlog_pos").await?.first.unwrap_or_default();
    let mut admin = Admin::log_in(standby).await?;
    let wait = format!("SELECT MASTER_GTID_WAIT({}, {FOLLOWS_WITHIN})", literal(&written));
    match admin.run(&wait).await?.first.as_deref() {
        Some("0") => Ok(()),
        _ => Err(AdminError::Lost("the standby does not follow".to_owned())),
    }
}

fn account(name: &str) -> String {
    format!("{}@localhost", identifier(name))
}
