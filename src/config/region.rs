//! An AWS region and what follows from its name: the partition and its DNS suffix.
//!
//! Which region a host name carries is `host.rs`'s matter.

use std::fmt;

/// A region code, such as `eu-west-1`: lower case, at least two words and a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(Box<str>);

impl Region {
    /// Reads a region code, or `None` if it does not have a region's form.
    ///
    /// The form, not a list: regions are added several times a year.
    /// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
    pub fn parse(text: &str) -> Option<Self> {
        let (words, number) = text.rsplit_once('-')?;
        let mut words = words.split('-');
        let well_formed = words.next().is_some_and(|area| area.len() == 2 && is_lower(area))
            && words.clone().count() >= 1
            && words.all(is_lower)
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit());
        (well_formed && text.len() <= 32).then(|| Self(text.into()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that its ARNs begin with.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub fn partition(&self) -> &'static str {
        match self.0.split_once('-') {
            Some(("cn", _)) => "aws-cn",
            Some((_, rest)) if rest.starts_with("gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// How the names of its services' hosts end.
    /// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
    pub fn dns_suffix(&self) -> &'static str {
        match self.partition() {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        }
    }
}

impl Region {
    /// Where RDS's own certificates for this region are; `None` where that is not known.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
    pub fn trust_store(&self) -> Option<String> {
        Some(format!("https://truststore.pki.rds.amazonaws.com/{self}/{self}-bundle.pem"))
    }
}

fn is_lower(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_code_has_words_and_a_number() {
        for code in ["us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "eu-isoe-west-1"]
        {
            assert!(Region::parse(code).is_some(), "{code}");
        }
        for other in ["", "us-east", "US-EAST-1", "us-east-1a", "useast1", "eu--1", "rds", "a-b-1"]
        {
            assert!(Region::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_partition_follows_from_the_name() {
        let partition = |code| Region::parse(code).unwrap().partition();
        assert_eq!(partition("eu-west-1"), "aws");
        assert_eq!(partition("cn-northwest-1"), "aws-cn");
        assert_eq!(partition("us-gov-east-1"), "aws-us-gov");
    }
}
