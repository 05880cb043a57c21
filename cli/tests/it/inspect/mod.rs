//! `inspect`: what misconfigured accounts are found to have, and how it is written.

mod case;
mod iam;
mod networks;
mod others;
mod right;
mod wire;

use std::collections::BTreeSet;
use std::time::SystemTime;

use rds_proxy_probe::clock::Clock;
use rds_proxy_probe_cli::inspect::account::{Account, Call, Unread};
use rds_proxy_probe_cli::inspect::{Inspected, json, page, rules};
use rds_proxy_probe_cli::surroundings::Surroundings;
use rds_proxy_probe_cli::terminal::Style;

use case::Case;
use right::right;

fn changed(change: fn(&mut Account)) -> Inspected {
    let mut account = right();
    change(&mut account);
    let findings = rules::findings(&account);
    Inspected { account, findings }
}

fn ids(inspected: &Inspected) -> Vec<&'static str> {
    inspected.findings.iter().map(|finding| finding.id).collect()
}

fn all() -> impl Iterator<Item = &'static Case> {
    iam::CASES.iter().chain(networks::CASES).chain(others::CASES)
}

#[test]
fn a_right_account_yields_nothing() {
    for (number, change) in others::RIGHT.iter().enumerate() {
        let inspected = changed(*change);
        assert!(inspected.findings.is_empty(), "{number}: {:#?}", inspected.findings);
    }
}

#[test]
fn the_cause_in_each_thread_is_named_first_or_second() {
    let threads = all().filter(|case| !case.link.is_empty());
    assert!(threads.count() >= 40);
    let links: BTreeSet<&str> = all().map(|case| case.link).collect();
    assert!(links.len() > 40, "{}", links.len());
    let wrong: Vec<String> = all()
        .filter_map(|case| {
            let found = ids(&changed(case.change));
            let is_named = found.iter().take(2).any(|id| *id == case.cause);
            (!is_named).then(|| format!("{} ({}): {found:?}", case.cause, case.words))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_finding_has_a_case_and_a_name() {
    let found: BTreeSet<&str> = all().flat_map(|case| ids(&changed(case.change))).collect();
    assert_eq!(found, rules::IDS.iter().copied().collect());
    for case in all() {
        for finding in changed(case.change).findings {
            assert!(
                finding.problem.ends_with('.') && finding.remedy.ends_with(['.', ')']),
                "{finding:#?}"
            );
        }
    }
}

#[test]
fn commands_are_one_line_each_and_only_change_what_the_remedy_says() {
    for case in all() {
        for finding in changed(case.change).findings {
            for command in &finding.commands {
                assert!(command.starts_with("aws "), "{command}");
                let is_global = ["aws iam ", "aws organizations "];
                let is_global = is_global.iter().any(|service| command.starts_with(service));
                assert!(is_global || command.contains(" --region eu-west-1"), "{command}");
                assert!(!command.contains("delete") && command.lines().count() == 1, "{command}");
            }
        }
    }
}

#[test]
fn the_reference_lists_the_findings() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n### What inspect finds\n").unwrap();
    let (_, table) = section.split_once("| about | findings |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(2));
    let listed: BTreeSet<&str> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(listed, rules::IDS.iter().copied().collect());
}

/// As text of this width.
fn text(inspected: &Inspected, width: u16) -> String {
    let surroundings = Surroundings::new(|_| None, Clock::new(|| SystemTime::UNIX_EPOCH));
    let mut style = Style::new(&surroundings, None);
    style.width = width.into();
    page(inspected, &style)
}

/// As text of this width, by a role's two flaws and a call that was denied.
fn written(width: u16) -> String {
    let mut inspected = changed(|account| {
        let resource = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:app/app";
        case::own_policy(account, &right::allow("rds-db:connect", resource));
        case::inbound(account, "sg-proxy", vec![]);
    });
    inspected.account.unread.push(Unread {
        call: Call::DescribeSecret,
        about: right::SECRET.to_owned(),
        reason: "AccessDeniedException: no".to_owned(),
    });
    text(&inspected, width)
}

#[test]
fn the_page_about_the_command_line_shows_what_is_written() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, sample) = page.split_once("<!-- the sample of inspect -->\n```text\n").unwrap();
    let (sample, _) = sample.split_once("```\n").unwrap();
    let inspected = changed(|account| {
        let resource = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:app/app";
        case::own_policy(account, &right::allow("rds-db:connect", resource));
    });
    assert_eq!(sample, text(&inspected, 100));
}

#[test]
fn a_person_reads_findings_commands_and_what_was_denied() {
    insta::assert_snapshot!("page_80", written(80));
}

#[test]
fn forty_columns_are_enough_but_for_what_is_pasted() {
    insta::assert_snapshot!("page_40", written(40));
}

#[test]
fn programs_get_the_same_as_one_object() {
    let inspected = changed(|account| case::inbound(account, "sg-proxy", vec![]));
    let json = json(&inspected);
    assert_eq!(json["findings"][0]["id"], "proxy_inbound");
    assert_eq!(json["findings"][0]["certainty"], "certain");
    assert_eq!((&json["proxy"], &json["user"]), (&"app".into(), &"app".into()));
    assert!(json["not_read"].as_array().unwrap().is_empty());
}
