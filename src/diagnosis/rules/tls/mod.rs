//! Rules for `tls`: the answer to the request for TLS, and a handshake that fails for another reason than
//! the certificate. `certificate.rs`, `issuer.rs` and `names.rs` have the rules for certificates,
//! `service.rs` those for other services.

mod certificate;
mod issuer;
mod names;
mod service;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rustls::{AlertDescription, Error};

use crate::clock::human_duration;
use crate::config::Engine;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::rules::database::{
    BEHIND_ALIAS_AWAY, CLUSTER_AWAY, INSTANCE_AWAY, PAUSED, may_be_paused, of_resource,
};
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::session::EncryptError;
use crate::tls::{Moment, TlsError};

pub(in crate::diagnosis) use certificate::{EXPIRED, INVALID, NOT_YET_VALID};
pub(in crate::diagnosis) use issuer::UNKNOWN_ISSUER;
pub(in crate::diagnosis) use names::NAME_MISMATCH;
pub(in crate::diagnosis) use service::{NOT_MYSQL, NOT_POSTGRES};
use service::{OTHER_SERVICE, TLS_LISTENER};

/// Shows what answers, and its certificates. `-starttls {starttls}` came with OpenSSL 1.1.1:
/// <https://github.com/openssl/openssl/blob/OpenSSL_1_1_1-stable/CHANGES>.
const LOOK: Command = Command::Shell(
    "openssl s_client -starttls {starttls} -connect {socket} -servername {host} -showcerts </dev/null",
);

/// <https://www.postgresql.org/docs/current/ssl-tcp.html>, <https://www.pgbouncer.org/config.html>
static TLS_OFF: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "A PostgreSQL without TLS answers, or a pooler such as PgBouncer with \
            client_tls_sslmode = disable. RDS and RDS Proxy always offer TLS.",
    remedy: "Check which server answers at {socket} (OpenSSL 1.1.1 or later, {nearby}). Turn TLS \
             on there (ssl = on; in PgBouncer client_tls_sslmode = require), or connect to {host} \
             itself.",
    commands: &[LOOK],
};

/// <https://dev.mysql.com/doc/refman/8.4/en/using-encrypted-connections.html>
static MYSQL_TLS_OFF: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "A MySQL or MariaDB without TLS answers, or a pooler such as ProxySQL that doesn't \
            offer it to its clients. RDS and RDS Proxy always offer TLS.",
    remedy: "Check which server answers at {socket} (OpenSSL 1.1.1 or later, {nearby}). Turn TLS \
             on there (ssl_cert and ssl_key; in ProxySQL mysql-have_ssl), or connect to {host} \
             itself.",
    commands: &[LOOK],
};

static TUNNEL_ELSEWHERE: Advice = Advice {
    engine: None,
    cause: "If DB_CONNECT_TO is set, it leads to another server than {host}: a tunnel with another \
            far end, or a local {engine} that already had the tunnel's port.",
    remedy: "Check which program listens on the port of {socket}, and start the tunnel to \
             \"{host}:{port}\" on a free port. Set DB_CONNECT_TO to that port.",
    commands: &[Command::Shell("lsof -nP -iTCP -sTCP:LISTEN"), LOOK],
};

static SERVER_BUSY: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "PostgreSQL answers with an error instead of TLS when it cannot start another session.",
    remedy: "Try again. If it stays, look at the server's log, its memory and its limit of \
             processes.",
    commands: &[],
};

/// Suites and versions of RDS Proxy, and that a database's `ssl_ciphers` applies to its clients:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html>.
static NO_COMMON_TLS: Advice = Advice {
    engine: None,
    cause: "The server and {here} have no TLS version or cipher suite in common: {here} supports \
            TLS 1.2 and 1.3 with AES-GCM and ChaCha20. A database's parameters can cause this \
            (ssl_ciphers and ssl_max_protocol_version, with MySQL ssl_cipher and tls_version).",
    remedy: "Check what the server accepts (OpenSSL 1.1.1 or later, {nearby}). Allow TLS 1.2 or \
             later there, with an ECDHE suite with AES-GCM.",
    commands: &[
        Command::Shell(
            "openssl s_client -starttls {starttls} -connect {socket} -servername {host} -tls1_2 \
             </dev/null",
        ),
        Command::Shell(
            "openssl s_client -starttls {starttls} -connect {socket} -servername {host} -tls1_3 \
             </dev/null",
        ),
    ],
};

static CLIENT_CERTIFICATE: Advice = Advice {
    engine: None,
    cause: "The server wants a certificate of the client, and {here} has none. Neither RDS \
            nor RDS Proxy asks for one, so something in between does.",
    remedy: "Check which server answers at {socket}, and let it take clients without a \
             certificate, or connect to {host} itself.",
    commands: &[LOOK],
};

