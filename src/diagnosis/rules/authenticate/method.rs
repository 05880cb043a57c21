//! Server and function do not agree on the authentication method, on TLS, or on the startup message.

use crate::config::{Engine, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::facts::LoginMethod;
use crate::diagnosis::server::texts::{WANTS_SCHEME, WANTS_TOKEN};
use crate::diagnosis::server::{Author, Reading};
use crate::diagnosis::{Advice, Code, Command, Entry, Facts, Site};
use crate::session::AuthRequest;
use crate::session::postgres::Method;

use super::{driver, mysql, noted_tunnel, token};

pub(super) const SHOW_LIST: Command = Command::Shell(
    "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
     'DBProxies[0].Auth' > auth.json && cat auth.json",
);

pub(super) const REPLACE_LIST: Command = Command::Shell(
    "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --auth file://auth.json",
);

pub(super) const REQUIRE_IAM: &str = "Save the proxy's list of secrets to a file and set IAMAuth \
    to REQUIRED in this user's entry. Then send the whole list back: it replaces the present one, \
    so an entry that is missing in the file is removed.";

pub(super) const REQUIRE_IAM_BY: &[Command] = &[SHOW_LIST, REPLACE_LIST];

pub(in crate::diagnosis) static ENTRY_WITHOUT_IAM: Advice = Advice {
    engine: None,
    cause: "The user's entry at the proxy has IAM authentication disabled, so the proxy wants a \
            password.",
    remedy: REQUIRE_IAM,
    commands: REQUIRE_IAM_BY,
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-migration.html>
pub(in crate::diagnosis) static SCHEME_WITHOUT_IAM: Advice = Advice {
    engine: None,
    cause: "The proxy's DefaultAuthScheme is NONE, and it takes no IAM token for this user.",
    remedy: "Set IAMAuth to REQUIRED in the user's entry of the proxy's list: save the list to a \
             file, change it, and send the whole list back, since it replaces the present one. Or \
             set DefaultAuthScheme to IAM_AUTH, once the proxy's role is allowed rds-db:connect on \
             the database and the user is in rds_iam there.",
    commands: &[
        SHOW_LIST,
        REPLACE_LIST,
        Command::Shell(
            "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} \
             --default-auth-scheme IAM_AUTH",
        ),
    ],
};

const WITH_TOKENS: &str = "Test with tokens: set DB_AUTH=iam and DB_USER={user}, and allow the \
    role that signs rds-db:connect on \
    arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}.";

const ALLOW_ON_PROXY: Command = Command::Policy(
    "{\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
     \"arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}\"}",
);

const SHOW_SCHEME: Command = Command::Shell(
    "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
     'DBProxies[].[DBProxyArn,DefaultAuthScheme,Auth]'",
);

pub(in crate::diagnosis) static ENTRY_REQUIRES_IAM: Advice = Advice {
    engine: None,
    cause: "The user's entry at the proxy requires IAM (IAMAuth is REQUIRED, or the proxy's \
            DefaultAuthScheme is IAM_AUTH), and {here} sent the secret's password.",
    remedy: WITH_TOKENS,
    commands: &[SHOW_SCHEME, ALLOW_ON_PROXY],
};

pub(super) const ADD_TO_RDS_IAM: &str = "Set DB_HOST to the proxy's endpoint if you mean to \
    test a proxy. Otherwise log in to the database as an administrator, and check that the \
    user exists and which roles it has. Then grant it rds_iam; after that it can't log in by \
    password.";

pub(super) const ADD_TO_RDS_IAM_BY: &[Command] = &[
    Command::Sql(
        "SELECT r.rolname, r.rolcanlogin, ARRAY(SELECT m.roleid::regrole FROM pg_auth_members m \
         WHERE m.member = r.oid) AS member_of FROM pg_roles r WHERE lower(r.rolname) = \
         lower('{user}');",
    ),
    Command::Sql("GRANT rds_iam TO {user};"),
];

pub(in crate::diagnosis) static DATABASE_WITHOUT_IAM: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "DB_HOST points at a database, not a proxy, and the user isn't in rds_iam there or \
            doesn't exist, so the database requires another login method than a token.",
    remedy: ADD_TO_RDS_IAM,
    commands: ADD_TO_RDS_IAM_BY,
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/postgresql-kerberos.html>
pub(in crate::diagnosis) static OTHER_METHOD: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "The server's rules want Kerberos, a certificate or the like from this user, as RDS \
            does for a user in rds_ad. {here} has tokens and passwords.",
    remedy: "Test as a user that logs in by IAM or by password; its roles tell which it is.",
    commands: &[Command::Sql(
        "SELECT m.roleid::regrole FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member \
         WHERE r.rolname = '{user}';",
    )],
};

pub(in crate::diagnosis) static POOLER_LOGS_IN: Advice = Advice {
    engine: None,
    cause: "Something between {here} and the proxy, such as a pooler, logs in to the proxy \
            with its own password instead of the token.",
    remedy: "Check which server answers at {socket}, and point DB_CONNECT_TO (or DB_HOST) straight \
             at the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static METHOD_UNSUPPORTED: Entry = Entry {
    meaning: "Server and function do not agree on a way to log in. A token is given only to a \
              server that asks for a cleartext password inside TLS; to any other request nothing \
              derived from the token is sent.",
    seen: &[
        "RDS Proxy supports only IAM, MD5, or SCRAM authentication.",
        "RDS supports only IAM or MD5 authentication.",
        "Enable IAM authentication for the client connection to the proxy and try again.",
        "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
        "Client does not support authentication protocol requested by server; consider upgrading MySQL client",
        "Plugin 'AWSAuthenticationPlugin' is not loaded",
        "Plugin 'mysql_native_password' is not loaded",
        "Authentication plugin 'mysql_clear_password' cannot be loaded: plugin not enabled",
        "this user requires clear text authentication",
    ],
    causes: &[
        &ENTRY_WITHOUT_IAM,
        &SCHEME_WITHOUT_IAM,
        &ENTRY_REQUIRES_IAM,
        &DATABASE_WITHOUT_IAM,
        &token::CLUSTER_WITHOUT_IAM,
        &token::INSTANCE_WITHOUT_IAM,
        &OTHER_METHOD,
        &POOLER_LOGS_IN,
        &mysql::USER_WITHOUT_IAM,
        &mysql::UNKNOWN_TO_PROXY,
        &mysql::NO_SUCH_ACCOUNT,
        &mysql::OTHER_PLUGIN,
        &driver::WITHOUT_CLEARTEXT,
    ],
    transient: false,
};

/// The server asked for something that the function does not send.
pub(super) fn unsupported(asked: &AuthRequest, facts: &Facts<'_>) -> Draft {
    let asked_for = asked.name();
    let evidence = format!("It asked for {asked_for}.");
    let wanted = match facts.login_method() {
        LoginMethod::Token => "the token",
        LoginMethod::Password => "a password",
    };
    let summary =
        format!("The server asked for {asked_for} instead of {wanted}; nothing was sent.");
    let draft = Draft::new(Code::AuthMethodUnsupported, summary);
    let asked = match asked {
        AuthRequest::PostgreSql(method) => *method,
        AuthRequest::MySql(plugin) => return mysql::unsupported(draft, plugin, facts),
    };
    match facts.login_method() {
        LoginMethod::Token => {
            let draft = for_token(draft, asked, facts);
            match facts.resource() {
                Resource::Proxy => draft.observed(&ENTRY_WITHOUT_IAM, evidence),
                Resource::Cluster | Resource::Instance => {
                    draft.observed(&DATABASE_WITHOUT_IAM, evidence)
                }
                Resource::Unknown => draft.noted(&DATABASE_WITHOUT_IAM, evidence),
            }
        }
        LoginMethod::Password => draft.only(vec![&OTHER_METHOD]).observed(&OTHER_METHOD, evidence),
    }
}

fn for_token(draft: Draft, asked: Method, facts: &Facts<'_>) -> Draft {
    let draft = draft.only(match facts.resource() {
        Resource::Proxy => vec![&ENTRY_WITHOUT_IAM],
        Resource::Cluster => {
            vec![&DATABASE_WITHOUT_IAM, &token::CLUSTER_WITHOUT_IAM, &OTHER_METHOD]
        }
        Resource::Instance => {
            vec![&DATABASE_WITHOUT_IAM, &token::INSTANCE_WITHOUT_IAM, &OTHER_METHOD]
        }
        Resource::Unknown => vec![&DATABASE_WITHOUT_IAM, &ENTRY_WITHOUT_IAM, &OTHER_METHOD],
    });
    match asked {
        Method::Cleartext | Method::Md5 | Method::Scram => draft.ruled_out(&OTHER_METHOD),
        Method::Other(_) => draft,
    }
}

/// The server said so in an error.
pub(super) fn said_unsupported(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    let says = |text: &str| reading.text.starts_with(text);
    match facts.login_method() {
        LoginMethod::Password => {
            let draft = draft.only(vec![&ENTRY_REQUIRES_IAM]);
            if says(WANTS_TOKEN) || says(WANTS_SCHEME) {
                draft.observed(
                    &ENTRY_REQUIRES_IAM,
                    "The proxy asks for IAM, and DB_AUTH is \"secret\".",
                )
            } else {
                draft
            }
        }
        LoginMethod::Token if says(WANTS_SCHEME) => {
            let fact = "The proxy names its DefaultAuthScheme, and DB_AUTH is \"iam\".";
            draft.only(vec![&SCHEME_WITHOUT_IAM]).observed(&SCHEME_WITHOUT_IAM, fact)
        }
        LoginMethod::Token if says(WANTS_TOKEN) => {
            let here = facts.here();
            let fact = format!("The proxy got a password, and {here} sent a token.");
            draft.only(vec![&POOLER_LOGS_IN]).observed(&POOLER_LOGS_IN, fact)
        }
        LoginMethod::Token => {
            draft.only(vec![&ENTRY_WITHOUT_IAM, &SCHEME_WITHOUT_IAM, &POOLER_LOGS_IN])
        }
    }
}

pub(in crate::diagnosis) static CLEAR_TEXT_HOP: Advice = Advice {
    engine: None,
    cause: "Something between {here} and the server terminates TLS and goes on in clear \
            text: {here} itself always encrypts.",
    remedy: "Check what answers at {socket}, and let DB_CONNECT_TO (or DB_HOST) lead straight to \
             the endpoint, without a pooler or load balancer that terminates TLS.",
    commands: &[],
};

/// The proxy uses TLS towards the database as its `RequireTLS` says:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-creating.html>.
pub(in crate::diagnosis) static PROXY_IN_CLEAR: Advice = Advice {
    engine: None,
    cause: "The proxy connects to the database without TLS, since its RequireTLS is off, and the \
            database demands TLS (rds.force_ssl, or require_secure_transport with MySQL).",
    remedy: "Check the proxy's RequireTLS, and turn it on if all its clients use TLS: those that \
             don't are refused then.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].RequireTLS'",
        ),
        Command::Shell(
            "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --require-tls",
        ),
    ],
};

