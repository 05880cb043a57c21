//! The sentences about where keys come from, and how that fails.
//!
//! The order of the providers: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.

use super::super::refusal::{
    CLOCK_OFF, KEY_VARIABLES, KEYS_UNKNOWN, NOT_SENT, REGION_DISABLED, SERVICE_FAULT,
    SIGNATURE_MALFORMED, SIGNATURE_WRONG, STS_CUT_OFF, STS_FOREIGN, STS_UNREACHABLE, STS_UNTRUSTED,
    THROTTLED,
};
use crate::diagnosis::{Advice, Command, Entry};

/// Prints the keys of a profile: the same lookup, by the AWS CLI.
const EXPORT_PROFILE: Command =
    Command::Shell("aws configure export-credentials --profile {profile} --format env");
const LIST_PROFILES: Command = Command::Shell("aws configure list-profiles");

pub(super) static NO_KEYS: Advice = Advice {
    engine: None,
    cause: "Nothing that the SDK looks at has AWS credentials: the environment, the profile, a web \
            identity, a container, an EC2 instance.",
    remedy: "Give the function an execution role on Lambda, which then sets the keys itself. On \
             your own machine, log in with the command, or start the emulator and export the \
             variables that it prints.",
    commands: &[Command::Shell("aws sso login --profile PROFILE && export AWS_PROFILE=PROFILE")],
};

pub(super) static PROFILE_UNDEFINED: Advice = Advice {
    engine: None,
    cause: "The profile does not exist in the config and credentials files of this machine's user.",
    remedy: "Set AWS_PROFILE to one of the profiles that the command lists, or unset it. Files \
             elsewhere are read if AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name them; a \
             container has files only if they are mounted.",
    commands: &[LIST_PROFILES],
};

pub(super) static PROFILE_INCOMPLETE: Advice = Advice {
    engine: None,
    cause: "The profile exists, but has no complete settings for credentials.",
    remedy: "Look at what the profile has, and complete it; keys need both aws_access_key_id and \
             aws_secret_access_key.",
    commands: &[Command::Shell("aws configure list --profile {profile}")],
};

pub(super) static PROFILES_UNREADABLE: Advice = Advice {
    engine: None,
    cause: "The config or the credentials file cannot be read as profiles.",
    remedy: "Correct the line that the evidence names. The files are ~/.aws/config and \
             ~/.aws/credentials, unless AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name \
             others.",
    commands: &[LIST_PROFILES],
};

pub(super) static SSO_SESSION: Advice = Advice {
    engine: None,
    cause: "The profile's AWS SSO session has expired, or was never started on this machine.",
    remedy: "Log in with the command and probe again. In a container, the folder ~/.aws/sso/cache \
             has to be mounted, writable, for the same HOME.",
    commands: &[Command::Shell("aws sso login --profile {profile}")],
};

pub(super) static SSO_DENIED: Advice = Advice {
    engine: None,
    cause: "IAM Identity Center does not give the profile's user this role in this account.",
    remedy: "Compare sso_account_id and sso_role_name with what the user may choose in the AWS \
             access portal, and ask for the assignment if it is missing.",
    commands: &[Command::Shell("aws configure list --profile {profile}")],
};

pub(super) static SSO_UNREACHABLE: Advice = Advice {
    engine: None,
    cause: "IAM Identity Center is unreachable from here: its endpoints are on the internet.",
    remedy: "Allow HTTPS to portal.sso.SSO_REGION.{service_suffix} and \
             oidc.SSO_REGION.{service_suffix}. {here} does not use HTTPS_PROXY. Or export the \
             keys with the command where it works, and set them as variables.",
    commands: &[EXPORT_PROFILE],
};

pub(super) static PROCESS_FAILED: Advice = Advice {
    engine: None,
    cause: "The profile's credential_process did not print credentials.",
    remedy: "Run the same lookup with the AWS CLI, from the place where the probe runs; it starts \
             the same command. Log in again with the tool that the command belongs to.",
    commands: &[
        Command::Shell("aws configure get credential_process --profile {profile}"),
        EXPORT_PROFILE,
    ],
};

pub(super) static CONSOLE_SESSION: Advice = Advice {
    engine: None,
    cause: "The profile takes its keys from a console session (aws login), which {here} \
            cannot read.",
    remedy: "Export the keys with the AWS CLI, and set what it prints as variables.",
    commands: &[EXPORT_PROFILE],
};

pub(super) static PROFILE_ROLE: Advice = Advice {
    engine: None,
    cause: "The profile's role_arn could not be assumed with the keys of its source.",
    remedy: "Run the same lookup with the AWS CLI. The source's principal needs sts:AssumeRole \
             on the role, and the role's trust policy must allow the principal.",
    commands: &[EXPORT_PROFILE, Command::Shell("aws configure list --profile {profile}")],
};

pub(super) static WEB_IDENTITY: Advice = Advice {
    engine: None,
    cause: "The web identity token could not be exchanged for a role's keys: its file is missing \
            or old, or the role's trust policy does not name its issuer, audience and subject.",
    remedy: "Check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN in the pod. In EKS, the service \
             account's annotation names the role, and the role's trust policy must have the \
             cluster's OIDC provider and system:serviceaccount:NAMESPACE:NAME.",
    commands: &[
        Command::Shell("kubectl describe serviceaccount --namespace NAMESPACE NAME"),
        Command::Shell(
            "aws iam get-role --role-name ROLE_NAME --query Role.AssumeRolePolicyDocument",
        ),
    ],
};

