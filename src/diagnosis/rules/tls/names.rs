//! Rules for a certificate with other names than `DB_HOST`.

use super::LOOK;
use crate::config::EndpointKind;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::tls::TlsFacts;

static ALIAS: Advice = Advice {
    engine: None,
    cause: "DB_HOST is an alias (a CNAME or another name of your own), and the certificate is for \
            the endpoint's name as RDS prints it.",
    remedy: "Set DB_HOST to the endpoint's own name, which the alias leads to and the certificate \
             covers. If the connection must go through the alias and DB_CONNECT_TO is not set \
             already, set it to \"{host}:{port}\".",
    commands: &[Command::Shell("dig +short {host}"), LOOK],
};

/// No token can be made for a custom endpoint either:
/// <https://docs.amazonaws.cn/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.Connecting.AWSCLI.PostgreSQL.html>.
static CUSTOM_ENDPOINT: Advice = Advice {
    engine: None,
    cause: "DB_HOST is a custom endpoint of a cluster. The certificate is for the cluster's own \
            endpoints, and so must the token be.",
    remedy: "Set DB_HOST to the cluster's endpoint, and DB_CONNECT_TO to \"{host}:{port}\".",
    commands: &[Command::Shell(
        "aws rds describe-db-cluster-endpoints --region {region} \
         --query 'DBClusterEndpoints[].[DBClusterIdentifier,EndpointType,Endpoint]'",
    )],
};

static OTHER_ENDPOINT: Advice = Advice {
    engine: None,
    cause: "Another endpoint of the same account and region answers: DB_HOST's DNS record or \
            DB_CONNECT_TO leads to it, or the server was renamed and still shows its old name.",
    remedy: "Decide which endpoint is meant. If it is the one that answers, set DB_HOST to its \
             name from the certificate; if it is {host}, correct DB_CONNECT_TO or the DNS record. \
             After renaming a database, wait until it has restarted.",
    commands: &[Command::Shell("dig +short {socket_name}"), LOOK],
};

static WRONG_PEER: Advice = Advice {
    engine: None,
    cause: "The connection leads to another server than DB_HOST names.",
    remedy: "Compare the names in the certificate with {host}; check DB_CONNECT_TO, if it is set, \
             and the DNS records that lead to {socket}.",
    commands: &[Command::Shell("dig +short {socket_name}"), LOOK],
};

pub(in crate::diagnosis) static NAME_MISMATCH: Entry = Entry {
    meaning: "The certificate is genuine, but for other names than DB_HOST; the summary lists \
              them.",
    seen: &[
        "certificate not valid for name",
        "server certificate for \"…\" does not match host name",
    ],
    causes: &[&ALIAS, &CUSTOM_ENDPOINT, &OTHER_ENDPOINT, &WRONG_PEER],
    transient: false,
};

pub(super) fn name_mismatch(facts: &Facts<'_>) -> Draft {
    let host = facts.say(Placeholder::Host);
    let names = facts.tls.map(names).unwrap_or_default();
    let summary = format!("The certificate is for {names}, not for {host}.");
    let draft = Draft::new(Code::TlsNameMismatch, summary);
    let Some(tls) = facts.tls else { return draft };
    let shows = format!("The certificate shows {names}.");
    let draft = match facts.kind() {
        EndpointKind::Other => return alias(draft, tls, &host, shows),
        EndpointKind::ClusterCustom => draft
            .ruled_out(&ALIAS)
            .observed(&CUSTOM_ENDPOINT, format!("{host} is a custom endpoint's name.")),
        EndpointKind::Proxy
        | EndpointKind::ProxyEndpoint
        | EndpointKind::Cluster
        | EndpointKind::GlobalWriter
        | EndpointKind::ShardGroup
        | EndpointKind::Instance
        | EndpointKind::OtherRds => draft.ruled_out(&ALIAS).ruled_out(&CUSTOM_ENDPOINT),
    };
    let own = facts.config.and_then(|config| account(config.endpoint.host.as_str()));
    if own.is_some() && tls.subject_names.iter().any(|name| account(name) == own) {
        draft.observed(&OTHER_ENDPOINT, shows)
    } else {
        draft.ruled_out(&OTHER_ENDPOINT).observed(&WRONG_PEER, shows)
    }
}

/// An alias leads to an RDS endpoint, whose certificate has its own names, or elsewhere.
fn alias(draft: Draft, tls: &TlsFacts, host: &str, shows: String) -> Draft {
    let draft = draft.ruled_out(&CUSTOM_ENDPOINT).ruled_out(&OTHER_ENDPOINT);
    if tls.subject_names.iter().any(|name| account(name).is_some()) {
        draft.observed(&ALIAS, format!("{host} is not a name that RDS gives. {shows}"))
    } else {
        draft
            .observed(&WRONG_PEER, shows)
            .noted(&ALIAS, format!("{host} is not a name that RDS gives."))
    }
}

/// The part of an RDS name that endpoints of one account and region share:
/// `XXXX.REGION.rds.amazonaws.com`, behind `proxy-`, `cluster-` and the like or without them.
fn account(name: &str) -> Option<String> {
    let labels: Vec<&str> = name.split('.').collect();
    let at = labels.iter().position(|label| *label == "rds")?;
    // China has two orders: XXXX.REGION.rds.amazonaws and XXXX.rds.REGION.amazonaws.
    let is_second_order = labels.get(at + 2) == Some(&"amazonaws");
    let id_at = at.checked_sub(if is_second_order { 1 } else { 2 })?;
    let (id, after) = labels.get(id_at..)?.split_first()?;
    Some(format!("{}.{}", id.rsplit('-').next().unwrap_or(id), after.join(".")))
}

/// The certificate's names, in one line.
pub(super) fn names(tls: &TlsFacts) -> String {
    let names: Vec<String> = tls.subject_names.iter().map(|name| format!("\"{name}\"")).collect();
    if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
}
