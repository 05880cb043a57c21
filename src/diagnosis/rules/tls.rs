//! Rules for `tls`: `SSLRequest`, the handshake, the certificate.

use std::time::Duration;

use super::super::draft::Draft;
use super::super::placeholder::Placeholder;
use super::super::{Advice, Code, Entry, Facts};
use crate::clock::{rfc3339_seconds, spoken};
use crate::config::{AnchorSource, EndpointKind};
use crate::tls::{Moment, TlsError, TlsFacts};

static TLS_OFF: Advice = Advice {
    cause: "The server takes connections in clear text only: it is not RDS Proxy, or something \
            in between ends TLS.",
    remedy: "Ask it yourself: openssl s_client -starttls postgres -connect {socket} \
             -servername {host}. RDS Proxy always offers TLS, so check where {socket} leads.",
    commands: &[],
};

static SERVER_BUSY: Advice = Advice {
    cause: "PostgreSQL itself answers with an error instead of TLS when it cannot start another \
            session.",
    remedy: "Try again; if it stays, look at the server's log and at its memory and process \
             limits.",
    commands: &[],
};

static INTERCEPTED: Advice = Advice {
    cause: "Something between the function and the endpoint ends TLS and shows a certificate of \
            its own: a corporate proxy, a service mesh, a pooler.",
    remedy: "Look who answers: openssl s_client -starttls postgres -connect {socket} -servername \
             {host} -showcerts. Let the connection bypass it, or, if it is yours, put its root \
             into the package and set DB_CA_FILE.",
    commands: &[],
};

static RDS_CA: Advice = Advice {
    cause: "Behind the name is a database, not a proxy: databases chain to RDS's own certificate \
            authority, proxies to Amazon's public roots.",
    remedy: "Set DB_HOST to the database's own name, for which RDS's roots are bundled. If the \
             name must stay: curl -o rds.pem \
             https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem, put it into the \
             package, and set DB_CA_FILE=/var/task/rds.pem.",
    commands: &[],
};

static NEW_RDS_ROOT: Advice = Advice {
    cause: "The database's region has roots of its own that are not among the bundled ones.",
    remedy: "curl -o rds.pem https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem, \
             put it into the package, and set DB_CA_FILE=/var/task/rds.pem.",
    commands: &[],
};

static CA_FILE_IS_OTHER: Advice = Advice {
    cause: "DB_CA_FILE replaces the bundled Amazon roots and does not hold the server's root; \
            RDS's own bundle does not verify a proxy.",
    remedy: "Unset DB_CA_FILE: the bundled roots verify every RDS Proxy.",
    commands: &[],
};

static ALIAS: Advice = Advice {
    cause: "DB_HOST is an alias or an address book name; the certificate names the endpoint as \
            RDS prints it.",
    remedy: "Set DB_HOST to the endpoint's own name, and the alias, if the socket must go there, \
             as DB_CONNECT_TO.",
    commands: &[],
};

static WRONG_PEER: Advice = Advice {
    cause: "The socket leads to another server than DB_HOST names.",
    remedy: "Compare the names in the certificate with DB_HOST={host}; check DB_CONNECT_TO and \
             the DNS records on the way to {socket}.",
    commands: &[],
};

static NOT_RENEWED: Advice = Advice {
    cause: "The server's certificate was not renewed.",
    remedy: "Not the function's to mend: look who serves it: openssl s_client -starttls postgres \
             -connect {socket} -servername {host} | openssl x509 -noout -dates -issuer. AWS \
             renews the certificates of RDS Proxy by itself.",
    commands: &[],
};

static CLOCK: Advice = Advice {
    cause: "This machine's clock is wrong.",
    remedy: "date -u; compare with the Date header of any AWS service: \
             curl -sI https://sts.{region}.amazonaws.com | grep -i ^date",
    commands: &[],
};

static MALFORMED: Advice = Advice {
    cause: "The certificate breaks a rule that rustls holds to: damaged, of an old version, for \
            another use, or signed with an algorithm that is no longer trusted.",
    remedy: "Look at it: openssl s_client -starttls postgres -connect {socket} -servername {host} \
             -showcerts | openssl x509 -noout -text",
    commands: &[],
};

static NO_COMMON_TLS: Advice = Advice {
    cause: "Server and function have no TLS version or cipher in common: the function speaks TLS \
            1.2 and 1.3 with AES-GCM and ChaCha20.",
    remedy: "openssl s_client -starttls postgres -connect {socket} -servername {host} -tls1_2; \
             let whatever ends TLS there offer TLS 1.2 or later.",
    commands: &[],
};

static CUT_OFF: Advice = Advice {
    cause: "Something on the way, or the server, ends connections that ask for TLS: a firewall \
            that inspects traffic, a load balancer, a tunnel whose far end is down.",
    remedy: "Try from the same place: openssl s_client -starttls postgres -connect {socket} \
             -servername {host}; if DB_CONNECT_TO is set, check the tunnel's far end.",
    commands: &[],
};

