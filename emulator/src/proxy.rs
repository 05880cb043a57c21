//! What all connections of an emulator share.
//!
//! Owns the proxy's knowledge (options, users) and its memory (connections accepted, whether one
//! panicked). Each endpoint adds its name, certificate and target; each visit, who it is.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio_rustls::TlsAcceptor;

use crate::backend::Target;
use crate::fault::{Deed, Point};
use crate::login::{Method, Users};
use crate::options::Options;

/// The port of every RDS Proxy endpoint for PostgreSQL, and so of every token, whatever port the
/// emulator listens on.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>
pub(crate) const ENDPOINT_PORT: u16 = 5432;

/// The proxy.
pub(crate) struct Proxy {
    pub(crate) options: Options,
    pub(crate) users: Users,
    accepted: AtomicUsize,
    has_panicked: AtomicBool,
}

/// One of the proxy's endpoints.
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) acceptor: TlsAcceptor,
    /// Presents the flaw in the certificate, if the fault is one.
    pub(crate) flawed: Option<TlsAcceptor>,
    pub(crate) target: Target,
}

/// One connection to an endpoint.
pub(crate) struct Visit {
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) peer: SocketAddr,
    /// From 1, in order of arrival at the proxy.
    pub(crate) number: usize,
}

impl Proxy {
    pub(crate) fn new(options: Options, users: Users) -> Self {
        Self { options, users, accepted: AtomicUsize::new(0), has_panicked: AtomicBool::new(false) }
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

    /// Shows a password that arrived in clear to the observer, if there is one.
    pub(crate) fn show_password(&self, password: &str) {
        if let Some(observer) = &self.options.observer {
            observer.keep_password(password);
        }
    }
}

impl Visit {
    /// What is to be done at this point, if a fault is due there.
    pub(crate) fn deed(&self, point: Point) -> Option<Deed> {
        self.proxy.options.fault?.at(point, self.number)
    }

    /// Whether a fault makes the login take as long as it likes: dripping, or silent for ever.
    pub(crate) fn has_slow_login(&self) -> bool {
        self.proxy.options.fault.is_some_and(|fault| fault.slows_login(self.number))
    }

    /// What the client is to be asked for, if a fault has it asked for another method.
    pub(crate) fn method(&self) -> Option<Method> {
        self.proxy.options.fault?.asks(self.number)
    }

    /// What presents the certificate of this connection.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        let flaw = self.proxy.options.fault.and_then(|fault| fault.flaw(self.number));
        let Endpoint { acceptor, flawed, .. } = &*self.endpoint;
        flaw.and(flawed.as_ref()).unwrap_or(acceptor)
    }

    /// Logs a line about this connection.
    pub(crate) fn log(&self, line: &dyn fmt::Display) {
        let Self { proxy, peer, number, .. } = self;
        proxy.options.log.line(format_args!("connection {number} from {peer}: {line}"));
    }
}
