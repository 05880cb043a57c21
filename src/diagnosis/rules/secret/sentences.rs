//! The sentences about why a secret gives no login.
//!
//! No command here replaces a secret's value without keeping its other keys.

use super::super::refusal::{
    CLOCK_OFF, KEY_VARIABLES, KEYS_UNKNOWN, NOT_SENT, REGION_DISABLED, SECRETS_CUT_OFF,
    SECRETS_FOREIGN, SECRETS_UNREACHABLE, SECRETS_UNTRUSTED, SERVICE_FAULT, SIGNATURE_MALFORMED,
    SIGNATURE_WRONG, THROTTLED,
};
use crate::diagnosis::{Advice, Command, Entry};

const SHOW_RESOURCE_POLICY: Command = Command::Shell(
    "aws secretsmanager get-resource-policy --region {secret_region} --secret-id {secret}",
);
const SHOW_KEY_ID: Command = Command::Shell(
    "aws secretsmanager describe-secret --region {secret_region} --secret-id {secret} \
     --query KmsKeyId --output text",
);
const SHOW_SECRET: Command = Command::Shell(
    "aws secretsmanager describe-secret --region {secret_region} --secret-id {secret}",
);
const SHOW_KEYS: Command = Command::Shell(
    "aws secretsmanager get-secret-value --region {secret_region} --secret-id {secret} \
     --query SecretString --output text | jq keys",
);

/// Adds to what is there. Without a value to add to, nothing is put: an empty one is refused.
const SET_LOGIN: Command = Command::Shell(
    "aws secretsmanager get-secret-value --region {secret_region} --secret-id {secret} \
     --query SecretString --output text \
     | jq -c '. + {username: \"USER\", password: \"PASSWORD\"}' \
     | aws secretsmanager put-secret-value --region {secret_region} \
     --secret-id {secret} --secret-string file:///dev/stdin",
);

pub(super) static SECRET_NOT_ALLOWED: Advice = Advice {
    engine: None,
    cause: "No policy allows {here}'s role to read the secret. For another account's secret, \
            both the role's policy and the secret's resource policy must allow it.",
    remedy: "Allow secretsmanager:GetSecretValue on {secret} in a policy of the role that asks: \
             {here}'s, or DB_ASSUME_ROLE_ARN if it is set. For another account's secret, look \
             at its resource policy too.",
    commands: &[
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"secretsmanager:GetSecretValue\", \
             \"Resource\": \"{secret}\"}",
        ),
        SHOW_RESOURCE_POLICY,
    ],
};

pub(super) static SECRET_EXPLICITLY_DENIED: Advice = Advice {
    engine: None,
    cause: "A policy denies it explicitly, and no other policy can override that.",
    remedy: "Find the Deny statement in the kind of policy that the evidence names, and exempt the \
             role that asks from it. A resource-based policy is the secret's own, an \
             identity-based policy and a permissions boundary are the role's, and service and \
             resource control policies are your organization's: ask its administrators.",
    commands: &[
        SHOW_RESOURCE_POLICY,
        Command::Shell("aws iam list-attached-role-policies --role-name FUNCTION_ROLE_NAME"),
    ],
};

pub(super) static SECRET_OUT_OF_BOUNDS: Advice = Advice {
    engine: None,
    cause: "A policy that bounds all others does not allow it: the evidence names its kind.",
    remedy: "Add secretsmanager:GetSecretValue on {secret} to that policy: a permissions boundary \
             is set on the role that asks, a session policy when the session is started, and \
             service and resource control policies are your organization's: ask its \
             administrators.",
    commands: &[Command::Shell(
        "aws iam get-role --role-name FUNCTION_ROLE_NAME --query Role.PermissionsBoundary",
    )],
};

