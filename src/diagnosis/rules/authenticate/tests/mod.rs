//! What a user reads after a refused login, for each kind of endpoint and each way to log in.

mod availability;
mod database;
mod degraded;
mod password;
mod token;

use std::io;
use std::time::{Duration, SystemTime};

use crate::clock::Offset;
use crate::config::{Config, DbUser, Engine};
use crate::diagnosis::server::corpus;
use crate::diagnosis::{Cause, Diagnosis, Facts, of_failure};
use crate::health::QueryError;
use crate::probe::{Failure, KeyFacts, LoginFacts, StepError};
use crate::session::postgres::Method;
use crate::session::{AuthRequest, AuthenticateError, ErrorCode, ServerError, WireError};

pub(super) const PROXY: &str = "orders.proxy-abc.eu-west-1.rds.amazonaws.com";
pub(super) const CLUSTER: &str = "orders.cluster-abc.eu-west-1.rds.amazonaws.com";
pub(super) const READERS: &str = "orders.cluster-ro-abc.eu-west-1.rds.amazonaws.com";
pub(super) const CUSTOM: &str = "reports.cluster-custom-abc.eu-west-1.rds.amazonaws.com";
pub(super) const INSTANCE: &str = "orders-1.abc.eu-west-1.rds.amazonaws.com";
pub(super) const GLOBAL: &str = "orders.global-abc.global.rds.amazonaws.com";
pub(super) const ALIAS: &str = "db.example.com";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

/// A function that is about to log in.
#[derive(Clone)]
pub(super) struct Login {
    vars: Vec<(&'static str, String)>,
    facts: LoginFacts,
    server_clock: Option<Offset>,
}

impl Login {
    /// With tokens, as `app`.
    pub(super) fn by_token(host: &str) -> Self {
        let keys = KeyFacts { id: "AKIAEXAMPLE".to_owned(), end: None };
        Self::new(host, Some(keys)).with("DB_USER", "app")
    }

    /// With a secret's password, as `app`.
    pub(super) fn by_secret(host: &str) -> Self {
        Self::new(host, None).with("DB_AUTH", "secret").with("DB_SECRET_ARN", SECRET)
    }

