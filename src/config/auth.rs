//! How the function logs in, and whose keys it signs and calls AWS with.

use aws_credential_types::Credentials;

use super::arn::{RoleArn, SecretArn};
use super::engine::Engine;
use super::keys::KeyProblem;
use super::name_alone;
use super::reader::Reader;
use super::suggestion::expected;
use super::user::DbUser;
use super::variables::PASSWORD;

/// How the function logs in to the database.
#[derive(Clone, Debug)]
pub enum AuthMethod {
    /// An IAM token instead of a password.
    Iam {
        /// The database user, which is in the token and in the startup message.
        user: DbUser,
    },
    /// User and password from a secret.
    Secret {
        /// The secret.
        secret: SecretArn,
    },
}

/// Where the keys come from that sign tokens and calls to AWS.
#[derive(Clone, Debug)]
pub struct KeySource {
    /// The keys that Lambda puts into the environment; without them the SDK's default chain is
    /// asked. Their `Debug` shows no secret.
    pub environment: Option<Credentials>,
    /// `AWS_PROFILE`, if the chain is asked.
    pub profile: Option<String>,
    /// A role to assume with them first.
    pub role: Option<RoleToAssume>,
    /// The variables that name a provider of the chain, if the chain is asked.
    pub providers: Vec<&'static str>,
    /// What is wrong with the variables of the keys, or with those set in their place.
    pub problems: Vec<KeyProblem>,
}

impl KeySource {
    /// Where they come from, in words.
    pub fn origin(&self) -> &'static str {
        match (&self.role, &self.environment) {
            (Some(_), _) => "the assumed role",
            (None, Some(_)) => "the environment",
            (None, None) => "the SDK's default chain",
        }
    }
}

/// A role in another account, whose keys are used instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleToAssume {
    /// The role.
    pub arn: RoleArn,
    /// The external id that its trust policy asks for.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
    pub external_id: Option<String>,
    /// The session's name in the other account's CloudTrail: the function's name.
    pub session_name: String,
}

impl AuthMethod {
    /// Reads `DB_AUTH` and what it needs; what the other method needs must not be set.
    pub(super) fn read(reader: &mut Reader<'_>, engine: Engine) -> Option<Self> {
        let read = |text: &str| match text {
            "iam" => Ok(false),
            "secret" => Ok(true),
            _ => Err(expected("iam or secret", text, &["iam", "secret"])),
        };
        let user = |text: &str| name_alone(text, |text| DbUser::parse(engine, text));
        let Some(by_secret) = reader.with_default("DB_AUTH", "iam", read) else {
            // Which of the two is needed is unknown, but what is set must be valid.
            reader.optional("DB_SECRET_ARN", SecretArn::parse);
            reader.optional("DB_USER", user);
            return None;
        };
        if by_secret {
            let expected = "the ARN of a secret with username and password";
            let secret = reader.required("DB_SECRET_ARN", expected, SecretArn::parse)?;
            return Some(Self::Secret { secret });
        }
        reader.without_effect(
            "DB_SECRET_ARN",
            "DB_AUTH set to secret beside it; with iam, the default, no secret is read",
        );
        reader.required("DB_USER", "the database user", user).map(|user| Self::Iam { user })
    }

    /// The user, where the configuration names it.
    pub fn user(&self) -> Option<&DbUser> {
        match self {
            Self::Iam { user } => Some(user),
            Self::Secret { .. } => None,
        }
    }

    /// The secret, if there is one.
    pub fn secret(&self) -> Option<&SecretArn> {
        match self {
            Self::Iam { .. } => None,
            Self::Secret { secret } => Some(secret),
        }
    }

    /// The contract's word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Iam { .. } => "iam",
            Self::Secret { .. } => "secret",
        }
    }
}

impl RoleToAssume {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let text = |text: &str| Ok::<_, &str>(text.to_owned());
        let arn = reader.optional("DB_ASSUME_ROLE_ARN", RoleArn::parse);
        if !reader.is_set("DB_ASSUME_ROLE_ARN") {
            reader.without_effect(
                "DB_ASSUME_ROLE_EXTERNAL_ID",
                "DB_ASSUME_ROLE_ARN beside it, the role whose trust policy asks for the id",
            );
        }
        let external_id = reader.optional("DB_ASSUME_ROLE_EXTERNAL_ID", text);
        let function = reader.optional("AWS_LAMBDA_FUNCTION_NAME", text);
        Some(Self { arn: arn?, external_id, session_name: session_name(function.as_deref()) })
    }
}

/// The function's name in the characters and length that STS accepts
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
fn session_name(function: Option<&str>) -> String {
    let name = function.unwrap_or("rds-proxy-probe");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    name.chars().map(|c| if allowed(c) { c } else { '-' }).take(64).collect()
}

/// A password in the environment is visible wherever the function's configuration is, so there is
/// no variable for one. A set one is a mistake: the login would not use it.
pub(super) fn reject_password(reader: &mut Reader<'_>) {
    reader.without_effect(
        PASSWORD,
        "no password in the environment: set DB_AUTH to secret and DB_SECRET_ARN to the ARN of a \
         secret that holds it, or log in by IAM, which needs none",
    );
}