pub(in crate::diagnosis) static TLS_REQUIRED: Entry = Entry {
    meaning: "The server requires TLS, and says that the connection is not encrypted.",
    seen: &[
        "This RDS Proxy requires TLS connections",
        "IAM authentication is allowed only with SSL connections.",
        "no pg_hba.conf entry for host \"…\", user \"app\", database \"app\", no encryption",
        "Connections using insecure transport are prohibited while --require_secure_transport=ON.",
    ],
    causes: &[&CLEAR_TEXT_HOP, &PROXY_IN_CLEAR, &driver::IN_CLEAR],
    transient: false,
};

/// `tls_required`.
pub(super) fn needs_tls(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    let is_databases = match reading.author {
        Author::Database => true,
        Author::Proxy | Author::Pooler | Author::Unknown => false,
    };
    let draft = match facts.resource() {
        _ if facts.site == Site::Application && !reading.is_passed_on => {
            draft.only(vec![&driver::IN_CLEAR])
        }
        Resource::Proxy if is_databases => draft
            .only(vec![&PROXY_IN_CLEAR, &CLEAR_TEXT_HOP])
            .observed(&PROXY_IN_CLEAR, "The text is the database's, and DB_HOST is a proxy's."),
        Resource::Unknown if reading.is_passed_on => draft.only(vec![&PROXY_IN_CLEAR]),
        Resource::Proxy | Resource::Cluster | Resource::Instance | Resource::Unknown => {
            draft.only(vec![&CLEAR_TEXT_HOP])
        }
    };
    noted_tunnel(draft, &CLEAR_TEXT_HOP, facts)
}

