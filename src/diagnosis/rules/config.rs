//! Rules for `config`: variables, trust anchors, and the event that asked.

use super::super::draft::Draft;
use super::super::{Advice, Code, Entry};
use crate::probe::ConfigFailure;

static VARIABLES: Advice = Advice {
    cause: "A variable of the function is missing or wrong; the summary names each one.",
    remedy: "Set it: aws lambda update-function-configuration --function-name NAME \
             --environment 'Variables={…}', or in the template, and deploy. \
             docs/reference.md lists every variable.",
    commands: &[],
};

pub(in super::super) static CONFIG_INVALID: Entry = Entry {
    meaning: "The function's environment is not usable as it stands. All its problems are named \
              together, each with what was found and what was expected. Nothing was tried.",
    seen: &["DB_HOST is not set: expected the endpoint's host name"],
    causes: &[&VARIABLES],
    transient: false,
};

static EVENT: Advice = Advice {
    cause: "The caller sent something else than the events that docs/reference.md describes.",
    remedy: "Send nothing, {} or {\"fresh\": true}: aws lambda invoke --function-name NAME /dev/stdout",
    commands: &[],
};

pub(in super::super) static EVENT_INVALID: Entry = Entry {
    meaning: "The event that asked for the probe is not a JSON object, or one of its keys has \
              another type than expected. Nothing was tried.",
    seen: &["the event is an array: expected a JSON object"],
    causes: &[&EVENT],
    transient: false,
};

static CA_FILE: Advice = Advice {
    cause: "DB_CA_FILE does not lead to a PEM file of certificates.",
    remedy: "Unset DB_CA_FILE to use the bundled Amazon roots, or let it name a PEM file inside \
             the deployment package, such as /var/task/ca.pem. Check the file with: \
             openssl storeutl -noout -certs FILE",
    commands: &[],
};

pub(in super::super) static CA_INVALID: Entry = Entry {
    meaning: "There are no trust anchors to verify the server with. Nothing was tried: a \
              connection is never made without verification.",
    seen: &["it holds no PEM certificate"],
    causes: &[&CA_FILE],
    transient: false,
};

pub(in super::super) fn rule(failure: &ConfigFailure) -> Draft {
    match failure {
        ConfigFailure::Variables(problems) => {
            let list: Vec<_> = problems.as_slice().iter().map(ToString::to_string).collect();
            Draft::new(Code::ConfigInvalid, format!("{}.", list.join("; ")))
        }
        ConfigFailure::Event(problem) => {
            Draft::new(Code::EventInvalid, format!("Bad event: {problem}."))
        }
        ConfigFailure::Anchors(error) => {
            let problem = &error.problem;
            let summary = match &error.file {
                Some(file) => format!("DB_CA_FILE is {}: {problem}.", file.display()),
                None => format!("The bundled trust anchors are unusable: {problem}."),
            };
            Draft::new(Code::CaInvalid, summary)
        }
    }
}
