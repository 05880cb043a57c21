//! The sentences about why AWS STS does not give the keys of `DB_ASSUME_ROLE_ARN`.
//!
//! Both sides must allow it: the principal's own policies and the role's trust policy
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>).
//! STS gives the same answer for a role that does not exist.

use super::super::refusal::{
    CLOCK_OFF, KEY_VARIABLES, KEYS_UNKNOWN, NOT_SENT, REGION_DISABLED, SERVICE_FAULT,
    SIGNATURE_MALFORMED, SIGNATURE_WRONG, STS_CUT_OFF, STS_FOREIGN, STS_UNREACHABLE, STS_UNTRUSTED,
    THROTTLED,
};
use crate::diagnosis::{Advice, Command, Entry};

const SHOW_TRUST_POLICY: Command = Command::Shell(
    "aws iam get-role --role-name {role_name} --query Role.AssumeRolePolicyDocument",
);

pub(super) static PRINCIPAL_NOT_ALLOWED: Advice = Advice {
    engine: None,
    cause: "No policy of the principal that asks, {here}'s own role, allows it to assume the \
            role.",
    remedy: "Allow sts:AssumeRole on {role} in a policy of {here}'s execution role. The \
             evidence names the principal that asked.",
    commands: &[Command::Policy(
        "{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Resource\": \"{role}\"}",
    )],
};

pub(super) static ROLE_DOES_NOT_TRUST: Advice = Advice {
    engine: None,
    cause: "The role does not exist, or its trust policy does not name the principal that asks, or \
            asks for another external id.",
    remedy: "Look at the role's trust policy, from a terminal with credentials for the role's \
             account. It must allow sts:AssumeRole to {here}'s role, as the statement does; if it \
             has a condition on sts:ExternalId, set DB_ASSUME_ROLE_EXTERNAL_ID to that value.",
    commands: &[
        SHOW_TRUST_POLICY,
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"FUNCTION_ROLE_ARN\"}, \
             \"Action\": \"sts:AssumeRole\"}",
        ),
    ],
};

pub(super) static ROLE_EXPLICITLY_DENIED: Advice = Advice {
    engine: None,
    cause: "A policy denies it explicitly, and no other policy can override that.",
    remedy: "Find the Deny statement in the kind of policy that the evidence names, and exempt \
             {here}'s role from it. An identity-based policy and a permissions boundary are the \
             role's own, a resource-based policy is the trust policy of {role}, and service and \
             resource control policies are your organization's: ask its administrators.",
    commands: &[
        Command::Shell("aws iam list-attached-role-policies --role-name FUNCTION_ROLE_NAME"),
        SHOW_TRUST_POLICY,
    ],
};

pub(super) static ROLE_OUT_OF_BOUNDS: Advice = Advice {
    engine: None,
    cause: "A policy that bounds all others does not allow it: the evidence names its kind.",
    remedy: "Add sts:AssumeRole on {role} to that policy: a permissions boundary is set on \
             {here}'s role, a session policy when the session is started, and service and \
             resource control policies are your organization's: ask its administrators.",
    commands: &[Command::Shell(
        "aws iam get-role --role-name FUNCTION_ROLE_NAME --query Role.PermissionsBoundary",
    )],
};

pub(in crate::diagnosis) static ROLE_DENIED: Entry = Entry {
    meaning: "AWS STS answered, and does not allow {here} to assume the role.",
    seen: &["is not authorized to perform: sts:AssumeRole on resource"],
    causes: &[
        &PRINCIPAL_NOT_ALLOWED,
        &ROLE_DOES_NOT_TRUST,
        &ROLE_EXPLICITLY_DENIED,
        &ROLE_OUT_OF_BOUNDS,
    ],
    transient: false,
};

pub(super) static ROLE_REQUEST_INVALID: Advice = Advice {
    engine: None,
    cause: "AWS STS rejected the request as it stands; the summary has its words.",
    remedy: "Compare DB_ASSUME_ROLE_ARN and DB_ASSUME_ROLE_EXTERNAL_ID with the role, from a \
             terminal with credentials for the role's account. {here} asks for one hour, \
             which every role allows.",
    commands: &[
        Command::Shell(
            "aws iam get-role --role-name {role_name} --query 'Role.[Arn,MaxSessionDuration]'",
        ),
        SHOW_TRUST_POLICY,
    ],
};

pub(in crate::diagnosis) static ROLE_FAILED: Entry = Entry {
    meaning: "Couldn't get the role's keys, and no policy denied them: the summary has the words \
              of AWS STS, or of the client if nothing answered.",
    seen: &[
        "InvalidClientTokenId: The security token included in the request is invalid.",
        "SignatureDoesNotMatch: Signature expired",
        "RegionDisabledException: STS is not activated in this region for account",
    ],
    causes: &[
        &CLOCK_OFF,
        &KEY_VARIABLES,
        &KEYS_UNKNOWN,
        &SIGNATURE_WRONG,
        &SIGNATURE_MALFORMED,
        &REGION_DISABLED,
        &ROLE_REQUEST_INVALID,
        &THROTTLED,
        &SERVICE_FAULT,
        &STS_FOREIGN,
        &STS_UNTRUSTED,
        &STS_CUT_OFF,
        &STS_UNREACHABLE,
        &NOT_SENT,
    ],
    transient: false,
};
