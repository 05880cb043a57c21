//! Rules for `authenticate`: startup and login. The sentences and the rules of each kind of refusal
//! are in their own file; this one decides which of them a server's error belongs to.

pub(in crate::diagnosis) mod availability;
pub(in crate::diagnosis) mod database;
pub mod driver;
pub(in crate::diagnosis) mod limits;
pub(in crate::diagnosis) mod method;
pub(in crate::diagnosis) mod mysql;
pub(in crate::diagnosis) mod password;
pub(in crate::diagnosis) mod registration;
pub(in crate::diagnosis) mod signed_for;
#[cfg(test)]
mod tests;
pub(in crate::diagnosis) mod token;
pub(in crate::diagnosis) mod unknown;

use crate::config::Resource;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::facts::LoginMethod;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::server::{Author, Phase, Reading, asks_to_retry, read};
use crate::diagnosis::{Advice, Code, Entry, Facts};
use crate::session::{AuthenticateError, ErrorCode, ServerError, WireError};

/// Entries about who logs in, and how.
pub(in crate::diagnosis) mod identity {
    pub(in crate::diagnosis) use super::method::{
        METHOD_UNSUPPORTED, PARAMETER_UNSUPPORTED, TLS_REQUIRED,
    };
    pub(in crate::diagnosis) use super::password::PASSWORD_REJECTED;
    pub(in crate::diagnosis) use super::registration::{IAM_THROTTLED, NO_CREDENTIALS};
    pub(in crate::diagnosis) use super::{IAM_REJECTED, PAM_REJECTED};
}

/// Entries about what a server rejects after that.
pub(in crate::diagnosis) mod admission {
    pub(in crate::diagnosis) use super::availability::{
        CONNECTION_LOST, NO_READER, SERVER_UNAVAILABLE, TIMEOUT,
    };
    pub(in crate::diagnosis) use super::database::{CONNECT_NOT_PERMITTED, DATABASE_NOT_FOUND};
    pub(in crate::diagnosis) use super::limits::{
        BORROW_TIMEOUT, RATE_EXCEEDED, TOO_MANY_CONNECTIONS,
    };
    pub(in crate::diagnosis) use super::unknown::FAILED;
}

pub(in crate::diagnosis) use availability::timed_out;

pub(in crate::diagnosis) static IAM_REJECTED: Entry = Entry {
    meaning: "The proxy asks for an IAM token and rejected what was sent. It has this one text for \
              every reason.",
    seen: &[
        "The IAM authentication failed for the role app. Check the IAM token for this role and try again.",
        "IAM authentication failed for user app. Check the IAM token for this user and try again.",
        "Access denied for user 'app'@'%' (using password: YES)",
    ],
    causes: &[
        &token::NO_PERMISSION,
        &signed_for::NOT_THE_ENDPOINTS_NAME,
        &signed_for::NOT_THE_ENDPOINTS_PORT,
        &signed_for::WRONG_REGION,
        &signed_for::REGION_OF_GLOBAL_WRITER,
        &token::WRONG_PRINCIPAL,
        &token::CLOCK_SKEW,
        &method::ENTRY_REQUIRES_IAM,
        &token::NO_PERMISSION_ON_CLUSTER,
        &token::NO_PERMISSION_ON_INSTANCE,
        &token::CLUSTER_WITHOUT_IAM,
        &token::INSTANCE_WITHOUT_IAM,
        &token::WRONG_PRINCIPAL_AT_DATABASE,
        &signed_for::CUSTOM_ENDPOINT,
        &mysql::UNKNOWN_TO_PROXY,
    ],
    transient: false,
};

