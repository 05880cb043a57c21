//! A user without credentials at the proxy, and logins at too high a rate.

use crate::diagnosis::draft::Draft;
use crate::diagnosis::server::{Author, Reading};
use crate::diagnosis::{Advice, Command, Entry, Facts};

use super::method::{REPLACE_LIST, SHOW_LIST};

pub(in crate::diagnosis) static NOT_REGISTERED: Advice = Advice {
    engine: None,
    cause: "No secret in the proxy's list holds exactly this user name. With the \
            standard scheme that is needed for IAM logins too.",
    remedy: "Save the proxy's list of secrets to a file and look for the user. If it has no secret \
             yet, create one from a file with {\"username\": …, \"password\": …} in it. Then add \
             an entry for it and send the whole list back: it replaces the present one. IAMAuth is \
             REQUIRED for DB_AUTH=iam, DISABLED for DB_AUTH=secret.",
    commands: &[
        SHOW_LIST,
        Command::Shell(
            "aws secretsmanager create-secret --region {region} --name NAME --secret-string \
             file://secret.json",
        ),
        REPLACE_LIST,
    ],
};

pub(in crate::diagnosis) static SECRET_UNREADABLE: Advice = Advice {
    engine: None,
    cause: "The secret is in the proxy's list, but the proxy's role isn't allowed to read or \
            decrypt it, or it isn't JSON with a lower-case username and password.",
    remedy: "Read in the proxy's log which secret it couldn't read, and check that secret's keys. \
             Then allow the proxy's role secretsmanager:GetSecretValue on the secret and \
             kms:Decrypt on its key.",
    commands: &[
        Command::Shell("aws logs tail /aws/rds/proxy/{proxy} --region {region} --since 15m"),
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --db-proxy-name {proxy} --query \
             'DBProxies[].[RoleArn,Auth]'",
        ),
        Command::Shell(
            "aws secretsmanager get-secret-value --region {region} --secret-id PROXY_SECRET_ARN \
             --query SecretString --output text | jq keys",
        ),
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"secretsmanager:GetSecretValue\", \"Resource\": \
             \"PROXY_SECRET_ARN\"}",
        ),
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"kms:Decrypt\", \"Resource\": \"KEY_ARN\"}",
        ),
    ],
};

/// <https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas/issues/108>
pub(in crate::diagnosis) static ALTERNATING_USERS: Advice = Advice {
    engine: None,
    cause: "The proxy's secret rotates between two users, and the proxy knows only the one in its \
            current version.",
    remedy: "Look at the proxy's list. Then use the single-user rotation for its secret, or give \
             each of the two users a secret in the list.",
    commands: &[SHOW_LIST],
};

pub(in crate::diagnosis) static POOLERS_USER: Advice = Advice {
    engine: None,
    cause: "A pooler answers, and this user or tenant is not in its list.",
    remedy: "Add the user to the pooler, write the name as the pooler expects it, or let \
             DB_CONNECT_TO (or DB_HOST) lead straight to the endpoint.",
    commands: &[],
};

pub(in crate::diagnosis) static NO_CREDENTIALS: Entry = Entry {
    meaning: "The proxy does not know this user: it has no usable secret for it.",
    seen: &[
        "This RDS proxy has no credentials for the role app. Check the credentials for this role and try again.",
    ],
    causes: &[&NOT_REGISTERED, &SECRET_UNREADABLE, &ALTERNATING_USERS, &POOLERS_USER],
    transient: false,
};

/// `proxy_has_no_credentials`.
pub(super) fn no_credentials(draft: Draft, reading: &Reading<'_>, facts: &Facts<'_>) -> Draft {
    match reading.author {
        Author::Pooler => draft.only(vec![&POOLERS_USER]),
        Author::Proxy | Author::Database | Author::Unknown => {
            let draft = draft.only(vec![&NOT_REGISTERED, &SECRET_UNREADABLE]);
            // The name of the second user in Secrets Manager's rotation with two users.
            match facts.user().filter(|user| user.as_str().ends_with("_clone")) {
                Some(user) => {
                    let fact = format!("The user's name, \"{user}\", ends in _clone.");
                    draft.observed(&ALTERNATING_USERS, fact)
                }
                None => draft,
            }
        }
    }
}

static LOGIN_BURST: Advice = Advice {
    engine: None,
    cause: "Too many clients log in by IAM at the same time; the rate is limited, and users report \
            that AWS cannot raise it.",
    remedy: "Keep sessions open instead of opening one per request, and spread retries at random.",
    commands: &[],
};

pub(in crate::diagnosis) static IAM_THROTTLED: Entry = Entry {
    meaning: "The proxy did not look at the token: too many IAM logins compete.",
    seen: &[
        "The IAM authentication failed because of too many competing requests.",
        "IAM authentication rate limit exceeded",
    ],
    causes: &[&LOGIN_BURST],
    transient: true,
};
