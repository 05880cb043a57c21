//! Every fault, met by a client that only looks: where it fails, and how.

mod mysql;
mod postgresql;

use std::io;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Emulator, Engine, Fault, Options, PoolSettings, start};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error};
use testkit::postgres::SSL_REQUEST;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use self::postgresql::{log_in, next, query};
use crate::support::{startup, tls_config, variable};

/// Longer than any answer that is on its way, shorter than the emulator's patience.
const BUDGET: Duration = Duration::from_secs(5);

/// How long a client waits for a connection that others have.
const BORROW_TIMEOUT: Duration = Duration::from_secs(1);

/// Longer than any patience that the emulator may have, and than the longest answer in drops.
const HOURS: Duration = Duration::from_hours(10);

/// What a client meets.
#[derive(Debug, PartialEq)]
enum Met {
    /// The query was answered, if only with the borrow timeout, as without a database.
    Answer,
    /// An error of the server's, as SQLSTATE and text.
    Refusal(String),
    /// Something that is no answer.
    Nonsense(String),
    Certificate(CertificateError),
    Closed,
    Reset,
    Silence,
}

async fn faulty(fault: &str) -> Emulator {
    faulty_with(Engine::PostgreSql, fault).await
}

async fn faulty_with(engine: Engine, fault: &str) -> Emulator {
    let fault = Some(Fault::named(engine, fault).expect("a fault"));
    let pool =
        PoolSettings { connection_borrow_timeout: BORROW_TIMEOUT, ..PoolSettings::default() };
    let options = Options { engine, backend: Backend::Absent, fault, pool, ..Options::default() };
    start(options).await.expect("an emulator")
}

/// Runs through a session; returns the step that ends it, and how.
async fn visit(engine: Engine, emulator: &Emulator) -> (&'static str, Met) {
    visit_within(BUDGET, engine, emulator).await
}

async fn visit_within(
    budget: Duration,
    engine: Engine,
    emulator: &Emulator,
) -> (&'static str, Met) {
    let mut step = "tls";
    let met = timeout(budget, run_session(engine, emulator, &mut step)).await;
    (step, met.unwrap_or(Ok(Met::Silence)).unwrap_or_else(|error| classify(&error)))
}

fn classify(error: &io::Error) -> Met {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (error.kind(), tls) {
        (_, Some(Error::InvalidCertificate(flaw))) => Met::Certificate(flaw.clone()),
        (_, Some(other)) => Met::Nonsense(other.to_string()),
        (io::ErrorKind::ConnectionReset, None) => Met::Reset,
        (io::ErrorKind::UnexpectedEof, None) => Met::Closed,
        (_, None) => Met::Nonsense(error.to_string()),
    }
}

async fn run_session(
    engine: Engine,
    emulator: &Emulator,
    step: &mut &'static str,
) -> io::Result<Met> {
    match engine {
        Engine::PostgreSql => postgresql::run_session(emulator, step).await,
        Engine::MySql => mysql::run_session(emulator, step).await,
    }
}

/// Faults with the usual answer, which is the borrow timeout here. There is no other client.
const ANSWERED: [&str; 5] = [
    "borrow-timeout",
    "no-password-asked",
    "certificate-ends-soon",
    "pool-exhausted",
    "cross-talk",
];

const ENGINES: [Engine; 2] = [Engine::PostgreSql, Engine::MySql];

#[tokio::test(start_paused = true)]
async fn every_fault_is_met_at_its_step_and_in_its_way() {
    for (engine, fault) in
        ENGINES.into_iter().flat_map(|engine| Fault::of(engine).map(move |fault| (engine, fault)))
    {
        let emulator = faulty_with(engine, fault.name).await;
        let (step, met) = visit(engine, &emulator).await;
        // That nothing was asked for is the login's fault, and shows when all the rest is done.
        let met_at = if fault.code == "auth_not_asked" { "query" } else { fault.step };
        assert_eq!(step, met_at, "{engine}, {}: {met:?}", fault.name);
        let action = fault.name.split("-at-").next().unwrap();
        let as_named = match (action, &met) {
            ("close", met) => *met == Met::Closed,
            ("reset", met) => *met == Met::Reset,
            ("stall" | "drip", met) => *met == Met::Silence,
            (name, Met::Certificate(_)) => name.starts_with("certificate-"),
            (name, Met::Answer) => fault.code == "healthy" || ANSWERED.contains(&name),
            (_, Met::Closed) => fault.code == "connection_lost",
            (_, met) => matches!(met, Met::Refusal(_) | Met::Nonsense(_)),
        };
        assert!(as_named, "{engine}, {}: {met:?}", fault.name);
    }
}

