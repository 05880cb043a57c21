//! What can be wrong with who comes, and how: the sentences, for the answers and for
//! TROUBLESHOOTING.md. What a server refuses after that is in `admission.rs`.
//!
//! The proxy's texts and what they mean:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html>.

use crate::diagnosis::{Advice, Entry};

pub(in crate::diagnosis) static NO_PERMISSION: Advice = Advice {
    cause: "The principal that signed may not rds-db:connect as this user: no policy allows it, \
            or its resource names the proxy by name, or a cluster or instance, instead of its \
            prx- id, or it carries a global condition key, of which RDS Proxy supports none.",
    remedy: "Allow it, with the id from aws rds describe-db-proxies --region {region} --query \
             'DBProxies[].[Endpoint,DBProxyArn]' (its last part begins with prx-): \
             {\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
             \"arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}\"}",
    commands: &[],
};

pub(super) static WRONG_PRINCIPAL: Advice = Advice {
    cause: "The keys belong to another principal than meant, or have been revoked or have ended.",
    remedy: "aws sts get-caller-identity with the same keys; then \
             aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names \
             rds-db:connect --resource-arns \
             arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}",
    commands: &[],
};

pub(in crate::diagnosis) static NOT_THE_ENDPOINTS_NAME: Advice = Advice {
    cause: "The token was signed for a name that is not the endpoint's own; an alias is refused.",
    remedy: "Set DB_HOST to the name that RDS prints: aws rds describe-db-proxies --region \
             {region} --query 'DBProxies[].Endpoint'; the alias may go into DB_CONNECT_TO.",
    commands: &[],
};

pub(super) static NOT_THE_ENDPOINTS_PORT: Advice = Advice {
    cause: "The token was signed for a port that is not the endpoint's own: RDS Proxy for \
            PostgreSQL has 5432 alone.",
    remedy: "Set DB_PORT to 5432, and, if the socket must go to another port, that one in \
             DB_CONNECT_TO.",
    commands: &[],
};

pub(in crate::diagnosis) static CLOCK_SKEW: Advice = Advice {
    cause: "This machine's clock is wrong, so that the token has ended or not begun.",
    remedy: "date -u; compare with: curl -sI https://sts.{region}.amazonaws.com | grep -i ^date",
    commands: &[],
};

pub(in crate::diagnosis) static IAM_REJECTED: Entry = Entry {
    meaning: "The proxy refused the token. It has this one text for every reason.",
    seen: &[
        "The IAM authentication failed for the role app. Check the IAM token for this role and try again.",
        "IAM authentication failed for user app. Check the IAM token for this user and try again.",
    ],
    causes: &[
        &NO_PERMISSION,
        &NOT_THE_ENDPOINTS_NAME,
        &NOT_THE_ENDPOINTS_PORT,
        &WRONG_PRINCIPAL,
        &CLOCK_SKEW,
    ],
    transient: false,
};

static LOGIN_BURST: Advice = Advice {
    cause: "Too many clients sign in by IAM at the same time; the rate is limited, and users \
            report that it cannot be raised.",
    remedy: "Keep sessions instead of opening one per request, and spread retries at random.",
    commands: &[],
};

pub(in crate::diagnosis) static IAM_THROTTLED: Entry = Entry {
    meaning: "The proxy refused the token unread: too many IAM logins compete.",
    seen: &["The IAM authentication failed because of too many competing requests."],
    causes: &[&LOGIN_BURST],
    transient: true,
};

pub(in crate::diagnosis) static NOT_REGISTERED: Advice = Advice {
    cause: "No secret in the proxy's list holds this user name; with the standard scheme that is \
            needed for IAM logins too.",
    remedy: "aws secretsmanager create-secret --region {region} --name NAME --secret-string \
             '{\"username\": \"{user}\", \"password\": \"…\"}'; aws rds modify-db-proxy --region \
             {region} --db-proxy-name {proxy} --auth AuthScheme=SECRETS,SecretArn=ARN,IAMAuth=REQUIRED \
             (the list replaces the present one: name every secret).",
    commands: &[],
};

pub(in crate::diagnosis) static SECRET_UNREADABLE: Advice = Advice {
    cause: "The secret is registered, but the proxy's role may not read or decrypt it, or it is \
            not JSON with a lower-case username and password.",
    remedy: "The proxy's role needs secretsmanager:GetSecretValue on the secret and kms:Decrypt \
             on its key. Keys of the secret: aws secretsmanager get-secret-value --secret-id ARN \
             --query SecretString --output text | jq keys",
    commands: &[],
};

pub(in crate::diagnosis) static NO_CREDENTIALS: Entry = Entry {
    meaning: "The proxy does not know this user: it has no usable secret for it.",
    seen: &[
        "This RDS proxy has no credentials for the role app. Check the credentials for this role and try again.",
    ],
    causes: &[&NOT_REGISTERED, &SECRET_UNREADABLE],
    transient: false,
};

pub(in crate::diagnosis) static IAM_DISABLED: Advice = Advice {
    cause: "The user's entry at the proxy has IAM authentication disabled, so that the token was \
            taken for a password.",
    remedy: "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --auth \
             AuthScheme=SECRETS,SecretArn=ARN,IAMAuth=REQUIRED (the list replaces the present \
             one: name every secret).",
    commands: &[],
};

pub(super) static NOT_IN_RDS_IAM: Advice = Advice {
    cause: "The endpoint is the database itself, and the user does not exist there or is not in \
            rds_iam, so that the token was taken for a password.",
    remedy: "On the database: CREATE USER \"{user}\"; GRANT rds_iam TO \"{user}\"; and set \
             DB_HOST to the proxy's endpoint if it is the proxy that you mean to test.",
    commands: &[],
};

