//! Accounts whose policies, roles, secrets or schemes are wrong.

use rds_proxy_probe_cli::inspect::account::{Answer, Decision, Simulated};

use super::case::{
    Case, by_secret, database, own_policy, proxy, proxy_policy, proxy_role, role, secret,
};
use super::right::{DBUSER, KEY, SECRET, allow, entry, policy, target, text};

const CONNECT: &str = "rds-db:connect";
const READ: &str = "secretsmanager:GetSecretValue";

pub(super) const CASES: &[Case] = &[
    Case {
        link: "https://github.com/aws/aws-cdk/issues/12415",
        words: "grantConnect() generates a policy that includes a resource referring to the proxy itself",
        cause: "policy_service",
        change: |account| {
            let arn = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0";
            own_policy(account, &allow(CONNECT, arn));
        },
    },
    Case {
        link: "https://github.com/aws-samples/serverless-patterns/issues/1",
        words: "':dbuser:' - !Ref DBProxy - '/' - !Ref Username",
        cause: "policy_proxy_name",
        change: |account| {
            own_policy(
                account,
                &allow(CONNECT, "arn:aws:rds-db:eu-west-1:123456789012:dbuser:app/app"),
            );
        },
    },
    Case {
        link: "https://github.com/aws/aws-cdk/pull/12416",
        words: "resource: 'dbuser', resourceName: `${proxy.dbProxyName}/test`",
        cause: "policy_proxy_name",
        change: |account| {
            own_policy(account, &allow("rds-db:*", "arn:aws:rds-db:*:123456789012:dbuser:app/*"));
        },
    },
    Case {
        link: "https://github.com/aws/aws-cdk/issues/11851",
        words: "The actual resource produced by grantConnect has the format arn:aws:rds:region:account-id:db:DBInstanceId",
        cause: "policy_service",
        change: |account| {
            own_policy(account, &allow(CONNECT, "arn:aws:rds:eu-west-1:123456789012:db:main-1"));
        },
    },
    Case {
        link: "https://github.com/awsdocs/amazon-rds-user-guide/issues/36",
        words: "Notice rds vs rds-db and dbuser vs db",
        cause: "policy_service",
        change: |account| {
            own_policy(
                account,
                &allow(CONNECT, "arn:aws:rds:eu-west-1:123456789012:db:main-1/app"),
            );
        },
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds-aurora/issues/139",
        words: "dbuser:db-ABCDEFGHIJKL01234/db_user; the cluster resource ID is the correct thing to use",
        cause: "policy_database_id",
        change: |account| {
            own_policy(
                account,
                &allow(
                    CONNECT,
                    "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/app",
                ),
            );
        },
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds/issues/212",
        words: "the resource id is used in an IAM policy to provide iam authentication to assumed roles",
        cause: "policy_database_id",
        change: |account| {
            own_policy(
                account,
                &allow(
                    CONNECT,
                    "arn:aws:rds-db:eu-west-1:123456789012:dbuser:cluster-ABCDEFGHIJKL/app",
                ),
            );
        },
    },
    Case {
        link: "https://github.com/aws/amazon-ecs-agent/issues/1604",
        words: "When I attach this policy to the execution role, permission to connect is denied",
        cause: "policy_missing",
        change: |account| role(account).policies = Answer::Known(vec![]),
    },
    Case {
        link: "https://github.com/jkehler/awslambda-psycopg2/issues/41",
        words: "the role has AmazonRDSFullAccess permission, any other permission I should grant?",
        cause: "policy_action",
        change: |account| {
            own_policy(
                account,
                r#"{"Effect": "Allow", "Action": ["rds:*", "cloudwatch:*"], "Resource": "*"}"#,
            );
        },
    },
    Case {
        link: "https://github.com/gravitational/teleport/issues/43829",
        words: "a permissions boundary that limits, but does not grant, permissions",
        cause: "policy_missing",
        change: |account| {
            let boundary = policy("boundary", &allow(CONNECT, "*")).document;
            role(account).boundary = Answer::Known(boundary);
            role(account).policies = Answer::Known(vec![]);
        },
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds-aurora/issues/115",
        words: "my AWS account uses permissions boundaries, so any new role must set these",
        cause: "policy_boundary",
        change: |account| {
            let boundary = policy("boundary", &allow("logs:*", "*")).document;
            role(account).boundary = Answer::Known(boundary);
        },
    },
    Case {
        link: "https://github.com/awslabs/aws-well-architected-labs/issues/854",
        words: "with an explicit deny in a service control policy, which allows only some regions",
        cause: "policy_organization",
        change: |account| {
            role(account).simulated = vec![Simulated {
                action: text(CONNECT),
                resource: text(DBUSER),
                decision: Decision::Denied,
                boundary_allows: None,
                organization_allows: Some(false),
                missing_keys: vec![],
            }];
        },
    },
    Case {
        link: "https://github.com/aws/aws-cdk/issues/28847",
        words: "it lacks access to kms:Decrypt the secret using the encrypted key",
        cause: "proxy_role_key",
        change: |account| proxy_policy(account, &allow(READ, SECRET)),
    },
    Case {
        link: "https://github.com/aws/aws-cdk/pull/28858",
        words: "Credentials couldn't be retrieved. The IAM role is not authorized to read the secret",
        cause: "proxy_role_key",
        change: |account| {
            proxy_policy(account, &allow(READ, SECRET));
            let failed = target("READ_WRITE", "UNAVAILABLE", Some("AUTH_FAILURE"));
            account.targets = Answer::Known(vec![failed]);
        },
    },
    Case {
        link: "https://github.com/gravitational/teleport/issues/24367",
        words: "kms:ViaService is secretsmanager.us-east-2.amazonaws.com, the secret is in us-west-1",
        cause: "proxy_role_key",
        change: |account| {
            let decrypt = r#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition":
                {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-2.amazonaws.com"}}}"#;
            proxy_policy(account, &format!("{}, {decrypt}", allow(READ, SECRET)));
        },
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds-proxy/issues/18",
        words: "an IAM policy is referencing a secret id instead of the arn",
        cause: "proxy_role_secret",
        change: |account| {
            proxy_policy(
                account,
                &format!("{}, {}", allow(READ, "app"), allow("kms:Decrypt", KEY)),
            );
        },
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds-proxy/issues/8",
        words: "Previously I was using the secret I created in the other place",
        cause: "proxy_role_secret",
        change: |account| {
            let other = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-GhIjKl";
            proxy_policy(
                account,
                &format!("{}, {}", allow(READ, other), allow("kms:Decrypt", KEY)),
            );
        },
    },
    Case {
        link: "https://github.com/aws/aws-secretsmanager-jdbc/issues/222",
        words: "This RDS proxy has no credentials for the role. Check the credentials for this role and try again.",
        cause: "user_not_registered",
        change: |account| proxy(account).auth = vec![entry("postgres", "REQUIRED")],
    },
    Case {
        link: "https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas/issues/108",
        words: "alternating users: the proxy has no credentials for the role app_clone",
        cause: "user_not_registered",
        change: |account| account.question.user = text("app_clone"),
    },
    Case {
        link: "https://github.com/terraform-aws-modules/terraform-aws-rds-proxy/issues/16",
        words: "iam_auth is set proxy wide: you can't break down users into IAM and non IAM",
        cause: "iam_not_required",
        change: |account| proxy(account).auth = vec![entry("app", "DISABLED")],
    },
    Case {
        link: "https://github.com/cds-snc/notification-terraform/pull/283",
        words: "Disabled IAM auth with RDS proxy connections: the applications send passwords",
        cause: "iam_required",
        change: |account| {
            by_secret(account);
            proxy(account).auth = vec![entry("app", "REQUIRED")];
        },
    },
    Case {
        link: "https://github.com/hashicorp/terraform-provider-aws/issues/44298",
        words: "an alert reminds you to enable IAM database authentication for the databases in the target group",
        cause: "database_iam_off",
        change: |account| {
            end_to_end(account);
            database(account).has_iam = false;
        },
    },
    Case {
        link: "https://github.com/hashicorp/terraform-provider-aws/pull/44309",
        words: "default_auth_scheme IAM_AUTH, the auth block is not required; the role has no policy for it",
        cause: "proxy_role_connect",
        change: |account| {
            end_to_end(account);
            proxy_policy(account, &allow(READ, SECRET));
        },
    },
    Case {
        link: "https://github.com/aws/aws-cdk/pull/35635",
        words: "When using IAM authentication without secrets, you must specify a dbUser in grantConnect()",
        cause: "policy_user",
        change: |account| {
            end_to_end(account);
            let other = DBUSER.replace("/app", "/admin");
            own_policy(account, &allow(CONNECT, &other));
        },
    },
    Case {
        link: "https://github.com/ministryofjustice/modernisation-platform-environments/pull/16953",
        words: "we manually add the correct json once the secret has been made",
        cause: "secret_empty",
        change: |account| secret(account).has_value = false,
    },
    Case {
        link: "https://github.com/awsdocs/amazon-rds-user-guide/pull/108",
        words: "the trust relationship of the proxy's role names another service than rds",
        cause: "proxy_trust",
        change: |account| {
            proxy_role(account).trust = Answer::Known(super::right::trust("lambda.amazonaws.com"));
        },
    },
];

/// The proxy logs in by IAM too.
pub(super) fn end_to_end(account: &mut rds_proxy_probe_cli::inspect::account::Account) {
    proxy(account).default_auth_scheme = Some(text("IAM_AUTH"));
    proxy(account).auth = vec![];
    let arn = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:cluster-ABCDEFGHIJKL/app";
    proxy_policy(account, &allow(CONNECT, arn));
}