pub(super) static KEY_NOT_ALLOWED: Advice = Advice {
    engine: None,
    cause: "The secret is encrypted with a KMS key that the role that asks may not use.",
    remedy: "Look up the secret's key, and allow kms:Decrypt on it in the role's policy. The key's \
             own policy must allow it too, in another account to that role by name.",
    commands: &[
        SHOW_KEY_ID,
        Command::Policy(
            "{\"Effect\": \"Allow\", \"Action\": \"kms:Decrypt\", \"Resource\": \"KEY_ARN\"}",
        ),
        Command::Shell(
            "aws kms get-key-policy --region {secret_region} --key-id KEY_ID \
             --policy-name default --output text",
        ),
    ],
};

pub(in crate::diagnosis) static SECRET_DENIED: Entry = Entry {
    meaning: "AWS Secrets Manager answered, and does not allow {here} to read the secret.",
    seen: &[
        "is not authorized to perform: secretsmanager:GetSecretValue on resource",
        "Access to KMS is not allowed",
    ],
    causes: &[
        &SECRET_NOT_ALLOWED,
        &SECRET_EXPLICITLY_DENIED,
        &SECRET_OUT_OF_BOUNDS,
        &KEY_NOT_ALLOWED,
    ],
    transient: false,
};

pub(super) static NO_SUCH_SECRET: Advice = Advice {
    engine: None,
    cause: "DB_SECRET_ARN is mistyped or of a secret that was deleted, or the secret has no \
            current value yet.",
    remedy: "List the secrets of that region, and set DB_SECRET_ARN to the whole ARN, with the six \
             characters at its end: a secret that was deleted and created again has others. A \
             current value is the version with AWSCURRENT.",
    commands: &[
        Command::Shell(
            "aws secretsmanager list-secrets --region {secret_region} --query 'SecretList[].ARN'",
        ),
        Command::Shell(
            "aws secretsmanager describe-secret --region {secret_region} --secret-id {secret} \
             --query VersionIdsToStages",
        ),
    ],
};

pub(super) static SECRET_DELETED: Advice = Advice {
    engine: None,
    cause: "The secret is marked for deletion.",
    remedy: "Look at when it is to be deleted, and restore it if it is still needed. Otherwise set \
             DB_SECRET_ARN to the one that replaces it.",
    commands: &[
        SHOW_SECRET,
        Command::Shell(
            "aws secretsmanager restore-secret --region {secret_region} --secret-id {secret}",
        ),
    ],
};

pub(in crate::diagnosis) static SECRET_NOT_FOUND: Entry = Entry {
    meaning: "There is no such secret, or it is marked for deletion.",
    seen: &[
        "Secrets Manager can't find the specified secret.",
        "You can't perform this operation on the secret because it was marked for deletion.",
    ],
    causes: &[&NO_SUCH_SECRET, &SECRET_DELETED],
    transient: false,
};

pub(super) static KEYS_MISSING: Advice = Advice {
    engine: None,
    cause: "The secret does not have the keys that RDS uses: username and password, in lower case.",
    remedy: "Look at the names of its keys. Then add the missing ones with the second command, \
             which keeps all others, or set DB_SECRET_ARN to the database user's own secret.",
    commands: &[SHOW_KEYS, SET_LOGIN],
};

pub(super) static VALUE_UNUSABLE: Advice = Advice {
    engine: None,
    cause: "The secret has the keys username and password, but a value that cannot be used.",
    remedy: "Look at the names of its keys. Then correct the value with the second command, which \
             keeps all other keys, or set DB_SECRET_ARN to the database user's own secret.",
    commands: &[SHOW_KEYS, SET_LOGIN],
};

pub(super) static NOT_IN_RDS_FORM: Advice = Advice {
    engine: None,
    cause: "The secret is not a JSON object with username and password, as RDS writes it.",
    remedy: "Create another secret in that form and set DB_SECRET_ARN to it. Leave this one as it \
             is, since others may read it.",
    commands: &[Command::Shell(
        "aws secretsmanager create-secret --region {secret_region} --name NAME \
         --secret-string '{\"username\": \"USER\", \"password\": \"PASSWORD\"}'",
    )],
};

