//! Rules that hold for every token: what changes a good one makes it bad, and nothing panics.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::parse::Token;
use super::vectors::Vector;
use super::*;
use crate::users::Principal;

fn vector() -> impl Strategy<Value = Vector> {
    select(Vector::all())
}

proptest! {
    #[test]
    fn one_changed_byte_makes_it_bad(vector in vector(), at: Index, byte in 0x20_u8..0x7f) {
        let mut token = vector.token.clone().into_bytes();
        let at = at.index(token.len());
        prop_assume!(token[at] != byte);
        token[at] = byte;
        let token = String::from_utf8(token).expect("ASCII");
        // Writing the same thing differently is no change: an escape in lower case, or an escape
        // for what needs none.
        prop_assume!(Token::parse(&token) != Token::parse(&vector.token));
        prop_assert!(vector.judge(&token, vector.now).is_err(), "{token}");
    }

    #[test]
    fn one_missing_byte_makes_it_bad(vector in vector(), at: Index) {
        let mut token = vector.token.clone();
        token.remove(at.index(token.len()));
        prop_assume!(Token::parse(&token) != Token::parse(&vector.token));
        prop_assert!(vector.judge(&token, vector.now).is_err(), "{token}");
    }

    #[test]
    fn nothing_panics(token: String, query in "h:1/\\?[A-Za-z0-9=&%+-]{0,80}") {
        let vector = &Vector::all()[0];
        prop_assert!(vector.judge(&token, vector.now).is_err());
        prop_assert!(vector.judge(&query, vector.now).is_err());
    }
}

#[test]
fn a_token_lives_for_its_quarter_hour_and_no_longer() {
    let vector = &Vector::all()[0];
    let after = |seconds| vector.judge(&vector.token, vector.now + Duration::from_secs(seconds));
    assert_eq!(after(900), Ok(()));
    assert_eq!(after(901), Err(Reason::Expired { ago: time::Duration::SECOND }));
}

#[test]
fn a_token_from_the_future_is_refused_beyond_five_minutes() {
    let vector = &Vector::all()[0];
    let before = |seconds| vector.judge(&vector.token, vector.now - Duration::from_secs(seconds));
    assert_eq!(before(300), Ok(()));
    assert_eq!(before(301), Err(Reason::Future { ahead: time::Duration::seconds(301) }));
}

#[test]
fn each_check_has_its_reason() {
    let vectors = Vector::all();
    let vector = &vectors[1];
    let check = |from: &str, to: &str, reason: Reason| {
        assert!(vector.token.contains(from), "{from}");
        let outcome = vector.judge(&vector.token.replacen(from, to, 1), vector.now);
        assert_eq!(outcome, Err(reason), "{from} -> {to}");
    };
    let alias = "db.example.com";
    check(&vector.host, alias, Reason::Host(alias.to_owned()));
    check(&vector.host, &vector.host.to_uppercase(), Reason::Host(vector.host.to_uppercase()));
    check(":5432/", ":5433/", Reason::Port(5433));
    check("Action=connect", "Action=x", Reason::Action);
    check("Action=connect&", "", Reason::Missing("Action"));
    check("DBUser=app_user", "DBUser=App_user", Reason::User("App_user".to_owned()));
    check("HMAC-SHA256", "HMAC-SHA1", Reason::Algorithm);
    check("Headers=host", "Headers=host%3Bx", Reason::SignedHeaders);
    check("Date=2026", "Date=x026", Reason::Date);
    check("Expires=900", "Expires=901", Reason::Expires);
    check("Expires=900", "Expires=0", Reason::Expires);
    check("Expires=900", "Expires=899", Reason::Signature);
    check("%2F20260307%2F", "%2F20260306%2F", Reason::Scope("its date is not that of X-Amz-Date"));
    check("%2Frds-db%2F", "%2Frds%2F", Reason::Scope("its service is not rds-db"));
    check("aws4_request", "aws4", Reason::Scope("it does not end in aws4_request"));
    check("%2Faws4_request", "", Reason::Scope("it has not five parts"));
    check("%2Feu-west-1%2F", "%2Fus-east-1%2F", Reason::Region("us-east-1".to_owned()));
    check("EXAMPLE", "EXEMPLA", Reason::UnknownKey);
    check("Security-Token=v", "Security-Token=w", Reason::SessionToken);
    check("&X-Amz-Signature=", "&X-Amz-Sign=", Reason::Missing("X-Amz-Signature"));
    check("Signature=", "Signature=0", Reason::Signature);
}

#[test]
fn a_principal_without_the_right_is_refused_last() {
    let mut vector = Vector::all().swap_remove(0);
    let (secret, other) = (vector.principal.secret().to_owned(), "arn:aws:rds-db:*:*:dbuser:x/*");
    let id = vector.principal.access_key_id.clone();
    vector.principal = Principal::new(id, secret, None, vec![other.to_owned()]);
    let outcome = vector.judge(&vector.token, vector.now);
    assert!(matches!(outcome, Err(Reason::NotPermitted(_))), "{outcome:?}");
}
