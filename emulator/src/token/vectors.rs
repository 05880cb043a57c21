//! Tokens that botocore made, each judged at its own frozen moment.
//!
//! `tests/iam_tokens.json` holds 40 of them: seven regions of three partitions, proxy and cluster
//! hosts, three ports, users of every awkward kind, with and without session token.

use std::time::SystemTime;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::*;
use crate::users::{Principal, dbuser_arn};

/// A token with everything that it must be judged by.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    pub(super) token: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) region: String,
    pub(super) user: String,
    pub(super) now: SystemTime,
    pub(super) principal: Principal,
}

impl Vector {
    pub(super) fn all() -> Vec<Self> {
        let text = include_str!("../../tests/iam_tokens.json");
        let vectors: Vec<Value> = serde_json::from_str(text).expect("JSON");
        vectors.iter().map(Self::from_json).collect()
    }

    fn from_json(vector: &Value) -> Self {
        let text = |key: &str| vector[key].as_str().map(str::to_owned);
        let required = |key: &str| text(key).expect(key);
        let (region, user) = (required("region"), required("user"));
        let now = OffsetDateTime::parse(&required("now"), &Rfc3339).expect("a time");
        Self {
            token: required("token"),
            host: required("host"),
            port: vector["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port"),
            now: now.into(),
            principal: Principal::new(
                required("access_key_id"),
                required("secret_access_key"),
                text("session_token"),
                vec![dbuser_arn(&region, "1", "prx-1", &user)],
            ),
            region,
            user,
        }
    }

    /// Judges another token as if it were this one.
    pub(super) fn judge(&self, token: &str, now: SystemTime) -> Result<(), Reason> {
        let arn = dbuser_arn(&self.region, "1", "prx-1", &self.user);
        let audience = Audience {
            host: &self.host,
            port: self.port,
            region: &self.region,
            user: &self.user,
            arn: &arn,
        };
        verify(token, &audience, std::slice::from_ref(&self.principal), now)
    }
}

#[test]
fn every_token_is_accepted_at_its_moment() {
    let vectors = Vector::all();
    assert_eq!(vectors.len(), 40);
    for vector in vectors {
        assert_eq!(vector.judge(&vector.token, vector.now), Ok(()), "{vector:?}");
    }
}

#[test]
fn every_token_is_accepted_in_any_order_and_without_the_slash() {
    for vector in Vector::all() {
        let (authority, query) = vector.token.split_once("/?").expect("a query");
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.reverse();
        let token = format!("{authority}?{}", pairs.join("&"));
        assert_eq!(vector.judge(&token, vector.now), Ok(()), "{vector:?}");
    }
}