pub(in crate::diagnosis) static OTHER_ENGINES_SECRET: Advice = Advice {
    engine: None,
    cause: "The secret is another database's: it names another engine than {engine}.",
    remedy: "Set DB_SECRET_ARN to the secret of the {engine} user. The command lists the secrets \
             with their descriptions.",
    commands: &[Command::Shell(
        "aws secretsmanager list-secrets --region {secret_region} \
         --query 'SecretList[].[ARN,Description]' --output text",
    )],
};

pub(in crate::diagnosis) static SECRET_MALFORMED: Entry = Entry {
    meaning: "The secret was read and does not hold a user name and a password. Its content is \
              never repeated, only the names of keys that are usual in such secrets.",
    seen: &[],
    causes: &[&KEYS_MISSING, &VALUE_UNUSABLE, &NOT_IN_RDS_FORM, &OTHER_ENGINES_SECRET],
    transient: false,
};

pub(in crate::diagnosis) static SECRET_TIMEOUT: Entry = Entry {
    meaning: "AWS Secrets Manager did not answer in time.",
    seen: &[],
    causes: &[&SECRETS_UNREACHABLE, &SECRETS_CUT_OFF],
    transient: true,
};

pub(super) static KEY_UNUSABLE: Advice = Advice {
    engine: None,
    cause: "The secret's KMS key cannot decrypt it now: it is disabled, marked for deletion, or \
            its key material is gone.",
    remedy: "Look up the secret's key and its state. Enable it, or cancel its deletion.",
    commands: &[
        SHOW_KEY_ID,
        Command::Shell(
            "aws kms describe-key --region {secret_region} --key-id KEY_ID \
             --query 'KeyMetadata.[KeyState,DeletionDate,KeyManager]'",
        ),
        Command::Shell("aws kms enable-key --region {secret_region} --key-id KEY_ID"),
        Command::Shell("aws kms cancel-key-deletion --region {secret_region} --key-id KEY_ID"),
    ],
};

pub(super) static KEY_NOT_SHARED: Advice = Advice {
    engine: None,
    cause: "The secret is another account's, and encrypted with the key aws/secretsmanager, which \
            cannot be used from outside its account.",
    remedy: "Set DB_ASSUME_ROLE_ARN to a role of the secret's account that may read it. Or let \
             that account encrypt it with a customer managed key that it shares: the command does \
             so and keeps the value.",
    commands: &[Command::Shell(
        "aws secretsmanager update-secret --region {secret_region} --secret-id {secret} \
         --kms-key-id KEY_ARN",
    )],
};

pub(super) static SECRET_REQUEST_INVALID: Advice = Advice {
    engine: None,
    cause: "AWS Secrets Manager rejected the request as it stands; the summary has its words.",
    remedy: "Compare DB_SECRET_ARN with the secret, from a terminal with credentials for its \
             account.",
    commands: &[SHOW_SECRET],
};

pub(in crate::diagnosis) static SECRET_FAILED: Entry = Entry {
    meaning: "The secret could not be read in a way that no other code names; the summary has the \
              words of AWS Secrets Manager, or of the client if nothing answered.",
    seen: &[
        "DecryptionFailure: Secrets Manager can't decrypt the protected secret text",
        "InvalidSignatureException: Signature expired",
        "UnrecognizedClientException: The security token included in the request is invalid.",
    ],
    causes: &[
        &CLOCK_OFF,
        &KEY_UNUSABLE,
        &KEY_NOT_SHARED,
        &KEY_VARIABLES,
        &KEYS_UNKNOWN,
        &SIGNATURE_WRONG,
        &SIGNATURE_MALFORMED,
        &REGION_DISABLED,
        &SECRET_REQUEST_INVALID,
        &THROTTLED,
        &SERVICE_FAULT,
        &SECRETS_FOREIGN,
        &SECRETS_UNTRUSTED,
        &SECRETS_CUT_OFF,
        &SECRETS_UNREACHABLE,
        &NOT_SENT,
    ],
    transient: false,
};
