//! The command line: commands, options, their help, and the words for what is wrong with them.

#![expect(clippy::doc_markdown, reason = "the comments are printed as help, without backticks")]

mod complaint;
mod connection;
mod duration;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

pub use complaint::complaint;
pub use connection::{Connection, NotSet};
pub(crate) use rds_proxy_probe::config::nearest;

/// The name that the program is called by.
pub const PROGRAM: &str = "rds-proxy-probe";

const EXAMPLES: &str = "\
Examples:
  rds-proxy-probe check --host app.proxy-abc.eu-west-1.rds.amazonaws.com --user app
  rds-proxy-probe check --connect-to localhost:5432     through a tunnel, the rest from DB_HOST
  rds-proxy-probe diagnose < error.log
  rds-proxy-probe explain iam_rejected

Exit status: 0 healthy, 1 unhealthy, 2 wrong usage or configuration, 3 degraded.";

const CHECK_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe check --host app.proxy-abc.eu-west-1.rds.amazonaws.com --user app
  rds-proxy-probe check --host … --user app --connect-to localhost:5432
  rds-proxy-probe check --host … --auth secret --secret-arn arn:aws:secretsmanager:…
  rds-proxy-probe check --proxy app --user app --region eu-west-1
  rds-proxy-probe check --file targets.toml
  rds-proxy-probe check --wait 2m && ./migrate
  rds-proxy-probe check --output json | jq .diagnosis.code";

const DIAGNOSE_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe diagnose 'FATAL: PAM authentication failed for user \"app\"'
  kubectl logs app | rds-proxy-probe diagnose";

const WATCH_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe watch --interval 200ms --timeout 1s
  rds-proxy-probe watch --file targets.toml --for 10m --output json";

const INSPECT_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe inspect --function orders --proxy app --user app --region eu-west-1
  rds-proxy-probe inspect --role-arn arn:aws:iam::123456789012:role/orders --proxy app --user app
  rds-proxy-probe inspect --function orders --proxy app --output json | jq -r '.findings[].id'";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe explain tcp_timeout";

const TOKEN_EXAMPLES: &str = "\
Examples:
  PGPASSWORD=\"$(rds-proxy-probe token --host … --user app)\" psql \"host=… user=app dbname=app sslmode=verify-full\"
  MYSQL_PWD=\"$(rds-proxy-probe token --engine mysql --host … --user app)\" mysql --host … --user app --ssl-mode VERIFY_IDENTITY --ssl-ca … --enable-cleartext-plugin";

const MAN_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe man check | man -l -
  rds-proxy-probe man > ~/.local/share/man/man1/rds-proxy-probe.1";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  rds-proxy-probe completions bash > ~/.local/share/bash-completion/completions/rds-proxy-probe
  rds-proxy-probe completions zsh > ~/.zfunc/_rds-proxy-probe
  rds-proxy-probe completions fish > ~/.config/fish/completions/rds-proxy-probe.fish";

/// Logs in to PostgreSQL or MySQL through Amazon RDS Proxy and tells exactly what is broken.
///
/// Options fall back to the environment variables of the Lambda function: --host to DB_HOST, and so
/// on.
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Probes an endpoint once: eight steps from the configuration to a query.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Probes again and again, over a kept session and new ones: prints each change, and at the end
    /// how long no login, no writer and no reader was there.
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(Watch),
    /// Reads AWS's configuration, and lists what would keep a function from logging in. It connects to
    /// no database and changes nothing.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(Inspect),
    /// Says what an error text of a driver, a log or a stack trace means. Nothing is sent anywhere.
    #[command(after_help = DIAGNOSE_EXAMPLES)]
    Diagnose {
        /// The text; without it, standard input is read.
        #[arg(value_name = "TEXT", allow_hyphen_values = true)]
        text: Vec<String>,
    },
    /// Prints what a diagnosis code means, its causes and their remedies.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// A code such as tcp_timeout.
        #[arg(value_name = "CODE")]
        code: String,
    },
    /// Prints a token to log in with, and nothing else. It is valid for 15 minutes.
    #[command(after_help = TOKEN_EXAMPLES)]
    Token {
        /// What the token is for.
        #[command(flatten)]
        connection: Connection,
    },
    /// Prints completions for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Prints a manual page.
    #[command(after_help = MAN_EXAMPLES)]
    Man {
        /// The command that it is about; without one, the program.
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
}

