//! The address of an answer: one of CloudFormation's own buckets, and nothing else.

use std::fmt;

use crate::config::Region;

/// A presigned address in CloudFormation's bucket of one region. It contains a signature, so its
/// `Debug` shows only the host.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseUrl {
    text: String,
    host: String,
}

/// How the bucket's name begins; the region follows, without its hyphens.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html>
const BUCKET: &str = "cloudformation-custom-resource-response-";

impl ResponseUrl {
    /// Reads the address that came with a request to a function in `region`. A custom resource
    /// and its function are always in the same one.
    ///
    /// # Errors
    /// What was found instead of one of CloudFormation's own hosts.
    pub fn parse(text: &str, region: &Region) -> Result<Self, String> {
        let expected = || format!("expected one of CloudFormation's own in {region}");
        let Some(rest) = text.strip_prefix("https://") else {
            return Err(format!("the ResponseURL is not an https URL: {}", expected()));
        };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let host = rest.get(..end).unwrap_or_default();
        if !hosts(region).iter().any(|known| known == host) {
            let host: String = host.chars().take(100).collect();
            return Err(format!("the ResponseURL's host is {host:?}: {}", expected()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the ResponseURL has characters that a URL cannot contain".to_owned());
        }
        Ok(Self { text: text.to_owned(), host: host.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

/// The bucket in each form of S3's host names; all of them have been seen.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
fn hosts(region: &Region) -> [String; 3] {
    let bucket = format!("{BUCKET}{}", region.as_str().replace('-', ""));
    let domain = region.dns_suffix();
    [
        format!("{bucket}.s3.{domain}"),
        format!("{bucket}.s3.{region}.{domain}"),
        format!("{bucket}.s3-{region}.{domain}"),
    ]
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseUrl").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, region: &str) -> Result<ResponseUrl, String> {
        ResponseUrl::parse(text, &Region::parse(region).unwrap())
    }

    #[test]
    fn cloudformations_own_hosts_are_taken() {
        for (text, region) in [
            (
                "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/a?b=c",
                "us-east-1",
            ),
            (
                "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/",
                "eu-west-1",
            ),
            (
                "https://cloudformation-custom-resource-response-eucentral1.s3.eu-central-1.amazonaws.com/x",
                "eu-central-1",
            ),
            (
                "https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/x",
                "cn-north-1",
            ),
            (
                "https://cloudformation-custom-resource-response-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu/x",
                "eusc-de-east-1",
            ),
        ] {
            assert!(parse(text, region).is_ok(), "{text}");
        }
    }

    #[test]
    fn every_other_host_is_refused() {
        const OWN: &str = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";
        for other in [
            "https://example.com/".to_owned(),
            format!("http://{OWN}/"),
            format!("https://{OWN}.example.com/"),
            format!("https://{OWN}:8443/"),
            format!("https://user@{OWN}/"),
            format!("https://{OWN}@example.com/"),
            format!("https://example.com/{OWN}"),
            format!("https://example.com?{OWN}"),
            format!("https://example.com\\@{OWN}/"),
            format!("https://x{OWN}/"),
            format!("https://{}/", OWN.replace("useast1", "useast1-mine")),
            format!("https://{}/", OWN.replace("useast1", "uswest2")),
            format!("https://{}/", OWN.replace("amazonaws.com", "amazonaws.eu")),
            format!("https://{OWN}/a b"),
            format!("https://{OWN}/\n"),
            String::new(),
        ] {
            assert!(parse(&other, "us-east-1").is_err(), "{other}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_found_and_expected() {
        insta::assert_snapshot!(
            parse("https://example.com/x?X-Amz-Signature=abc", "eu-west-1").unwrap_err(),
            @r#"the ResponseURL's host is "example.com": expected one of CloudFormation's own in eu-west-1"#
        );
    }

    #[test]
    fn debug_shows_no_signature() {
        let url = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/a?Signature=canary";
        assert!(!format!("{:?}", parse(url, "us-east-1").unwrap()).contains("canary"));
    }
}
