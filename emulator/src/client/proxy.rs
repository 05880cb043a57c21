//! What all clients of an emulator share.
//!
//! Owns the proxy's knowledge (settings, users) and its memory (connections accepted, whether one
//! panicked). Each endpoint adds its name, certificate and pool; each connection, whose it is.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::cross_talk::LatestAnswer;
use crate::clock::Clock;
use crate::fault::{Action, AskedPlugin, Fault, Point};
use crate::observe::{EndpointMetrics, Observer, Pins, ProxyLog, Sessions};
use crate::pool::Pool;
use crate::texts::log::TokenRejected;
use crate::token::{Audience, Reason, verify};
use crate::users::{Method, Plugin, Principal, Users, dbuser_arn};

/// How the proxy behaves towards its clients.
pub(crate) struct Settings {
    /// The port that tokens are for.
    pub(crate) endpoint_port: u16,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) proxy_id: String,
    pub(crate) principals: Vec<Principal>,
    pub(crate) protocol: Protocol,
    pub(crate) on_pin: OnPin,
    /// `IdleClientTimeout`.
    pub(crate) idle_client_timeout: Duration,
    /// How long a client's connection lives.
    pub(crate) client_life: Duration,
    pub(crate) fault: Option<Fault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: ProxyLog,
    pub(crate) observer: Option<Observer>,
}

/// What clients speak, and how password users are asked for their passwords.
pub(crate) enum Protocol {
    PostgreSql { passwords: Method },
    MySql(MySqlServer),
}

/// What the proxy for MySQL shows of itself before a client logs in.
pub(crate) struct MySqlServer {
    pub(crate) passwords: Plugin,
    /// The database's version; that the real proxy shows it too is not certain.
    pub(crate) version: String,
    /// The flags that it offers.
    pub(crate) capabilities: u32,
}

/// What happens at a statement that pins its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnPin {
    /// The session is pinned, and the log says so, as RDS Proxy does.
    #[default]
    Log,
    /// The statement is refused with an error that says why, so that a test fails where it is made.
    Error,
}

impl FromStr for OnPin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "log" => Ok(Self::Log),
            "error" => Ok(Self::Error),
            _ => Err("expected log or error"),
        }
    }
}

/// The proxy.
pub(crate) struct Proxy {
    pub(crate) settings: Settings,
    pub(crate) users: Arc<Users>,
    pub(crate) sessions: Sessions,
    pub(crate) pins: Pins,
    /// The queries of all sessions, counted if the fault is about them.
    pub(crate) queries: AtomicUsize,
    pub(crate) latest_answer: LatestAnswer,
    pub(crate) first_login: Notify,
    accepted: AtomicUsize,
    has_panicked: AtomicBool,
}

/// One of the proxy's endpoints.
pub(crate) struct Endpoint {
    /// `default`, or its own name: `proxyEndpoint` in the log.
    pub(crate) name: Arc<str>,
    pub(crate) host: String,
    pub(crate) is_read_only: bool,
    pub(crate) metrics: EndpointMetrics,
    pub(crate) acceptor: TlsAcceptor,
    /// Presents the flaw in the certificate, if the fault is one.
    pub(crate) flawed: Option<TlsAcceptor>,
    pub(crate) pool: Arc<Pool>,
}

/// One client's connection to an endpoint.
pub(crate) struct Connection {
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) peer: SocketAddr,
    /// From 1, in order of arrival at the proxy.
    pub(crate) number: usize,
}

impl Proxy {
    pub(crate) fn new(settings: Settings, users: Arc<Users>) -> Self {
        Self {
            settings,
            users,
            sessions: Sessions::default(),
            pins: Pins::default(),
            queries: AtomicUsize::new(0),
            latest_answer: LatestAnswer::default(),
            first_login: Notify::new(),
            accepted: AtomicUsize::new(0),
            has_panicked: AtomicBool::new(false),
        }
    }

    /// Counts a connection; returns its number, from 1.
    pub(crate) fn count_connection(&self) -> usize {
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn connections_accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn note_panic(&self) {
        self.has_panicked.store(true, Ordering::Relaxed);
    }

    /// Whether the task of some connection has panicked.
    pub(crate) fn has_panicked(&self) -> bool {
        self.has_panicked.load(Ordering::Relaxed)
    }

    /// Shows a password that arrived in cleartext to the observer, if there is one.
    pub(crate) fn show_password(&self, password: &str) {
        if let Some(observer) = &self.settings.observer {
            observer.keep_password(password);
        }
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.settings.fault.as_ref()
    }
}

impl Connection {
    /// What is to be done at this point, if a fault is due there.
    pub(crate) fn action(&self, point: Point) -> Option<Action> {
        self.proxy.fault()?.at(point, self.number)
    }

    /// Whether a fault makes the login take as long as it likes: dripping, or silent for ever.
    pub(crate) fn has_slow_login(&self) -> bool {
        self.proxy.fault().is_some_and(|fault| fault.slows_login(self.number))
    }

    /// What the client is to be asked for, if a fault has it asked for another method.
    pub(crate) fn method(&self) -> Option<Method> {
        self.proxy.fault()?.asks(self.number)
    }

    /// The plugin that a client of MySQL's is asked for instead, if a fault says so.
    pub(crate) fn plugin(&self) -> Option<AskedPlugin> {
        self.proxy.fault()?.asks_for(self.number)
    }

    /// Whether a token is one for this user at this endpoint, or why not.
    pub(crate) fn verify(&self, token: &str, user: &str) -> Result<(), Reason> {
        let settings = &self.proxy.settings;
        let arn = dbuser_arn(&settings.region, &settings.account, &settings.proxy_id, user);
        let audience = Audience {
            host: &self.endpoint.host,
            port: settings.endpoint_port,
            region: &settings.region,
            user,
            arn: &arn,
        };
        let verified = verify(token, &audience, &settings.principals, settings.clock.now());
        verified.inspect_err(|_reason| self.debug_line("INFO", &TokenRejected(user)))
    }

    /// What presents the certificate of this connection.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        let flaw = self.proxy.fault().and_then(|fault| fault.flaw(self.number));
        let Endpoint { acceptor, flawed, .. } = &*self.endpoint;
        flaw.and(flawed.as_ref()).unwrap_or(acceptor)
    }

    /// Logs a line about this connection in RDS Proxy's own form.
    pub(crate) fn rds_line(&self, level: &str, text: &dyn fmt::Display) {
        self.proxy.settings.log.rds(level, &self.tags(), text);
    }

    /// The same, with debug logging only.
    pub(crate) fn debug_line(&self, level: &str, text: &dyn fmt::Display) {
        self.proxy.settings.log.debug(level, &self.tags(), text);
    }

    /// What a line in RDS Proxy's own form names the connection by.
    fn tags(&self) -> impl fmt::Display {
        let (name, number) = (&self.endpoint.name, self.number);
        fmt::from_fn(move |f| write!(f, "[proxyEndpoint={name}] [clientConnection={number}]"))
    }

    /// Logs a line about this connection.
    pub(crate) fn log(&self, line: &dyn fmt::Display) {
        let Self { proxy, peer, number, .. } = self;
        proxy.settings.log.line(format_args!("connection {number} from {peer}: {line}"));
    }
}
