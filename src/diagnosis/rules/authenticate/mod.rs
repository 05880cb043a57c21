//! Rules for `authenticate`: startup and login.
//!
//! RDS Proxy has one text for every reason to refuse a token, so the causes of `iam_rejected` are
//! what remains when everything that the function knows of itself is ruled out.

pub(in crate::diagnosis) mod admission;
pub(in crate::diagnosis) mod identity;

use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::is_proxy;
use crate::clock::{rfc3339_seconds, spoken};
use crate::config::{AuthMethod, EndpointKind, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::server::{Phase, code};
use crate::diagnosis::{Code, Facts};
use crate::session::{AuthRequest, AuthenticateError, ServerError, WireError};
use admission::{HOST_RULES, NO_CONNECT_PRIVILEGE};
use identity::{
    CLOCK_SKEW, DATABASE_REFUSED_TOKEN, DATABASE_WITHOUT_IAM, ENTRY_WITHOUT_IAM, IAM_DISABLED,
    NOT_IN_RDS_IAM, NOT_THE_ENDPOINTS_NAME, NOT_THE_ENDPOINTS_PORT, SECRET_OF_OTHER, SECRET_STALE,
    WRONG_PRINCIPAL,
};

pub(in crate::diagnosis) fn rule(error: &AuthenticateError, facts: &Facts<'_>) -> Draft {
    match error {
        AuthenticateError::Wire(WireError::Refused(server)) => {
            of_server(code(server, Phase::Login).unwrap_or(Code::AuthFailed), server, facts)
        }
        AuthenticateError::Wire(WireError::Protocol(problem)) => {
            let summary = format!("The server broke the protocol during the login: {problem}.");
            Draft::new(Code::AuthFailed, summary)
        }
        AuthenticateError::Wire(WireError::Lost { error }) => {
            let how = super::how_it_ended(*error);
            let summary = format!("The connection {how} during the login, without a message.");
            Draft::new(Code::AuthConnectionLost, summary)
        }
        AuthenticateError::MethodUnsupported { asked } => method_unsupported(*asked, facts),
    }
}

pub(in crate::diagnosis) fn timed_out(after: Duration) -> Draft {
    Draft::new(Code::AuthTimeout, format!("The login timed out after {}.", spoken(after)))
}

/// The diagnosis of what a server said, at the login or at the query.
pub(in crate::diagnosis::rules) fn of_server(
    code: Code,
    server: &ServerError,
    facts: &Facts<'_>,
) -> Draft {
    let user = facts.say(Placeholder::User);
    let ServerError { sqlstate, message } = server;
    let sqlstate = sqlstate.as_ref().map_or("no SQLSTATE", SqlState::code);
    let summary = if code == Code::IamRejected {
        refused_token(facts)
    } else if code == Code::ProxyHasNoCredentials {
        format!("The proxy has no usable secret for {user}.")
    } else {
        format!("The server said: {} ({}).", message.trim_end_matches('.'), sqlstate)
    };
    let draft = Draft::new(code, summary).with_server_error(server);
    let is_proxy = facts.config.is_some_and(|config| is_proxy(config.endpoint.host.kind()));
    if code == Code::IamRejected {
        iam_rejected(draft, facts)
    } else if code == Code::PasswordRejected {
        password_rejected(draft, facts)
    } else if code == Code::ConnectNotPermitted {
        let by_rules = message.contains("pg_hba.conf");
        draft.ruled_out(if by_rules { &NO_CONNECT_PRIVILEGE } else { &HOST_RULES })
    } else if code == Code::PamRejected && is_proxy {
        draft.ruled_out(&DATABASE_REFUSED_TOKEN)
    } else {
        draft
    }
}

/// The function signs for `DB_HOST`, `DB_PORT`, `DB_USER` and the region in the host's name, at this
/// moment: what of that agrees with the endpoint is ruled out.
fn iam_rejected(draft: Draft, facts: &Facts<'_>) -> Draft {
    let Some(config) = facts.config else { return draft };
    let (host, port) = (&config.endpoint.host, config.endpoint.port);
    let draft = match host.kind() {
        EndpointKind::Other | EndpointKind::OtherRds => draft.observed(
            &NOT_THE_ENDPOINTS_NAME,
            format!("The token is for {host}, which is not a name that RDS gives."),
        ),
        EndpointKind::Proxy
        | EndpointKind::ProxyEndpoint
        | EndpointKind::Cluster
        | EndpointKind::ClusterCustom
        | EndpointKind::GlobalWriter
        | EndpointKind::ShardGroup
        | EndpointKind::Instance => draft.ruled_out(&NOT_THE_ENDPOINTS_NAME),
    };
    let draft = match port {
        5432 => draft.ruled_out(&NOT_THE_ENDPOINTS_PORT),
        _ => draft.observed(&NOT_THE_ENDPOINTS_PORT, format!("The token is for port {port}.")),
    };
    let draft = match facts.login.and_then(|login| login.keys.as_ref()?.end) {
        Some(end) => {
            let end = rfc3339_seconds(end);
            draft.noted(&WRONG_PRINCIPAL, format!("The keys that signed end at {end}."))
        }
        None => draft,
    };
    match facts.server_clock {
        Some(offset) if offset.size() > CLOCK_TOLERANCE => {
            let fact = format!("When it last answered, the server's clock was {offset} this one.");
            draft.observed(&CLOCK_SKEW, fact)
        }
        // That it was right then does not say that it is right now.
        Some(_) | None => draft,
    }
}

/// How far a clock may be off before AWS refuses what it signed: five minutes, by
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>; what
/// RDS Proxy bears is not documented.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// What was refused: for whom, where and by which keys it was signed, all of it known here.
fn refused_token(facts: &Facts<'_>) -> String {
    let user = facts.say(Placeholder::User);
    let (host, port) = (facts.say(Placeholder::Host), facts.say(Placeholder::Port));
    let region = facts.say(Placeholder::Region);
    let keys = facts.login.and_then(|login| login.keys.as_ref());
    let from = facts.config.map(|config| config.keys.origin()).unwrap_or_default();
    let by = keys.map(|keys| format!(", with key {} from {from}", keys.id));
    let by = by.unwrap_or_default();
    format!(
        "The proxy refused the token of {user}, signed just before for {host}:{port} in {region}{by}."
    )
}

fn password_rejected(draft: Draft, facts: &Facts<'_>) -> Draft {
    let Some(config) = facts.config else { return draft };
    let kind = config.endpoint.host.kind();
    match (&config.auth, kind) {
        (AuthMethod::Secret { .. }, _) => {
            let draft = draft.ruled_out(&IAM_DISABLED).ruled_out(&NOT_IN_RDS_IAM);
            match secret_is_for(facts) {
                Some(other) => draft.observed(&SECRET_OF_OTHER, other),
                None => draft.ruled_out(&SECRET_OF_OTHER),
            }
        }
        (AuthMethod::Iam { .. }, kind) => {
            let draft = draft.ruled_out(&SECRET_STALE).ruled_out(&SECRET_OF_OTHER);
            match kind.resource() {
                Resource::Proxy => draft.ruled_out(&NOT_IN_RDS_IAM),
                Resource::Cluster | Resource::Instance => draft.ruled_out(&IAM_DISABLED),
                Resource::Unknown => draft,
            }
        }
    }
}

/// That the secret names another server than the configuration, if it does.
fn secret_is_for(facts: &Facts<'_>) -> Option<String> {
    let (login, endpoint) = (facts.login?, &facts.config?.endpoint);
    match (&login.secret_host, login.secret_port) {
        (Some(host), _) if host != endpoint.host.as_str() => {
            Some(format!("The secret's host is {host}; DB_HOST is {}.", endpoint.host))
        }
        (_, Some(port)) if port != endpoint.port => {
            Some(format!("The secret's port is {port}; DB_PORT is {}.", endpoint.port))
        }
        _ => None,
    }
}

fn method_unsupported(asked: AuthRequest, facts: &Facts<'_>) -> Draft {
    let asked = asked.name();
    let summary = format!("The server asked for {asked} instead of the token; nothing was sent.");
    let draft = Draft::new(Code::AuthMethodUnsupported, summary);
    let evidence = format!("It asked for {asked}.");
    match facts.resource() {
        Resource::Proxy => {
            draft.observed(&ENTRY_WITHOUT_IAM, evidence).ruled_out(&DATABASE_WITHOUT_IAM)
        }
        Resource::Cluster | Resource::Instance => {
            draft.observed(&DATABASE_WITHOUT_IAM, evidence).ruled_out(&ENTRY_WITHOUT_IAM)
        }
        Resource::Unknown => draft,
    }
}
