//! The database that clients connect to, in a temporary cluster.
//!
//! Owns making it, and waiting until a standby has it too. Who owns it and what is in it is for the
//! options to say.
//! <https://www.postgresql.org/docs/current/sql-createdatabase.html>

use std::time::Duration;

use super::Target;
use super::admin::{Admin, AdminError, identifier, literal};

/// "The database exists": said by `CREATE DATABASE`, or by its catalog's index when two race.
const EXISTS: [&str; 2] = ["42P04", "23505"];

/// How often and how many times a standby is looked at: for ten seconds.
const PAUSE: Duration = Duration::from_millis(10);
const LOOKS: u32 = 1_000;

/// Makes a database that this role owns, or else the superuser. One that is there already stays as it
/// is in a cluster that emulators share; in one of our own, such as `postgres`, it is given to the
/// role.
pub(crate) async fn create_database(
    target: &Target,
    name: &str,
    owner: Option<&str>,
    is_shared: bool,
) -> Result<(), AdminError> {
    let (name, owner) = (identifier(name), owner.map(identifier));
    let owned = owner.as_ref().map(|owner| format!(" OWNER {owner}")).unwrap_or_default();
    let mut admin = Admin::log_in(target, None).await?;
    match admin.run(&format!("CREATE DATABASE {name}{owned}")).await {
        Err(AdminError::Statement(error)) if EXISTS.contains(&&*error.sqlstate) => {
            if let Some(owner) = owner.filter(|_| !is_shared) {
                admin.run(&format!("ALTER DATABASE {name} OWNER TO {owner}")).await?;
            }
        }
        outcome => drop(outcome?),
    }
    Ok(())
}

/// Waits until a standby has everything that the primary has by now: it follows a moment later, and
/// a login there must not fail for coming early.
/// <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-INFO>
pub(crate) async fn wait_for_standby(primary: &Target, standby: &Target) -> Result<(), AdminError> {
    let mut admin = Admin::log_in(primary, None).await?;
    let written = admin.run("SELECT pg_current_wal_flush_lsn()").await?.first.unwrap_or_default();
    let mut admin = Admin::log_in(standby, None).await?;
    let reached = format!("SELECT WHERE pg_last_wal_replay_lsn() >= {}::pg_lsn", literal(&written));
    for _ in 0..LOOKS {
        if admin.run(&reached).await?.count > 0 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(AdminError::Lost("the standby does not follow".to_owned()))
}
