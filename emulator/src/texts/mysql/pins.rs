//! What is said about a statement of MySQL's that pins a session.
//!
//! Owns RDS Proxy's own reasons, as far as public logs have them, and for the rest ones of ours that
//! are marked as such; and in our words what the statement does and what to do about it. Which
//! statement pins is `sql`'s to say.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html>

use crate::sql::mysql::Cause;
use crate::texts::pins::{PinText, Reason};

/// What is said about a statement with this digest. In the one public log of MySQL's with a reason,
/// the full stop is within the quotes:
/// <https://github.com/mariadb-corporation/mariadb-connector-r2dbc/issues/81>.
pub(crate) fn pin_text(cause: Cause, digest: &str) -> PinText {
    PinText::new(explain(cause), &format!("\"{digest} .\""))
}

const MOVE_SETTING: &str = "Set it in the proxy's initialization query, or in the database's \
                            parameter group; or have the driver not set it.";

#[expect(clippy::too_many_lines, reason = "a table, one row a cause")]
fn explain(cause: Cause) -> (Reason, &'static str, &'static str) {
    use Reason::{Ours, Setting, SettingGuess, TooLongGuess};
    match cause {
        Cause::SetVariable => (
            Setting,
            "It changes a system variable that RDS Proxy does not track. The next client on this \
             connection would inherit it.",
            MOVE_SETTING,
        ),
        Cause::SetLocal => (
            SettingGuess,
            "It changes a system variable that RDS Proxy does not track. AWS says that SET LOCAL \
             does not pin; MySQL treats it as SET SESSION.",
            MOVE_SETTING,
        ),
        Cause::SetGlobal => (
            SettingGuess,
            "It changes a variable of the server. AWS does not say whether that pins.",
            "Set it in the database's parameter group.",
        ),
        Cause::SetToExpression => (
            SettingGuess,
            "It sets a variable that RDS Proxy tracks to a value that only the database can \
             compute. AWS does not say whether that pins.",
            "Set it to a constant.",
        ),
        Cause::SetTransaction => (
            SettingGuess,
            "It changes the properties of the next transaction only.",
            "Set them for the session (SET SESSION TRANSACTION …), which does not pin, or start the \
             transaction with START TRANSACTION READ ONLY.",
        ),
        Cause::SetRole => (
            SettingGuess,
            "It changes the session's role or resource group. AWS does not list this statement.",
            "Give the user a default role: SET DEFAULT ROLE … TO ….",
        ),
        Cause::SetStatement => (
            SettingGuess,
            "It sets a variable for one statement. AWS does not list this statement.",
            "Nothing, unless the real proxy's log shows that it pins.",
        ),
        Cause::UserVariable => (
            SettingGuess,
            "It sets a user variable, which belongs to the session.",
            "Keep the value in the application, or in a common table expression or a window \
             function.",
        ),
        Cause::Prepare => (
            Ours("prepares a statement"),
            "A prepared statement belongs to the session, whether SQL or the driver prepares it.",
            "Have the driver send texts with the values in them: useServerPrepStmts=false, \
             interpolateParams=true, PDO::ATTR_EMULATE_PREPARES, query() instead of execute().",
        ),
        Cause::TemporaryTable => (
            Ours("creates a temporary table"),
            "A temporary table belongs to the session.",
            "Use a common table expression, or an ordinary table with a key per client.",
        ),
        Cause::LockTables => (
            Ours("locks tables"),
            "The locks belong to the session until UNLOCK TABLES.",
            "Lock rows in a transaction: SELECT … FOR UPDATE.",
        ),
        Cause::FlushTables => (
            Ours("flushes and locks tables"),
            "The lock belongs to the session until UNLOCK TABLES.",
            "Take backups past the proxy.",
        ),
        Cause::NamedLock => (
            Ours("takes a named lock"),
            "A named lock belongs to the session.",
            "Lock a row in a transaction: SELECT … FOR UPDATE.",
        ),
        Cause::ExecutableComment => (
            Ours("contains an executable comment"),
            "What /*! … */ or /*M! … */ holds is executed, and RDS Proxy does not look into it.",
            "Write the statement without the comment; import dumps past the proxy.",
        ),
        Cause::LastStatement => (
            Ours("reads what the last statement left"),
            "It reads the number of rows of the session's last statement. AWS says that this pins \
             sometimes.",
            "Use what the driver returns for each statement, such as rowcount.",
        ),
        Cause::LastInsertId => (
            Ours("reads the id that the last statement left"),
            "It reads the id that the session's last INSERT made. AWS does not list it.",
            "Use what the driver returns for each statement, such as lastrowid.",
        ),
        Cause::ReleasedLock => (
            Ours("releases a named lock"),
            "It releases a lock of the session. AWS does not list it.",
            "Lock a row in a transaction: SELECT … FOR UPDATE.",
        ),
        Cause::Handler => (
            Ours("opens a table by HANDLER"),
            "An open handler belongs to the session. AWS does not list this statement.",
            "Read by pages: WHERE id > … ORDER BY id LIMIT ….",
        ),
        Cause::Xa => (
            Ours("takes part in a distributed transaction"),
            "An XA transaction belongs to the session until it is prepared. AWS does not list this \
             statement.",
            "Connect past the proxy.",
        ),
        Cause::Backup => (
            Ours("locks for a backup"),
            "The lock belongs to the session. AWS does not list this statement.",
            "Take backups past the proxy.",
        ),
        Cause::TooLong => (
            TooLongGuess,
            "The statement's text has more than 16,384 bytes.",
            "Split it: fewer rows in an INSERT, fewer values in a list.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_rds_proxys_only_where_a_public_log_has_it_for_such_a_statement() {
        assert!(!pin_text(Cause::SetVariable, "d").is_invented);
        for cause in [
            Cause::UserVariable,
            Cause::SetTransaction,
            Cause::SetGlobal,
            Cause::SetRole,
            Cause::SetStatement,
            Cause::SetToExpression,
            Cause::SetLocal,
            Cause::TooLong,
        ] {
            assert!(pin_text(cause, "d").is_invented, "{cause:?}");
        }
    }

    #[test]
    fn aws_is_cited_for_what_it_lists_alone() {
        assert!(pin_text(Cause::LastStatement, "d").cause.contains("AWS says"));
        for cause in [Cause::LastInsertId, Cause::ReleasedLock] {
            assert!(pin_text(cause, "d").cause.contains("AWS does not list it"), "{cause:?}");
        }
    }
}
