//! A token that was rejected, by RDS Proxy (`iam_rejected`) or by the database itself
//! (`pam_rejected`). Each has one text for every reason, so the causes are what remains after
//! everything that the function knows is ruled out.
//!
//! `password.rs` has the rules for a password where IAM is required.

use crate::clock::rfc3339_seconds;
use crate::config::{Config, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::placeholder::Placeholder;
use crate::diagnosis::{Advice, Command, Facts};

use super::super::refusal::CLOCK_TOLERANCE;
use super::signed_for::{
    self, CUSTOM_ENDPOINT, NOT_THE_ENDPOINTS_NAME, NOT_THE_ENDPOINTS_PORT, REGION_OF_GLOBAL_WRITER,
    WRONG_REGION,
};

/// Shows which principal the function is.
const WHO_SIGNS: Command = Command::Shell(
    "aws lambda invoke --region FUNCTION_REGION --function-name FUNCTION \
     --cli-binary-format raw-in-base64-out --payload '{\"fresh\": true, \"explain\": true}' \
     report.json && jq . report.json",
);

pub(in crate::diagnosis) static NO_PERMISSION: Advice = Advice {
    engine: None,
    cause: "The IAM principal that signed isn't allowed rds-db:connect as this user on this \
            proxy: no policy allows it, or the policy names the proxy by its name, or names a \
            cluster or instance, instead of the prx- id, or it uses a global condition key, which \
            RDS Proxy doesn't support.",
    remedy: "Look up the proxy's id, the last part of its ARN, which begins with prx-. Then allow \
             the role that signs rds-db:connect on \
             arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --query \
             'DBProxies[].[Endpoint,DBProxyArn]'",
        ),
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
             \"arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}\"}",
        ),
    ],
};

/// The log: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Troubleshooting.html>
pub(in crate::diagnosis) static NO_PERMISSION_ON_CLUSTER: Advice = Advice {
    engine: None,
    cause: "The IAM principal that signed isn't allowed rds-db:connect as this user on this \
            cluster: no policy allows it, or the policy names a proxy's prx- id, an instance's db- \
            id or the cluster's name instead of its resource id, which begins with cluster-, or it \
            uses a condition key, which IAM database authentication doesn't support.",
    remedy: "Look up the cluster's resource id. If the cluster exports the log iam-db-auth-error, \
             read the exact reason there. Then allow the role that signs rds-db:connect on \
             arn:{partition}:rds-db:{region}:{account}:dbuser:cluster-ID/{user}.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --db-cluster-identifier {identifier} \
             --query 'DBClusters[].[DbClusterResourceId,IAMDatabaseAuthenticationEnabled]'",
        ),
        Command::Shell(
            "aws logs tail /aws/rds/cluster/{identifier}/iam-db-auth-error --region {region} \
             --since 15m",
        ),
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
             \"arn:{partition}:rds-db:{region}:{account}:dbuser:cluster-ID/{user}\"}",
        ),
    ],
};

pub(in crate::diagnosis) static NO_PERMISSION_ON_INSTANCE: Advice = Advice {
    engine: None,
    cause: "The IAM principal that signed isn't allowed rds-db:connect as this user on this \
            instance: no policy allows it, or the policy names a proxy's prx- id or the instance's \
            name instead of its resource id, which begins with db- (in Aurora the cluster's, which \
            begins with cluster-), or it uses a condition key, which IAM database authentication \
            doesn't support.",
    remedy: "Look up the instance's resource id, and its cluster if it has one. If the instance \
             exports the log iam-db-auth-error, read the exact reason there. Then allow the role \
             that signs rds-db:connect on \
             arn:{partition}:rds-db:{region}:{account}:dbuser:db-ID/{user} (in Aurora: \
             dbuser:cluster-ID/{user}).",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --db-instance-identifier {identifier} \
             --query \
             'DBInstances[].[DbiResourceId,DBClusterIdentifier,IAMDatabaseAuthenticationEnabled]'",
        ),
        Command::Shell(
            "aws logs tail /aws/rds/instance/{identifier}/iam-db-auth-error --region {region} \
             --since 15m",
        ),
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"rds-db:connect\", \"Resource\": \
             \"arn:{partition}:rds-db:{region}:{account}:dbuser:db-ID/{user}\"}",
        ),
    ],
};

