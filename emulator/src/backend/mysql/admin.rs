//! A session in which the emulator itself asks a MariaDB or MySQL for something.
//!
//! Owns running a statement and reading what came of it. Which statements, and as which user, is for
//! `accounts` and `script`.

use tokio::io::AsyncWriteExt as _;

use super::{Login, Session};
use crate::backend::admin::{AdminError, Rows, ServerError};
use crate::backend::{OpenError, Target};
use crate::wire::mysql::answer::parse_error;
use crate::wire::mysql::capability::MULTI_RESULTS;
use crate::wire::mysql::{
    Answers, Fields, MAX_PAYLOAD, Packet, Progress, append, command, read_packet,
};

/// The cluster's own superuser, as `mariadb.sh` names it; RDS calls its own so.
const SUPERUSER: &str = "rdsadmin";

/// `utf8mb4_general_ci`: <https://mariadb.com/kb/en/supported-character-sets-and-collations/>.
pub(super) const UTF8MB4: u8 = 45;

/// The session.
pub(crate) struct Admin(Session);

impl Admin {
    /// A superuser's session in a cluster of our own.
    pub(crate) async fn log_in(target: &Target) -> Result<Self, AdminError> {
        Self::log_in_to(target, "").await
    }

    /// Logs in to this database.
    pub(crate) async fn log_in_to(target: &Target, database: &str) -> Result<Self, AdminError> {
        Self::log_in_as(target, SUPERUSER, database).await
    }

    /// A session of this user, who needs no password or the one of the target's URL.
    pub(crate) async fn log_in_as(
        target: &Target,
        user: &str,
        database: &str,
    ) -> Result<Self, AdminError> {
        let capabilities = MULTI_RESULTS;
        let login = Login { user, password: None, database, character_set: UTF8MB4, capabilities };
        let opened = Session::open(target, &login).await;
        Ok(Self(opened.map_err(|error: OpenError| AdminError::Login(error.to_string()))?))
    }

    /// Runs a statement.
    pub(crate) async fn run(&mut self, statement: &str) -> Result<Rows, AdminError> {
        let stream = &mut self.0.stream;
        let mut bytes = Vec::new();
        append(&mut bytes, 0, &[&[command::QUERY], statement.as_bytes()].concat());
        stream.write_all(&bytes).await?;
        let broken = || AdminError::Lost("the database answers what was not asked".to_owned());
        let mut answers = Answers::to(command::QUERY, false).ok_or_else(broken)?;
        let (mut rows, mut sequence) = (Rows::default(), 1);
        loop {
            let payload = read_packet(stream, sequence, MAX_PAYLOAD).await?;
            sequence = sequence.wrapping_add(1);
            let packet = Packet { sequence, head: &payload, rest: 0 };
            let is_row = answers.is_at_rows();
            match answers.take(&packet)? {
                Progress::More if is_row && answers.is_at_rows() => {
                    rows.first = rows.first.or_else(|| first_value(&payload));
                    rows.count += 1;
                }
                Progress::More => {}
                Progress::File => {
                    // There is no file: the statement goes on with an empty one.
                    let mut bytes = Vec::new();
                    sequence = append(&mut bytes, sequence, b"");
                    stream.write_all(&bytes).await?;
                }
                Progress::Succeeded => return Ok(rows),
                Progress::Failed => {
                    let refusal = parse_error(&payload).ok_or_else(broken)?;
                    return Err(AdminError::Statement(Box::new(ServerError::from(refusal))));
                }
            }
        }
    }
}

/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>
fn first_value(row: &[u8]) -> Option<String> {
    Fields(row).string().map(|value| String::from_utf8_lossy(value).into_owned())
}

/// A name in a statement, whatever characters it has.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text in a statement, under the default `sql_mode`.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}
