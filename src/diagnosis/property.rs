//! Whatever fails, and whatever words came with it: a summary, and at least one cause.
//!
//! The list of failures is complete: `situation` names each one without a wildcard, so that a
//! new variant does not compile until it stands there, and no name may be missing from the list.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use rustls::pki_types::pem;
use rustls::{CertificateError, Error};

use super::*;
use crate::config::Engine;
use crate::health::QueryError;
use crate::peer::Service;
use crate::probe::ConfigFailure;
use crate::session::postgres::Method;
use crate::session::{
    Attempt, AuthRequest, AuthenticateError, ConnectError, ConnectFailure, EncryptError, ErrorCode,
    ResolveError, WireError,
};
use crate::tls::{AnchorError, AnchorProblem, Moment, TlsError};
use crate::token::{CredentialsError, SecretError, SignError};

const AFTER: Duration = Duration::from_secs(1);
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";

/// How many situations there are.
const SITUATIONS: usize = 58;

/// A number for each situation that a rule tells apart.
fn situation(failure: &Failure) -> usize {
    use StepError::{Failed, TimedOut};
    match failure {
        Failure::Config(ConfigFailure::Variables(_)) => 0,
        Failure::Config(ConfigFailure::Event(_)) => 1,
        Failure::Config(ConfigFailure::Anchors(error)) => match error.problem {
            AnchorProblem::Unreadable(_) => 2,
            AnchorProblem::NotAFile => 3,
            AnchorProblem::TooLarge { .. } => 4,
            AnchorProblem::NoCertificate => 5,
            AnchorProblem::Pem(_) => 6,
            AnchorProblem::Certificate { .. } => 7,
            AnchorProblem::Refused(_) => 8,
            AnchorProblem::TimedOut { .. } => 50,
        },
        Failure::Credentials(Failed(error)) => match error {
            CredentialsError::Missing { .. } => 9,
            CredentialsError::Expired { .. } => 10,
            CredentialsError::Silent { .. } => 51,
            CredentialsError::RoleDenied(_) => 12,
            CredentialsError::RoleFailed(_) => 13,
            CredentialsError::Provider(_) => 53,
            CredentialsError::SsoSession { .. } => 54,
            CredentialsError::RejectedAsExpired(_) => 55,
            CredentialsError::Malformed { .. } => 56,
        },
        Failure::Credentials(TimedOut { .. }) => 11,
        Failure::Secret(Failed(error)) => match error {
            SecretError::KeysExpired(_) => 49,
            SecretError::Denied(_) => 14,
            SecretError::NotFound(_) => 15,
            SecretError::Malformed(_) => 16,
            SecretError::Failed(_) => 18,
        },
        Failure::Secret(TimedOut { .. }) => 17,
        Failure::Sign(_) => 19,
        Failure::Resolve(Failed(ResolveError::NotFound)) => 20,
        Failure::Resolve(Failed(ResolveError::Failed { .. })) => 21,
        Failure::Resolve(TimedOut { .. }) => 22,
        Failure::Connect(error) => match error.decisive().map(|attempt| &attempt.failure) {
            None => 23,
            Some(ConnectFailure::Refused) => 24,
            Some(ConnectFailure::Unreachable(_)) => 25,
            Some(ConnectFailure::TimedOut { .. }) => 26,
            Some(ConnectFailure::Other(_)) => 27,
        },
        Failure::Tls(Failed(EncryptError::NotThisEngine { .. })) => 30,
        Failure::Tls(Failed(EncryptError::Tls(error))) => of_tls(error),
        Failure::Tls(TimedOut { .. }) => 39,
        Failure::Authenticate(Failed(AuthenticateError::MethodUnsupported { .. })) => 40,
        Failure::Authenticate(Failed(AuthenticateError::Wire(error))) => 41 + of_wire(error),
        Failure::Authenticate(TimedOut { .. }) => 44,
        Failure::Query(Failed(QueryError::OtherNonce)) => 57,
        Failure::Query(Failed(QueryError::Foreign { .. })) => 45,
        Failure::Query(Failed(QueryError::Wire(error))) => 46 + of_wire(error),
        // 46, 47 and 48 are the conversation's.
        Failure::Query(TimedOut { .. }) => 38,
    }
}

fn of_wire(error: &WireError) -> usize {
    match error {
        WireError::Refused(_) => 0,
        WireError::Protocol(_) => 1,
        WireError::Lost { .. } => 2,
    }
}

fn of_tls(error: &TlsError) -> usize {
    match error {
        TlsError::NotOffered => 28,
        TlsError::ErrorBeforeTls => 29,
        TlsError::Closed(_) => 31,
        TlsError::UnknownIssuer => 32,
        TlsError::NameMismatch => 33,
        TlsError::Expired { .. } => 34,
        TlsError::NotYetValid { .. } => 35,
        TlsError::InvalidCertificate(_) => 36,
        TlsError::Handshake(_) => 37,
        TlsError::Io(..) => 52,
        TlsError::ExpectsTls => 53,
    }
}

