//! Which causes an error of MySQL's can have. One number, 1045, stands for every rejected login, so
//! what the server had asked for, and what it was sent, decides what it means.

mod sentences;

use crate::config::Resource;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::facts::LoginMethod;
use crate::diagnosis::server::{Author, Phase, Reading};
use crate::diagnosis::{Advice, Code, Facts, Site};
use crate::session::mysql::Plugin;
use crate::session::{AuthRequest, ErrorCode, ServerError};

pub(in crate::diagnosis) use sentences::*;

use super::driver::CHARACTER_SET;
use super::limits::{POOLER_FULL, PROXY_FULL};
use super::method::{ENTRY_REQUIRES_IAM, ENTRY_WITHOUT_IAM};
use super::password::{PROXY_HAS_OTHER_SECRET, SECRET_OF_OTHER, secret_of_other};
use super::token::{self, CLUSTER_WITHOUT_IAM, INSTANCE_WITHOUT_IAM};

/// What a code means of MySQL's error, knowing what the server had asked for: a rejected login is a
/// token's only if the token was sent.
pub(super) fn code(code: Code, phase: Phase, server: &ServerError, facts: &Facts<'_>) -> Code {
    match (&server.code, phase, facts.login_method()) {
        (ErrorCode::MySql { number: 1045 | 1698, .. }, Phase::Login, LoginMethod::Token) => {
            if asked_for_itself(facts) {
                Code::IamRejected
            } else if facts.config.is_none() {
                // A driver's error: what it sent is not known.
                code
            } else {
                Code::AuthMethodUnsupported
            }
        }
        _ => code,
    }
}

/// Whether the server asked for the token or the password itself.
fn asked_for_itself(facts: &Facts<'_>) -> bool {
    matches!(facts.asked, Some(AuthRequest::MySql(Plugin::ClearPassword)))
}

/// The causes that an error of MySQL's can have.
pub(super) fn causes(
    draft: Draft,
    phase: Phase,
    reading: &Reading<'_>,
    server: &ServerError,
    facts: &Facts<'_>,
) -> Draft {
    match (draft.code(), reading.author) {
        (Code::IamRejected, _) => token_rejected(draft, facts),
        (Code::PasswordRejected, _) => password_rejected(draft, phase, server, facts),
        (Code::AuthMethodUnsupported, _) => said_unsupported(draft, server, facts),
        (Code::StartupParameterUnsupported, _) if facts.site == Site::Application => {
            draft.only(vec![&CHARACTER_SET])
        }
        (Code::StartupParameterUnsupported, _) => draft.only(vec![&REWRITTEN_LOGIN]),
        (Code::DatabaseNotFound, _) => draft.only(vec![&NO_SUCH_SCHEMA]),
        (Code::ConnectNotPermitted, _) => not_permitted(draft, server),
        (Code::TooManyConnections, author) => too_many(draft, author, server),
        (_, Author::Proxy | Author::Database | Author::Pooler | Author::Unknown) => {
            super::causes(draft, reading, server, facts)
        }
    }
}

/// A token that was sent and rejected: by the proxy, or by the database itself.
fn token_rejected(draft: Draft, facts: &Facts<'_>) -> Draft {
    match facts.resource() {
        Resource::Cluster | Resource::Instance => token::rejected_by_database(draft, facts),
        Resource::Proxy => token::rejected_by_proxy(draft, facts).also(&UNKNOWN_TO_PROXY),
        Resource::Unknown => token::rejected_by_proxy(draft, facts)
            .also(&UNKNOWN_TO_PROXY)
            .also(&token::NO_PERMISSION_ON_CLUSTER)
            .also(&token::NO_PERMISSION_ON_INSTANCE),
    }
}

