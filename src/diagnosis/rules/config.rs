//! Rules for `config`: variables, trust anchors, and the event that asked.
//!
//! Nothing was tried yet, so only the environment, a file and the event matter.

use std::io::ErrorKind;

use super::super::draft::Draft;
use super::super::{Advice, Code, Command, Entry};
use crate::config::{Found, Problems};
use crate::probe::ConfigFailure;
use crate::tls::{AnchorError, AnchorProblem};

/// `--environment` replaces all variables, so they are shown and edited as a whole:
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
pub(in crate::diagnosis) const EDIT_VARIABLES: &[Command] = &[
    Command::Shell(
        "aws lambda get-function-configuration --region REGION --function-name NAME \
         --query '{Variables: Environment.Variables}' --output json > environment.json \
         && cat environment.json",
    ),
    Command::Shell(
        "aws lambda update-function-configuration --region REGION --function-name NAME \
         --environment file://environment.json",
    ),
];

static MISNAMED: Advice = Advice {
    engine: None,
    cause: "A variable is set under a name that the function does not read.",
    remedy: "Rename it in the template that deploys the function, and deploy. Without a template, \
             save all variables with the first command, edit environment.json, and set them with \
             the second: it replaces every variable, so keep those that are right. \
             docs/reference.md lists the names.",
    commands: EDIT_VARIABLES,
};

static VARIABLES: Advice = Advice {
    engine: None,
    cause: "A variable of the function is missing, wrong or without effect; the summary names \
            each one.",
    remedy: "Correct it in the template that deploys the function, and deploy. Without a \
             template, save all variables with the first command, edit environment.json, and set \
             them with the second: it replaces every variable, so keep those that are right. \
             docs/reference.md lists every variable.",
    commands: EDIT_VARIABLES,
};

pub(in super::super) static CONFIG_INVALID: Entry = Entry {
    meaning: "The function's environment cannot be used as it is. All its problems are named \
              together, each with what was found and what was expected. Nothing was tried.",
    seen: &[
        "DB_HOST is not set: expected the endpoint's host name",
        "DB_HOST is not set (PGHOST is set, but the function does not read it): expected the \
         endpoint's host name",
    ],
    causes: &[&VARIABLES, &MISNAMED],
    transient: false,
};

static EVENT: Advice = Advice {
    engine: None,
    cause: "The caller sent something other than the events that docs/reference.md describes.",
    remedy: "Send no payload, {}, or an object such as {\"fresh\": true}. Both commands save the \
             report to report.json and show it.",
    commands: &[
        Command::Shell(
            "aws lambda invoke --region REGION --function-name NAME report.json \
             && jq . report.json",
        ),
        Command::Shell(
            "aws lambda invoke --region REGION --function-name NAME \
             --cli-binary-format raw-in-base64-out --payload '{\"fresh\": true}' report.json \
             && jq . report.json",
        ),
    ],
};

pub(in super::super) static EVENT_INVALID: Entry = Entry {
    meaning: "The event that asked for the probe is not a JSON object, or one of its keys has \
              another type than expected. Nothing was tried.",
    seen: &["the event is an array: expected a JSON object"],
    causes: &[&EVENT],
    transient: false,
};

static CA_FILE: Advice = Advice {
    engine: None,
    cause: "DB_CA_FILE is not the path of a PEM file of certificates.",
    remedy: "{Unset DB_CA_FILE|Leave DB_CA_FILE out} to use the bundled roots, which verify every \
             RDS Proxy. If you need other roots, {put a PEM file into the deployment package and \
             set DB_CA_FILE to its path there, such as /var/task/ca.pem. Check the file before you \
             package it.|set DB_CA_FILE to a PEM file, and check it with the command.}",
    commands: &[Command::Shell("openssl storeutl -noout -certs FILE")],
};

static FILE_MODE: Advice = Advice {
    engine: None,
    cause: "The file's mode does not allow the function's user to read it: a deployment package \
            keeps the modes that files had when it was made.",
    remedy: "Make the file readable for everyone before you package it, and deploy again.",
    commands: &[Command::Shell("chmod a+r FILE")],
};

