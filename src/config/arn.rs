//! The two kinds of ARN that the configuration names, distinguished by their form.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use std::fmt;

use super::partition::{AWS, Partition};
use super::region::Region;

/// A role: `arn:PARTITION:iam::ACCOUNT:role/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn(Box<str>);

/// A secret: `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretArn {
    text: Box<str>,
    region: Region,
}

impl RoleArn {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, "iam", "", account, role]
                if !partition.is_empty()
                    && is_account(account)
                    && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
            {
                Ok(Self(text.into()))
            }
            _ => Err("a role's ARN, arn:aws:iam::ACCOUNT:role/NAME"),
        }
    }

    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SecretArn {
    /// Reads a secret's ARN.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "a secret's ARN, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME";
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        match parts.as_slice() {
            ["arn", partition, "secretsmanager", region, account, "secret", name]
                if !partition.is_empty() && is_account(account) && !name.is_empty() =>
            {
                if name.contains(':') {
                    return Err("a secret's ARN alone, without what ECS has after its name \
                                (:KEY:STAGE:VERSION)");
                }
                let known = Partition::named(partition);
                let region = Region::within(region, known.unwrap_or(AWS)).ok_or(FORM)?;
                if known.is_some_and(|known| known.name != region.partition()) {
                    return Err("a secret's ARN whose region belongs to its partition");
                }
                Ok(Self { text: text.into(), region })
            }
            _ => Err(FORM),
        }
    }

    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region that has it.
    pub fn region(&self) -> &Region {
        &self.region
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_a_secret_are_known_by_their_form() {
        let role = "arn:aws-cn:iam::123456789012:role/path/name";
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/app-AbCdEf";
        assert_eq!(RoleArn::parse(role).unwrap().as_str(), role);
        assert_eq!(SecretArn::parse(secret).unwrap().region().as_str(), "eu-west-1");
        for wrong in ["", "name", "arn:aws:iam::12:role/a", "arn:aws:iam::123456789012:user/a"] {
            assert!(RoleArn::parse(wrong).is_err() && SecretArn::parse(wrong).is_err(), "{wrong}");
        }
        assert!(RoleArn::parse(secret).is_err() && SecretArn::parse(role).is_err());
    }

    #[test]
    fn a_secret_s_region_belongs_to_the_arn_s_partition() {
        let secret = |partition: &str, region: &str| {
            let arn =
                format!("arn:{partition}:secretsmanager:{region}:123456789012:secret:a-AbCdEf");
            SecretArn::parse(&arn).map(|secret| secret.region().clone())
        };
        assert_eq!(secret("aws-eusc", "eusc-de-east-1").unwrap().dns_suffix(), "amazonaws.eu");
        assert_eq!(secret("aws-iso", "xx-moon-1").unwrap().dns_suffix(), "c2s.ic.gov");
        assert!(secret("aws-new", "xx-moon-1").is_ok());
        assert!(secret("aws", "cn-north-1").is_err());
    }

    #[test]
    fn an_arn_with_ecs_key_and_stage_is_not_a_secret_s() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf:password::";
        assert!(SecretArn::parse(arn).unwrap_err().contains("ECS"));
    }
}