pub(super) static SECRET_STALE: Advice = Advice {
    cause: "The secret and the server disagree about the password: it was changed in one of the \
            two places only, or the proxy has not taken up a rotation yet.",
    remedy: "Rotate it, which changes both: aws secretsmanager rotate-secret --secret-id {secret}; \
             or set the user's password to the secret's: ALTER ROLE \"{user}\" PASSWORD '…';",
    commands: &[],
};

pub(super) static SECRET_OF_OTHER: Advice = Advice {
    cause: "The secret is for another server than the one that is tested. Through a proxy a \
            secret often names the database behind it, which is no fault.",
    remedy: "Compare them: aws secretsmanager get-secret-value --secret-id {secret} --query \
             SecretString --output text | jq '{host, port, username}'; set DB_SECRET_ARN.",
    commands: &[],
};

pub(in crate::diagnosis) static PASSWORD_REJECTED: Entry = Entry {
    meaning: "The server took what was sent for a password, and it is not the right one.",
    seen: &[
        "The password that was provided for the role app is wrong.",
        "password authentication failed for user \"app\"",
    ],
    causes: &[&SECRET_STALE, &SECRET_OF_OTHER, &IAM_DISABLED, &NOT_IN_RDS_IAM],
    transient: false,
};

static CLEAR_TEXT_HOP: Advice = Advice {
    cause: "Something between the function and the server ends TLS and goes on in clear text: \
            the function itself always encrypts.",
    remedy: "Let {socket} lead straight to the endpoint, without a pooler or balancer in between.",
    commands: &[],
};

pub(in crate::diagnosis) static TLS_REQUIRED: Entry = Entry {
    meaning: "The server says that the connection is not encrypted, though the function's is.",
    seen: &[
        "This RDS Proxy requires TLS connections",
        "IAM authentication is allowed only with SSL connections.",
        "no pg_hba.conf entry for host \"…\", user \"app\", database \"app\", no encryption",
    ],
    causes: &[&CLEAR_TEXT_HOP],
    transient: false,
};

pub(super) static DATABASE_REFUSED_TOKEN: Advice = Advice {
    cause: "The endpoint is the database itself, and the principal may not rds-db:connect to it: \
            its resource is named by cluster- or db- id, not by the proxy's prx- id.",
    remedy: "Allow arn:{partition}:rds-db:{region}:ACCOUNT:dbuser:cluster-ID/{user} (an Aurora \
             cluster's resource id; db-ID for an instance); or set DB_HOST to the proxy.",
    commands: &[],
};

pub(in crate::diagnosis) static END_TO_END_REFUSED: Advice = Advice {
    cause: "The proxy signs in to the database by IAM end to end, and its own role may not, or \
            IAM authentication is off at the database.",
    remedy: "Give the proxy's role rds-db:connect on the cluster's or instance's dbuser resource; \
             aws rds modify-db-cluster --db-cluster-identifier ID \
             --enable-iam-database-authentication",
    commands: &[],
};

pub(in crate::diagnosis) static PAM_REJECTED: Entry = Entry {
    meaning: "The database itself refused an IAM token: its PAM module said no. The proxy's own \
              refusal reads differently.",
    seen: &["PAM authentication failed for user \"app\""],
    causes: &[&DATABASE_REFUSED_TOKEN, &END_TO_END_REFUSED],
    transient: false,
};

pub(in crate::diagnosis) static ENTRY_WITHOUT_IAM: Advice = Advice {
    cause: "The user's entry at the proxy has IAM authentication disabled: it asks for a password.",
    remedy: "aws rds modify-db-proxy --region {region} --db-proxy-name {proxy} --auth \
             AuthScheme=SECRETS,SecretArn=ARN,IAMAuth=REQUIRED (the list replaces the present \
             one: name every secret).",
    commands: &[],
};

pub(super) static DATABASE_WITHOUT_IAM: Advice = Advice {
    cause: "The endpoint is the database itself, and the user is not in rds_iam, so that a \
            password is asked for.",
    remedy: "On the database: GRANT rds_iam TO \"{user}\"; and set DB_HOST to the proxy's \
             endpoint if it is the proxy that you mean to test.",
    commands: &[],
};

pub(in crate::diagnosis) static METHOD_UNSUPPORTED: Entry = Entry {
    meaning: "Server and function do not agree on a way to sign in. A token is given only to a \
              server that asks for a password in clear inside TLS; to any other request nothing \
              derived from the token is sent.",
    seen: &[
        "RDS Proxy supports only IAM, MD5, or SCRAM authentication.",
        "RDS supports only IAM or MD5 authentication.",
    ],
    causes: &[&ENTRY_WITHOUT_IAM, &DATABASE_WITHOUT_IAM],
    transient: false,
};

static REWRITTEN_STARTUP: Advice = Advice {
    cause: "Something between the function and the proxy adds startup parameters: the function \
            sends only user, database, application_name and client_encoding, which the proxy \
            takes.",
    remedy: "Let {socket} lead straight to the endpoint. For your own application: remove \
             options=… and other startup parameters from its connection string.",
    commands: &[],
};

pub(in crate::diagnosis) static PARAMETER_UNSUPPORTED: Entry = Entry {
    meaning: "The proxy does not take a parameter of the startup message.",
    seen: &[
        "Feature not supported: RDS Proxy currently doesn’t support command-line options.",
        "Feature not supported: RDS Proxy currently doesn’t support the option NAME.",
    ],
    causes: &[&REWRITTEN_STARTUP],
    transient: false,
};
