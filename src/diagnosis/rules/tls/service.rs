//! Rules for a server that is not of the engine that was expected: which service it is.

use std::fmt::Display;

use super::names::names;
use crate::config::Engine;
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Code, Command, Entry, Facts};
use crate::peer::Service;

pub(super) static OTHER_SERVICE: Advice = Advice {
    engine: None,
    cause: "Another kind of server than {engine} listens on that port.",
    remedy: "Check DB_PORT (RDS Proxy's is {proxy_port}). If DB_CONNECT_TO is set, it must lead to \
             \"{host}:{port}\". A server that talks first shows itself with this command, \
             {nearby}.",
    commands: &[Command::Shell("curl --silent --max-time 5 telnet://{socket}")],
};

/// Network Load Balancers have TLS listeners beside those for TCP:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html>.
pub(super) static TLS_LISTENER: Advice = Advice {
    engine: None,
    cause: "The port expects TLS from the first byte, as an HTTPS server or a load balancer's TLS \
            listener does. {engine} begins without it.",
    remedy: "Check which it is: if this command prints a certificate, the port expects TLS. Use a \
             TCP listener that passes everything through, or connect to {host} itself; if \
             DB_CONNECT_TO is set, correct it.",
    commands: &[Command::Shell("openssl s_client -connect {socket} -servername {host} </dev/null")],
};

/// <https://man.openbsd.org/ssh.1#L>
static SSH_SERVER: Advice = Advice {
    engine: None,
    cause: "An SSH server answers: the connection leads to a bastion host itself, not through it.",
    remedy: "Start a tunnel through that host, and set DB_CONNECT_TO to the tunnel's local end, \
             such as 127.0.0.1:15432.",
    commands: &[Command::Shell("ssh -N -L 15432:{host}:{port} USER@BASTION_HOST")],
};

const SHOW_ENGINES: &[Command] = &[
    Command::Shell(
        "aws rds describe-db-proxies --region {region} \
         --query 'DBProxies[].[Endpoint,EngineFamily]'",
    ),
    Command::Shell(
        "aws rds describe-db-instances --region {region} \
         --query 'DBInstances[].[Endpoint.Address,Endpoint.Port,Engine]'",
    ),
];

static MYSQL_ENGINE: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The endpoint is a MySQL or MariaDB database, or a proxy for one, and DB_ENGINE is \
            postgresql, the default.",
    remedy: "Set DB_ENGINE to mysql if it is the one that you mean (and DB_PORT to its port, if \
             that isn't 3306). Otherwise compare DB_HOST and DB_PORT with the engines that RDS \
             lists; if DB_CONNECT_TO is set, check where it leads.",
    commands: SHOW_ENGINES,
};

static POSTGRESQL_ENGINE: Advice = Advice {
    engine: Some(Engine::MySql),
    cause: "The endpoint is a PostgreSQL database, or a proxy for one, and DB_ENGINE is mysql.",
    remedy: "Set DB_ENGINE to postgresql, or leave it out, if it is the one that you mean (and set \
             DB_PORT to its port, if that isn't 5432). Otherwise compare DB_HOST and DB_PORT with \
             the engines that RDS lists; if DB_CONNECT_TO is set, check where it leads.",
    commands: SHOW_ENGINES,
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

pub(in crate::diagnosis) static NOT_MYSQL: Entry = Entry {
    meaning: "The server is not MySQL or MariaDB: it did not begin with a greeting of theirs. The \
              summary has its first bytes.",
    seen: &[
        "Lost connection to MySQL server at 'reading initial communication packet'",
        "Protocol mismatch; server version = 11, client version = 10",
        "Packets out of order",
    ],
    causes: &[&OTHER_SERVICE, &TLS_LISTENER, &SSH_SERVER, &POSTGRESQL_ENGINE],
    transient: false,
};

pub(super) fn rule(expected: Engine, service: Service, answer: &str, facts: &Facts<'_>) -> Draft {
    let peer = facts.say(Placeholder::Socket);
    let (advice, evidence): (&'static Advice, String) = match service {
        Service::Ssh => (&SSH_SERVER, begins_as(&service)),
        Service::Mysql => match expected {
            Engine::PostgreSql => (&MYSQL_ENGINE, begins_as(&service)),
            Engine::MySql => (&OTHER_SERVICE, "Its greeting has an unknown form.".to_owned()),
        },
        Service::PostgreSql => {
            let evidence = "It answered PostgreSQL's request for TLS over a second connection.";
            (&POSTGRESQL_ENGINE, evidence.to_owned())
        }
        Service::Tls => (&TLS_LISTENER, begins_as(&"a TLS server that is not asked for TLS first")),
        Service::Smtp | Service::Http | Service::Redis | Service::Ftp => {
            (&OTHER_SERVICE, begins_as(&service))
        }
        Service::Unknown => {
            (&OTHER_SERVICE, "No service that the probe recognizes answers like this.".to_owned())
        }
    };
    let how = match (expected, service) {
        (Engine::PostgreSql, _) => format!("it answered the request for TLS with '{answer}'"),
        (Engine::MySql, Service::PostgreSql) => {
            format!("it did not greet, and answered PostgreSQL's request for TLS with '{answer}'")
        }
        (Engine::MySql, _) => format!("it began with '{answer}'"),
    };
    only(expected, advice, format!("{peer} is not {expected}: {how}."), evidence)
}

pub(super) fn expects_tls(facts: &Facts<'_>) -> Draft {
    let (peer, engine) = (facts.say(Placeholder::Socket), facts.engine());
    let what = match engine {
        Engine::PostgreSql => "left the request for TLS unanswered",
        Engine::MySql => "did not greet",
    };
    let summary = format!("{peer} is not {engine}: it {what}, and began TLS without it.");
    let shown = facts.tls.map(names).unwrap_or_default();
    only(
        engine,
        &TLS_LISTENER,
        summary,
        format!("Over a second connection it showed a certificate for {shown}."),
    )
}

fn only(expected: Engine, advice: &'static Advice, summary: String, evidence: String) -> Draft {
    let code = match expected {
        Engine::PostgreSql => Code::NotPostgres,
        Engine::MySql => Code::NotMysql,
    };
    Draft::new(code, summary).only(vec![advice]).observed(advice, evidence)
}

fn begins_as(server: &dyn Display) -> String {
    format!("The answer begins as that of {server}.")
}
