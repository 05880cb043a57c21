//! The ARN of a user's secret.

use std::fmt;

use rds_proxy_probe::config::Region;

/// `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretArn {
    text: Box<str>,
    region: Region,
}

impl SecretArn {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "a secret's ARN, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME";
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        match parts.as_slice() {
            ["arn", partition, "secretsmanager", region, account, "secret", name]
                if !partition.is_empty() && !account.is_empty() && !name.is_empty() =>
            {
                let region = Region::parse(region).ok_or(FORM)?;
                Ok(Self { text: text.into(), region })
            }
            _ => Err(FORM),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The region that has it.
    pub(crate) fn region(&self) -> &Region {
        &self.region
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
    fn a_secret_is_known_by_its_form_in_every_partition() {
        for (text, region) in [
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/app-AbCdEf", "eu-west-1"),
            ("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:app-AbCdEf", "cn-north-1"),
        ] {
            assert_eq!(SecretArn::parse(text).unwrap().region().as_str(), region);
        }
        for wrong in ["", "app", "arn:aws:iam::123456789012:role/app", "{{resolve:x}}"] {
            assert!(SecretArn::parse(wrong).is_err(), "{wrong}");
        }
    }
}