/// <https://repost.aws/knowledge-center/aurora-postgresql-connect-iam>
pub(in crate::diagnosis) static CLUSTER_WITHOUT_IAM: Advice = Advice {
    engine: None,
    cause: "IAM database authentication is disabled on the cluster.",
    remedy: "Check it. If it is off, and no other change is pending that would be applied with it, \
             enable it.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --db-cluster-identifier {identifier} \
             --query 'DBClusters[].[IAMDatabaseAuthenticationEnabled,PendingModifiedValues]'",
        ),
        Command::Shell(
            "aws rds modify-db-cluster --region {region} --db-cluster-identifier {identifier} \
             --enable-iam-database-authentication --apply-immediately",
        ),
    ],
};

/// <https://repost.aws/knowledge-center/aurora-postgresql-connect-iam>
pub(in crate::diagnosis) static INSTANCE_WITHOUT_IAM: Advice = Advice {
    engine: None,
    cause: "IAM database authentication is disabled on the instance (in Aurora: on its cluster).",
    remedy: "Check it. If it is off, and no other change is pending that would be applied with it, \
             enable it; in Aurora by modify-db-cluster on the cluster.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-instances --region {region} --db-instance-identifier {identifier} \
             --query 'DBInstances[].[IAMDatabaseAuthenticationEnabled,DBClusterIdentifier,\
             PendingModifiedValues]'",
        ),
        Command::Shell(
            "aws rds modify-db-instance --region {region} --db-instance-identifier {identifier} \
             --enable-iam-database-authentication --apply-immediately",
        ),
    ],
};

const OTHER_PRINCIPAL: &str =
    "The credentials that signed are another principal's than you mean, or revoked or expired.";

pub(in crate::diagnosis) static WRONG_PRINCIPAL: Advice = Advice {
    engine: None,
    cause: OTHER_PRINCIPAL,
    remedy: "{Ask the function who it is: the report's|See who signs: with --explain and --output \
             json,} explain.principal is the principal that signs. Then check what that role may \
             do.",
    commands: &[
        WHO_SIGNS,
        Command::Shell(
            "aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names \
             rds-db:connect --resource-arns \
             arn:{partition}:rds-db:{region}:{account}:dbuser:{proxy_id}/{user}",
        ),
    ],
};

/// Like [`WRONG_PRINCIPAL`], for a database.
pub(in crate::diagnosis) static WRONG_PRINCIPAL_AT_DATABASE: Advice = Advice {
    engine: None,
    cause: OTHER_PRINCIPAL,
    remedy: "{Ask the function who it is: the report's|See who signs: with --explain and --output \
             json,} explain.principal is the principal that signs. Then check what that role may \
             do; RESOURCE_ID is the cluster's (cluster-…) or the instance's (db-…).",
    commands: &[
        WHO_SIGNS,
        Command::Shell(
            "aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names \
             rds-db:connect --resource-arns \
             arn:{partition}:rds-db:{region}:{account}:dbuser:RESOURCE_ID/{user}",
        ),
    ],
};

pub(in crate::diagnosis) static CLOCK_SKEW: Advice = Advice {
    engine: None,
    cause: "This machine's clock is wrong, so the token is expired or not yet valid.",
    remedy: "Compare the clock of the machine that signs with AWS's, and correct it. (AWS keeps \
             the clock of a Lambda function.)",
    commands: &[
        Command::Shell("date -u"),
        Command::Shell("curl -sI https://sts.{region}.{service_suffix}/ | grep -i '^date'"),
    ],
};

