//! Rules for a certificate that has expired, is not valid yet, or is malformed. `issuer.rs` and
//! `names.rs` have the rules for its issuer and its names.

use std::time::SystemTime;

use super::issuer::INTERCEPTED;
use crate::clock::rfc3339_seconds;
use crate::config::Resource;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::tls::Authority;

/// The expiry of a database's certificate and of its authority, and that a change may restart it:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL-certificate-rotation.html>.
static DATABASE_CERTIFICATE: Advice = Advice {
    engine: None,
    cause: "The database still has a certificate of an authority that has expired, such as \
            rds-ca-2019, or has not restarted since its certificate was renewed.",
    remedy: "Look up each instance's authority and until when its certificate is valid. Change an \
             expired one with the last command in a maintenance window: it can restart the \
             database.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --query 'DBInstances[]\
             .[DBInstanceIdentifier,CACertificateIdentifier,CertificateDetails.ValidTill]'",
        ),
        Command::Shell(
            "aws rds modify-db-instance --region {region} --db-instance-identifier INSTANCE \
             --ca-certificate-identifier rds-ca-rsa2048-g1",
        ),
    ],
};

static NOT_RENEWED: Advice = Advice {
    engine: None,
    cause: "The certificate of whatever terminates TLS there was not renewed.",
    remedy: "Check which server shows it (OpenSSL 1.1.1 or later, {nearby}), and renew it there: \
             you can't fix this in {here}. AWS renews the certificates of RDS Proxy itself.",
    commands: &[Command::Shell(
        "openssl s_client -starttls {starttls} -connect {socket} -servername {host} </dev/null \
         | openssl x509 -noout -subject -issuer -dates",
    )],
};

static CLOCK: Advice = Advice {
    engine: None,
    cause: "The clock of the machine that runs the probe is wrong.",
    remedy: "Compare that machine's clock with the Date header of an AWS service, and correct it. \
             On Lambda, AWS keeps the clock right.",
    commands: &[
        Command::Shell("date -u"),
        Command::Shell(
            "curl --silent --head https://sts.{region}.{service_suffix} | grep -i '^date'",
        ),
    ],
};

pub(in crate::diagnosis) static EXPIRED: Entry = Entry {
    meaning: "The server's certificate has expired, by this machine's clock.",
    seen: &["invalid peer certificate: Expired", "certificate has expired"],
    causes: &[&DATABASE_CERTIFICATE, &NOT_RENEWED, &CLOCK],
    transient: false,
};

pub(in crate::diagnosis) static NOT_YET_VALID: Entry = Entry {
    meaning: "The server's certificate is not valid yet, by this machine's clock.",
    seen: &["invalid peer certificate: NotValidYet", "certificate is not yet valid"],
    causes: &[&CLOCK, &NOT_RENEWED],
    transient: false,
};

static MALFORMED: Advice = Advice {
    engine: None,
    cause: "The certificate breaks a rule that rustls enforces: it is damaged, of an old version, \
            for another use, or signed with an algorithm that is no longer trusted.",
    remedy: "Look at the certificate (OpenSSL 1.1.1 or later, {nearby}), and replace it at \
             whatever terminates TLS there.",
    commands: &[Command::Shell(
        "openssl s_client -starttls {starttls} -connect {socket} -servername {host} </dev/null \
         | openssl x509 -noout -text",
    )],
};

pub(in crate::diagnosis) static INVALID: Entry = Entry {
    meaning: "The server's certificate is unusable for another reason; the summary has rustls' \
              words.",
    seen: &["invalid peer certificate: BadEncoding"],
    causes: &[&MALFORMED, &INTERCEPTED],
    transient: false,
};

pub(super) fn expired(now: Option<SystemTime>, facts: &Facts<'_>) -> Draft {
    let now = known(now.map(rfc3339_seconds));
    let end = known(facts.tls.and_then(|tls| tls.not_after).map(rfc3339_seconds));
    let summary = format!("The server's certificate expired at {end}; it is {now} here.");
    let draft = Draft::new(Code::TlsCertificateExpired, summary)
        .noted(&CLOCK, format!("It is {now} by this machine's clock."));
    match (facts.resource(), facts.tls.map(|tls| tls.authority)) {
        (Resource::Cluster | Resource::Instance | Resource::Unknown, Some(Authority::Rds)) => {
            draft.observed(&DATABASE_CERTIFICATE, "The issuer calls itself RDS's own authority.")
        }
        (Resource::Cluster | Resource::Instance, Some(_) | None) => draft,
        (Resource::Proxy | Resource::Unknown, _) => draft.ruled_out(&DATABASE_CERTIFICATE),
    }
}

/// Servers rarely present a certificate before it is valid, so a wrong clock is more likely.
pub(super) fn not_yet_valid(now: Option<SystemTime>, facts: &Facts<'_>) -> Draft {
    let now = known(now.map(rfc3339_seconds));
    let begin = known(facts.tls.and_then(|tls| tls.not_before).map(rfc3339_seconds));
    let summary = format!("The server's certificate is valid from {begin} on; it is {now} here.");
    Draft::new(Code::TlsCertificateNotYetValid, summary)
        .observed(&CLOCK, format!("It is {now} by this machine's clock."))
}

pub(super) fn known(value: Option<String>) -> String {
    value.filter(|value| !value.is_empty()).unwrap_or_else(|| "an unreadable value".to_owned())
}