static FILE_SYSTEM: Advice = Advice {
    engine: None,
    cause: "The file system that DB_CA_FILE is on does not answer: for example, an EFS mount \
            target whose security group does not allow NFS (port 2049) from the function.",
    remedy: "Put the file into the deployment package and set DB_CA_FILE to its path there, such \
             as /var/task/ca.pem. If it must stay on EFS, allow port 2049 from the function's \
             security group; the commands show the function's mounts and the mount targets.",
    commands: &[
        Command::Shell(
            "aws lambda get-function-configuration --region REGION --function-name NAME \
             --query FileSystemConfigs",
        ),
        Command::Shell(
            "aws efs describe-mount-targets --region REGION --access-point-id ACCESS_POINT_ARN",
        ),
    ],
};

static BUILD: Advice = Advice {
    engine: None,
    cause: "The roots that are compiled into the function are damaged.",
    remedy: "Build the function again from an unchanged copy of its source, and deploy it.",
    commands: &[Command::Shell("git status --short certs && make package")],
};

pub(in super::super) static CA_INVALID: Entry = Entry {
    meaning: "There are no trust anchors to verify the server with. Nothing was tried: a \
              connection is never made without verification.",
    seen: &["it holds no PEM certificate"],
    causes: &[&CA_FILE, &FILE_MODE, &FILE_SYSTEM, &BUILD],
    transient: false,
};

pub(in super::super) fn rule(failure: &ConfigFailure) -> Draft {
    match failure {
        ConfigFailure::Variables(problems) => rule_variables(problems),
        ConfigFailure::Event(problem) => {
            Draft::new(Code::EventInvalid, format!("The event was refused: {problem}."))
        }
        ConfigFailure::Anchors(error) => rule_anchors(error),
    }
}

fn rule_variables(problems: &Problems) -> Draft {
    let problems = problems.as_slice();
    let list: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let draft = Draft::new(Code::ConfigInvalid, format!("{}.", list.join("; ")));
    let misnamed: Vec<String> = problems
        .iter()
        .filter_map(|problem| match &problem.found {
            Found::Nothing { near_misses } => {
                let set = near_misses.first()?;
                Some(format!("{set} is set, and {} is not", problem.variable))
            }
            Found::Value(_) | Found::Hidden | Found::WithoutEffect => None,
        })
        .collect();
    if misnamed.is_empty() {
        draft.ruled_out(&MISNAMED)
    } else {
        draft.observed(&MISNAMED, format!("{}.", misnamed.join("; ")))
    }
}