static TARGET_SILENT: Advice = Advice {
    cause: "The connection is open but nobody answers behind it: a tunnel or load balancer whose \
            target is down, or a firewall that lets only the first packet through.",
    remedy: "openssl s_client -starttls postgres -connect {socket} -servername {host}; check the \
             target behind {socket}, and PROBE_TIMEOUT_MS if the network is slow.",
    commands: &[],
};

static OTHER_SERVICE: Advice = Advice {
    cause: "Another kind of server listens on that port.",
    remedy: "Check DB_PORT (5432 for RDS Proxy) and DB_CONNECT_TO: {socket} must lead to \
             PostgreSQL.",
    commands: &[],
};

pub(in super::super) static NOT_OFFERED: Entry = Entry {
    meaning: "The server was asked for TLS and declined, or answered with an error in clear text. \
              Nothing secret was sent, and nothing will be without TLS.",
    seen: &["server does not support TLS", "server does not support SSL, but SSL was required"],
    causes: &[&TLS_OFF, &SERVER_BUSY],
    transient: false,
};

pub(in super::super) static UNKNOWN_ISSUER: Entry = Entry {
    meaning: "The server's certificate does not chain to any trust anchor; the summary names its \
              issuer.",
    seen: &[
        "invalid peer certificate: UnknownIssuer",
        "self-signed certificate in certificate chain",
        "unable to get local issuer certificate",
    ],
    causes: &[&CA_FILE_IS_OTHER, &RDS_CA, &NEW_RDS_ROOT, &INTERCEPTED],
    transient: false,
};

pub(in super::super) static NAME_MISMATCH: Entry = Entry {
    meaning: "The certificate is genuine but for other names than DB_HOST; the summary lists them.",
    seen: &[
        "certificate not valid for name",
        "server certificate for \"…\" does not match host name",
    ],
    causes: &[&ALIAS, &WRONG_PEER],
    transient: false,
};

pub(in super::super) static EXPIRED: Entry = Entry {
    meaning: "The server's certificate has ended, by this machine's clock.",
    seen: &["invalid peer certificate: Expired", "certificate has expired"],
    causes: &[&NOT_RENEWED, &CLOCK],
    transient: false,
};

pub(in super::super) static NOT_YET_VALID: Entry = Entry {
    meaning: "The server's certificate has not begun, by this machine's clock.",
    seen: &["invalid peer certificate: NotValidYet", "certificate is not yet valid"],
    causes: &[&CLOCK, &NOT_RENEWED],
    transient: false,
};

pub(in super::super) static INVALID: Entry = Entry {
    meaning: "The server's certificate is unusable for another reason; the summary has rustls' \
              words.",
    seen: &["invalid peer certificate: BadEncoding"],
    causes: &[&MALFORMED, &INTERCEPTED],
    transient: false,
};

pub(in super::super) static HANDSHAKE_FAILED: Entry = Entry {
    meaning: "The TLS handshake failed, and not for the certificate; the summary has the words of \
              rustls or of the operating system.",
    seen: &[
        "received fatal alert: HandshakeFailure",
        "peer is incompatible",
        "tls handshake eof",
        "Connection reset by peer",
    ],
    causes: &[&CUT_OFF, &NO_COMMON_TLS],
    transient: false,
};

pub(in super::super) static TIMEOUT: Entry = Entry {
    meaning: "The connection was open, but TLS did not come about inside the budget.",
    seen: &[],
    causes: &[&TARGET_SILENT],
    transient: true,
};

pub(in super::super) static NOT_POSTGRES: Entry = Entry {
    meaning: "What answered is not PostgreSQL: to the request for TLS it said something that \
              PostgreSQL never says.",
    seen: &["received invalid response to SSL negotiation"],
    causes: &[&OTHER_SERVICE],
    transient: false,
};

pub(in super::super) fn rule(error: &TlsError, facts: &Facts<'_>) -> Draft {
    let peer = facts.say(Placeholder::Socket);
    match error {
        TlsError::NotOffered => {
            Draft::new(Code::TlsNotOffered, format!("{peer} declined TLS.")).ruled_out(&SERVER_BUSY)
        }
        TlsError::ErrorBeforeTls => {
            let summary =
                format!("{peer} answered the request for TLS with an error in clear text.");
            Draft::new(Code::TlsNotOffered, summary)
                .observed(&SERVER_BUSY, "It answered with an ErrorResponse.")
                .transient(true)
        }
        TlsError::NotPostgres { answer } => {
            let shown = answer.escape_ascii();
            let summary = format!(
                "{peer} is not PostgreSQL: it answered the request for TLS with '{shown}'."
            );
            let draft = Draft::new(Code::NotPostgres, summary);
            match answer {
                b'H' => draft.observed(&OTHER_SERVICE, "The answer begins as HTTP's does."),
                _ => draft,
            }
        }
        TlsError::Closed(moment) => {
            let summary = format!("{peer} closed the connection {}.", at(*moment));
            Draft::new(Code::TlsHandshakeFailed, summary).ruled_out(&NO_COMMON_TLS).transient(true)
        }
        TlsError::Io(moment, error) => {
            let summary = format!("The connection to {peer} failed {}: {error}.", at(*moment));
            Draft::new(Code::TlsHandshakeFailed, summary).ruled_out(&NO_COMMON_TLS).transient(true)
        }
        TlsError::Handshake(error) => {
            let summary = format!("The TLS handshake with {peer} failed: {error}.");
            Draft::new(Code::TlsHandshakeFailed, summary).ruled_out(&CUT_OFF)
        }
        TlsError::UnknownIssuer => unknown_issuer(facts),
        TlsError::NameMismatch => name_mismatch(facts),
        TlsError::Expired { now } => expired(&known(now.map(rfc3339_seconds)), facts),
        TlsError::NotYetValid { now } => not_yet_valid(&known(now.map(rfc3339_seconds)), facts),
        TlsError::InvalidCertificate(reason) => {
            let summary = format!("The server's certificate is unusable: {reason}.");
            Draft::new(Code::TlsCertificateInvalid, summary)
        }
    }
}

