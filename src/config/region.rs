//! An AWS region and what follows from it: its partition, the partition's DNS suffix and the
//! address of RDS's certificates.
//!
//! `partition.rs` has the partitions; `host.rs` finds the region in a host name.

use std::fmt;

use super::partition::{AWS, Partition, is_number, is_word};

/// A region code, such as `eu-west-1`: at least two words and a number, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    code: Box<str>,
    partition: &'static Partition,
}

impl Region {
    /// Reads a region code, or `None` if it does not have a region's form.
    ///
    /// By its form, not by a list: regions are added several times a year. If the name does not
    /// tell the partition, it is `aws`.
    /// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
    pub fn parse(text: &str) -> Option<Self> {
        Self::within(text, AWS)
    }

    /// Reads a region code that was found in a partition's name or ARN, and that belongs there if
    /// its own name does not say otherwise.
    pub(super) fn within(text: &str, found_in: &'static Partition) -> Option<Self> {
        has_form(text).then(|| Self {
            code: text.into(),
            partition: Partition::of_region(text).unwrap_or(found_in),
        })
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.code
    }

    /// The partition that its ARNs begin with.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub fn partition(&self) -> &'static str {
        self.partition.name
    }

    /// How the names of its services' hosts end.
    /// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
    pub fn dns_suffix(&self) -> &'static str {
        self.partition.dns_suffix
    }

    /// How the names that RDS gives in it end.
    pub(super) fn rds_suffix(&self) -> &'static str {
        self.partition.rds_suffix
    }

    /// The address of RDS's own certificates for this region; `None` if it is unknown.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
    pub fn trust_store(&self) -> Option<String> {
        let trust_store = self.partition.trust_store?;
        Some(format!("{trust_store}/{self}/{self}-bundle.pem"))
    }
}

/// Whether a text looks like a region code. Its number has one or two digits; ids in RDS's names,
/// some with digits only, are longer.
fn has_form(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let Some((area, rest)) = words.split_once('-') else { return false };
    text.len() <= 32
        && area.len() >= 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && rest.split('-').all(is_word)
        && number.len() <= 2
        && is_number(number)
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_code_has_words_and_a_number() {
        for code in [
            "us-east-1",
            "ap-southeast-2",
            "us-gov-west-1",
            "cn-north-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
            "xx-moon-1",
        ] {
            assert!(Region::parse(code).is_some(), "{code}");
        }
        for other in [
            "",
            "us-east",
            "US-EAST-1",
            "us-east-1a",
            "useast1",
            "eu--1",
            "rds",
            "a-b-1",
            "global",
            "cluster-ro-123456789012",
            "eu-west-1\n",
        ] {
            assert!(Region::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_partition_follows_from_the_name() {
        let partition = |code| Region::parse(code).unwrap().partition();
        assert_eq!(partition("eu-west-1"), "aws");
        assert_eq!(partition("cn-northwest-1"), "aws-cn");
        assert_eq!(partition("us-gov-east-1"), "aws-us-gov");
        assert_eq!(partition("us-isob-east-1"), "aws-iso-b");
        assert_eq!(partition("eusc-de-east-1"), "aws-eusc");
        assert_eq!(partition("xx-moon-1"), "aws");
    }

    #[test]
    fn the_trust_store_is_the_partition_s() {
        let trust_store = |code| Region::parse(code).unwrap().trust_store();
        for (code, expected) in [
            (
                "eu-west-1",
                "https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem",
            ),
            (
                "us-gov-east-1",
                "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-east-1/us-gov-east-1-bundle.pem",
            ),
            (
                "cn-northwest-1",
                "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-northwest-1/cn-northwest-1-bundle.pem",
            ),
        ] {
            assert_eq!(trust_store(code).as_deref(), Some(expected));
        }
        assert_eq!(trust_store("eusc-de-east-1"), None);
        assert_eq!(trust_store("us-iso-east-1"), None);
    }
}
