//! AWS's partitions, in one table: how ARNs begin, how host names end, which regions belong.
//!
//! `tests/golden/partitions.json` is botocore's own list; a test holds the table to it. `region.rs`
//! and `host.rs` use it.

/// A part of AWS that shares no accounts with the others.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// Its name, which its ARNs have after `arn:`.
    pub(super) name: &'static str,
    /// How the host names of its services end.
    pub(super) dns_suffix: &'static str,
    /// How the host names that RDS gives end.
    pub(super) rds_suffix: &'static str,
    /// What its regions begin with; a word and a number follow, as in `eu-west-1`.
    prefixes: &'static [&'static str],
    /// Where RDS publishes its certificates, region by region; `None` where that is not known.
    pub(super) trust_store: Option<&'static str>,
}

/// The partition of a region that no pattern fits, as botocore has it too.
pub(super) static AWS: &Partition = &PARTITIONS[0];

/// Every partition.
///
/// RDS names with the suffix of the isolated partitions: [a report from
/// `us-isob-east-1`](https://github.com/aws/aws-advanced-jdbc-wrapper/issues/998) for `aws-iso-b`,
/// [the AWS JDBC wrapper](https://github.com/aws/aws-advanced-jdbc-wrapper/blob/main/wrapper/src/main/java/software/amazon/jdbc/util/RdsUtils.java)
/// for `aws-iso`; of the European Sovereign Cloud's
/// [a report too](https://github.com/aws/aws-advanced-jdbc-wrapper/issues/1585). For `aws-iso-e`
/// and `aws-iso-f` the same is assumed.
///
/// Trust stores: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>,
/// and for China <https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>.
pub(super) static PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        dns_suffix: "amazonaws.com",
        rds_suffix: "amazonaws.com",
        prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
        trust_store: Some("https://truststore.pki.rds.amazonaws.com"),
    },
    Partition {
        name: "aws-cn",
        dns_suffix: "amazonaws.com.cn",
        rds_suffix: "amazonaws.com.cn",
        prefixes: &["cn"],
        trust_store: Some("https://rds-truststore.s3.cn-north-1.amazonaws.com.cn"),
    },
    Partition {
        name: "aws-eusc",
        dns_suffix: "amazonaws.eu",
        rds_suffix: "amazonaws.eu",
        prefixes: &["eusc-de"],
        trust_store: None,
    },
    Partition {
        name: "aws-iso",
        dns_suffix: "c2s.ic.gov",
        rds_suffix: "c2s.ic.gov",
        prefixes: &["us-iso"],
        trust_store: None,
    },
    Partition {
        name: "aws-iso-b",
        dns_suffix: "sc2s.sgov.gov",
        rds_suffix: "sc2s.sgov.gov",
        prefixes: &["us-isob"],
        trust_store: None,
    },
    Partition {
        name: "aws-iso-e",
        dns_suffix: "cloud.adc-e.uk",
        rds_suffix: "cloud.adc-e.uk",
        prefixes: &["eu-isoe"],
        trust_store: None,
    },
    Partition {
        name: "aws-iso-f",
        dns_suffix: "csp.hci.ic.gov",
        rds_suffix: "csp.hci.ic.gov",
        prefixes: &["us-isof"],
        trust_store: None,
    },
    Partition {
        name: "aws-us-gov",
        dns_suffix: "amazonaws.com",
        rds_suffix: "amazonaws.com",
        prefixes: &["us-gov"],
        trust_store: Some("https://truststore.pki.us-gov-west-1.rds.amazonaws.com"),
    },
];

impl Partition {
    /// The one with this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        PARTITIONS.iter().find(|partition| partition.name == name)
    }

    /// The one whose pattern a region fits.
    pub(super) fn of_region(code: &str) -> Option<&'static Self> {
        PARTITIONS.iter().find(|partition| partition.has(code))
    }

    /// The first whose suffix a name of RDS's ends with, and what stands before it. GovCloud
    /// shares its suffix with `aws`: only the region tells them apart.
    pub(super) fn of_rds_name(name: &str) -> Option<(&str, &'static Self)> {
        PARTITIONS.iter().find_map(|partition| {
            let stem = name.strip_suffix(partition.rds_suffix)?.strip_suffix('.')?;
            Some((stem, partition))
        })
    }

    /// Whether a region fits its pattern: a prefix, a word and a number.
    fn has(&self, code: &str) -> bool {
        let parts = |rest: &str| {
            rest.split_once('-').is_some_and(|(word, number)| is_word(word) && is_number(number))
        };
        self.prefixes.iter().any(|prefix| {
            let rest = code.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(parts)
        })
    }
}

/// Lower-case letters, digits and underscores, at least one.
pub(super) fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.bytes().all(fits)
}

/// Digits, at least one.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::config::Region;

    /// botocore's own list; tests/golden/README.md says where it is from.
    fn botocore() -> Vec<Value> {
        let list: Value =
            serde_json::from_str(include_str!("../../tests/golden/partitions.json")).unwrap();
        list["partitions"].as_array().unwrap().clone()
    }

    /// The prefixes in one of botocore's patterns, which all have the form
    /// `^PREFIX\-\w+\-\d+$`, with alternatives in parentheses.
    fn prefixes(pattern: &str) -> Vec<String> {
        let inner = pattern.strip_prefix('^').unwrap().strip_suffix(r"\-\w+\-\d+$").unwrap();
        let (before, rest) = inner.split_once('(').unwrap_or((inner, ")"));
        let (alternatives, after) = rest.split_once(')').unwrap();
        let unescaped = |text: &str| text.replace(r"\-", "-");
        let one = |alternative| unescaped(&format!("{before}{alternative}{after}"));
        let all: Vec<String> = alternatives.split('|').map(one).collect();
        let plain =
            |text: &String| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(all.iter().all(plain), "{pattern} has another form than is known here");
        all
    }

    #[test]
    fn the_partitions_are_those_of_botocore() {
        let row = |name: &str, suffix: &str, prefixes: Vec<String>| {
            (name.to_owned(), suffix.to_owned(), prefixes)
        };
        let ours = PARTITIONS.iter().map(|partition| {
            let prefixes = partition.prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
            row(partition.name, partition.dns_suffix, prefixes)
        });
        let theirs = botocore().into_iter().map(|partition| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let pattern = prefixes(&text(&partition["regionRegex"]));
            row(&text(&partition["id"]), &text(&partition["outputs"]["dnsSuffix"]), pattern)
        });
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
        assert_eq!(AWS.name, "aws");
    }

    #[test]
    fn every_region_of_botocore_is_a_region_of_its_partition() {
        let mut regions = 0;
        for partition in botocore() {
            let name = partition["id"].as_str().unwrap();
            for code in partition["regions"].as_object().unwrap().keys() {
                let region = Region::parse(code);
                // `aws-global` and its like are names for endpoints without a region.
                let expected = (!code.ends_with("-global")).then_some(name);
                assert_eq!(region.as_ref().map(Region::partition), expected, "{code}");
                regions += usize::from(region.is_some());
            }
        }
        assert!(regions > 40, "{regions}");
    }

    #[test]
    fn one_region_fits_one_partition() {
        for code in ["us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"] {
            assert_eq!(PARTITIONS.iter().filter(|it| it.has(code)).count(), 1, "{code}");
        }
        for other in ["us-east", "us-east-", "us-east-1a", "us--1", "aws-global", "xx-east-1"] {
            assert_eq!(Partition::of_region(other), None, "{other}");
        }
    }
}
