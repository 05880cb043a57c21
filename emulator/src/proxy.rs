//! What all connections of an emulator share.
//!
//! Owns the proxy's knowledge (users, principals, scope) and its memory (connections accepted,
//! passwords received). Each endpoint adds its name, certificate and target.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::TlsAcceptor;

use crate::backend::Target;
use crate::clock::Clock;
use crate::fault::{Deed, Fault, Point};
use crate::log::Log;
use crate::login::{AuthScheme, Method, PasswordAuth, Users};
use crate::principal::Principal;

/// The port of every RDS Proxy endpoint for PostgreSQL, and so of every token, whatever port the
/// emulator listens on.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html>
pub(crate) const ENDPOINT_PORT: u16 = 5432;

/// The proxy.
pub(crate) struct Proxy {
    pub(crate) users: Users,
    pub(crate) auth: (AuthScheme, PasswordAuth),
    pub(crate) principals: Vec<Principal>,
    pub(crate) scope: Scope,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: Log,
    pub(crate) fault: Option<Fault>,
    accepted: AtomicUsize,
    passwords: Mutex<Vec<String>>,
}

/// Where `dbuser` ARNs of this proxy are.
pub(crate) struct Scope {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) proxy_id: String,
}

/// One of the proxy's endpoints.
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
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

impl Visit {
    /// What is to be done at this point, if a fault is due there.
    pub(crate) fn deed(&self, point: Point) -> Option<Deed> {
        self.proxy.fault.as_ref()?.at(point, self.number)
    }

    /// What the client is to be asked for, if a fault has it asked for another method.
    pub(crate) fn method(&self) -> Option<Method> {
        self.proxy.fault.as_ref()?.asks(self.number)
    }

    /// What presents the certificate of this connection.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        let flaw = self.proxy.fault.as_ref().and_then(|fault| fault.flaw(self.number));
        let Endpoint { acceptor, flawed, .. } = &*self.endpoint;
        flaw.and(flawed.as_ref()).unwrap_or(acceptor)
    }

    /// Logs a line about this connection.
    pub(crate) fn log(&self, line: &dyn fmt::Display) {
        let Self { peer, number, .. } = self;
        self.proxy.log.line(format_args!("connection {number} from {peer}: {line}"));
    }
}

impl Proxy {
    pub(crate) fn new(
        (users, auth): (Users, (AuthScheme, PasswordAuth)),
        principals: Vec<Principal>,
        scope: Scope,
        (clock, log, fault): (Arc<dyn Clock>, Log, Option<Fault>),
    ) -> Self {
        let (accepted, passwords) = (AtomicUsize::new(0), Mutex::default());
        Self { users, auth, principals, scope, clock, log, fault, accepted, passwords }
    }

    /// Counts a connection; returns its number, from 1.
    pub(crate) fn count_connection(&self) -> usize {
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn connections_accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn remember_password(&self, password: &str) {
        let mut passwords = self.passwords.lock().unwrap_or_else(PoisonError::into_inner);
        passwords.push(password.to_owned());
    }

    pub(crate) fn passwords_received(&self) -> Vec<String> {
        self.passwords.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
