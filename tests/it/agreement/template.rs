//! `template.yaml` against the function that it deploys: variables, and how memory, timeout and
//! budget fit each other.

use std::collections::BTreeSet;

use rds_proxy_probe::config::Config;
use serde_json::{Map, Value};

use super::page;
use super::pages::{reference_defaults, variables_read};
use super::yaml::{Template, form};
use crate::process::PEAK_KIB;
use crate::support::Vars;

/// Variables that no template sets, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("DB_REGION", "the endpoint's name has its region"),
    ("DB_CONNECT_TO", "a function in the VPC needs no tunnel"),
    ("DB_CA_FILE", "RDS Proxy's certificates are Amazon's, whose roots are bundled"),
];

/// What the function keeps of an invocation for its answer: docs/reference.md, Deadlines.
const RESERVE_MS: u32 = 250;

fn deployed() -> Template {
    Template::read("template.yaml")
}

fn environment(template: &Template) -> Map<String, Value> {
    let probe = &template.section("Resources")["Probe"]["Properties"];
    probe["Environment"]["Variables"].as_object().unwrap().clone()
}

fn is_ours(name: &str) -> bool {
    name.starts_with("DB_") || name.starts_with("PROBE_")
}

/// The function's own variables, each with the parameter that is its value.
fn variables(template: &Template) -> Vec<(String, Value)> {
    let parameters = template.section("Parameters");
    let ours = environment(template).into_iter().filter(|(name, _)| is_ours(name));
    ours.map(|(name, value)| {
        let parameter = value["Ref"].as_str().unwrap_or_else(|| panic!("{name}: {value}"));
        (name, parameters[parameter].clone())
    })
    .collect()
}

fn number(value: &Value) -> u32 {
    form(value).parse().unwrap()
}

#[test]
fn the_template_sets_every_variable_but_those_left_out() {
    let mut set: BTreeSet<String> = environment(&deployed()).into_iter().map(|it| it.0).collect();
    set.retain(|name| is_ours(name));
    for (name, why) in LEFT_OUT {
        assert!(set.insert(name.to_owned()), "{name} is set, though {why}");
    }
    assert_eq!(set, variables_read());
}

#[test]
fn the_terraform_module_sets_the_same_variables() {
    let module = page("infra/terraform/modules/probe/main.tf");
    let words = module.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let set: BTreeSet<&str> = words.filter(|word| is_ours(word)).collect();
    let template = environment(&deployed());
    let wanted = template.keys().map(String::as_str).filter(|name| is_ours(name));
    assert_eq!(set, wanted.collect());
}

#[test]
fn no_other_template_sets_a_variable_that_the_code_does_not_read() {
    let read = variables_read();
    for template in Template::all() {
        for (name, resource) in template.section("Resources") {
            let variables = resource["Properties"]["Environment"]["Variables"].as_object();
            for variable in variables.into_iter().flat_map(Map::keys).filter(|name| is_ours(name)) {
                assert!(read.contains(variable), "{}: {name}: {variable}", template.name);
            }
        }
    }
}

#[test]
fn a_parameter_s_default_is_the_variable_s() {
    let defaults = reference_defaults();
    for (name, parameter) in variables(&deployed()) {
        let given = parameter.get("Default").map(form);
        match defaults[&name].as_str() {
            // A variable that is empty counts as unset.
            "required with iam" | "required with secret" | "none" => {
                assert_eq!(given.as_deref(), Some(""), "{name}");
            }
            "required" => assert_eq!(given, None, "{name}"),
            // With the other engine they have other defaults.
            "5432" | "postgres" => assert_eq!(given.as_deref(), Some(""), "{name}"),
            default => assert_eq!(given.as_deref(), Some(default), "{name}"),
        }
    }
}

#[test]
fn every_value_that_a_parameter_allows_is_one_that_the_function_takes() {
    let template = deployed();
    let required = Vars::default()
        .with("DB_HOST", "app.proxy-abc123.eu-west-1.rds.amazonaws.com")
        .with("DB_USER", "app");
    let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
    let mut tried = 0;
    for (name, parameter) in variables(&template) {
        let bounds = ["MinValue", "MaxValue"].iter().filter_map(|key| parameter.get(*key));
        let allowed = parameter.get("AllowedValues").and_then(Value::as_array);
        for value in bounds.chain(allowed.into_iter().flatten()) {
            let vars = required.clone().with(&name, form(value));
            // The template's rules have the same condition.
            let vars = match form(value).as_str() {
                "secret" => vars.with("DB_SECRET_ARN", secret),
                _ => vars,
            };
            let config = Config::from_vars(|name| vars.get(name));
            assert!(config.is_ok(), "{name}={}: {config:?}", form(value));
            tried += 1;
        }
    }
    assert!(tried >= 10, "{tried}");
}

#[test]
fn the_function_answers_before_lambda_ends_it_and_the_gate_before_cloudformation_does() {
    let template = deployed();
    let longest_ms = number(&template.section("Parameters")["ProbeTimeoutMs"]["MaxValue"]);
    let resources = template.section("Resources");
    let timeout = &resources["Probe"]["Properties"]["Timeout"]["Fn::If"];
    let (gate, plain) = (&timeout[1], number(&timeout[2]));
    assert_eq!(form(&timeout[0]), "Waits");
    // The alarm tells of an invocation that comes near it.
    let alarm = &resources["DurationAlarm"]["Properties"]["Threshold"]["Fn::If"];
    assert_eq!(form(&alarm[0]), "Waits");
    for (threshold, timeout) in [(&alarm[1], number(gate)), (&alarm[2], plain)] {
        assert!(number(threshold) < timeout * 1000 && number(threshold) + 1000 >= timeout * 1000);
    }
    assert!(longest_ms + RESERVE_MS < number(&alarm[2]));
    assert!(longest_ms + RESERVE_MS < plain * 1000);
    assert!(plain < number(gate) && number(gate) <= 900, "Lambda's own limit is 900 s");
    // An asynchronous invocation may have to wait for the one that is under way.
    let service_timeout = number(&resources["HealthyDatabasePath"]["Properties"]["ServiceTimeout"]);
    assert!(number(gate) + plain < service_timeout && service_timeout <= 3600);
}

#[test]
fn nothing_is_done_for_a_stack_that_waits_no_more() {
    let users = Template::read("infra/db-users.yaml");
    let demo = Template::read("infra/demo.yaml");
    let properties =
        |template: &Template, name: &str| template.section("Resources")[name]["Properties"].clone();
    let (probe, maker) = (properties(&deployed(), "Probe"), properties(&users, "DatabaseUsers"));
    let gate = properties(&deployed(), "HealthyDatabasePath");
    for (function, timeout, resource) in [
        (&probe, &probe["Timeout"]["Fn::If"][1], gate),
        (&maker, &maker["Timeout"], properties(&demo, "DatabaseUsers")),
    ] {
        let invoked = &function["EventInvokeConfig"];
        assert_eq!(number(&invoked["MaximumRetryAttempts"]), 0);
        let ends = number(&invoked["MaximumEventAgeInSeconds"]) + number(timeout);
        assert!(ends <= number(&resource["ServiceTimeout"]), "{function:#}");
    }
}

#[test]
fn the_memory_is_more_than_the_function_was_seen_to_take() {
    let parameters = deployed();
    let memory = &parameters.section("Parameters")["MemorySize"];
    for key in ["Default", "MinValue"] {
        assert!(u64::from(number(&memory[key])) * 1024 > PEAK_KIB, "{key}");
    }
}
