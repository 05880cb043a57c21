//! What a command of MySQL's does to its session's pinning.

use crate::client::pinning::Found;
use crate::sql::mysql::{Cause, Verdict, digest};
use crate::texts::mysql::pin_text;

/// A text that pins, or may; none if it does not.
pub(super) fn found(verdict: Verdict, text: &[u8]) -> Option<Found<'_>> {
    let (cause, is_certain) = match verdict {
        Verdict::Free => return None,
        Verdict::Doubtful(cause) => (cause, false),
        Verdict::Pins(cause) => (cause, true),
    };
    // As for PostgreSQL, a text that is too long has no digest.
    let digest = if cause == Cause::TooLong { String::new() } else { digest(text) };
    let said = pin_text(cause, &digest);
    let leaves_state = leaves_state(cause);
    Some(Found { text, is_certain, leaves_state, digest, said })
}

fn leaves_state(cause: Cause) -> bool {
    match cause {
        Cause::SetGlobal
        | Cause::SetStatement
        | Cause::LastStatement
        | Cause::LastInsertId
        | Cause::ReleasedLock => false,
        Cause::SetLocal
        | Cause::SetToExpression
        | Cause::SetRole
        | Cause::Handler
        | Cause::Xa
        | Cause::Backup
        // The rest pins for certain.
        | Cause::SetVariable
        | Cause::SetTransaction
        | Cause::UserVariable
        | Cause::Prepare
        | Cause::TemporaryTable
        | Cause::LockTables
        | Cause::FlushTables
        | Cause::NamedLock
        | Cause::ExecutableComment
        | Cause::TooLong => true,
    }
}