/// What to probe, and how to write the result.
#[derive(clap::Args, Debug)]
pub struct Check {
    /// What to connect to.
    #[command(flatten)]
    pub connection: Connection,
    /// Proxy whose default endpoint is the host; the RDS API is asked for it.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["host", "file"])]
    pub proxy: Option<String>,
    /// File of targets, in TOML: a table `target` for each, with label and options.
    #[arg(long, value_name = "FILE", conflicts_with = "every_address")]
    pub file: Option<PathBuf>,
    /// Probe every address behind the host name.
    #[arg(long)]
    pub every_address: bool,
    /// Probe again, for so long, as long as the failure may pass.
    #[arg(long, value_name = "DURATION", value_parser = duration::duration)]
    pub wait: Option<Duration>,
    /// How to write the result.
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    pub output: Form,
}

/// What to watch, and for how long.
#[derive(clap::Args, Debug)]
pub struct Watch {
    /// What to connect to.
    #[command(flatten)]
    pub connection: Connection,
    /// File of targets, in TOML, such as a writer's and a reader's endpoint.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Time between two probes, 100ms to 1m.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::duration)]
    pub interval: Duration,
    /// How long to watch [default: until Ctrl-C].
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::duration)]
    pub duration: Option<Duration>,
    /// How to write changes and summary.
    #[arg(long, value_enum, value_name = "FORM", default_value_t = LineForm::Text)]
    pub output: LineForm,
}

/// Who is to log in, where and as which user.
#[derive(clap::Args, Debug)]
pub struct Inspect {
    /// Function's name or ARN.
    #[arg(long, value_name = "NAME", required_unless_present = "role_arn")]
    pub function: Option<String>,
    /// Role that the function runs as, or would run as.
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Subnets that it runs in, or would run in.
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub subnet_ids: Vec<String>,
    /// Security groups that it has, or would have.
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub security_group_ids: Vec<String>,
    /// Role that it assumes to sign [default: the function's DB_ASSUME_ROLE_ARN].
    #[arg(long, value_name = "ARN")]
    pub assume_role_arn: Option<String>,
    /// Proxy's name.
    #[arg(long, value_name = "NAME")]
    pub proxy: String,
    /// Database user [variable: DB_USER; default: the function's].
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Proxy's region [variables: DB_REGION, AWS_REGION].
    #[arg(long)]
    pub region: Option<String>,
    /// How to write the result.
    #[arg(long, value_enum, value_name = "FORM", default_value_t = LineForm::Text)]
    pub output: LineForm,
}

/// How changes or findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LineForm {
    /// For people.
    Text,
    /// A JSON object on each line.
    Json,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// The report, as docs/reference.md describes it; a line for each of several targets.
    Json,
    /// A page to look at.
    Html,
}

/// A shell that there are completions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the shells' own names")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Arguments {
    /// Reads a command line.
    ///
    /// # Errors
    ///
    /// What [`complaint`] has words for: wrong usage, or that help or the version is wanted.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(words)
    }

    /// The command line itself, for completions and manual pages.
    pub fn definition() -> clap::Command {
        Self::command()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::definition().debug_assert();
    }

    #[test]
    fn every_command_has_help_and_an_example() {
        for command in Arguments::definition().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            let examples = command.get_after_help().unwrap_or_default().to_string();
            assert!(examples.contains(&format!("{PROGRAM} {}", command.get_name())), "{examples}");
        }
    }

    #[test]
    fn each_variable_with_an_option_is_set_by_it() {
        let values = ["1s", "true"];
        for (variable, option) in Connection::OPTIONS {
            let mut words = vec![PROGRAM, "token", option];
            if option != "--explain" {
                words.push("1s");
            }
            let words = words.into_iter().map(OsString::from);
            let Command::Token { connection } = Arguments::read(words).unwrap().command else {
                panic!("another command");
            };
            let given = connection.given(variable).unwrap();
            assert!(values.contains(&given.as_str()) || given == "1000", "{variable}: {given}");
        }
    }
}
