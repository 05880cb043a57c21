//! Whatever the user's name: one form of token, and the name comes back out of it.

use aws_credential_types::Credentials;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;
use crate::config::{AuthMethod, Config};

proptest! {
    #[test]
    fn any_user_and_session_token_come_back_out_of_the_token(
        // A connection string is no name (`config`): see there.
        user in "[^\\x00]{1,15}".prop_filter("a name alone", |user| !user.contains("://")),
        session_token in "[!-~]{1,40}",
        seconds in 0_u64..4_000_000_000,
    ) {
        let get = |name: &str| match name {
            "DB_HOST" => Some("a.proxy-b.eu-west-1.rds.amazonaws.com".to_owned()),
            "DB_USER" => Some(user.clone()),
            _ => None,
        };
        let config = Config::from_vars(get).unwrap();
        let AuthMethod::Iam { user: parsed } = &config.auth else { panic!("not IAM") };
        let keys = Credentials::new("AKIA", "secret", Some(session_token.clone()), None, "test");
        let now = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let token = sign_token(&config.endpoint, parsed, &keys, now).unwrap();
        let (head, query) = token.expose().split_once("/?").unwrap();
        prop_assert_eq!(head, "a.proxy-b.eu-west-1.rds.amazonaws.com:5432");
        let value = |name: &str| {
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)
                .map(|(_, value)| percent_decode_str(value).decode_utf8().unwrap().into_owned())
        };
        prop_assert_eq!(value("DBUser"), Some(user));
        prop_assert_eq!(value("X-Amz-Security-Token"), Some(session_token));
        prop_assert_eq!(value("X-Amz-Expires"), Some("900".to_owned()));
        prop_assert_eq!(value("X-Amz-Signature").map(|it| it.len()), Some(64));
    }
}