pub(in crate::diagnosis) static REWRITTEN_STARTUP: Advice = Advice {
    engine: Some(Engine::PostgreSql),
    cause: "Something between {here} and the server changes the startup message: \
            {here} sends user, database, application_name and client_encoding, which RDS Proxy \
            accepts.",
    remedy: "Let DB_CONNECT_TO (or DB_HOST) lead straight to the endpoint.",
    commands: &[],
};

/// `startup_parameter_unsupported` with PostgreSQL.
pub(super) fn not_accepted(draft: Draft, facts: &Facts<'_>) -> Draft {
    if facts.site == Site::Application {
        return draft.only(vec![&driver::STARTUP_PARAMETER]);
    }
    noted_tunnel(draft.only(vec![&REWRITTEN_STARTUP]), &REWRITTEN_STARTUP, facts)
}

pub(in crate::diagnosis) static PARAMETER_UNSUPPORTED: Entry = Entry {
    meaning: "The server does not accept a parameter of the startup message.",
    seen: &[
        "Feature not supported: RDS Proxy currently doesn’t support command-line options.",
        "Feature not supported: RDS Proxy currently doesn’t support the option NAME.",
        "Variable ''character_set_client'' can't be set to the value of ucs2",
    ],
    causes: &[
        &REWRITTEN_STARTUP,
        &mysql::REWRITTEN_LOGIN,
        &driver::STARTUP_PARAMETER,
        &driver::CHARACTER_SET,
    ],
    transient: false,
};
