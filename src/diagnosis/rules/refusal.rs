//! What AWS's refusals mean, for every service: a wrong clock, keys, a region, throttling, and answers
//! that are not AWS's. Denials differ by service and are in `credentials` and `secret`.
//!
//! The network is a cause only if there was no connection to the service.

use std::time::Duration;

use super::super::{Advice, Command};
use crate::token::{AwsRefusal, RefusalKind};

/// The service that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Service {
    /// AWS STS, for a role's keys.
    Sts,
    /// AWS Secrets Manager.
    SecretsManager,
}

pub(super) static CLOCK_OFF: Advice = Advice {
    engine: None,
    cause: "This machine's clock is wrong, so AWS rejects what it signs.",
    remedy: "Compare this machine's time with AWS's by the commands. If they differ, turn on time \
             synchronization on the machine that runs the probe; in WSL or a virtual machine that \
             was suspended, restart it. AWS keeps Lambda's clock right.",
    commands: &[
        Command::Shell("date -u"),
        Command::Shell("curl -sI https://sts.{region}.{service_suffix} | grep -i '^date'"),
    ],
};

pub(super) static KEYS_UNKNOWN: Advice = Advice {
    engine: None,
    cause: "AWS does not know the access key: it was deleted or deactivated, is mistyped or of \
            another partition, or is a temporary key without its AWS_SESSION_TOKEN.",
    remedy: "Look the key up from a terminal whose own credentials work: the first command tells \
             its account, the second whether it is active. Then set all variables of a key that \
             is active. In a region that must be opted into, enable the region for the account \
             that the keys belong to.",
    commands: &[
        Command::Shell("aws sts get-access-key-info --access-key-id ACCESS_KEY_ID"),
        Command::Shell("aws iam list-access-keys --user-name IAM_USER"),
    ],
};

pub(super) static SIGNATURE_WRONG: Advice = Advice {
    engine: None,
    cause: "The secret access key or the session token does not belong to the access key id.",
    remedy: "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN together, from one \
             source, without blanks or quotes around them. On a machine with a profile that works, \
             the command prints all of them.",
    commands: &[EXPORT_KEYS],
};

pub(super) static KEY_VARIABLES: Advice = Advice {
    engine: None,
    cause: "The environment variables with the AWS keys are misnamed, incomplete or damaged.",
    remedy: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and for temporary keys \
             AWS_SESSION_TOKEN, under exactly these names, without blanks, line ends or quotes \
             around the values; docker's --env-file keeps quotes. On a machine with a profile that \
             works, the command prints all of them.",
    commands: &[EXPORT_KEYS],
};

const EXPORT_KEYS: Command =
    Command::Shell("aws configure export-credentials --profile PROFILE --format env");

pub(super) static SIGNATURE_MALFORMED: Advice = Advice {
    engine: None,
    cause: "The request's signature cannot be read: the keys have characters that do not belong \
            to them, or a web proxy on the way removes the request's headers.",
    remedy: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for blanks, \
             quotes and line ends; the command prints an x for each character that may be in a \
             key, and $ at a line's end. Exempt AWS's hosts from the web proxy if there is one.",
    commands: &[SHOW_ODD_CHARACTERS],
};

/// Prints an `x` for every character that may be in a key, and all others unchanged.
const SHOW_ODD_CHARACTERS: Command = Command::Shell(
    "printenv AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN \
     | tr 'A-Za-z0-9+/=' '[x*]' | cat -A",
);

pub(super) static REGION_DISABLED: Advice = Advice {
    engine: None,
    cause: "The region is not enabled for the account that the keys belong to, or AWS STS is \
            deactivated in it.",
    remedy: "Look at the region's status in that account, and enable the region if it is disabled. \
             Activate AWS STS for the region in the IAM console, under Account settings.",
    commands: &[
        Command::Shell("aws account get-region-opt-status --region-name {region}"),
        Command::Shell("aws account enable-region --region-name {region}"),
    ],
};

pub(super) static THROTTLED: Advice = Advice {
    engine: None,
    cause: "AWS throttles the account's calls to this service.",
    remedy: "Try again, after a longer and random pause. If it stays, start fewer \
             functions at the same time: keys and a secret are read once in an execution \
             environment.",
    commands: &[],
};

pub(super) static SERVICE_FAULT: Advice = Advice {
    engine: None,
    cause: "The service answered that it has a fault.",
    remedy: "Try again. If it stays, look at the AWS Health Dashboard, \
             https://health.aws.amazon.com/health/status, and, if a web proxy is on the way, at \
             its log.",
    commands: &[],
};