/// Every failure, with this text and these words of a server or a service in it.
pub(super) fn failures(text: &str, sqlstate: &str, number: u8) -> Vec<Failure> {
    let mut all = before_the_network(text, number);
    all.extend(on_the_network(text, number));
    let wire = || {
        let code = ErrorCode::postgresql(sqlstate);
        let server = ServerError { code, message: text.to_owned() };
        let unclassified =
            ServerError { code: ErrorCode::PostgreSql(None), message: text.to_owned() };
        [
            WireError::Refused(server),
            WireError::Refused(unclassified),
            WireError::Protocol(text.to_owned()),
            WireError::Lost { error: None },
            WireError::Lost { error: Some(io::ErrorKind::ConnectionReset) },
        ]
    };
    let login = |error| Failure::Authenticate(StepError::Failed(error));
    let query = |error| Failure::Query(StepError::Failed(error));
    let methods = [Method::Cleartext, Method::Md5, Method::Scram, Method::Other(7)];
    for asked in methods.map(AuthRequest::PostgreSql) {
        all.push(login(AuthenticateError::MethodUnsupported { asked }));
    }
    all.extend(wire().map(AuthenticateError::Wire).map(login));
    all.extend(wire().map(QueryError::Wire).map(query));
    all.extend([
        Failure::Authenticate(StepError::TimedOut { after: AFTER }),
        query(QueryError::OtherNonce),
        query(QueryError::Foreign { difference: text.to_owned() }),
        Failure::Query(StepError::TimedOut { after: AFTER }),
    ]);
    all
}

fn before_the_network(text: &str, number: u8) -> Vec<Failure> {
    let position = usize::from(number);
    let refused = rustls::client::WebPkiServerVerifier::builder_with_provider(
        rustls::RootCertStore::empty().into(),
        rustls::crypto::ring::default_provider().into(),
    );
    let anchors = [
        AnchorProblem::Unreadable(io::Error::other(text.to_owned())),
        AnchorProblem::NotAFile,
        AnchorProblem::TimedOut { after: AFTER },
        AnchorProblem::TooLarge { size: u64::from(number) },
        AnchorProblem::NoCertificate,
        AnchorProblem::Pem(pem::Error::NoItemsFound),
        AnchorProblem::Certificate { position, reason: Error::General(text.to_owned()) },
        AnchorProblem::Refused(refused.build().unwrap_err()),
    ];
    let file = number.is_multiple_of(2).then(|| PathBuf::from(text));
    let anchors =
        anchors.map(|problem| ConfigFailure::Anchors(AnchorError { file: file.clone(), problem }));
    let mut all: Vec<Failure> = anchors.into_iter().map(Failure::Config).collect();
    all.extend(samples::failures(text, position));
    let problems = Config::from_vars(|_| None).unwrap_err();
    all.extend([
        Failure::Config(ConfigFailure::Variables(problems)),
        Failure::Config(ConfigFailure::Event(text.to_owned())),
        Failure::Sign(SignError::new(text.to_owned())),
    ]);
    all
}

fn on_the_network(text: &str, number: u8) -> Vec<Failure> {
    let io_error = || io::Error::other(text.to_owned());
    let address = SocketAddr::from(([10, 0, 0, number], 5432));
    let attempts = [
        ConnectFailure::Refused,
        ConnectFailure::Unreachable(io_error()),
        ConnectFailure::TimedOut { after: AFTER },
        ConnectFailure::Other(io_error()),
    ];
    let tls = [
        TlsError::NotOffered,
        TlsError::ErrorBeforeTls,
        TlsError::Closed(Moment::BeforeTls),
        TlsError::Closed(Moment::Handshake),
        TlsError::ExpectsTls,
        TlsError::UnknownIssuer,
        TlsError::NameMismatch,
        TlsError::Expired { now: None },
        TlsError::NotYetValid { now: Some(SystemTime::UNIX_EPOCH) },
        TlsError::InvalidCertificate(CertificateError::BadEncoding),
        TlsError::Handshake(Error::General(text.to_owned())),
        TlsError::Io(Moment::Handshake, io_error()),
    ];
    let mut all = vec![
        Failure::Resolve(StepError::Failed(ResolveError::NotFound)),
        Failure::Resolve(StepError::Failed(ResolveError::Failed {
            reason: text.to_owned(),
            temporary: number.is_multiple_of(2),
        })),
        Failure::Resolve(StepError::TimedOut { after: AFTER }),
        Failure::Tls(StepError::TimedOut { after: AFTER }),
        Failure::Connect(ConnectError { attempts: vec![] }),
    ];
    all.extend(attempts.map(|failure| {
        Failure::Connect(ConnectError { attempts: vec![Attempt { address, failure }] })
    }));
    all.extend(tls.map(|error| Failure::Tls(StepError::Failed(error.into()))));
    all.push(Failure::Tls(StepError::Failed(EncryptError::NotThisEngine {
        expected: Engine::PostgreSql,
        service: service(number),
        answer: text.to_owned(),
    })));
    all
}