pub(super) static CONTAINER: Advice = Advice {
    engine: None,
    cause: "The container's credentials endpoint, which AWS_CONTAINER_CREDENTIALS_FULL_URI or \
            AWS_CONTAINER_CREDENTIALS_RELATIVE_URI names, gave no credentials.",
    remedy: "Unset the variable if this is no container. In ECS, give the task a task role; in \
             EKS, check that the Pod Identity agent runs and the service account has an \
             association. AWS_CONTAINER_AUTHORIZATION_TOKEN or its file must be the agent's own.",
    commands: &[
        Command::Shell("env | grep '^AWS_CONTAINER_' | sed 's/TOKEN=.*/TOKEN is set/'"),
        Command::Shell(
            "aws ecs describe-task-definition --region {region} --task-definition TASK \
             --query taskDefinition.taskRoleArn",
        ),
        Command::Shell(
            "aws eks list-pod-identity-associations --region {region} --cluster-name CLUSTER",
        ),
    ],
};

pub(super) static INSTANCE: Advice = Advice {
    engine: None,
    cause: "If this is an EC2 instance: its metadata service has no role's keys to give.",
    remedy: "Look whether the instance has an instance profile, and attach one with a role if it \
             has none. A container on the instance needs a hop limit of 2. On any other machine, \
             set keys or a profile.",
    commands: &[Command::Shell(
        "aws ec2 describe-instances --region REGION --instance-ids INSTANCE_ID \
         --query 'Reservations[].Instances[].[IamInstanceProfile.Arn,MetadataOptions]'",
    )],
};

pub(super) static KEYS_MALFORMED: Advice = Advice {
    engine: None,
    cause: "The keys are damaged where they are kept: a file, a command or a service that adds \
            blanks, line ends or quotes, or leaves the session token out.",
    remedy: "Correct the keys at the source that the summary names. A profile needs \
             aws_access_key_id, aws_secret_access_key and, for temporary keys, aws_session_token, \
             each without quotes. The AWS CLI reads the same source: the command shows what it \
             finds there, cut short.",
    commands: &[Command::Shell("aws configure list --profile {profile}")],
};

pub(in crate::diagnosis) static MALFORMED: Entry = Entry {
    meaning: "There are keys, but no AWS service can accept them. Nothing was signed with them.",
    seen: &[
        "The security token included in the request is invalid",
        "The request signature we calculated does not match the signature you provided",
    ],
    causes: &[&KEY_VARIABLES, &KEYS_MALFORMED],
    transient: false,
};

pub(in crate::diagnosis) static MISSING: Entry = Entry {
    meaning: "There are no keys to sign a token with, or to read a secret with.",
    seen: &["the credential provider was not enabled", "Unable to locate credentials"],
    causes: &[
        &KEY_VARIABLES,
        &PROFILE_UNDEFINED,
        &PROFILE_INCOMPLETE,
        &PROFILES_UNREADABLE,
        &PROCESS_FAILED,
        &PROFILE_ROLE,
        &CONSOLE_SESSION,
        &SSO_DENIED,
        &SSO_UNREACHABLE,
        &WEB_IDENTITY,
        &CONTAINER,
        &CLOCK_OFF,
        &KEYS_UNKNOWN,
        &SIGNATURE_WRONG,
        &SIGNATURE_MALFORMED,
        &REGION_DISABLED,
        &THROTTLED,
        &SERVICE_FAULT,
        &STS_FOREIGN,
        &STS_UNTRUSTED,
        &STS_CUT_OFF,
        &STS_UNREACHABLE,
        &NOT_SENT,
        &NO_KEYS,
        &INSTANCE,
    ],
    transient: false,
};

pub(in crate::diagnosis) static ENDED: Advice = Advice {
    engine: None,
    cause: "The keys are temporary and have expired.",
    remedy: "Get new keys the way you got these, for instance with the command. If you replaced \
             them by hand, unset AWS_CREDENTIAL_EXPIRATION, which still has the old date. Lambda \
             renews a function's keys itself.",
    commands: &[Command::Shell("aws sso login --profile PROFILE")],
};

pub(in crate::diagnosis) static EXPIRED: Entry = Entry {
    meaning: "The keys, or the session that they come from, expired before they could be used. \
              Nothing was sent to the database.",
    seen: &["ExpiredToken", "The security token included in the request is expired"],
    causes: &[&ENDED, &SSO_SESSION, &WEB_IDENTITY],
    transient: false,
};

pub(super) static PROVIDER_SILENT: Advice = Advice {
    engine: None,
    cause: "A provider of the keys does not answer: the command of a profile, a container's \
            credentials endpoint, or an instance's metadata service.",
    remedy: "Run the same lookup with the AWS CLI, from the place where the probe runs. Unset \
             variables of providers that you do not mean, such as AWS_PROFILE and \
             AWS_CONTAINER_CREDENTIALS_FULL_URI.",
    commands: &[
        Command::Shell("env | grep '^AWS_' | sed 's/=.*/ is set/'"),
        Command::Shell("aws configure list"),
    ],
};

pub(in crate::diagnosis) static TIMEOUT: Entry = Entry {
    meaning: "The keys did not arrive in time.",
    seen: &["credentials provider timed out after"],
    causes: &[
        &STS_UNREACHABLE,
        &STS_CUT_OFF,
        &SSO_UNREACHABLE,
        &CONTAINER,
        &PROCESS_FAILED,
        &PROVIDER_SILENT,
    ],
    transient: true,
};