const NOT_AWS: &str = "What answered is not AWS: a web proxy, a firewall, a captive portal, or a \
                       server that a variable AWS_ENDPOINT_URL leads to.";
const NOT_AWS_REMEDY: &str = "Look for such a variable, and check which server answers, from the \
                              place where the probe runs. Unset the variable, or exempt AWS's hosts from the \
                              proxy. {here} does not use HTTPS_PROXY.";
const SHOW_ENDPOINTS: Command = Command::Shell("env | grep '^AWS_ENDPOINT_URL'");

pub(super) static STS_FOREIGN: Advice = Advice {
    engine: None,
    cause: NOT_AWS,
    remedy: NOT_AWS_REMEDY,
    commands: &[SHOW_ENDPOINTS, Command::Shell("curl -si https://sts.{region}.{service_suffix}")],
};

pub(super) static SECRETS_FOREIGN: Advice = Advice {
    engine: None,
    cause: NOT_AWS,
    remedy: NOT_AWS_REMEDY,
    commands: &[
        SHOW_ENDPOINTS,
        Command::Shell("curl -si https://secretsmanager.{secret_region}.{service_suffix}"),
    ],
};

const INTERCEPTED: &str = "What answered has a certificate that this machine does not trust: a \
                           web proxy that inspects TLS, or a machine without root certificates.";
const INTERCEPTED_REMEDY: &str = "Look at the certificate's issuer, from the place where the probe runs. Exempt AWS's hosts \
     from inspection, or install the proxy's CA in the system's trust store (SSL_CERT_FILE names \
     another one).";

pub(super) static STS_UNTRUSTED: Advice = Advice {
    engine: None,
    cause: INTERCEPTED,
    remedy: INTERCEPTED_REMEDY,
    commands: &[Command::Shell(
        "openssl s_client -connect sts.{region}.{service_suffix}:443 \
         -servername sts.{region}.{service_suffix} </dev/null | openssl x509 -noout -issuer -dates",
    )],
};

pub(super) static SECRETS_UNTRUSTED: Advice = Advice {
    engine: None,
    cause: INTERCEPTED,
    remedy: INTERCEPTED_REMEDY,
    commands: &[Command::Shell(
        "openssl s_client -connect secretsmanager.{secret_region}.{service_suffix}:443 \
         -servername secretsmanager.{secret_region}.{service_suffix} </dev/null \
         | openssl x509 -noout -issuer -dates",
    )],
};

const CUT_OFF: &str = "Something took the connection and then closed it or was silent: a firewall \
                       that filters HTTPS by host name, a web proxy, or a server that a variable \
                       AWS_ENDPOINT_URL leads to.";
const CUT_OFF_REMEDY: &str = "Try again. If it stays, look for such a variable, and at where the \
                              conversation ends, from the place where the probe runs. Unset the \
                              variable, or allow HTTPS to AWS's hosts in the firewall.";

pub(super) static STS_CUT_OFF: Advice = Advice {
    engine: None,
    cause: CUT_OFF,
    remedy: CUT_OFF_REMEDY,
    commands: &[SHOW_ENDPOINTS, Command::Shell("curl -sv https://sts.{region}.{service_suffix}")],
};

pub(super) static SECRETS_CUT_OFF: Advice = Advice {
    engine: None,
    cause: CUT_OFF,
    remedy: CUT_OFF_REMEDY,
    commands: &[
        SHOW_ENDPOINTS,
        Command::Shell("curl -sv https://secretsmanager.{secret_region}.{service_suffix}"),
    ],
};

const LOOK_FOR_ENDPOINTS: Command = Command::Shell(
    "aws ec2 describe-vpc-endpoints --region {region} --filters Name=vpc-id,Values=VPC_ID \
     --query 'VpcEndpoints[].[ServiceName,State,PrivateDnsEnabled,Groups[].GroupId]'",
);

/// Service names have other prefixes in some regions, such as China's, and not for every service
/// there, so they are looked up.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>
const CREATE_ENDPOINT: Command = Command::Shell(
    "aws ec2 create-vpc-endpoint --region {region} --vpc-id VPC_ID --vpc-endpoint-type Interface \
     --service-name SERVICE_NAME --subnet-ids SUBNET_ID --security-group-ids SECURITY_GROUP_ID",
);

