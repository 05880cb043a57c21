//! Every fault, met by a client that only looks: where it fails, and how.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rds_proxy_emulator::{Backend, Emulator, Fault, Options, PoolSettings, start};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error};
use testkit::postgres::{self, SSL_REQUEST, password};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::support::{startup, tls_config, token, variable};

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
    let fault = Some(fault.parse::<Fault>().expect("a fault"));
    let pool =
        PoolSettings { connection_borrow_timeout: BORROW_TIMEOUT, ..PoolSettings::default() };
    let options = Options { backend: Backend::Absent, fault, pool, ..Options::default() };
    start(options).await.expect("an emulator")
}

/// Runs through a session; returns the step that ends it, and how.
async fn visit(emulator: &Emulator) -> (&'static str, Met) {
    visit_within(BUDGET, emulator).await
}

async fn visit_within(budget: Duration, emulator: &Emulator) -> (&'static str, Met) {
    let mut step = "tls";
    let met = timeout(budget, converse(emulator, &mut step)).await;
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

async fn converse(emulator: &Emulator, step: &mut &'static str) -> io::Result<Met> {
    let mut tcp = TcpStream::connect(emulator.address()).await?;
    tcp.write_all(&SSL_REQUEST).await?;
    match tcp.read_u8().await? {
        b'S' => {}
        b'E' => return Ok(Met::Refusal("in clear".to_owned())),
        other => return Ok(Met::Nonsense(format!("{:?} for SSLRequest", char::from(other)))),
    }
    let name = ServerName::try_from(variable(emulator, "DB_HOST")).expect("a host name");
    let connector = TlsConnector::from(Arc::clone(&tls_config(emulator, rustls::ALL_VERSIONS)));
    let mut tls = connector.connect(name, tcp).await?;
    *step = "authenticate";
    tls.write_all(&startup(0x0003_0000, &["user", "app", "database", "db"])).await?;
    if let Some(met) = log_in(&mut tls, emulator).await? {
        return Ok(met);
    }
    *step = "query";
    query(&mut tls).await
}

/// The next message within reason, or what is there instead.
async fn next<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Result<(u8, Vec<u8>), Met>> {
    let tag = stream.read_u8().await?;
    let length = stream.read_u32().await?;
    if !(4..100_000).contains(&length) || !tag.is_ascii_alphanumeric() {
        return Ok(Err(Met::Nonsense(format!("a message {tag:#x} of {length} bytes"))));
    }
    let mut body = Vec::new();
    stream.take(u64::from(length) - 4).read_to_end(&mut body).await?;
    if tag != b'E' {
        return Ok(Ok((tag, body)));
    }
    let field = |code: char| {
        let mut fields = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        fields.find_map(|field| field.strip_prefix(code).map(str::to_owned)).expect("a field")
    };
    Ok(Err(Met::Refusal(format!("{} {}", field('C'), field('M')))))
}

async fn log_in<S>(stream: &mut S, emulator: &Emulator) -> io::Result<Option<Met>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match next(stream).await? {
            Err(met) => return Ok(Some(met)),
            Ok((b'R', body)) if body == [0, 0, 0, 3] => {
                stream.write_all(&password(&token(emulator, "app"))).await?;
            }
            Ok((b'R', body)) if body != [0, 0, 0, 0] => {
                return Ok(Some(Met::Nonsense(format!("asked by method {}", body[3]))));
            }
            Ok((b'Z', _)) => return Ok(None),
            Ok(_) => {}
        }
    }
}

async fn query<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<Met> {
    stream.write_all(&postgres::query("SELECT 1")).await?;
    let met = loop {
        match next(stream).await? {
            Err(Met::Refusal(text)) if text.starts_with("08000 Timed-out") => break Met::Answer,
            Err(met) => return Ok(met),
            Ok((b'Z', _)) => return Ok(Met::Nonsense("an answer without rows".to_owned())),
            Ok(_) => {}
        }
    };
    assert_eq!(next(stream).await?, Ok((b'Z', b"I".to_vec())));
    Ok(met)
}