pub(in crate::diagnosis) static PAM_REJECTED: Entry = Entry {
    meaning: "The database itself asks for an IAM token and rejected what was sent: on RDS, PAM \
              stands for IAM. A proxy's own refusal reads differently.",
    seen: &["PAM authentication failed for user \"app\""],
    causes: &[
        &token::NO_PERMISSION_ON_CLUSTER,
        &token::NO_PERMISSION_ON_INSTANCE,
        &token::CLUSTER_WITHOUT_IAM,
        &token::INSTANCE_WITHOUT_IAM,
        &token::WRONG_PRINCIPAL_AT_DATABASE,
        &signed_for::NOT_THE_ENDPOINTS_NAME,
        &signed_for::CUSTOM_ENDPOINT,
        &signed_for::NOT_THE_ENDPOINTS_PORT,
        &signed_for::WRONG_REGION,
        &signed_for::REGION_OF_GLOBAL_WRITER,
        &token::CLOCK_SKEW,
        &password::END_TO_END_REFUSED,
        &password::PROXYS_USER_HOLDS_RDS_IAM,
        &password::HOLDS_RDS_IAM,
        &password::IAM_ONLY_ENDPOINT,
        &password::SECRET_STALE,
    ],
    transient: false,
};

pub(in crate::diagnosis) fn rule(error: &AuthenticateError, facts: &Facts<'_>) -> Draft {
    match error {
        AuthenticateError::Wire(WireError::Refused(server)) => {
            of_server(Phase::Login, server, facts)
        }
        AuthenticateError::Wire(WireError::Protocol(problem)) => {
            let summary = format!("The server broke the protocol during the login: {problem}.");
            unknown::broken(Draft::new(Code::AuthFailed, summary), facts)
        }
        AuthenticateError::Wire(WireError::Lost { error }) => {
            let how = super::how_it_ended(*error);
            let summary = format!("The connection {how} during the login, without a message.");
            availability::lost(Draft::new(Code::AuthConnectionLost, summary), facts)
        }
        AuthenticateError::MethodUnsupported { asked } => method::unsupported(asked, facts),
    }
}

/// The diagnosis of what a server said, at the login or at the query.
pub(super) fn of_server(phase: Phase, server: &ServerError, facts: &Facts<'_>) -> Draft {
    let reading = read(server, phase);
    let code = reading.code.unwrap_or(match phase {
        Phase::Login => Code::AuthFailed,
        Phase::Statement => Code::QueryFailed,
    });
    let code = mysql::code(code, phase, server, facts);
    let draft = Draft::new(code, summary(code, &reading, server, facts)).with_server_error(server);
    let draft = if asks_to_retry(server, reading.text) { draft.transient(true) } else { draft };
    match server.code {
        ErrorCode::PostgreSql(_) => causes(draft, &reading, server, facts),
        ErrorCode::MySql { .. } => mysql::causes(draft, phase, &reading, server, facts),
    }
}

/// The causes that an error can have, with either engine unless a rule of MySQL's knows better.
fn causes(draft: Draft, reading: &Reading<'_>, server: &ServerError, facts: &Facts<'_>) -> Draft {
    match (draft.code(), facts.login_method()) {
        (Code::IamRejected, LoginMethod::Token) => token::rejected_by_proxy(draft, facts),
        (Code::IamRejected, LoginMethod::Password) => {
            draft.only(vec![&method::ENTRY_REQUIRES_IAM]).observed(
                &method::ENTRY_REQUIRES_IAM,
                "The proxy asks for IAM; DB_AUTH is \"secret\".",
            )
        }
        (Code::PamRejected, LoginMethod::Token) => pam_rejected_token(draft, facts),
        (Code::PamRejected, LoginMethod::Password) => password::rejected_by_pam(draft, facts),
        (Code::PasswordRejected, _) => password::rejected(draft, reading, facts),
        (Code::ProxyHasNoCredentials, _) => registration::no_credentials(draft, reading, facts),
        (Code::AuthMethodUnsupported, _) => method::said_unsupported(draft, reading, facts),
        (Code::TlsRequired, _) => method::needs_tls(draft, reading, facts),
        (Code::StartupParameterUnsupported, _) => method::not_accepted(draft, facts),
        (Code::DatabaseNotFound, _) => database::not_found(draft, reading, facts),
        (Code::ConnectNotPermitted, _) => database::not_permitted(draft, reading, facts),
        (Code::TooManyConnections, _) => limits::too_many(draft, reading, facts),
        (Code::BorrowTimeout, _) => limits::not_lent(draft, reading),
        (Code::ServerUnavailable, _) => availability::unavailable(draft, reading, facts),
        (Code::AuthTimeout, _) => availability::slow(draft, facts),
        (Code::AuthConnectionLost, _) => availability::lost(draft, facts),
        (Code::AuthFailed, _) => unknown::said(draft, reading, facts),
        (Code::QueryTimeout, _) => super::query::said_slow(draft, reading),
        (Code::ConnectionLost, _) => super::query::said_lost(draft),
        (Code::RoleMismatch, _) => super::query::said_read_only(draft, facts),
        (Code::QueryFailed, _) => super::query::failed(draft, reading, server, facts),
        (_, LoginMethod::Token | LoginMethod::Password) => draft,
    }
}

