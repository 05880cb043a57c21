//! Every command of every code can be pasted, whatever names it contains: a shell's parser, a JSON
//! parser and a reader of SQL's quotes accept it.

use std::collections::BTreeSet;
use std::process::Command as Process;

use proptest::prelude::*;

use super::placeholder::fill;
use super::*;
use crate::explain::{ControlPlane, Owner, Proxy, Target};

/// Every cause: those of the codes, and those that only the control plane tells.
fn advice() -> impl Iterator<Item = &'static Advice> {
    let causes = Code::ALL.iter().flat_map(|code| code.entry().causes).copied();
    causes.chain(evidence::ADVICE.into_iter().flatten().copied())
}

/// Every command of every cause, once.
fn commands() -> Vec<Command> {
    let mut seen = BTreeSet::new();
    let all = advice().flat_map(|advice| advice.commands).copied();
    all.filter(|command| seen.insert(command.template())).collect()
}

#[test]
fn a_command_is_whole_and_waits_for_no_input() {
    for command in commands() {
        let text = command.template();
        assert!(!text.contains('…') && !text.contains("..."), "{text}");
        assert!(!text.contains('\n'), "{text}");
        if text.contains("openssl s_client") {
            assert!(text.contains("</dev/null"), "{text}");
        }
        if text.contains("psql -l") {
            assert!(text.contains("-d postgres"), "{text}");
        }
        assert!(!text.contains("/dev/stdout"), "{text}");
    }
}

#[test]
fn what_to_paste_stands_apart_from_the_sentence() {
    const PROGRAMS: [&str; 6] = ["aws ", "openssl ", "curl ", "psql ", "dig ", "jq "];
    for Advice { remedy, .. } in advice() {
        let words = |program: &&str| {
            remedy.contains(&format!(" {program}")) || remedy.starts_with(*program)
        };
        let typed = PROGRAMS.iter().filter(|program| words(program) && remedy.contains(" -"));
        assert_eq!(typed.count(), 0, "{remedy}");
        assert!(!remedy.contains("{\"Effect"), "{remedy}");
    }
}

#[test]
fn no_placeholder_stands_in_double_quotes_of_a_shell() {
    for command in commands().into_iter().filter(|it| it.context() == Context::Shell) {
        let text = command.template();
        let outside_single = text.split('\'').step_by(2).collect::<Vec<_>>().join("''");
        for inside in outside_single.split('"').skip(1).step_by(2) {
            assert!(!inside.contains('{'), "{text}");
        }
    }
}

/// The parser's complaint, if it has one.
fn complaint(command: Command, text: &str) -> Option<String> {
    let quotes: &[char] = match command {
        Command::Sql(_) => &['\'', '"'],
        Command::MySql(_) => &['\'', '"', '`'],
        Command::Shell(_) | Command::Policy(_) => &[],
    };
    match command {
        Command::Shell(_) => {
            let parsed = Process::new("bash").args(["-n", "-c", text]).output().unwrap();
            (!parsed.status.success()).then(|| String::from_utf8_lossy(&parsed.stderr).into_owned())
        }
        Command::Policy(_) => {
            let parsed = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
            parsed.err().map(|error| error.to_string())
        }
        Command::Sql(_) | Command::MySql(_) => {
            // Quotes of one kind stand for themselves inside those of the other. A doubled quote
            // closes and opens again.
            let open = text.chars().fold(None, |open, letter| match (open, letter) {
                (None, letter) if quotes.contains(&letter) => Some(letter),
                (Some(quote), letter) if quote == letter => None,
                (open, _) => open,
            });
            // psql's own commands end with their line.
            let ends = text.ends_with(';') || text.starts_with('\\');
            (open.is_some() || !ends).then(|| "a quote is open, or the end is missing".to_owned())
        }
    }
}

#[test]
fn every_command_is_parsed_as_the_page_has_it() {
    for command in commands() {
        let text = command.fill(None).text;
        assert_eq!(complaint(command, &text), None, "{text}");
    }
}

/// A database user, a database and a proxy of any name, at any host and in any region.
fn facts() -> impl Strategy<Value = (Config, ControlPlane)> {
    let name = "[^\\x00]{1,12}";
    let host = proptest::sample::select(vec![
        "app.proxy-abc.eu-west-1.rds.amazonaws.com",
        "app.cluster-abc.us-gov-west-1.rds.amazonaws.com",
        "db.abc.rds.cn-north-1.amazonaws.com.cn",
        "app.global-abc.global.rds.amazonaws.com",
        "db.example.com",
    ]);
    let engine = proptest::sample::select(vec!["postgresql", "mysql"]);
    (name, name, name, host, engine).prop_map(|(user, database, proxy, host, engine)| {
        let config = Config::from_vars(|variable| match variable {
            "DB_ENGINE" => Some(engine.to_owned()),
            "DB_HOST" => Some(host.to_owned()),
            "DB_USER" => Some(user.clone()),
            "DB_NAME" => Some(database.clone()),
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            _ => None,
        });
        let proxy = Proxy {
            name: proxy,
            arn: "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0".to_owned(),
            ..Proxy::default()
        };
        let targets = Some(vec![Target { port: Some(6_000), ..Target::default() }]);
        let owner = Owner::Proxy(proxy);
        (config.unwrap(), ControlPlane { owner, targets, ..ControlPlane::default() })
    })
}

proptest! {
    // Each case parses every command, with one process for each shell command.
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn every_command_is_parsed_whatever_names_stand_in_it((config, said) in facts()) {
        let facts =
            Facts { config: Some(&config), control_plane: Some(&said), ..Facts::default() };
        for command in commands() {
            let text = fill(command.template(), command.context(), Some(&facts)).text;
            prop_assert_eq!(complaint(command, &text), None, "{}", text);
        }
    }

    #[test]
    fn a_shell_gets_back_what_was_quoted_for_it(value in "[^\\x00]{0,20}") {
        let said = ControlPlane {
            owner: Owner::Proxy(Proxy { name: value.clone(), ..Proxy::default() }),
            ..ControlPlane::default()
        };
        let config = Config::from_vars(|variable| match variable {
            "DB_HOST" => Some("app.proxy-abc.eu-west-1.rds.amazonaws.com".to_owned()),
            "DB_USER" => Some("app".to_owned()),
            _ => None,
        });
        let config = config.unwrap();
        let facts =
            Facts { config: Some(&config), control_plane: Some(&said), ..Facts::default() };
        for template in ["printf %s {proxy}", "printf %s '{proxy}'"] {
            let text = fill(template, Context::Shell, Some(&facts)).text;
            let printed = Process::new("bash").args(["-c", &text]).output().unwrap();
            prop_assert_eq!(printed.stdout, value.as_bytes(), "{}", text);
        }
    }
}
