//! Rules for the list of faults and for the form of `--fault`.

use std::collections::HashSet;

use super::*;

#[test]
fn names_are_distinct_and_plain() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let mut names = HashSet::new();
        for fault in Fault::of(engine) {
            assert!(names.insert(fault.name), "{} occurs twice", fault.name);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(fault.name.chars().all(plain), "{}", fault.name);
            assert!(fault.what.ends_with('.') && fault.what.len() < 120, "{}", fault.name);
        }
    }
}

#[test]
fn a_name_stands_for_always_and_a_number_for_one_or_from_there_on() {
    let when = |text: &str| text.parse::<Fault>().expect(text).when;
    assert_eq!(when("close-at-query"), When::From(1));
    assert_eq!(when("close-at-query:2"), When::Only(2));
    assert_eq!(when("close-at-query:2+"), When::From(2));
    assert!(When::Only(2).covers(2) && !When::Only(2).covers(3));
    assert!(When::From(2).covers(3) && !When::From(2).covers(1));
}

#[test]
fn what_is_no_fault_is_named() {
    for text in ["", "x", "x:1", "close-at-query2"] {
        assert!(matches!(text.parse::<Fault>(), Err(FaultError::Unknown(_))), "{text}");
    }
    for number in ["", "0", "+", "-1", "+1", "1++", "x", "4294967296"] {
        let text = format!("close-at-query:{number}");
        assert!(matches!(text.parse::<Fault>(), Err(FaultError::Number(_))), "{text}");
    }
}

#[test]
fn an_engine_has_its_own_faults_and_those_of_no_protocol() {
    for (name, of_postgresql, of_mysql) in
        [("ask-scram", true, false), ("ask-native", false, true), ("close-at-query", true, true)]
    {
        assert_eq!(name.parse::<Fault>().is_ok(), of_postgresql, "{name}");
        assert_eq!(Fault::named(Engine::MySql, name).is_ok(), of_mysql, "{name}");
    }
    assert_eq!(Fault::of(Engine::PostgreSql).count(), Fault::ALL.len());
}

#[test]
fn each_point_has_each_action() {
    for action in ["error", "close", "reset", "stall", "drip"] {
        for point in ["ssl", "handshake", "startup", "password", "query"] {
            format!("{action}-at-{point}").parse::<Fault>().expect("a fault");
        }
        for point in ["greeting", "handshake", "startup", "password", "query"] {
            let name = format!("{action}-at-{point}");
            Fault::named(Engine::MySql, &name).expect("a fault");
        }
    }
}
