//! The services: their names, hosts and versions.

use rds_proxy_probe::config::Region;

use crate::surroundings::Surroundings;

/// A service that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the services' own names")]
pub enum Service {
    Ec2,
    Iam,
    Kms,
    Lambda,
    Rds,
    SecretsManager,
    Sts,
}

/// Where services are, unless they are at their usual hosts.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
#[derive(Clone, Debug)]
pub struct Endpoints<'a>(pub &'a Surroundings);

impl Endpoints<'_> {
    /// A service's URL, with a slash at its end.
    pub(super) fn url(&self, service: Service, region: &Region) -> String {
        let own = format!("AWS_ENDPOINT_URL_{}", service.variable());
        let variables = [own.as_str(), "AWS_ENDPOINT_URL"];
        let set = variables.into_iter().find_map(|name| self.0.variable(name));
        let url = set.unwrap_or_else(|| format!("https://{}", service.host(region)));
        format!("{}/", url.trim_end_matches('/'))
    }
}

impl Service {
    /// Its name in a signature.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::Kms => "kms",
            Self::Lambda => "lambda",
            Self::Rds => "rds",
            Self::SecretsManager => "secretsmanager",
            Self::Sts => "sts",
        }
    }

    /// How the variable of its endpoint ends.
    fn variable(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::Iam => "IAM",
            Self::Kms => "KMS",
            Self::Lambda => "LAMBDA",
            Self::Rds => "RDS",
            Self::SecretsManager => "SECRETS_MANAGER",
            Self::Sts => "STS",
        }
    }

    /// The version in each request of the query protocol.
    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Iam => "2010-05-08",
            Self::Rds => "2014-10-31",
            Self::Sts => "2011-06-15",
            Self::Kms | Self::Lambda | Self::SecretsManager => "",
        }
    }

    /// What stands before an operation's name in `X-Amz-Target`.
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Kms => "TrentService",
            Self::SecretsManager => "secretsmanager",
            Self::Ec2 | Self::Iam | Self::Lambda | Self::Rds | Self::Sts => "",
        }
    }

    /// The region that signs. IAM is one for a partition.
    /// <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>
    pub(super) fn signing_region(self, region: &Region) -> &str {
        match (self, region.partition()) {
            (Self::Iam, "aws") => "us-east-1",
            (Self::Iam, "aws-cn") => "cn-north-1",
            (Self::Iam, "aws-us-gov") => "us-gov-west-1",
            (Self::Iam, "aws-eusc") => "eusc-de-east-1",
            (Self::Iam, "aws-iso") => "us-iso-east-1",
            (Self::Iam, "aws-iso-b") => "us-isob-east-1",
            (Self::Iam, "aws-iso-e") => "eu-isoe-west-1",
            (Self::Iam, "aws-iso-f") => "us-isof-south-1",
            _ => region.as_str(),
        }
    }

    fn host(self, region: &Region) -> String {
        let suffix = region.dns_suffix();
        match (self, region.partition()) {
            (Self::Iam, "aws") => format!("iam.{suffix}"),
            (Self::Iam, "aws-us-gov") => format!("iam.us-gov.{suffix}"),
            (Self::Iam, _) => format!("iam.{}.{suffix}", self.signing_region(region)),
            _ => format!("{}.{region}.{suffix}", self.signing_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rds_proxy_probe::clock::Clock;

    use super::*;

    fn url(variable: fn(&str) -> Option<String>, service: Service, region: &str) -> String {
        let clock = Clock::new(|| SystemTime::UNIX_EPOCH);
        let surroundings = Surroundings::new(variable, clock);
        Endpoints(&surroundings).url(service, &Region::parse(region).unwrap())
    }

    #[test]
    fn services_are_at_their_hosts() {
        for (service, region, expected) in [
            (Service::Ec2, "eu-west-1", "https://ec2.eu-west-1.amazonaws.com/"),
            (Service::Iam, "eu-west-1", "https://iam.amazonaws.com/"),
            (Service::Iam, "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn/"),
            (Service::Iam, "us-gov-east-1", "https://iam.us-gov.amazonaws.com/"),
            (Service::Rds, "cn-north-1", "https://rds.cn-north-1.amazonaws.com.cn/"),
        ] {
            assert_eq!(url(|_| None, service, region), expected);
        }
    }

    #[test]
    fn a_services_own_variable_wins_over_that_for_all() {
        let both = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some("http://all:1/".to_owned()),
            "AWS_ENDPOINT_URL_SECRETS_MANAGER" => Some("http://own:2".to_owned()),
            _ => None,
        };
        assert_eq!(url(both, Service::SecretsManager, "eu-west-1"), "http://own:2/");
        assert_eq!(url(both, Service::Iam, "eu-west-1"), "http://all:1/");
    }
}