fn rule_anchors(AnchorError { file, problem }: &AnchorError) -> Draft {
    let Some(file) = file else {
        let summary = format!("The bundled trust anchors are unusable: {problem}.");
        let draft = Draft::new(Code::CaInvalid, summary);
        return draft.ruled_out(&CA_FILE).ruled_out(&FILE_MODE).ruled_out(&FILE_SYSTEM);
    };
    let summary = format!("DB_CA_FILE is \"{}\": {problem}.", file.display());
    let draft = Draft::new(Code::CaInvalid, summary).ruled_out(&BUILD);
    match problem {
        AnchorProblem::TimedOut { .. } => {
            draft.ruled_out(&CA_FILE).ruled_out(&FILE_MODE).transient(true)
        }
        AnchorProblem::Unreadable(error) if error.kind() == ErrorKind::PermissionDenied => draft
            .ruled_out(&FILE_SYSTEM)
            .observed(&FILE_MODE, format!("The operating system's error: {error}.")),
        AnchorProblem::Unreadable(error) if error.kind() == ErrorKind::NotFound => {
            draft.ruled_out(&FILE_SYSTEM).ruled_out(&FILE_MODE)
        }
        AnchorProblem::Unreadable(_) => draft.ruled_out(&FILE_MODE),
        AnchorProblem::NotAFile
        | AnchorProblem::TooLarge { .. }
        | AnchorProblem::NoCertificate
        | AnchorProblem::Pem(_)
        | AnchorProblem::Certificate { .. }
        | AnchorProblem::Refused(_) => draft.ruled_out(&FILE_SYSTEM).ruled_out(&FILE_MODE),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io;
    use std::time::Duration;

    use super::*;
    use crate::config::Config;
    use crate::diagnosis::{Diagnosis, Facts, of_failure};
    use crate::probe::Failure;

    fn of(failure: ConfigFailure) -> Diagnosis {
        of_failure(&Failure::Config(failure), &Facts::default())
    }

    fn of_variables(vars: &[(&str, &str)]) -> Diagnosis {
        let vars: HashMap<_, _> = vars.iter().copied().collect();
        let config = Config::from_vars(|name| vars.get(name).map(|value| (*value).to_owned()));
        of(ConfigFailure::Variables(config.unwrap_err()))
    }

    fn of_anchors(file: Option<&str>, problem: AnchorProblem) -> Diagnosis {
        let file = file.map(Into::into);
        of(ConfigFailure::Anchors(AnchorError { file, problem }))
    }

    fn unreadable(kind: ErrorKind) -> Diagnosis {
        of_anchors(Some("/var/task/ca.pem"), AnchorProblem::Unreadable(io::Error::from(kind)))
    }

    fn causes(diagnosis: &Diagnosis) -> Vec<&str> {
        diagnosis.causes.iter().map(|cause| cause.cause.as_str()).collect()
    }

    #[test]
    fn a_variable_under_another_name_is_the_first_cause() {
        let diagnosis = of_variables(&[("DB_ENDPOINT", "db.example"), ("DB_USERNAME", "app")]);
        assert_eq!((diagnosis.code, diagnosis.transient), (Code::ConfigInvalid, false));
        assert_eq!(causes(&diagnosis), [MISNAMED.cause, VARIABLES.cause]);
        let evidence = diagnosis.causes[0].evidence.as_deref();
        let expected = "DB_ENDPOINT is set, and DB_HOST is not; DB_USERNAME is set, and DB_USER is \
                        not.";
        assert_eq!(evidence, Some(expected));
        assert!(!format!("{diagnosis:?}").contains("db.example"));
    }

    #[test]
    fn without_a_near_miss_none_is_mentioned() {
        let diagnosis = of_variables(&[("DB_HOST", "db.example"), ("AWS_REGION", "eu-west-1")]);
        assert_eq!(causes(&diagnosis), [VARIABLES.cause]);
        assert_eq!(diagnosis.summary, "DB_USER is not set: expected the database user.");
    }

    #[test]
    fn variables_are_shown_before_they_are_replaced() {
        let commands = &of_variables(&[]).causes[0].commands;
        assert!(commands[0].contains("get-function-configuration"), "{commands:?}");
        assert!(commands[1].ends_with("--environment file://environment.json"), "{commands:?}");
    }

    #[test]
    fn a_refused_event_s_commands_write_the_report_to_a_file_of_its_own() {
        let diagnosis = of(ConfigFailure::Event("it is an array".to_owned()));
        assert_eq!(diagnosis.summary, "The event was refused: it is an array.");
        for command in &diagnosis.causes[0].commands {
            assert!(command.ends_with("report.json && jq . report.json"), "{command}");
            assert!(!command.contains("/dev/stdout"), "{command}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_is_no_pem_is_a_matter_of_db_ca_file_alone() {
        for diagnosis in [
            unreadable(ErrorKind::NotFound),
            of_anchors(Some("/tmp"), AnchorProblem::NotAFile),
            of_anchors(Some("/tmp/a"), AnchorProblem::NoCertificate),
        ] {
            assert_eq!(diagnosis.code, Code::CaInvalid);
            assert_eq!(causes(&diagnosis), [CA_FILE.cause]);
            assert!(!diagnosis.transient);
        }
    }

    #[test]
    fn a_file_that_may_not_be_read_is_a_matter_of_its_mode() {
        let diagnosis = unreadable(ErrorKind::PermissionDenied);
        assert_eq!(causes(&diagnosis), [FILE_MODE.cause, CA_FILE.cause]);
        assert_eq!(diagnosis.causes[0].commands, ["chmod a+r FILE"]);
    }

    #[test]
    fn a_file_system_that_does_not_answer_is_the_cause_and_may_come_back() {
        let after = Duration::from_secs(5);
        let diagnosis = of_anchors(Some("/mnt/ca.pem"), AnchorProblem::TimedOut { after });
        assert_eq!(causes(&diagnosis), [FILE_SYSTEM.cause]);
        assert!(diagnosis.transient);
        assert_eq!(diagnosis.summary, "DB_CA_FILE is \"/mnt/ca.pem\": it was not read within 5 s.");
    }

    #[test]
    fn damaged_bundled_roots_are_not_blamed_on_db_ca_file() {
        let diagnosis = of_anchors(None, AnchorProblem::NoCertificate);
        assert_eq!(causes(&diagnosis), [BUILD.cause]);
    }
}
