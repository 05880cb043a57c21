//! A session in which the emulator itself asks the database for something.
//!
//! Owns running a statement and reading what came of it. Which statements, and as which user, is for
//! `roles`, `database` and `init_sql`.
//! <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY>

use std::fmt;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use super::{Login, OpenError, Session, Target};
use crate::wire::backend::{self, tag};
use crate::wire::frontend::Header;
use crate::wire::startup::Parameters;
use crate::wire::{Refusal, WireError, take, take_cstr};

/// The cluster's own superuser, as `keeper.sh` names it, and its database.
const SUPERUSER: &str = "postgres";

/// As much of a message as is kept.
const MAX_BODY: u32 = 1024 * 1024;

/// How much of `COPY` data goes in one message.
const COPY_PIECE: usize = 64 * 1024;

/// Why the database did not do what the emulator itself asked it for.
#[derive(Debug)]
pub enum AdminError {
    /// It rejected the login.
    Login(String),
    /// It refused a statement.
    Statement(Box<ServerError>),
    /// The session broke.
    Lost(String),
}

/// An error of the database's about a statement.
/// <https://www.postgresql.org/docs/current/protocol-error-fields.html>
#[derive(Debug, Default)]
pub struct ServerError {
    severity: String,
    pub(super) sqlstate: String,
    message: String,
    /// `DETAIL`, `HINT` and `CONTEXT`, as far as there are any.
    notes: Vec<(&'static str, String)>,
    /// The character of the statement that it is about, from 1.
    pub(super) position: Option<usize>,
}

/// What a statement returned.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) count: usize,
    /// The first value of the first row.
    pub(super) first: Option<String>,
}

/// The session.
pub(super) struct Admin(Session);

impl Admin {
    /// A superuser's session in a cluster of our own, in this database or else in `postgres`.
    pub(super) async fn log_in(
        target: &Target,
        database: Option<&str>,
    ) -> Result<Self, AdminError> {
        Self::log_in_as(target, SUPERUSER, database.unwrap_or(SUPERUSER)).await
    }

    /// A session of this user, who needs no password or the one of the target's URL.
    pub(super) async fn log_in_as(
        target: &Target,
        user: &str,
        database: &str,
    ) -> Result<Self, AdminError> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let parameters = Parameters(vec![
            pair("user", user),
            pair("database", database),
            pair("client_encoding", "UTF8"),
            pair("application_name", "rds-proxy-emulator"),
        ]);
        let login = Login { user, password: None, parameters: &parameters };
        let opened = Session::open(target, &login).await;
        Ok(Self(opened.map_err(|error: OpenError| AdminError::Login(error.to_string()))?))
    }

    /// Runs a statement.
    pub(super) async fn run(&mut self, statement: &str) -> Result<Rows, AdminError> {
        self.run_with_data(statement, || "").await
    }

    /// Runs a statement which, if it is a `COPY FROM STDIN`, reads this.
    pub(super) async fn run_with_data<'a>(
        &mut self,
        statement: &str,
        data: impl FnOnce() -> &'a str,
    ) -> Result<Rows, AdminError> {
        let mut data = Some(data);
        let stream = &mut self.0.stream;
        stream.write_all(&backend::message(b'Q', format!("{statement}\0").as_bytes())).await?;
        let (mut rows, mut error) = (Rows::default(), None);
        loop {
            let header = Header::read(stream).await?;
            match header.tag {
                tag::DATA_ROW => {
                    if rows.count == 0 {
                        rows.first = first_value(&body(stream, header).await?);
                    } else {
                        header.skip(stream).await?;
                    }
                    rows.count += 1;
                }
                tag::ERROR_RESPONSE => {
                    error = Some(ServerError::parse(&body(stream, header).await?));
                }
                tag::READY_FOR_QUERY => {
                    header.skip(stream).await?;
                    return match error {
                        Some(error) => Err(AdminError::Statement(Box::new(error))),
                        None => Ok(rows),
                    };
                }
                tag::COPY_IN_RESPONSE => {
                    header.skip(stream).await?;
                    let data = data.take().map(|data| data()).unwrap_or_default();
                    for piece in data.as_bytes().chunks(COPY_PIECE) {
                        stream.write_all(&backend::message(b'd', piece)).await?;
                    }
                    stream.write_all(&backend::message(b'c', b"")).await?;
                }
                _ => header.skip(stream).await?,
            }
        }
    }
}

/// The body of a message, or the beginning of a long one.
async fn body<R: AsyncRead + Unpin>(stream: &mut R, header: Header) -> Result<Vec<u8>, WireError> {
    let (kept, mut body) = (header.rest.min(MAX_BODY), Vec::new());
    (&mut *stream).take(kept.into()).read_to_end(&mut body).await?;
    Header { rest: header.rest - kept, ..header }.skip(stream).await?;
    Ok(body)
}

/// <https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW>
fn first_value(mut row: &[u8]) -> Option<String> {
    take::<2>(&mut row)?;
    let length = usize::try_from(i32::from_be_bytes(take::<4>(&mut row)?)).ok()?;
    Some(String::from_utf8_lossy(row.get(..length)?).into_owned())
}

impl ServerError {
    fn parse(mut body: &[u8]) -> Self {
        let mut error = Self::default();
        while let Some([field]) = take::<1>(&mut body) {
            let Some(value) = take_cstr(&mut body) else { break };
            let value = String::from_utf8_lossy(value).into_owned();
            match field {
                b'V' => error.severity = value,
                b'C' => error.sqlstate = value,
                b'M' => error.message = value,
                b'D' => error.notes.push(("DETAIL", value)),
                b'H' => error.notes.push(("HINT", value)),
                b'W' => error.notes.push(("CONTEXT", value)),
                b'P' => error.position = value.parse().ok(),
                _ => {}
            }
        }
        error
    }
}

/// In one line, as `psql` writes it, with the SQLSTATE.
impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| text.replace(char::is_control, " ");
        write!(f, "{}: {} ({})", self.severity, line(&self.message), self.sqlstate)?;
        for (name, text) in &self.notes {
            write!(f, "; {name}: {}", line(text))?;
        }
        Ok(())
    }
}

/// An error of MySQL's, which has a number beside its SQLSTATE.
impl From<Refusal> for ServerError {
    fn from(refusal: Refusal) -> Self {
        let severity = match refusal.number {
            Some(number) => format!("{} {number}", refusal.severity),
            None => refusal.severity.into_owned(),
        };
        let (sqlstate, message) = (refusal.sqlstate.into_owned(), refusal.message.into_owned());
        Self { severity, sqlstate, message, ..Self::default() }
    }
}

impl From<WireError> for AdminError {
    fn from(error: WireError) -> Self {
        Self::Lost(format!("the database {error}"))
    }
}

impl From<std::io::Error> for AdminError {
    fn from(error: std::io::Error) -> Self {
        WireError::from(error).into()
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(why) => write!(f, "cannot log in to the database: {why}"),
            Self::Statement(error) => error.fmt(f),
            Self::Lost(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for AdminError {}

/// A name in a statement, whatever characters it has.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in a statement.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
