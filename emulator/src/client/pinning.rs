//! Whether a client's statements pin its session.
//!
//! Owns when a statement is judged: a simple one when it is sent, a prepared one when it is bound;
//! at its `Parse` RDS Proxy only warns. What a text does is `sql`'s to say, and the words `texts`'.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html>

use std::sync::Arc;

use super::proxy::{Connection, OnPin};
use crate::observe::{Pin, SessionView};
use crate::pool::pipeline::{ClientStatements, Message};
use crate::sql::{self, Cause, Verdict};
use crate::texts::{PinText, pin_text, refused_pin};
use crate::wire::Refusal;

/// As much of a statement as is shown.
const SHOWN: usize = 1024;

/// A session's pinning.
pub(super) struct Pinning<'a> {
    connection: &'a Connection,
    view: Arc<SessionView>,
}

/// A statement that pins, or may.
pub(super) struct Found<'t> {
    pub(super) text: &'t [u8],
    pub(super) is_certain: bool,
    /// Whether another client would find something of this one's, so that the session keeps its
    /// connection although AWS does not list the statement.
    pub(super) leaves_state: bool,
    /// The statement as RDS Proxy's log shows it, without its constants.
    pub(super) digest: String,
    pub(super) said: PinText,
}

impl<'a> Pinning<'a> {
    pub(super) fn new(connection: &'a Connection, view: Arc<SessionView>) -> Self {
        Self { connection, view }
    }

    /// Whether the session keeps its connection to its end.
    pub(super) fn is_pinned(&self) -> bool {
        self.view.is_pinned()
    }

    /// Pins the session for a reason of the emulator's own.
    pub(super) fn pin(&self) {
        self.view.pin();
    }

    /// Judges a message that is about to be sent on the connection of this number; returns what its
    /// text does if it is a `Parse`, and the error that the client gets instead, if it is refused.
    pub(super) fn judge(
        &self,
        message: Message<'_>,
        statements: &ClientStatements,
        server: u64,
    ) -> (Verdict, Option<Refusal>) {
        let judged = if message.tag == b'P' { verdict_of_parse(message) } else { Verdict::Free };
        let refusal = self.refusal(message, judged, statements, server);
        (judged, refusal)
    }

    fn refusal(
        &self,
        message: Message<'_>,
        judged: Verdict,
        statements: &ClientStatements,
        server: u64,
    ) -> Option<Refusal> {
        if self.is_pinned() {
            return None;
        }
        match message.tag {
            b'Q' => {
                let text = message.head.split_last().map_or(message.head, |(_nul, text)| text);
                let found = Found::of(sql::judge(text), text)?;
                self.meet(found, server).map(|said| refused_pin(&said))
            }
            b'B' => {
                let name = message.head.split(|byte| *byte == 0).nth(1)?;
                let statement = statements.get(name)?;
                let found = Found::of(statement.verdict, statement.text())?;
                self.meet(found, server).map(|said| refused_pin(&said))
            }
            b'P' => {
                let found = Found::of(judged, text_of_parse(message))?;
                if found.is_certain {
                    self.warn(&found, server);
                }
                None
            }
            _ => None,
        }
    }

    /// Notes a statement that is about to be sent on the connection of this number. Returns what is
    /// said about it if the client gets an error instead.
    pub(super) fn meet(&self, found: Found<'_>, server: u64) -> Option<PinText> {
        let refused = match self.connection.proxy.settings.on_pin {
            OnPin::Log => None,
            OnPin::Error => found.is_certain.then(|| found.said.clone()),
        };
        let reason = &found.said.reason;
        if refused.is_some() {
            self.connection.log(&format_args!("refused a statement that would pin: {reason}"));
        } else if found.is_certain || found.leaves_state {
            self.view.pin();
        }
        if refused.is_none() && found.is_certain {
            self.connection.rds_line(
                "WARN",
                &format_args!(
                    "The client session was pinned to the database connection \
                     [dbConnection={server}] for the remainder of the session. The proxy can't \
                     reuse this connection until the session ends. Reason: {reason}"
                ),
            );
        }
        let pin = self.pin_of(found);
        self.connection.proxy.pins.add(Pin { is_refused: refused.is_some(), ..pin });
        refused
    }

    /// What RDS Proxy logs at a `Parse`: <https://github.com/prisma/orm/issues/5866>.
    fn warn(&self, found: &Found<'_>, server: u64) {
        let reason = &found.said.reason;
        self.connection.rds_line(
            "INFO",
            &format_args!(
                "If this prepared statement runs, the client session will be pinned to the database \
                 connection [dbConnection={server}]. Reason: {reason}"
            ),
        );
    }

    fn pin_of(&self, found: Found<'_>) -> Pin {
        let PinText { reason, is_invented, cause, remedy } = found.said;
        let SessionView { endpoint, client, user, database, application_name, .. } = &*self.view;
        let shown = found.text.get(..SHOWN).unwrap_or(found.text);
        Pin {
            id: 0,
            at: self.connection.proxy.settings.clock.now(),
            endpoint: Arc::clone(endpoint),
            client: client.to_string(),
            user: user.clone(),
            database: database.clone(),
            application_name: application_name.clone(),
            is_certain: found.is_certain,
            is_refused: false,
            reason,
            is_invented,
            digest: found.digest,
            statement: String::from_utf8_lossy(shown).into_owned(),
            cause,
            remedy,
        }
    }
}

impl<'t> Found<'t> {
    fn of(verdict: Verdict, text: &'t [u8]) -> Option<Self> {
        let (cause, is_certain) = match verdict {
            Verdict::Free => return None,
            Verdict::Doubtful(cause) => (cause, false),
            Verdict::Pins(cause) => (cause, true),
        };
        // RDS Proxy's log has none for those that are too long.
        let digest = if cause == Cause::TooLong { String::new() } else { sql::digest(text) };
        let leaves_state = cause == Cause::SelectIntoTemporary;
        let said = pin_text(cause, &digest);
        Some(Self { text, is_certain, leaves_state, digest, said })
    }
}

/// What a `Parse` has behind the statement's name.
fn text_of_parse(message: Message<'_>) -> &[u8] {
    message.head.split(|byte| *byte == 0).nth(1).unwrap_or_default()
}

fn verdict_of_parse(message: Message<'_>) -> Verdict {
    sql::judge(text_of_parse(message))
}