pub(super) static STS_UNREACHABLE: Advice = Advice {
    engine: None,
    cause: "AWS STS is unreachable from here: subnets without a NAT gateway and without an \
            interface endpoint for it, an endpoint whose security group does not allow port 443, \
            or a network that allows only a web proxy, which {here} does not use.",
    remedy: "Look at the VPC's endpoints first: STS needs one with private DNS whose security \
             group allows port 443 from {here}'s. If there is none, look up the service's \
             name and create one, or route the subnets through a NAT gateway; both cost money. \
             Outside AWS, allow HTTPS to sts.{region}.{service_suffix}.",
    commands: &[
        LOOK_FOR_ENDPOINTS,
        Command::Shell(
            "aws ec2 describe-vpc-endpoint-services --region {region} \
             --query 'ServiceNames[?ends_with(@,`\".sts\"`)]' --output text",
        ),
        CREATE_ENDPOINT,
    ],
};

pub(super) static SECRETS_UNREACHABLE: Advice = Advice {
    engine: None,
    cause: "AWS Secrets Manager is unreachable from here: subnets without a NAT gateway and \
            without an interface endpoint for it, an endpoint whose security group does not allow \
            port 443, or a secret of another region, which an endpoint does not lead to.",
    remedy: "Look at the VPC's endpoints first: Secrets Manager needs one with private DNS whose \
             security group allows port 443 from {here}'s. If there is none, look up the \
             service's name and create one, or route the subnets through a NAT gateway; both cost \
             money. Outside AWS, allow HTTPS to secretsmanager.{secret_region}.{service_suffix}.",
    commands: &[
        LOOK_FOR_ENDPOINTS,
        Command::Shell(
            "aws ec2 describe-vpc-endpoint-services --region {region} \
             --query 'ServiceNames[?ends_with(@,`\".secretsmanager\"`)]' --output text",
        ),
        CREATE_ENDPOINT,
    ],
};

pub(super) static NOT_SENT: Advice = Advice {
    engine: None,
    cause: "The request could not be made: the keys have characters that cannot be sent, or a \
            variable AWS_ENDPOINT_URL is not a URL.",
    remedy: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for blanks, \
             quotes and line ends; the first command prints an x for each character that may be in \
             a key, and $ at a line's end. Unset AWS_ENDPOINT_URL unless you mean it.",
    commands: &[SHOW_ODD_CHARACTERS, SHOW_ENDPOINTS],
};

/// How wrong a clock may be before AWS rejects its signatures: five minutes. RDS Proxy's tolerance
/// is not documented.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
pub(in super::super) const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// The cause of a refusal that is the same for every service; `None` if it depends on the call.
pub(in super::super) fn common(kind: RefusalKind, service: Service) -> Option<&'static Advice> {
    let by_service = |sts, secrets_manager| match service {
        Service::Sts => sts,
        Service::SecretsManager => secrets_manager,
    };
    match kind {
        RefusalKind::ClockSkewed => Some(&CLOCK_OFF),
        RefusalKind::KeysUnknown => Some(&KEYS_UNKNOWN),
        RefusalKind::SignatureWrong => Some(&SIGNATURE_WRONG),
        RefusalKind::SignatureMalformed => Some(&SIGNATURE_MALFORMED),
        RefusalKind::RegionDisabled => Some(&REGION_DISABLED),
        RefusalKind::Throttled => Some(&THROTTLED),
        RefusalKind::ServiceFault => Some(&SERVICE_FAULT),
        RefusalKind::Foreign => Some(by_service(&STS_FOREIGN, &SECRETS_FOREIGN)),
        RefusalKind::Untrusted => Some(by_service(&STS_UNTRUSTED, &SECRETS_UNTRUSTED)),
        RefusalKind::Disconnected => Some(by_service(&STS_CUT_OFF, &SECRETS_CUT_OFF)),
        RefusalKind::Unanswered => Some(by_service(&STS_UNREACHABLE, &SECRETS_UNREACHABLE)),
        RefusalKind::NotSent => Some(&NOT_SENT),
        RefusalKind::Denied
        | RefusalKind::ExplicitlyDenied
        | RefusalKind::Expired
        | RefusalKind::IdentityTokenRejected
        | RefusalKind::KeyDenied
        | RefusalKind::Decryption
        | RefusalKind::KeyNotShared
        | RefusalKind::NotFound
        | RefusalKind::Deleted
        | RefusalKind::Invalid
        | RefusalKind::Other => None,
    }
}

/// AWS's message, and by how much the clocks differ if that may matter.
pub(in super::super) fn said(refusal: &AwsRefusal) -> String {
    let words = refusal.to_string();
    match refusal.clock() {
        Some(offset)
            if refusal.kind() == RefusalKind::ClockSkewed || offset.size() > CLOCK_TOLERANCE =>
        {
            let words = words.trim_end_matches('.');
            format!("{words}. Its clock is {offset} this machine's.")
        }
        Some(_) | None => words,
    }
}