pub(in super::super) fn timed_out(after: Duration, facts: &Facts<'_>) -> Draft {
    let (peer, after) = (facts.say(Placeholder::Socket), spoken(after));
    let summary = format!("The TLS handshake with {peer} timed out after {after}.");
    Draft::new(Code::TlsTimeout, summary)
}

fn expired(now: &str, facts: &Facts<'_>) -> Draft {
    let end = known(facts.tls.and_then(|tls| tls.not_after).map(rfc3339_seconds));
    let summary = format!("The server's certificate ended at {end}; it is {now} here.");
    Draft::new(Code::TlsCertificateExpired, summary)
        .noted(&CLOCK, format!("It is {now} by this machine's clock."))
}

/// Nobody serves a certificate before its time, so the clock is the likelier cause.
fn not_yet_valid(now: &str, facts: &Facts<'_>) -> Draft {
    let begin = known(facts.tls.and_then(|tls| tls.not_before).map(rfc3339_seconds));
    let summary = format!("The server's certificate begins at {begin}; it is {now} here.");
    Draft::new(Code::TlsCertificateNotYetValid, summary)
        .observed(&CLOCK, format!("It is {now} by this machine's clock."))
}

fn unknown_issuer(facts: &Facts<'_>) -> Draft {
    let issuer = known(facts.tls.and_then(|tls| tls.issuer.clone()));
    let summary = format!("The server's certificate was issued by {issuer}, which is not trusted.");
    let mut draft = Draft::new(Code::TlsUnknownIssuer, summary);
    let Some(config) = facts.config else { return draft };
    match &config.anchors {
        AnchorSource::File(file) => {
            draft = draft.observed(&CA_FILE_IS_OTHER, format!("DB_CA_FILE is {}.", file.display()));
        }
        AnchorSource::Bundled => draft = draft.ruled_out(&CA_FILE_IS_OTHER),
    }
    let kind = config.endpoint.host.kind();
    let evidence = format!("The issuer is {issuer}.");
    if issuer.contains("Amazon RDS") {
        let draft = draft.ruled_out(&INTERCEPTED);
        if matches!(kind, EndpointKind::Cluster | EndpointKind::Instance) {
            draft.ruled_out(&RDS_CA).observed(&NEW_RDS_ROOT, evidence)
        } else {
            draft.ruled_out(&NEW_RDS_ROOT).observed(&RDS_CA, evidence)
        }
    } else if kind == EndpointKind::Other {
        draft.ruled_out(&NEW_RDS_ROOT)
    } else {
        draft.ruled_out(&RDS_CA).ruled_out(&NEW_RDS_ROOT).observed(&INTERCEPTED, evidence)
    }
}

fn name_mismatch(facts: &Facts<'_>) -> Draft {
    let host = facts.say(Placeholder::Host);
    let names = facts.tls.map(names).unwrap_or_default();
    let summary = format!("The certificate is for {names}, not for {host}.");
    let draft = Draft::new(Code::TlsNameMismatch, summary);
    match facts.config.map(|config| config.endpoint.host.kind()) {
        Some(EndpointKind::Other) => {
            draft.observed(&ALIAS, format!("{host} is not a name that RDS gives."))
        }
        Some(_) => draft.ruled_out(&ALIAS).observed(&WRONG_PEER, format!("It shows {names}.")),
        None => draft,
    }
}

/// The certificate's names, in one line.
fn names(tls: &TlsFacts) -> String {
    if tls.subject_names.is_empty() { "no name".to_owned() } else { tls.subject_names.join(", ") }
}

fn known(value: Option<String>) -> String {
    value.filter(|value| !value.is_empty()).unwrap_or_else(|| "an unreadable value".to_owned())
}

fn at(moment: Moment) -> &'static str {
    match moment {
        Moment::SslRequest => "instead of answering the request for TLS",
        Moment::Handshake => "during the TLS handshake",
    }
}
