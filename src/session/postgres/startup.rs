//! Logging in inside the encrypted stream: startup message, password, ready.
//!
//! `tokio-postgres` runs over a stream that is encrypted already, so it does not ask for TLS. It
//! sends `client_encoding`, `user`, `database` and `application_name`: RDS Proxy accepts all four
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>).

use std::error::Error as _;

use tokio_postgres::config::SslMode;
use tokio_postgres::error::DbError;
use tokio_postgres::{Config, NoTls};

use super::Session;
use super::guard::{Accepts, GuardState, Guarded, Lost, Violation};
use crate::config::DbName;
use crate::session::{
    AuthRequest, AuthenticateError, ErrorCode, ServerError, TEXT_LIMIT, WireError,
};
use crate::tls::Encrypted;
use crate::token::{Login, Secrets};

/// A session's name in `pg_stat_activity`.
const APPLICATION_NAME: &str = "rds-proxy-probe";

/// Logs in to `database` with this token or password.
///
/// # Errors
/// [`AuthenticateError`], and the authentication method that the server had asked for.
pub async fn authenticate(
    stream: Encrypted,
    database: Option<&DbName>,
    login: &Login,
) -> Result<Session, (AuthenticateError, Option<AuthRequest>)> {
    let accepts = match login {
        Login::Token { .. } => Accepts::Token,
        Login::Password(_) => Accepts::Password,
    };
    let (guarded, state) = Guarded::new(stream, accepts);
    let secrets = login.secrets();
    let mut config = Config::new();
    if let Some(database) = database {
        config.dbname(database.as_str());
    }
    let connected = config
        .user(login.user().as_str())
        .application_name(APPLICATION_NAME)
        .password(login.expose())
        .ssl_mode(SslMode::Disable)
        .connect_raw(guarded, NoTls)
        .await;
    match connected {
        Ok((client, connection)) => {
            Ok(Session::new(login.user().clone(), client, connection, state, secrets))
        }
        Err(error) => {
            let error = match state.violation() {
                Some(Violation::Method(asked)) => {
                    AuthenticateError::MethodUnsupported { asked: AuthRequest::PostgreSql(asked) }
                }
                Some(Violation::TooLong { .. } | Violation::TooMuch) | None => {
                    AuthenticateError::Wire(classify(&error, &state, &secrets))
                }
            };
            Err((error, state.asked().map(AuthRequest::PostgreSql)))
        }
    }
}

/// How the conversation failed: the library's error, with what the guard saw.
pub(super) fn classify(
    error: &tokio_postgres::Error,
    state: &GuardState,
    secrets: &Secrets,
) -> WireError {
    if let Some(error) = error.as_db_error() {
        return WireError::Refused(server_error(error, secrets));
    }
    match (state.violation(), state.lost()) {
        (Some(Violation::TooLong { announced }), _) => {
            WireError::Protocol(format!("it announced a message of {announced} bytes"))
        }
        (Some(Violation::TooMuch), _) => {
            WireError::Protocol("it sent more than any probe takes".to_owned())
        }
        (Some(Violation::Method(asked)), _) => {
            WireError::Protocol(format!("it asked for {} after the login", asked.name()))
        }
        (None, Some(Lost { error })) => WireError::Lost { error },
        (None, None) if error.is_closed() => match state.broken() {
            Some(problem) => WireError::Protocol(problem),
            None => WireError::Lost { error: None },
        },
        (None, None) => WireError::Protocol(protocol_error(error, secrets)),
    }
}

/// The server's error as it is kept.
fn server_error(error: &DbError, secrets: &Secrets) -> ServerError {
    ServerError {
        code: ErrorCode::postgresql(error.code().code()),
        message: secrets.clean(error.message(), TEXT_LIMIT),
    }
}

/// Why the library rejected the server's messages.
pub(super) fn protocol_error(error: &tokio_postgres::Error, secrets: &Secrets) -> String {
    let text = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    secrets.clean(&text, TEXT_LIMIT)
}