/// Any service, by a number.
fn service(number: u8) -> Service {
    use Service::{Ftp, Http, Mysql, Redis, Smtp, Ssh, Tls, Unknown};
    let all = [Ssh, Smtp, Mysql, Http, Tls, Redis, Ftp, Unknown];
    all[usize::from(number) % all.len()]
}

/// Configurations that the rules tell apart: by token, by secret, as a role, through a tunnel.
fn configs() -> Vec<Config> {
    let with = |more: &'static [(&'static str, &'static str)]| {
        let base = [
            ("DB_HOST", "app.proxy-abc.eu-west-1.rds.amazonaws.com"),
            ("DB_USER", "app"),
            ("DB_REGION", "eu-west-1"),
        ];
        Config::from_vars(|name| {
            let found = more.iter().chain(&base).find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    };
    vec![
        with(&[]),
        with(&[("DB_AUTH", "secret"), ("DB_SECRET_ARN", SECRET)]),
        with(&[("DB_ASSUME_ROLE_ARN", "arn:aws:iam::123456789012:role/signer")]),
        with(&[("DB_HOST", "app.cluster-abc.eu-west-1.rds.amazonaws.com")]),
        with(&[("DB_HOST", "reports.cluster-custom-abc.eu-west-1.rds.amazonaws.com")]),
        with(&[("DB_HOST", "app.abc.eu-west-1.rds.amazonaws.com"), ("DB_PORT", "6000")]),
        with(&[
            ("DB_HOST", "app.abc.eu-west-1.rds.amazonaws.com"),
            ("DB_AUTH", "secret"),
            ("DB_SECRET_ARN", SECRET),
        ]),
        with(&[("DB_HOST", "db.example.com"), ("DB_CONNECT_TO", "127.0.0.1:5433")]),
    ]
}

pub(super) fn check(failure: &Failure, facts: &Facts<'_>) -> Result<(), TestCaseError> {
    let diagnosis = of_failure(failure, facts);
    prop_assert!(!diagnosis.summary.is_empty(), "{:?}", failure);
    prop_assert!(!diagnosis.causes.is_empty(), "{:?}", failure);
    prop_assert_eq!(diagnosis.step, failure.step());
    // A server may delay the rejection of a login until the query.
    let put_off = diagnosis.step == Step::Query && diagnosis.code.steps() == [Step::Authenticate];
    let at_its_step = diagnosis.code.steps().contains(&diagnosis.step);
    prop_assert!(at_its_step || put_off, "{:?} at {:?}", diagnosis.code, diagnosis.step);
    let known = diagnosis.code.entry().causes.iter().map(|advice| advice.fill(facts, None).cause);
    let known: BTreeSet<String> = known.collect();
    for cause in diagnosis.causes {
        prop_assert!(!cause.cause.is_empty() && !cause.remedy.is_empty(), "{:?}", failure);
        // TROUBLESHOOTING.md is made of the entries.
        prop_assert!(known.contains(&cause.cause), "{:?} is not in its entry", cause);
    }
    Ok(())
}

#[test]
fn no_failure_is_missing_from_the_list() {
    let seen: BTreeSet<usize> = failures("", "XX000", 0).iter().map(situation).collect();
    assert_eq!(seen, (0..SITUATIONS).collect());
}

proptest! {
    // Each case tries every failure with every configuration.
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_failure_has_a_cause(text in ".{0,80}", sqlstate in "[0-9A-Z]{5}", number: u8) {
        let configs = configs();
        for failure in failures(&text, &sqlstate, number) {
            check(&failure, &Facts::default())?;
            for config in &configs {
                check(&failure, &Facts { config: Some(config), ..Facts::default() })?;
            }
        }
    }

    #[test]
    fn every_refusal_of_a_server_has_a_cause(
        sqlstate in proptest::sample::select(vec![
            "08000", "08004", "08006", "0A000", "28000", "28P01", "3D000", "42501", "53300",
            "57014", "57P01", "57P03", "XX000",
        ]),
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "IAM", "authentication", "failed", "for", "the", "role", "app", "Timed-out",
                "waiting", "to", "acquire", "database", "connection", "password", "PAM", "TLS",
                "credentials", "proxy", "rate", "exceeded", "too", "many",
            ]),
            0..12,
        ),
    ) {
        for failure in failures(&words.join(" "), sqlstate, 0) {
            check(&failure, &Facts { config: configs().first(), ..Facts::default() })?;
        }
    }
}
