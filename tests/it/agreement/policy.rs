//! Every IAM statement of every template, read as data, against the table in
//! `docs/permissions.md`: who may do what, on which form of resource, under which conditions, and
//! when the statement exists at all.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::page;
use super::yaml::{Template, form};

/// A row of the table without its last cell, the reason for a wildcard.
type Row = Vec<String>;

/// Finds the statements below a value, with the conditions under which they exist.
fn find(owner: &[String], value: &Value, when: &[String], rows: &mut Vec<Row>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| find(owner, item, when, rows)),
        Value::Object(members) => {
            if let Some(Value::Array(parts)) = members.get("Fn::If") {
                let name = parts[0].as_str().unwrap();
                find(owner, &parts[1], &[when, &[name.to_owned()]].concat(), rows);
                find(owner, &parts[2], &[when, &[format!("not {name}")]].concat(), rows);
            } else if members.contains_key("Effect") {
                rows.push([owner, &row(members, when)].concat());
            } else {
                members.values().for_each(|member| find(owner, member, when, rows));
            }
        }
        Value::String(_) => {}
        Value::Null | Value::Bool(_) | Value::Number(_) => panic!("every scalar is text: {value}"),
    }
}

fn row(statement: &Map<String, Value>, when: &[String]) -> Row {
    // What is not known here, such as NotAction, would not be seen.
    let known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
    assert!(statement.keys().all(|key| known.contains(&key.as_str())), "{statement:?}");
    let cell = |key: &str| statement.get(key).map(form).unwrap_or_default();
    let actions = if cell("Effect") == "Allow" {
        cell("Action")
    } else {
        format!("{}: {}", cell("Effect"), cell("Action"))
    };
    vec![cell("Principal"), actions, cell("Resource"), cell("Condition"), when.join(", ")]
}

fn statements() -> Vec<Row> {
    let mut rows = Vec::new();
    for template in Template::all() {
        for (name, resource) in template.section("Resources") {
            let when: Vec<String> = resource.get("Condition").map(form).into_iter().collect();
            let owner = [template.name.clone(), name.clone()];
            if let Some(properties) = resource.get("Properties") {
                find(&owner, properties, &when, &mut rows);
            }
        }
    }
    assert!(!rows.is_empty());
    rows
}

/// The table's rows, and the reason at the end of each.
fn table() -> BTreeMap<Row, String> {
    let page = page("docs/permissions.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| -> Row {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    rows.map(cells)
        .map(|mut row| (row.split_off(7).concat(), row))
        .map(|(why, row)| (row, why))
        .collect()
}

fn as_line(row: &Row) -> String {
    let quoted = |cell: &String| if cell.is_empty() { String::new() } else { format!("`{cell}`") };
    format!("| {} | |\n", row.iter().map(quoted).collect::<Vec<_>>().join(" | "))
}

#[test]
fn every_statement_stands_in_the_table_and_every_row_in_a_template() {
    let (found, allowed) = (statements(), table());
    let missing: String =
        found.iter().filter(|row| !allowed.contains_key(*row)).map(as_line).collect();
    // The rows of Terraform's modules are for `make terraform`, which can read those.
    let of_templates = allowed.keys().filter(|row| !row[0].starts_with("infra/terraform/"));
    let orphans: String = of_templates.filter(|row| !found.contains(row)).map(as_line).collect();
    let message = format!("not in docs/permissions.md:\n{missing}\nin no template:\n{orphans}");
    assert!(missing.is_empty() && orphans.is_empty(), "{message}");
}

#[test]
fn a_wildcard_has_a_reason_and_nothing_else_has_one() {
    for (row, why) in table() {
        let [_, _, principal, actions, resource, ..] = row.as_slice() else { panic!("{row:?}") };
        let names_no_single_one =
            principal == "*" || actions.contains('*') || resource.contains('*');
        assert_eq!(names_no_single_one, !why.is_empty(), "{}", as_line(&row));
    }
}
