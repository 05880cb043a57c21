//! Rules for a certificate that does not chain to a trust anchor: which anchors were tried, and which
//! authority it names.

use super::LOOK;
use super::certificate::known;
use crate::config::{AnchorSource, Config, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::tls::{Authority, BundledAnchors, TlsFacts};

static CA_FILE_IS_OTHER: Advice = Advice {
    engine: None,
    cause: "DB_CA_FILE replaces the bundled roots, and does not hold the root of this certificate. \
            RDS's own bundle does not verify a proxy.",
    remedy: "{Unset DB_CA_FILE|Leave DB_CA_FILE out}: the bundled roots verify every RDS Proxy, \
             and databases in most commercial regions. If a server of your own answers, add its \
             root to the file.",
    commands: &[LOOK],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
static NEW_RDS_ROOT: Advice = Advice {
    engine: None,
    cause: "The certificate is from RDS's own authority for a region whose roots were not tried: \
            GovCloud's, China's and new regions' are not bundled, and each partition has its own \
            bundle.",
    remedy: "Download the bundle of the database's own region, put it into the package, and set \
             DB_CA_FILE to /var/task/rds.pem.",
    commands: &[Command::Shell("curl --fail --output rds.pem {trust_store}")],
};

static LEADS_TO_DATABASE: Advice = Advice {
    engine: None,
    cause: "The connection leads to a database, not to the proxy: the certificates of databases \
            are from RDS's own authority, those of proxies from Amazon's public one.",
    remedy: "Check where {socket} leads: if DB_CONNECT_TO is set, the tunnel's far end must be \
             \"{host}:{port}\"; else compare DB_HOST and its DNS records with the proxy's \
             endpoint. To probe the database itself, set DB_HOST to the database's name.",
    commands: &[
        Command::Shell("dig +short {socket_name}"),
        Command::Shell(
            "aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].[DBProxyName,Endpoint]'",
        ),
        LOOK,
    ],
};

static CHAIN_INCOMPLETE: Advice = Advice {
    engine: None,
    cause: "The server does not send the intermediate certificates that lead to the root, or sends \
            those of another chain.",
    remedy: "Check which certificates it sends (OpenSSL 1.1.1 or later, {nearby}), and configure \
             the whole chain at whatever terminates TLS there. RDS and RDS Proxy send theirs.",
    commands: &[LOOK],
};

pub(super) static INTERCEPTED: Advice = Advice {
    engine: None,
    cause: "Something between {here} and the endpoint terminates TLS with its own \
            certificate: a corporate proxy, a service mesh, a pooler.",
    remedy: "Check which server answers at {socket} (OpenSSL 1.1.1 or later, {nearby}). Let the \
             connection bypass it or, if it is yours, put its root into the package and set \
             DB_CA_FILE.",
    commands: &[LOOK],
};

pub(in crate::diagnosis) static UNKNOWN_ISSUER: Entry = Entry {
    meaning: "The server's certificate does not chain to any trust anchor that was tried; the \
              summary names its issuer and the anchors. What a certificate calls itself proves \
              nothing until its chain is verified.",
    seen: &[
        "invalid peer certificate: UnknownIssuer",
        "self-signed certificate in certificate chain",
        "unable to get local issuer certificate",
    ],
    causes: &[
        &CA_FILE_IS_OTHER,
        &LEADS_TO_DATABASE,
        &NEW_RDS_ROOT,
        &INTERCEPTED,
        &CHAIN_INCOMPLETE,
    ],
    transient: false,
};

pub(super) fn unknown_issuer(facts: &Facts<'_>) -> Draft {
    let issuer = facts.tls.and_then(|tls| tls.issuer.as_ref()).filter(|issuer| !issuer.is_empty());
    let issuer = known(issuer.map(|issuer| format!("\"{issuer}\"")));
    let tried = facts.config.map(tried).unwrap_or_default();
    let summary =
        format!("The server's certificate was issued by {issuer}, which is not trusted{tried}.");
    let draft = Draft::new(Code::TlsUnknownIssuer, summary);
    let (Some(config), Some(tls)) = (facts.config, facts.tls) else { return draft };
    let draft = match tls.authority {
        Authority::Rds => draft,
        Authority::Amazon | Authority::SelfSigned | Authority::Other => {
            draft.ruled_out(&NEW_RDS_ROOT).ruled_out(&LEADS_TO_DATABASE)
        }
    };
    let draft = match &config.anchors {
        AnchorSource::File(file) => {
            draft.observed(&CA_FILE_IS_OTHER, format!("DB_CA_FILE is \"{}\".", file.display()))
        }
        AnchorSource::Bundled => draft.ruled_out(&CA_FILE_IS_OTHER),
    };
    match tls.authority {
        Authority::Rds => of_rds(draft, config, tls, &issuer),
        Authority::Amazon => {
            claimed(draft, tls, format!("The issuer calls itself one of Amazon's: {issuer}."))
        }
        Authority::SelfSigned => draft
            .ruled_out(&CHAIN_INCOMPLETE)
            .observed(&INTERCEPTED, "The certificate is self-signed."),
        Authority::Other => draft
            .observed(
                &INTERCEPTED,
                format!("The issuer calls itself neither Amazon's nor RDS's: {issuer}."),
            )
            .noted(&CHAIN_INCOMPLETE, sent(tls)),
    }
}

/// The anchors that were tried, as the end of a sentence.
fn tried(config: &Config) -> String {
    match &config.anchors {
        AnchorSource::File(file) => {
            format!(": it does not chain to the roots in DB_CA_FILE, \"{}\"", file.display())
        }
        AnchorSource::Bundled => match BundledAnchors::of(config.endpoint.host.kind()) {
            BundledAnchors::Amazon => {
                ": it does not chain to Amazon's public roots, which a proxy's name is verified with"
            }
            BundledAnchors::AmazonAndRds => {
                ": it chains neither to Amazon's public roots nor to the bundled roots of RDS"
            }
        }
        .to_owned(),
    }
}

/// A proxy never has such a certificate. A database does, and its region's roots may not be bundled.
fn of_rds(draft: Draft, config: &Config, tls: &TlsFacts, issuer: &str) -> Draft {
    let fact = format!("The issuer calls itself RDS's own authority: {issuer}.");
    let region = &config.endpoint.region;
    match (config.endpoint.host.kind().resource(), &config.anchors) {
        (Resource::Proxy, _) => draft
            .ruled_out(&NEW_RDS_ROOT)
            .ruled_out(&CA_FILE_IS_OTHER)
            .ruled_out(&CHAIN_INCOMPLETE)
            .observed(&LEADS_TO_DATABASE, fact),
        (Resource::Cluster | Resource::Instance | Resource::Unknown, anchors) => {
            let draft = draft.ruled_out(&LEADS_TO_DATABASE);
            if !BundledAnchors::has_rds_roots_of(region) {
                let fact = format!("{fact} The roots of {region} are not bundled.");
                draft.ruled_out(&CA_FILE_IS_OTHER).observed(&NEW_RDS_ROOT, fact)
            } else if matches!(anchors, AnchorSource::File(_)) {
                draft.ruled_out(&NEW_RDS_ROOT).noted(&INTERCEPTED, fact)
            } else {
                claimed(draft.ruled_out(&NEW_RDS_ROOT), tls, fact)
            }
        }
    }
}

/// A chain that names a known authority but does not lead to its roots: it is incomplete, or another
/// party's.
fn claimed(draft: Draft, tls: &TlsFacts, fact: String) -> Draft {
    match tls.intermediates {
        0 => draft.observed(&CHAIN_INCOMPLETE, format!("{fact} {}", sent(tls))),
        _ => draft.observed(&INTERCEPTED, fact).noted(&CHAIN_INCOMPLETE, sent(tls)),
    }
}

fn sent(tls: &TlsFacts) -> String {
    match tls.intermediates {
        0 => "The server sent no intermediate certificate.".to_owned(),
        1 => "The server sent 1 intermediate certificate.".to_owned(),
        count => format!("The server sent {count} intermediate certificates."),
    }
}