static NAME_NOT_SERVED: Advice = Advice {
    engine: None,
    cause: "The server chooses its certificate by the name that is asked for, and has none for \
            {host}: it is a router or load balancer for other names.",
    remedy: "Check where {socket} leads: the DNS records on the way, and DB_CONNECT_TO if it is \
             set.",
    commands: &[Command::Shell("dig +short {socket_name}"), LOOK],
};

static SERVER_FAULT: Advice = Advice {
    engine: None,
    cause: "The server had an internal error in the handshake, as one that is starting, stopping \
            or overloaded can have.",
    remedy: "Try again. If it stays, look at the log of whatever terminates TLS at {socket}.",
    commands: &[LOOK],
};

static BROKEN_HANDSHAKE: Advice = Advice {
    engine: None,
    cause: "Something changes the bytes on the way, or the server speaks TLS in a way that rustls \
            does not accept.",
    remedy: "Compare with what OpenSSL (1.1.1 or later) says {nearby}. Let the connection bypass \
             whatever inspects it on the way.",
    commands: &[LOOK],
};

static CUT_OFF: Advice = Advice {
    engine: None,
    cause: "Something on the way, or the server, closes connections that ask for TLS: a firewall \
            that inspects traffic, a load balancer without a healthy target, a tunnel whose far \
            end is down.",
    remedy: "Try the same {nearby} (OpenSSL 1.1.1 or later). If \
             DB_CONNECT_TO is set, check that the tunnel's far end is \"{host}:{port}\" and is up.",
    commands: &[LOOK],
};

static TARGET_SILENT: Advice = Advice {
    engine: None,
    cause: "The connection is open, but nothing behind it answers: a tunnel or load balancer whose \
            target is down, or a firewall that passes only the first packet.",
    remedy: "Try the same {nearby} (OpenSSL 1.1.1 or later), and \
             check the target behind {socket}; if DB_CONNECT_TO is set, the tunnel's far end. If \
             the network is slow, raise PROBE_TIMEOUT_MS.",
    commands: &[LOOK],
};

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html>
static LARGE_PACKETS_LOST: Advice = Advice {
    engine: None,
    cause: "Large packets are lost on the way, as through a VPN or a tunnel with a small MTU: the \
            request for TLS passes, the server's certificates do not.",
    remedy: "Check the path MTU {nearby}, and allow ICMP type \
             3 code 4 (fragmentation needed) in network ACLs and firewalls.",
    commands: &[Command::Shell("tracepath -n {socket_name}")],
};

pub(in crate::diagnosis) static NOT_OFFERED: Entry = Entry {
    meaning: "The server was asked for TLS and declined, or answered with an unencrypted error. No \
              secret was sent, and none is sent without TLS.",
    seen: &["server does not support TLS", "server does not support SSL, but SSL was required"],
    causes: &[&TLS_OFF, &MYSQL_TLS_OFF, &TUNNEL_ELSEWHERE, &SERVER_BUSY],
    transient: false,
};

pub(in crate::diagnosis) static HANDSHAKE_FAILED: Entry = Entry {
    meaning: "The TLS handshake failed, and not because of the certificate; the summary has the \
              words of rustls or of the operating system.",
    seen: &[
        "received fatal alert: HandshakeFailure",
        "peer is incompatible",
        "tls handshake eof",
        "Connection reset by peer",
        "SSL connection has been closed unexpectedly",
    ],
    causes: &[
        &CUT_OFF,
        &CLUSTER_AWAY,
        &INSTANCE_AWAY,
        &PAUSED,
        &BEHIND_ALIAS_AWAY,
        &TLS_LISTENER,
        &OTHER_SERVICE,
        &NO_COMMON_TLS,
        &CLIENT_CERTIFICATE,
        &NAME_NOT_SERVED,
        &SERVER_FAULT,
        &BROKEN_HANDSHAKE,
    ],
    transient: false,
};

pub(in crate::diagnosis) static TIMEOUT: Entry = Entry {
    meaning: "The connection was open, but the TLS handshake did not finish in time.",
    seen: &[],
    causes: &[
        &TARGET_SILENT,
        &CLUSTER_AWAY,
        &INSTANCE_AWAY,
        &PAUSED,
        &BEHIND_ALIAS_AWAY,
        &TLS_LISTENER,
        &OTHER_SERVICE,
        &LARGE_PACKETS_LOST,
    ],
    transient: true,
};

pub(in crate::diagnosis) fn rule(error: &EncryptError, facts: &Facts<'_>) -> Draft {
    match error {
        EncryptError::NotThisEngine { expected, service, answer } => {
            service::rule(*expected, *service, answer, facts)
        }
        EncryptError::Tls(error) => rule_tls(error, facts),
    }
}

