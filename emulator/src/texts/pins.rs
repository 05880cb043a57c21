//! What is said about a statement that pins a session.
//!
//! Owns RDS Proxy's own reasons, as far as public logs have them, and for the rest ones of ours that
//! are marked as such; and in our words what the statement does and what to do about it. Which
//! statement pins is `sql`'s to say.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>

use crate::sql::Cause;

/// What is said about a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PinText {
    /// In RDS Proxy's words, if `is_invented` is false.
    pub(crate) reason: String,
    /// Whether no public log has this reason.
    pub(crate) is_invented: bool,
    pub(crate) cause: &'static str,
    pub(crate) remedy: &'static str,
}

/// Seen: <https://github.com/getlago/lago-api/pull/6062>.
const TOO_LONG: &str = "The connection ran a SQL query which exceeded the 16384 byte limit.";

const SETTING: &str = "It changes a setting of the session, which the next client on this \
                       connection would inherit.";
const MOVE_SETTING: &str = "Set it once for the role (ALTER ROLE … SET …), in the startup packet if \
                            it is one of the six that RDS Proxy accepts there, or in the proxy's \
                            initialization query.";

/// Which reason there is.
pub(super) enum Reason {
    /// The one that most public logs have: <https://github.com/MagicStack/asyncpg/issues/1153>.
    Setting,
    TooLong,
    /// The same words for a statement that no public log has with a reason: what RDS Proxy would say,
    /// if anything, is a guess.
    SettingGuess,
    TooLongGuess,
    /// No public log has one.
    Ours(&'static str),
}

impl PinText {
    /// `digest` is in its quotes, with the full stop where the engine's log has it.
    pub(super) fn new(
        (reason, cause, remedy): (Reason, &'static str, &'static str),
        digest: &str,
    ) -> Self {
        let is_invented = match reason {
            Reason::Setting | Reason::TooLong => false,
            Reason::SettingGuess | Reason::TooLongGuess | Reason::Ours(_) => true,
        };
        let reason = match reason {
            Reason::Setting | Reason::SettingGuess => format!(
                "SQL changed session settings that the proxy doesn't track. Consider moving session \
                 configuration to the proxy's initialization query. Digest: {digest}"
            ),
            Reason::TooLong | Reason::TooLongGuess => TOO_LONG.to_owned(),
            Reason::Ours(what) => {
                format!("The connection ran a SQL query which {what}. Digest: {digest}")
            }
        };
        Self { reason, is_invented, cause, remedy }
    }
}

/// What is said about a statement with this digest.
pub(crate) fn pin_text(cause: Cause, digest: &str) -> PinText {
    PinText::new(explain(cause), &format!("\"{digest}\"."))
}

#[expect(clippy::too_many_lines, reason = "a table, one row a cause")]
fn explain(cause: Cause) -> (Reason, &'static str, &'static str) {
    use Reason::{Ours, Setting, SettingGuess, TooLong};
    match cause {
        Cause::Set | Cause::SetConfig => (Setting, SETTING, MOVE_SETTING),
        Cause::SetLocal => (
            SettingGuess,
            "It changes a setting for the transaction. AWS says for MySQL only that this does not \
             pin; set_config(…, true), which does the same, does pin.",
            MOVE_SETTING,
        ),
        Cause::SetTransaction => (
            SettingGuess,
            "It changes the properties of the transaction. AWS does not say whether that pins.",
            "Give them with the start: BEGIN ISOLATION LEVEL … READ ONLY.",
        ),
        Cause::SetConstraints => (
            SettingGuess,
            "It changes when constraints are checked in the transaction. AWS does not say whether \
             that pins.",
            "Declare the constraint as INITIALLY DEFERRED instead.",
        ),
        Cause::Reset => (
            Setting,
            "It resets settings of the session. Many connection pools send it when a connection is \
             returned.",
            "Turn the reset off in the client's pool: behind a proxy there is nothing to reset.",
        ),
        Cause::Discard => (
            Ours("discards the session's state"),
            "It discards the session's state. Many connection pools send it when a connection is \
             returned.",
            "Turn the reset off in the client's pool, such as Npgsql's No Reset On Close=true.",
        ),
        Cause::Prepare => (
            Ours("prepares a statement"),
            "A statement that SQL's PREPARE makes belongs to the session.",
            "Let the driver prepare statements by the protocol, which does not pin.",
        ),
        Cause::Execute => (
            Ours("executes a prepared statement"),
            "SQL's EXECUTE needs the session in which the statement was prepared.",
            "Let the driver prepare statements by the protocol, which does not pin.",
        ),
        Cause::Deallocate => (
            Ours("deallocates a prepared statement"),
            "SQL's DEALLOCATE needs the session in which the statement was prepared.",
            "Have the driver close statements by the protocol, or keep them.",
        ),
        Cause::TemporaryTable | Cause::SelectIntoTemporary => (
            Ours("creates a temporary table"),
            "A temporary table belongs to the session.",
            "Use a common table expression, or an ordinary or UNLOGGED table with a key per client.",
        ),
        Cause::TemporaryView => (
            Ours("creates a temporary view"),
            "A temporary view belongs to the session.",
            "Use a common table expression, or an ordinary view.",
        ),
        Cause::TemporarySequence => (
            Ours("creates a temporary sequence"),
            "A temporary sequence belongs to the session.",
            "Use an ordinary sequence, or row_number().",
        ),
        Cause::DeclaredCursor => (
            Ours("declares a cursor"),
            "A declared cursor belongs to the session.",
            "Read by pages (WHERE id > … ORDER BY id LIMIT …), or by the protocol's portals inside \
             a transaction.",
        ),
        Cause::Fetch | Cause::Close => (
            Ours("uses a cursor"),
            "It uses a cursor, whose declaration pins. AWS does not list this statement.",
            "Read by pages (WHERE id > … ORDER BY id LIMIT …).",
        ),
        Cause::Listen | Cause::Unlisten => (
            Ours("listens to a channel"),
            "Notifications come to the session that listens.",
            "Listen on a separate connection that goes to the database directly.",
        ),
        Cause::Notify => (
            Ours("notifies a channel"),
            "It notifies those who listen. AWS does not list this statement.",
            "Nothing, unless the real proxy's log shows that it pins.",
        ),
        Cause::Load => (
            Ours("loads a library"),
            "A library is loaded into the session.",
            "Load it for all sessions: shared_preload_libraries or session_preload_libraries.",
        ),
        Cause::Sequence => (
            Ours("changes the state of a sequence"),
            "nextval and setval leave a value in the session that currval and lastval read.",
            "Let the column's default call nextval (GENERATED … AS IDENTITY), and read the value \
             with RETURNING.",
        ),
        Cause::SequenceState => (
            Ours("reads the state of a sequence"),
            "currval and lastval read what nextval left in the session. AWS does not list them.",
            "Read the value with RETURNING.",
        ),
        Cause::AdvisoryLock => (
            Ours("takes an advisory lock"),
            "An advisory lock of this kind belongs to the session.",
            "Take it for the transaction: pg_advisory_xact_lock.",
        ),
        Cause::AdvisoryUnlock => (
            Ours("releases an advisory lock"),
            "It releases a lock of the session. AWS does not list it.",
            "Take the lock for the transaction: pg_advisory_xact_lock.",
        ),
        Cause::TooLong => (
            TooLong,
            "The statement's text, without the values of its parameters, has more than 16,384 \
             bytes.",
            "Pass values as parameters, above all long lists: = ANY($1) instead of IN ($1, $2, …).",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_rds_proxys_only_where_a_public_log_has_it_for_such_a_statement() {
        for cause in [Cause::Set, Cause::SetConfig, Cause::Reset, Cause::TooLong] {
            assert!(!pin_text(cause, "d").is_invented, "{cause:?}");
        }
        for cause in [Cause::SetLocal, Cause::SetTransaction, Cause::SetConstraints, Cause::Listen]
        {
            assert!(pin_text(cause, "d").is_invented, "{cause:?}");
        }
        assert_eq!(pin_text(Cause::SetLocal, "d").reason, pin_text(Cause::Set, "d").reason);
    }
}