/// A proxy has no PAM: its text comes from the database behind it, which the proxy logs in to.
fn pam_rejected_token(draft: Draft, facts: &Facts<'_>) -> Draft {
    match facts.resource() {
        Resource::Proxy => {
            draft.only(vec![&password::END_TO_END_REFUSED, &password::PROXYS_USER_HOLDS_RDS_IAM])
        }
        Resource::Cluster | Resource::Instance | Resource::Unknown => {
            token::rejected_by_database(draft, facts)
        }
    }
}

fn summary(code: Code, reading: &Reading<'_>, server: &ServerError, facts: &Facts<'_>) -> String {
    let who = speaker(reading, facts);
    let user = facts.say(Placeholder::User);
    match (code, facts.login_method(), facts.resource()) {
        (Code::IamRejected, LoginMethod::Token, _)
        | (
            Code::PamRejected,
            LoginMethod::Token,
            Resource::Cluster | Resource::Instance | Resource::Unknown,
        ) => token::summary(who, facts),
        (Code::IamRejected, LoginMethod::Password, _) => {
            format!("{who} wants an IAM token for the user {user} and got the secret's password.")
        }
        (Code::PamRejected, LoginMethod::Token, Resource::Proxy) => {
            format!("{who} rejected the proxy's own login as the user {user} (by PAM).")
        }
        (Code::PamRejected, LoginMethod::Password, _) => {
            format!("{who} checked the password of the user {user} by PAM, which rejected it.")
        }
        (Code::ProxyHasNoCredentials, _, _) => {
            format!("{who} has no usable credentials for the user {user}.")
        }
        (_, LoginMethod::Token | LoginMethod::Password, _) => {
            let ServerError { code, message } = server;
            format!("{who} said: {} ({code}).", message.trim_end_matches('.'))
        }
    }
}

/// Who wrote an error, as the subject of a sentence.
fn speaker(reading: &Reading<'_>, facts: &Facts<'_>) -> &'static str {
    match (reading.author, facts.resource()) {
        (Author::Proxy, _) | (Author::Unknown, Resource::Proxy) => "The proxy",
        (Author::Pooler, _) => "A pooler",
        (Author::Database, Resource::Proxy) => "The database behind the proxy",
        (Author::Database, _) if reading.is_passed_on => "The database behind the proxy",
        (Author::Database | Author::Unknown, Resource::Cluster | Resource::Instance) => {
            "The database"
        }
        (Author::Database | Author::Unknown, Resource::Unknown) => "The server",
    }
}

/// Notes where the socket connects to, if that may be related to a cause.
fn noted_tunnel(draft: Draft, advice: &'static Advice, facts: &Facts<'_>) -> Draft {
    if facts.is_elsewhere() {
        let socket = facts.say(Placeholder::Socket);
        draft.noted(advice, format!("DB_CONNECT_TO is {socket}."))
    } else {
        draft
    }
}