fn rule_tls(error: &TlsError, facts: &Facts<'_>) -> Draft {
    let peer = facts.say(Placeholder::Socket);
    match error {
        TlsError::NotOffered => {
            declined(format!("{peer} declined TLS."), facts).ruled_out(&SERVER_BUSY)
        }
        TlsError::ErrorBeforeTls => {
            let summary = format!("{peer} answered the request for TLS with an unencrypted error.");
            declined(summary, facts)
                .observed(&SERVER_BUSY, "It answered with an ErrorResponse.")
                .transient(true)
        }
        TlsError::ExpectsTls => service::expects_tls(facts),
        TlsError::Closed(moment) => {
            let summary = format!("{peer} closed the connection {}.", at(*moment, facts.engine()));
            cut_off(summary, *moment, facts)
        }
        TlsError::Io(moment, error) => {
            let summary = format!(
                "The connection to {peer} failed {}: {error}.",
                at(*moment, facts.engine())
            );
            cut_off(summary, *moment, facts)
        }
        TlsError::Handshake(error) => refused(error, facts),
        TlsError::UnknownIssuer => issuer::unknown_issuer(facts),
        TlsError::NameMismatch => names::name_mismatch(facts),
        TlsError::Expired { now } => certificate::expired(*now, facts),
        TlsError::NotYetValid { now } => certificate::not_yet_valid(*now, facts),
        TlsError::InvalidCertificate(reason) => {
            let summary = format!("The server's certificate is unusable: {reason}.");
            Draft::new(Code::TlsCertificateInvalid, summary)
        }
    }
}

pub(in crate::diagnosis) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let (peer, after) = (facts.say(Placeholder::Socket), human_duration(after));
    let summary = format!("The TLS handshake with {peer} timed out after {after}.");
    let draft = of_tunnel(Draft::new(Code::TlsTimeout, summary), &TARGET_SILENT, facts);
    may_be_paused(of_resource(draft, facts), facts)
}

/// A tunnel accepts every connection, even if its far end is down: it is the first cause.
fn of_tunnel(draft: Draft, advice: &'static Advice, facts: &Facts<'_>) -> Draft {
    match facts.config {
        Some(config) if config.socket_is_elsewhere => {
            draft.observed(advice, format!("DB_CONNECT_TO is \"{}\".", config.socket))
        }
        Some(_) | None => draft,
    }
}

fn declined(summary: String, facts: &Facts<'_>) -> Draft {
    let draft = Draft::new(Code::TlsNotOffered, summary).ruled_out(&TUNNEL_ELSEWHERE);
    of_tunnel(draft, &TUNNEL_ELSEWHERE, facts)
}

/// The connection was closed without a reason; the next one may work.
fn cut_off(summary: String, moment: Moment, facts: &Facts<'_>) -> Draft {
    let draft = [&CLIENT_CERTIFICATE, &NAME_NOT_SERVED, &SERVER_FAULT, &BROKEN_HANDSHAKE]
        .into_iter()
        .fold(Draft::new(Code::TlsHandshakeFailed, summary), Draft::ruled_out);
    let draft = match moment {
        Moment::BeforeTls => draft.ruled_out(&NO_COMMON_TLS),
        // It understands the request for TLS.
        Moment::Handshake => draft.ruled_out(&TLS_LISTENER).ruled_out(&OTHER_SERVICE),
    };
    let draft = of_tunnel(draft, &CUT_OFF, facts);
    may_be_paused(of_resource(draft, facts), facts).transient(true)
}

/// The server or the function rejected the handshake, and rustls says why.
fn refused(error: &Error, facts: &Facts<'_>) -> Draft {
    let peer = facts.say(Placeholder::Socket);
    let summary = format!("The TLS handshake with {peer} failed: {error}.");
    let cause = reason(error);
    let draft = HANDSHAKE_FAILED
        .causes
        .iter()
        .filter(|other| !std::ptr::eq(**other, cause))
        .fold(Draft::new(Code::TlsHandshakeFailed, summary), |draft, it| draft.ruled_out(it));
    // Only a fault of the server may be temporary.
    draft.transient(std::ptr::eq(cause, &raw const SERVER_FAULT))
}

/// What rustls' error means: <https://www.rfc-editor.org/rfc/rfc8446#section-6.2> has the alerts.
#[expect(clippy::wildcard_enum_match_arm, reason = "rustls' enums are not exhaustive")]
fn reason(error: &Error) -> &'static Advice {
    match error {
        Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::NoCertificate => &CLIENT_CERTIFICATE,
            AlertDescription::UnrecognisedName => &NAME_NOT_SERVED,
            AlertDescription::InternalError | AlertDescription::UserCanceled => &SERVER_FAULT,
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity => &NO_COMMON_TLS,
            _ => &BROKEN_HANDSHAKE,
        },
        Error::PeerIncompatible(_) => &NO_COMMON_TLS,
        _ => &BROKEN_HANDSHAKE,
    }
}

fn at(moment: Moment, engine: Engine) -> &'static str {
    match moment {
        Moment::BeforeTls => match engine {
            Engine::PostgreSql => "instead of answering the request for TLS",
            Engine::MySql => "instead of greeting",
        },
        Moment::Handshake => "during the TLS handshake",
    }
}
