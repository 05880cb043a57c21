//! Rules for an answer to `SSLRequest` that is not PostgreSQL's: which service sent it.

use std::fmt::Display;

use super::names::names;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::peer::Service;

pub(super) static OTHER_SERVICE: Advice = Advice {
    cause: "Another kind of server than PostgreSQL listens on that port.",
    remedy: "Check DB_PORT (RDS Proxy's is 5432). If DB_CONNECT_TO is set, it must lead to \
             \"{host}:{port}\". A server that talks first shows itself with this command, on a machine \
             in the function's subnets.",
    commands: &[Command::Shell("curl --silent --max-time 5 telnet://{socket}")],
};

/// Network Load Balancers have TLS listeners beside those for TCP:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html>.
pub(super) static TLS_LISTENER: Advice = Advice {
    cause: "The port expects TLS from the first byte, as an HTTPS server or a load balancer's TLS \
            listener does. PostgreSQL has to be asked for TLS first.",
    remedy: "Check which it is: if this command prints a certificate, the port expects TLS. Use a \
             TCP listener that passes everything through, or connect to {host} itself; if \
             DB_CONNECT_TO is set, correct it.",
    commands: &[Command::Shell("openssl s_client -connect {socket} -servername {host} </dev/null")],
};

/// <https://man.openbsd.org/ssh.1#L>
static SSH_SERVER: Advice = Advice {
    cause: "An SSH server answers: the connection leads to a bastion host itself, not through it.",
    remedy: "Start a tunnel through that host, and set DB_CONNECT_TO to the tunnel's local end, \
             such as 127.0.0.1:15432.",
    commands: &[Command::Shell("ssh -N -L 15432:{host}:{port} USER@BASTION_HOST")],
};

static MYSQL_ENGINE: Advice = Advice {
    cause: "The endpoint is a MySQL or MariaDB database, or a proxy for one. The function tests \
            PostgreSQL.",
    remedy: "Compare DB_HOST and DB_PORT with the engines that RDS lists, and set those of a \
             PostgreSQL endpoint; if DB_CONNECT_TO is set, check where it leads.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} \
             --query 'DBProxies[].[Endpoint,EngineFamily]'",
        ),
        Command::Shell(
            "aws rds describe-db-instances --region {region} \
             --query 'DBInstances[].[Endpoint.Address,Endpoint.Port,Engine]'",
        ),
    ],
};

pub(in crate::diagnosis) static NOT_POSTGRES: Entry = Entry {
    meaning: "The server is not PostgreSQL: its answer to the request for TLS is one that \
              PostgreSQL never gives. The summary has its first bytes.",
    seen: &[
        "received invalid response to SSL negotiation",
        "received unencrypted data after SSL response",
    ],
    causes: &[&OTHER_SERVICE, &TLS_LISTENER, &SSH_SERVER, &MYSQL_ENGINE],
    transient: false,
};

pub(super) fn rule(service: Service, answer: &str, facts: &Facts<'_>) -> Draft {
    let peer = facts.say(Placeholder::Socket);
    let (advice, evidence): (&'static Advice, String) = match service {
        Service::Ssh => (&SSH_SERVER, begins_as(&service)),
        Service::Mysql => (&MYSQL_ENGINE, begins_as(&service)),
        Service::Tls => (&TLS_LISTENER, begins_as(&"a TLS server that is not asked for TLS first")),
        Service::Smtp | Service::Http | Service::Redis | Service::Ftp => {
            (&OTHER_SERVICE, begins_as(&service))
        }
        Service::Unknown => {
            (&OTHER_SERVICE, "No service that the probe recognizes answers like this.".to_owned())
        }
    };
    let summary =
        format!("{peer} is not PostgreSQL: it answered the request for TLS with '{answer}'.");
    only(advice, summary, evidence)
}

pub(super) fn expects_tls(facts: &Facts<'_>) -> Draft {
    let peer = facts.say(Placeholder::Socket);
    let summary = format!(
        "{peer} is not PostgreSQL: it left the request for TLS unanswered, and began TLS without it."
    );
    let shown = facts.tls.map(names).unwrap_or_default();
    only(
        &TLS_LISTENER,
        summary,
        format!("Over a second connection it showed a certificate for {shown}."),
    )
}

fn only(advice: &'static Advice, summary: String, evidence: String) -> Draft {
    NOT_POSTGRES
        .causes
        .iter()
        .filter(|other| !std::ptr::eq(**other, advice))
        .fold(Draft::new(Code::NotPostgres, summary), |draft, it| draft.ruled_out(it))
        .observed(advice, evidence)
}

fn begins_as(server: &dyn Display) -> String {
    format!("The answer begins as that of {server}.")
}