/// The points of an engine's conversation.
fn points() -> impl Iterator<Item = (Engine, &'static str)> {
    let first = |engine| match engine {
        Engine::PostgreSql => "ssl",
        Engine::MySql => "greeting",
    };
    let points = move |engine| [first(engine), "handshake", "startup", "password", "query"];
    ENGINES.into_iter().flat_map(move |engine| points(engine).map(move |point| (engine, point)))
}

#[tokio::test(start_paused = true)]
async fn what_stalls_is_silent_for_as_long_as_its_client_waits() {
    for (engine, point) in points() {
        let emulator = faulty_with(engine, &format!("stall-at-{point}")).await;
        let begun = Instant::now();
        let (_, met) = visit_within(HOURS, engine, &emulator).await;
        assert_eq!((met, begun.elapsed()), (Met::Silence, HOURS), "{engine}, {point}");
    }
    let emulator = faulty("tls-refused").await;
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&SSL_REQUEST).await.unwrap();
    assert_eq!(tcp.read_u8().await.unwrap(), b'N');
    assert!(timeout(HOURS, tcp.read_u8()).await.is_err(), "neither a byte nor an end");
}

#[tokio::test(start_paused = true)]
async fn what_drips_comes_to_its_answer_in_the_end() {
    for (engine, point) in points() {
        let emulator = faulty_with(engine, &format!("drip-at-{point}")).await;
        let begun = Instant::now();
        let visited = visit_within(HOURS, engine, &emulator).await;
        assert_eq!(visited, ("query", Met::Answer), "{engine}, {point}");
        // The answer to the query alone is longer than this.
        assert!(begun.elapsed() > Duration::from_mins(1), "{point}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_drips_sends_one_byte_a_second() {
    let emulator = faulty("drip-at-ssl").await;
    let name = ServerName::try_from(variable(&emulator, "DB_HOST")).unwrap();
    let config = tls_config(&emulator, rustls::ALL_VERSIONS);
    let mut hello = SSL_REQUEST.to_vec();
    rustls::ClientConnection::new(config, name).unwrap().write_tls(&mut hello).unwrap();
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&hello).await.unwrap();
    let begun = Instant::now();
    let mut heard = Vec::new();
    for seconds in 1..=100 {
        let mut buffer = [0; 1024];
        let read = tcp.read(&mut buffer).await.unwrap();
        assert_eq!((read, begun.elapsed().as_secs()), (1, seconds));
        heard.push(buffer[0]);
    }
    assert_eq!(heard[..3], [b'S', 0x16, 3], "the answer, and a TLS record");
}

#[tokio::test(start_paused = true)]
async fn one_query_that_drips_is_followed_by_one_that_does_not() {
    let emulator = faulty("drip-at-query:2").await;
    let mut session = session(&emulator).await;
    for is_slow in [false, true, false, false] {
        let begun = Instant::now();
        assert_eq!(query(&mut session).await.unwrap(), Met::Answer);
        assert_eq!(begun.elapsed() > Duration::from_secs(90), is_slow, "{:?}", begun.elapsed());
        assert!(is_slow || begun.elapsed().as_secs() == 0, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_in_drops_arrives_whole() {
    let fault = Some("drip-at-startup".parse::<Fault>().unwrap());
    let options = Options { backend: Backend::Absent, fault, ..Options::default() };
    let emulator = start(Options { principals: Vec::new(), ..options }).await.unwrap();
    let visited = visit_within(HOURS, Engine::PostgreSql, &emulator).await;
    let Met::Refusal(text) = visited.1 else { panic!("{visited:?}") };
    assert!(text.ends_with("Check the IAM token for this role and try again."), "{text}");
}

#[tokio::test(start_paused = true)]
async fn each_flaw_of_a_certificate_is_the_one_that_clients_name() {
    use CertificateError as Flaw;

    let flaw = async |name: &str| match visit(Engine::PostgreSql, &faulty(name).await).await {
        ("tls", Met::Certificate(flaw)) => flaw,
        other => panic!("{name}: {other:?}"),
    };
    for name in ["unknown-issuer", "rds-ca", "no-intermediate"] {
        assert_eq!(flaw(&format!("certificate-{name}")).await, Flaw::UnknownIssuer, "{name}");
    }
    let other_name = flaw("certificate-other-name").await;
    assert!(matches!(other_name, Flaw::NotValidForNameContext { .. }), "{other_name:?}");
    let expired = flaw("certificate-expired").await;
    assert!(matches!(expired, Flaw::ExpiredContext { .. }), "{expired:?}");
    let early = flaw("certificate-not-yet-valid").await;
    assert!(matches!(early, Flaw::NotValidYetContext { .. }), "{early:?}");
    let purpose = flaw("certificate-wrong-purpose").await;
    assert!(matches!(purpose, Flaw::InvalidPurposeContext { .. }), "{purpose:?}");
}

#[tokio::test(start_paused = true)]
async fn errors_carry_the_proxys_words_and_this_clients_names() {
    for (fault, expected) in [
        (
            "iam-throttled",
            "53300 The IAM authentication failed because of too many competing requests.",
        ),
        (
            "connect-denied",
            "XX000 Request returned an error: permission denied for database \"db\"",
        ),
        ("direct-pam-rejected", "28000 PAM authentication failed for user \"app\""),
        (
            "parameter-unsupported",
            "0A000 Feature not supported: RDS Proxy currently doesn’t support the option \
             statement_timeout.",
        ),
    ] {
        let (step, met) = visit(Engine::PostgreSql, &faulty(fault).await).await;
        assert_eq!((step, met), ("authenticate", Met::Refusal(expected.to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_picks_the_connection() {
    let emulator = faulty("iam-throttled:2").await;
    let mut met = Vec::new();
    for _ in 0..3 {
        met.push(visit(Engine::PostgreSql, &emulator).await.0);
    }
    assert_eq!(met, ["query", "authenticate", "query"]);
    let emulator = faulty("certificate-expired:2+").await;
    met.clear();
    for _ in 0..3 {
        met.push(visit(Engine::PostgreSql, &emulator).await.0);
    }
    assert_eq!(met, ["query", "tls", "tls"]);
}

/// A session that is logged in.
async fn session(emulator: &Emulator) -> impl AsyncRead + AsyncWrite + Unpin + use<> {
    let host = variable(emulator, "DB_HOST");
    let mut tls = crate::support::tls(emulator, emulator.address(), &host).await;
    tls.write_all(&startup(0x0003_0000, &["user", "app"])).await.unwrap();
    assert_eq!(log_in(&mut tls, emulator).await.unwrap(), None);
    tls
}

#[tokio::test(start_paused = true)]
async fn a_number_picks_the_query_of_each_session() {
    let emulator = faulty("close-at-query:2").await;
    for _ in 0..2 {
        let mut session = session(&emulator).await;
        assert_eq!(query(&mut session).await.unwrap(), Met::Answer);
        let error = query(&mut session).await.unwrap_err();
        assert_eq!(classify(&error), Met::Closed);
    }
    let emulator = faulty("statement-timeout:2").await;
    let mut session = session(&emulator).await;
    let mut met = Vec::new();
    for _ in 0..3 {
        met.push(query(&mut session).await.unwrap());
        if *met.last().unwrap() != Met::Answer {
            assert_eq!(next(&mut session).await.unwrap(), Ok((b'Z', b"I".to_vec())));
        }
    }
    let refusal = "57014 canceling statement due to statement timeout".to_owned();
    assert_eq!(met, [Met::Answer, Met::Refusal(refusal), Met::Answer]);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_so_many_seconds_after_its_login() {
    for (fault, expected) in [("close-after:30", Met::Closed), ("reset-after:30", Met::Reset)] {
        let emulator = faulty(fault).await;
        let mut session = session(&emulator).await;
        assert_eq!(query(&mut session).await.unwrap(), Met::Answer);
        let begun = Instant::now();
        let error = session.read_u8().await.unwrap_err();
        assert_eq!((classify(&error), begun.elapsed().as_secs()), (expected, 30));
    }
    let emulator = faulty("stall-after:30").await;
    let mut session = session(&emulator).await;
    tokio::time::advance(Duration::from_secs(31)).await;
    assert!(timeout(BUDGET, query(&mut session)).await.is_err(), "silence");
}