/// `password_rejected`.
fn password_rejected(draft: Draft, phase: Phase, server: &ServerError, facts: &Facts<'_>) -> Draft {
    if let ErrorCode::MySql { number: 1820 | 1862, .. } = server.code {
        return draft.only(vec![&PASSWORD_EXPIRED]);
    }
    let draft = match (phase, facts.resource()) {
        // The proxy accepted the login, but the database rejected the proxy's.
        (Phase::Statement, Resource::Proxy) => return draft.only(vec![&PROXYS_SECRET_STALE]),
        (Phase::Login, Resource::Proxy) => {
            draft.only(vec![&PROXY_HAS_OTHER_SECRET, &UNKNOWN_TO_PROXY, &SECRET_OF_OTHER])
        }
        (_, Resource::Cluster | Resource::Instance) => {
            draft.only(vec![&SECRET_STALE, &NO_SUCH_ACCOUNT, &SECRET_OF_OTHER])
        }
        (_, Resource::Unknown) => {
            draft.only(vec![&SECRET_STALE, &NO_SUCH_ACCOUNT, &UNKNOWN_TO_PROXY, &SECRET_OF_OTHER])
        }
    };
    let draft = secret_of_other(draft, facts);
    if !asked_for_itself(facts) {
        return draft;
    }
    let fact = "The server asked for mysql_clear_password, as RDS does for a token.";
    match facts.resource() {
        Resource::Proxy => draft.observed(&ENTRY_REQUIRES_IAM, fact),
        Resource::Cluster | Resource::Instance | Resource::Unknown => {
            draft.observed(&USER_WITH_IAM, fact)
        }
    }
}

/// The server asked for another plugin, and nothing was sent.
pub(super) fn unsupported(draft: Draft, asked: &Plugin, facts: &Facts<'_>) -> Draft {
    let fact = format!("It asked for the plugin \"{}\".", asked.as_str());
    match (facts.login_method(), facts.resource()) {
        (LoginMethod::Password, _) => draft.only(vec![&OTHER_PLUGIN]).observed(&OTHER_PLUGIN, fact),
        (LoginMethod::Token, Resource::Proxy) => {
            draft.only(vec![&ENTRY_WITHOUT_IAM]).observed(&ENTRY_WITHOUT_IAM, fact)
        }
        (LoginMethod::Token, Resource::Cluster | Resource::Instance) => {
            draft.only(vec![&USER_WITHOUT_IAM]).observed(&USER_WITHOUT_IAM, fact)
        }
        (LoginMethod::Token, Resource::Unknown) => {
            draft.only(vec![&USER_WITHOUT_IAM, &ENTRY_WITHOUT_IAM]).noted(&USER_WITHOUT_IAM, fact)
        }
    }
}

/// `auth_method_unsupported`, by the server's error.
fn said_unsupported(draft: Draft, server: &ServerError, facts: &Facts<'_>) -> Draft {
    const NO_IAM: &str = "Plugin 'AWSAuthenticationPlugin'";
    match (&server.code, facts.resource()) {
        (ErrorCode::MySql { number: 1045 | 1698, .. }, resource) => {
            let causes = match resource {
                Resource::Proxy => vec![&ENTRY_WITHOUT_IAM, &UNKNOWN_TO_PROXY],
                Resource::Cluster | Resource::Instance => {
                    vec![&NO_SUCH_ACCOUNT, &USER_WITHOUT_IAM]
                }
                Resource::Unknown => {
                    vec![&NO_SUCH_ACCOUNT, &USER_WITHOUT_IAM, &ENTRY_WITHOUT_IAM, &UNKNOWN_TO_PROXY]
                }
            };
            draft.only(causes).adding("It had not asked for the token, and got none.")
        }
        _ if server.message.starts_with(NO_IAM) => {
            let fact = "The server has no plugin for tokens.";
            let advice: &'static Advice = match facts.resource() {
                Resource::Cluster => &CLUSTER_WITHOUT_IAM,
                Resource::Proxy | Resource::Instance | Resource::Unknown => &INSTANCE_WITHOUT_IAM,
            };
            draft.only(vec![advice]).observed(advice, fact)
        }
        _ => draft.only(vec![&OTHER_PLUGIN]),
    }
}

/// `connect_not_permitted`.
fn not_permitted(draft: Draft, server: &ServerError) -> Draft {
    let advice: &'static Advice = match server.code.number() {
        Some(1129) => &HOST_BLOCKED,
        Some(1130) => &HOST_NOT_ALLOWED,
        Some(3118 | 3955 | 4151) => &ACCOUNT_LOCKED,
        _ => &NO_PRIVILEGES,
    };
    draft.only(vec![advice])
}

/// `too_many_connections`.
fn too_many(draft: Draft, author: Author, server: &ServerError) -> Draft {
    match (author, server.code.number()) {
        (Author::Proxy, _) => draft.only(vec![&PROXY_FULL]),
        (Author::Pooler, _) => draft.only(vec![&POOLER_FULL]),
        (Author::Database | Author::Unknown, Some(1203 | 1226)) => draft.only(vec![&USER_FULL]),
        (Author::Database | Author::Unknown, _) => draft.only(vec![&DATABASE_FULL]),
    }
}