/// Faults with the usual answer, which is the borrow timeout here. There is no other client.
const ANSWERED: [&str; 5] = [
    "borrow-timeout",
    "no-password-asked",
    "certificate-ends-soon",
    "pool-exhausted",
    "cross-talk",
];

#[tokio::test(start_paused = true)]
async fn every_fault_is_met_at_its_step_and_in_its_way() {
    for fault in Fault::ALL {
        let emulator = faulty(fault.name).await;
        let (step, met) = visit(&emulator).await;
        // That nothing was asked for is the login's fault, and shows when all the rest is done.
        let met_at = if fault.code == "auth_not_asked" { "query" } else { fault.step };
        assert_eq!(step, met_at, "{}: {met:?}", fault.name);
        let deed = fault.name.split("-at-").next().unwrap();
        let as_named = match (deed, &met) {
            ("close", met) => *met == Met::Closed,
            ("reset", met) => *met == Met::Reset,
            ("stall" | "drip", met) => *met == Met::Silence,
            (name, Met::Certificate(_)) => name.starts_with("certificate-"),
            (name, Met::Answer) => fault.code == "healthy" || ANSWERED.contains(&name),
            (_, met) => matches!(met, Met::Refusal(_) | Met::Nonsense(_)),
        };
        assert!(as_named, "{}: {met:?}", fault.name);
    }
}

const POINTS: [&str; 5] = ["ssl", "handshake", "startup", "password", "query"];

#[tokio::test(start_paused = true)]
async fn what_stalls_is_silent_for_as_long_as_its_client_waits() {
    for point in POINTS {
        let emulator = faulty(&format!("stall-at-{point}")).await;
        let begun = Instant::now();
        let (_, met) = visit_within(HOURS, &emulator).await;
        assert_eq!((met, begun.elapsed()), (Met::Silence, HOURS), "{point}");
    }
    let emulator = faulty("tls-refused").await;
    let mut tcp = TcpStream::connect(emulator.address()).await.unwrap();
    tcp.write_all(&SSL_REQUEST).await.unwrap();
    assert_eq!(tcp.read_u8().await.unwrap(), b'N');
    assert!(timeout(HOURS, tcp.read_u8()).await.is_err(), "neither a byte nor an end");
}

#[tokio::test(start_paused = true)]
async fn what_drips_comes_to_its_answer_in_the_end() {
    for point in POINTS {
        let emulator = faulty(&format!("drip-at-{point}")).await;
        let begun = Instant::now();
        let visited = visit_within(HOURS, &emulator).await;
        assert_eq!(visited, ("query", Met::Answer), "{point}");
        // The answer to the query alone is longer than this.
        assert!(begun.elapsed() > Duration::from_secs(90), "{point}: {:?}", begun.elapsed());
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
    let visited = visit_within(HOURS, &emulator).await;
    let Met::Refusal(text) = visited.1 else { panic!("{visited:?}") };
    assert!(text.ends_with("Check the IAM token for this role and try again."), "{text}");
}

#[tokio::test(start_paused = true)]
async fn each_flaw_of_a_certificate_is_the_one_that_clients_name() {
    use CertificateError as Flaw;

    let flaw = async |name: &str| match visit(&faulty(name).await).await {
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
            "42501 Request returned an error: permission denied for database \"db\"",
        ),
        ("direct-pam-rejected", "28000 PAM authentication failed for user \"app\""),
        (
            "parameter-unsupported",
            "0A000 Feature not supported: RDS Proxy currently doesn’t support the option \
             statement_timeout.",
        ),
    ] {
        let (step, met) = visit(&faulty(fault).await).await;
        assert_eq!((step, met), ("authenticate", Met::Refusal(expected.to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_picks_the_connection() {
    let emulator = faulty("iam-throttled:2").await;
    let mut met = Vec::new();
    for _ in 0..3 {
        met.push(visit(&emulator).await.0);
    }
    assert_eq!(met, ["query", "authenticate", "query"]);
    let emulator = faulty("certificate-expired:2+").await;
    met.clear();
    for _ in 0..3 {
        met.push(visit(&emulator).await.0);
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