    fn new(host: &str, keys: Option<KeyFacts>) -> Self {
        let user = DbUser::parse(Engine::PostgreSql, "app").unwrap();
        let (secret_host, secret_port) = (None, None);
        Self {
            vars: vec![("DB_HOST", host.to_owned()), ("AWS_REGION", "us-east-1".to_owned())],
            facts: LoginFacts { user, keys, secret_host, secret_port, secret_engine: None },
            server_clock: None,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.vars.retain(|(known, _)| *known != name);
        self.vars.push((name, value.to_owned()));
        self
    }

    /// A secret that names this user.
    pub(super) fn user(mut self, user: &str) -> Self {
        self.facts.user = DbUser::parse(Engine::PostgreSql, user).unwrap();
        self
    }

    /// A secret that names this host and port.
    pub(super) fn secret_names(mut self, host: Option<&str>, port: Option<u16>) -> Self {
        self.facts.secret_host = host.map(str::to_owned);
        self.facts.secret_port = port;
        self
    }

    pub(super) fn keys_end(mut self, end: SystemTime) -> Self {
        self.facts.keys = Some(KeyFacts { id: "ASIAEXAMPLE".to_owned(), end: Some(end) });
        self
    }

    pub(super) fn server_clock(mut self, offset: Offset) -> Self {
        self.server_clock = Some(offset);
        self
    }

    pub(super) fn config(&self) -> Config {
        Config::from_vars(|name| {
            self.vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
        })
        .unwrap()
    }

    pub(super) fn with_facts<T>(&self, look: impl FnOnce(&Facts<'_>) -> T) -> T {
        let config = self.config();
        let facts = Facts {
            config: Some(&config),
            login: Some(&self.facts),
            server_clock: self.server_clock,
            ..Facts::default()
        };
        look(&facts)
    }

    fn fails(&self, failure: &Failure) -> Diagnosis {
        self.with_facts(|facts| of_failure(failure, facts))
    }

    /// The server refuses the login in these words.
    pub(super) fn refused(&self, sqlstate: &str, message: &str) -> Diagnosis {
        self.fails(&login(AuthenticateError::Wire(refusal(sqlstate, message))))
    }

    /// The server asks for something else.
    pub(super) fn asked(&self, asked: Method) -> Diagnosis {
        let asked = AuthRequest::PostgreSql(asked);
        self.fails(&login(AuthenticateError::MethodUnsupported { asked }))
    }

    /// The connection ends during the login.
    pub(super) fn cut(&self) -> Diagnosis {
        self.fails(&login(AuthenticateError::Wire(WireError::Lost { error: None })))
    }

    pub(super) fn stalled(&self) -> Diagnosis {
        self.fails(&Failure::Authenticate(StepError::TimedOut { after: Duration::from_secs(5) }))
    }

    /// The health query is refused in these words.
    pub(super) fn query_refused(&self, sqlstate: &str, message: &str) -> Diagnosis {
        let error = QueryError::Wire(refusal(sqlstate, message));
        self.fails(&Failure::Query(StepError::Failed(error)))
    }

    pub(super) fn query_cut(&self) -> Diagnosis {
        let lost = WireError::Lost { error: Some(io::ErrorKind::ConnectionReset) };
        self.fails(&Failure::Query(StepError::Failed(QueryError::Wire(lost))))
    }

    pub(super) fn query_stalled(&self) -> Diagnosis {
        self.fails(&Failure::Query(StepError::TimedOut { after: Duration::from_secs(5) }))
    }
}

fn login(error: AuthenticateError) -> Failure {
    Failure::Authenticate(StepError::Failed(error))
}

fn refusal(sqlstate: &str, message: &str) -> WireError {
    let code = ErrorCode::postgresql(sqlstate);
    WireError::Refused(ServerError { code, message: message.to_owned() })
}

pub(super) fn first(diagnosis: &Diagnosis) -> &Cause {
    &diagnosis.causes[0]
}

/// Everything that a reader sees of the causes, in one text.
pub(super) fn all(diagnosis: &Diagnosis) -> String {
    let text = |cause: &Cause| {
        format!(
            "{}\n{}\n{}\n{}\n",
            cause.cause,
            cause.evidence.as_deref().unwrap_or_default(),
            cause.remedy,
            cause.commands.join("\n")
        )
    };
    diagnosis.causes.iter().map(text).collect()
}

/// The cause that these words stand in.
#[track_caller]
pub(super) fn cause<'a>(diagnosis: &'a Diagnosis, words: &str) -> &'a Cause {
    let found = diagnosis.causes.iter().find(|cause| cause.cause.contains(words));
    found.unwrap_or_else(|| panic!("no cause says {words:?}: {:#?}", diagnosis.causes))
}

#[track_caller]
pub(super) fn check_first(diagnosis: &Diagnosis, code: &str, words: &str) {
    assert_eq!(diagnosis.code.as_str(), code, "{diagnosis:#?}");
    assert!(first(diagnosis).cause.contains(words), "{:#?}", diagnosis.causes);
}

/// TROUBLESHOOTING.md is made of the entries, so that a cause outside of its code's is not in it.
#[test]
fn whatever_a_server_says_leads_to_causes_of_the_codes_entry() {
    let logins = [PROXY, CLUSTER, READERS, CUSTOM, INSTANCE, GLOBAL, ALIAS].map(|host| {
        let socket = "127.0.0.1:6000";
        let (token, secret) = (Login::by_token(host), Login::by_secret(host).user("App"));
        [token.clone(), secret.clone(), token.with("DB_CONNECT_TO", socket), secret]
    });
    for (text, sqlstate) in corpus() {
        for login in logins.as_flattened() {
            let said = [login.refused(&sqlstate, &text), login.query_refused(&sqlstate, &text)];
            for diagnosis in said {
                check_stands_in_its_entry(login, &diagnosis);
            }
        }
    }
}

#[track_caller]
fn check_stands_in_its_entry(login: &Login, diagnosis: &Diagnosis) {
    assert!(!diagnosis.causes.is_empty(), "{diagnosis:#?}");
    for cause in &diagnosis.causes {
        let stands = login.with_facts(|facts| {
            let mut known = diagnosis.code.entry().causes.iter();
            known.any(|advice| advice.fill(facts, None).cause == cause.cause)
        });
        assert!(stands, "{}: {cause:#?}", diagnosis.code.as_str());
    }
}