/// A token that RDS Proxy rejected.
pub(super) fn rejected_by_proxy(draft: Draft, facts: &Facts<'_>) -> Draft {
    let draft = draft.only(vec![
        &NO_PERMISSION,
        &NOT_THE_ENDPOINTS_NAME,
        &NOT_THE_ENDPOINTS_PORT,
        &WRONG_REGION,
        &WRONG_PRINCIPAL,
        &CLOCK_SKEW,
    ]);
    let Some(config) = facts.config else { return draft };
    let draft = match facts.resource() {
        Resource::Cluster | Resource::Instance => {
            let host = &config.endpoint.host;
            let fact =
                format!("This is RDS Proxy's answer, and \"{host}\" is not a proxy's endpoint.");
            draft.observed(&NOT_THE_ENDPOINTS_NAME, fact)
        }
        Resource::Proxy | Resource::Unknown => signed_for::name(draft, config),
    };
    let draft = signed_for::region(signed_for::port(draft, config), config, facts);
    keys_and_clock(draft, &WRONG_PRINCIPAL, config, facts)
}

/// A token that the database rejected.
pub(super) fn rejected_by_database(draft: Draft, facts: &Facts<'_>) -> Draft {
    let mut causes: Vec<&'static Advice> = match facts.resource() {
        Resource::Cluster => vec![&NO_PERMISSION_ON_CLUSTER, &CLUSTER_WITHOUT_IAM],
        Resource::Instance => vec![&NO_PERMISSION_ON_INSTANCE, &INSTANCE_WITHOUT_IAM],
        Resource::Proxy | Resource::Unknown => vec![
            &NO_PERMISSION_ON_CLUSTER,
            &NO_PERMISSION_ON_INSTANCE,
            &CLUSTER_WITHOUT_IAM,
            &INSTANCE_WITHOUT_IAM,
        ],
    };
    causes.extend([
        &WRONG_PRINCIPAL_AT_DATABASE,
        &NOT_THE_ENDPOINTS_NAME,
        &CUSTOM_ENDPOINT,
        &NOT_THE_ENDPOINTS_PORT,
        &WRONG_REGION,
        &REGION_OF_GLOBAL_WRITER,
        &CLOCK_SKEW,
    ]);
    let draft = draft.only(causes);
    let Some(config) = facts.config else { return draft };
    let draft = signed_for::port(signed_for::name(draft, config), config);
    keys_and_clock(
        signed_for::region(draft, config, facts),
        &WRONG_PRINCIPAL_AT_DATABASE,
        config,
        facts,
    )
}

/// The key that signed, and how far the server's clock was off when it last answered.
fn keys_and_clock(
    draft: Draft,
    principal: &'static Advice,
    config: &Config,
    facts: &Facts<'_>,
) -> Draft {
    let draft = match facts.login.and_then(|login| login.keys.as_ref()) {
        Some(keys) => {
            let end = keys.end.map(|end| format!("; it expires at {}", rfc3339_seconds(end)));
            let (id, from) = (&keys.id, config.keys.origin());
            let end = end.unwrap_or_default();
            draft.noted(principal, format!("The key that signed is {id}, from {from}{end}."))
        }
        None => draft,
    };
    match facts.server_clock {
        Some(offset) if offset.size() > CLOCK_TOLERANCE => {
            let fact = format!("When it last answered, the server's clock was {offset} this one.");
            draft.observed(&CLOCK_SKEW, fact)
        }
        // It may have been right then and wrong now.
        Some(_) | None => draft,
    }
}

/// What was rejected: the user, endpoint and key that the token was signed with.
pub(super) fn summary(who_rejected: &str, facts: &Facts<'_>) -> String {
    let user = facts.say(Placeholder::User);
    let endpoint = match facts.config.map(|config| &config.endpoint) {
        Some(endpoint) => format!("\"{}:{}\"", endpoint.host, endpoint.port),
        None => "HOST:PORT".to_owned(),
    };
    let region = facts.say(Placeholder::Region);
    let keys = facts.login.and_then(|login| login.keys.as_ref());
    let from = facts.config.map(|config| config.keys.origin()).unwrap_or_default();
    let by = keys.map(|keys| format!(" with the key {} from {from}", keys.id)).unwrap_or_default();
    format!(
        "{who_rejected} rejected the IAM token for the user {user} (just signed for {endpoint} in \
         {region}{by})."
    )
}
