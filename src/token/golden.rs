//! Byte for byte what the AWS SDK for Python signs, at 40 frozen moments.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::*;
use crate::config::{AuthMethod, Config};

const VECTORS: &str = include_str!("../../tests/golden/iam_tokens.json");

fn sign_as_described(row: &Value) -> String {
    let get = |name: &str| match name {
        "DB_HOST" => row["host"].as_str().map(str::to_owned),
        "DB_PORT" => row["port"].as_u64().map(|port| port.to_string()),
        "DB_USER" => row["user"].as_str().map(str::to_owned),
        _ => None,
    };
    let config = Config::from_vars(get).unwrap();
    assert_eq!(config.endpoint.region.as_str(), row["region"].as_str().unwrap());
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    let (id, secret) = (text("access_key_id").unwrap(), text("secret_access_key").unwrap());
    let keys = Credentials::new(id, secret, text("session_token"), None, "golden");
    let now = OffsetDateTime::parse(row["now"].as_str().unwrap(), &Rfc3339).unwrap();
    let seconds = u64::try_from(now.unix_timestamp()).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let AuthMethod::Iam { user } = &config.auth else { panic!("not IAM") };
    sign_token(&config.endpoint, user, &keys, now).unwrap().expose().to_owned()
}

#[test]
fn every_token_equals_the_one_that_botocore_signed() {
    let rows: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(rows.len(), 40);
    for row in &rows {
        assert_eq!(sign_as_described(row), row["token"].as_str().unwrap(), "{}", row["user"]);
    }
}

#[test]
fn a_token_shows_nothing_of_itself() {
    let text = "host:5432/?DBUser=app&X-Amz-Credential=AKIA%2F20260101".to_owned();
    let token = AuthToken::new(text, "f00d".repeat(16), Some("session-token"));
    assert_eq!(format!("{token:?}"), "AuthToken(redacted)");
    let echoed = format!("{} at host:5432/?DBUser=app ({})", token.expose(), "f00d".repeat(8));
    let shown =
        "host:5432/?DBUser=app&X-Amz-Credential=(redacted) at host:5432/?DBUser=app ((redacted))";
    assert_eq!(token.secrets().strike_out(&echoed), shown);
}
