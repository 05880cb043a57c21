//! What holds for every sentence and command, whichever code it belongs to. `pasting` has what makes a
//! command one that can be pasted.

use std::collections::BTreeSet;

use super::*;
use crate::config::Engine;

/// Every cause: those of the codes, and those that the control plane or the environment tells.
fn advice() -> impl Iterator<Item = &'static Advice> {
    let causes = Code::ALL.iter().flat_map(|code| code.entry().causes.iter().copied());
    causes.chain(evidence::ADVICE.into_iter().flatten().copied())
}

/// What only one engine has.
const OF_POSTGRESQL: [&str; 4] = ["psql", "pg_", "starttls postgres", "POSTGRESQL"];
const OF_MYSQL: [&str; 4] = ["SHOW VARIABLES", "mysql.user", "starttls mysql", "@@"];

fn whole(cause: &Cause) -> String {
    format!("{}\n{}\n{}", cause.cause, cause.remedy, cause.commands.join("\n"))
}

#[test]
fn a_cause_of_one_engine_names_nothing_of_the_others() {
    for advice in advice() {
        let others = match advice.engine {
            Some(Engine::PostgreSql) => OF_MYSQL,
            Some(Engine::MySql) => OF_POSTGRESQL,
            None => continue,
        };
        let text = whole(&advice.generic(Site::Function, None));
        for other in others {
            assert!(!text.contains(other), "{other}: {text}");
        }
    }
}

#[test]
fn a_cause_of_either_engine_asks_for_tls_as_the_tested_one_does() {
    for advice in advice().filter(|advice| advice.engine.is_none()) {
        let [none, postgresql, mysql] = [None, Some(Engine::PostgreSql), Some(Engine::MySql)]
            .map(|engine| whole(&advice.generic(Site::Function, engine)));
        let with = |text: &str, word| text.matches(&format!("-starttls {word} ")).count();
        let count = with(&none, "POSTGRES_OR_MYSQL");
        assert_eq!(none.matches("-starttls").count(), count, "{none}");
        assert_eq!((with(&postgresql, "postgres"), with(&mysql, "mysql")), (count, count));
    }
}

/// What a remedy begins with.
const VERBS: [&str; 43] = [
    "Add", "Allow", "Ask", "Build", "Check", "Compare", "Correct", "Create", "Decide", "Download",
    "Empty", "Enable", "Export", "Find", "Get", "Give", "Grant", "Keep", "Leave", "Let", "List",
    "Log", "Look", "Make", "Name", "Probe", "Put", "Raise", "Read", "Register", "Remove", "Rename",
    "Run", "Save", "See", "Send", "Set", "Start", "Test", "Try", "Unlock", "Unset", "Wait",
];

#[test]
fn a_remedy_begins_with_a_verb() {
    let sites = [Site::Function, Site::Machine, Site::Container, Site::Application];
    let of = |advice: &'static Advice| sites.map(|site| advice.generic(site, None).remedy);
    let first = |remedy: String| remedy.split(' ').next().unwrap_or_default().to_owned();
    let used: BTreeSet<String> = advice().flat_map(of).map(first).collect();
    assert_eq!(used, VERBS.map(str::to_owned).into());
}
