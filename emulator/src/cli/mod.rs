//! The command line.
//!
//! Owns the options' names, defaults and help; `values` has the forms of their values, `complaint`
//! the words for what is wrong. Does not know what becomes of them.

mod complaint;
mod pool;
mod suggestion;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PathBufValueParser, TypedValueParser as _};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};

use crate::backend::Backend;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::options::{MissingRoles, Options, fitting};
use crate::script::Script;
use crate::users::{AuthScheme, PasswordAuth, PasswordUser, Principal};

pub use complaint::complaint;

/// A local stand-in for Amazon RDS Proxy in front of a real PostgreSQL or MariaDB.
///
/// Prints the environment of a client as export lines, then `ready`; or runs a command in that
/// environment. Stops on SIGINT or SIGTERM, or with the command, and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "rds-proxy-emulator", version, max_term_width = 100)]
pub struct Arguments {
    /// `postgresql`, or `mysql` for MySQL, Aurora MySQL and MariaDB.
    #[arg(long, default_value_t = Options::default().engine, value_parser = values::engine)]
    engine: Engine,
    /// Address of the read/write endpoint.
    #[arg(long, default_value = "127.0.0.1:0", value_parser = values::address)]
    listen: SocketAddr,
    /// Address of the read-only endpoint, served by a streaming standby or, with MySQL, a replica.
    #[arg(long, value_parser = values::address)]
    reader_listen: Option<SocketAddr>,
    /// Host name that tokens and certificates must have.
    #[arg(long, default_value_t = Options::default().endpoint_host, value_parser = values::host)]
    endpoint_host: String,
    /// Host name of the read-only endpoint.
    #[arg(long, default_value_t = Options::default().reader_host, value_parser = values::host)]
    reader_host: String,
    /// Port that tokens must have, whatever port the emulator listens on [default: the engine's,
    /// 5432 or 3306].
    #[arg(long, value_name = "PORT", value_parser = values::port)]
    endpoint_port: Option<u16>,
    /// Region that signs.
    #[arg(long, default_value_t = Options::default().region, value_parser = values::region)]
    region: String,
    /// Account in dbuser ARNs.
    #[arg(long, default_value_t = Options::default().account, value_parser = values::account)]
    account: String,
    /// Id of the proxy in dbuser ARNs.
    #[arg(long, default_value_t = Options::default().proxy_id, value_parser = values::proxy_id)]
    proxy_id: String,
    /// `temporary` (a new PostgreSQL cluster or MariaDB server), or a postgres:// or mysql:// URL.
    ///
    /// Sessions at a URL's server run as the client's own user, with its --password-user password
    /// or else the URL's.
    #[arg(long, default_value = "temporary", value_parser = values::backend)]
    backend: Backend,
    /// Create the users that are missing at a URL's server (in PostgreSQL, their roles), as the
    /// URL's user.
    ///
    /// They get their --password-user password, or else the URL's. No user that exists is changed.
    #[arg(long)]
    make_roles: bool,
    /// Database that clients connect to [default: app, or the one in a backend's URL].
    ///
    /// In a temporary cluster or server it is created, and belongs to the first user; with MySQL
    /// every user can do everything in it.
    #[arg(long, value_name = "NAME", value_parser = values::database)]
    database: Option<String>,
    /// File with SQL to run in that database before clients come.
    ///
    /// In a temporary PostgreSQL cluster it runs as the first user, and as a superuser after RESET
    /// ROLE; in a temporary MariaDB server as a superuser; at a URL's server as the URL's user. An
    /// error ends the start.
    #[arg(
        long,
        value_name = "FILE",
        value_parser = PathBufValueParser::new().try_map(|path| Script::read(path))
    )]
    init_sql: Option<Script>,
    /// Who may connect: `ACCESS_KEY_ID:SECRET[:SESSION_TOKEN]=ARN_PATTERN[,ARN_PATTERN]`.
    /// Repeatable [default: a demo one, whose keys are printed].
    #[arg(long, value_name = "KEYS=PATTERNS")]
    principal: Vec<Principal>,
    /// Database user that logs in by IAM. Repeatable [default: app, unless a --password-user is
    /// named].
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    iam_user: Vec<String>,
    /// Database user that logs in by password. Repeatable.
    #[arg(long, value_name = "NAME:PASSWORD")]
    password_user: Vec<PasswordUser>,
    /// `secrets`, `secrets-iam-disabled` (IAM users are asked for a password) or `iam` (end to
    /// end: any user with a token, with PostgreSQL if the role holds `rds_iam`).
    #[arg(long, default_value = "secrets", value_parser = values::auth_scheme)]
    auth_scheme: AuthScheme,
    /// How passwords are asked for: `scram-sha-256`, `md5` or `cleartext`, with MySQL
    /// `caching_sha2_password` or `mysql_native_password` [default: the engine's first].
    #[arg(long, value_name = "METHOD", value_parser = values::password_auth)]
    password_auth: Option<PasswordAuth>,
    /// File that the certificate authority is written to [default: a temporary file].
    ///
    /// It is removed at the end. An existing file is not overwritten, unless an earlier emulator
    /// left it behind.
    #[arg(long)]
    ca_out: Option<PathBuf>,
    /// Folder with a certificate authority that is used again at the next start.
    ///
    /// What is missing in it is made: ca.pem, which clients trust, and ca-key.pem, which only its
    /// owner can read. Nothing in it is removed.
    #[arg(long, value_name = "DIR")]
    ca_dir: Option<PathBuf>,
    /// File that the environment is written to, one NAME=value a line without quotes, for instance
    /// for `docker run --env-file`.
    ///
    /// It appears once connections are accepted, and is removed at the end. The rule for existing
    /// files is that of --ca-out.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    #[command(flatten)]
    pooling: pool::Pooling,
    /// Misbehave: always, or with `:N` on the N-th connection alone, with `:N+` from there on.
    ///
    /// N counts the queries of each session with faults at a query (of all sessions with failover
    /// and blue-green), and seconds from the login with those whose names end in -after.
    #[arg(long, value_name = "NAME[:N[+]]", value_parser = values::fault)]
    fault: Option<values::NamedFault>,
    /// Print every fault of the engine, the step and code that a probe must report, and what it does.
    #[arg(long)]
    pub list_faults: bool,
    /// Run this command in the environment, instead of printing it, and end with it and its exit
    /// status. Everything after --exec is the command.
    #[arg(
        long,
        value_name = "COMMAND",
        num_args = 1..,
        allow_hyphen_values = true,
        conflicts_with = "list_faults"
    )]
    exec: Vec<OsString>,
}

impl Arguments {
    /// Takes a command line apart.
    ///
    /// # Errors
    ///
    /// What [`complaint`] has words for: wrong usage, or that help or the version is wanted.
    pub fn take(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut arguments = Self::try_parse_from(words)?;
        if arguments.exec.first().is_some_and(|separator| separator == "--") {
            arguments.exec.remove(0);
            if arguments.exec.is_empty() {
                let missing = "a command is missing after --exec";
                return Err(Self::command().error(ErrorKind::TooFewValues, missing));
            }
        }
        let Self { engine, backend, password_auth, .. } = &arguments;
        if let Err(error) = fitting(*engine, backend, *password_auth) {
            return Err(Self::command().error(ErrorKind::ValueValidation, error));
        }
        let (engine, fault) = (arguments.engine, arguments.fault.as_ref());
        if fault.is_some_and(|fault| fault.of(engine).is_none()) {
            let text = format!("the value of --fault is no fault of --engine {engine}");
            return Err(Self::command().error(ErrorKind::ValueValidation, text));
        }
        Ok(arguments)
    }

    /// The engine that is asked for.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The command to run and its arguments, if there is one.
    pub fn command_to_run(&self) -> Option<(OsString, Vec<OsString>)> {
        let (program, arguments) = self.exec.split_first()?;
        Some((program.clone(), arguments.to_vec()))
    }

    /// The options that these arguments mean.
    pub fn into_options(self) -> Options {
        let default = Options::default();
        let names_users = !self.iam_user.is_empty() || !self.password_user.is_empty();
        Options {
            engine: self.engine,
            listen: self.listen,
            reader_listen: self.reader_listen,
            endpoint_host: self.endpoint_host,
            reader_host: self.reader_host,
            endpoint_port: self.endpoint_port,
            region: self.region,
            account: self.account,
            proxy_id: self.proxy_id,
            backend: self.backend,
            missing_roles: if self.make_roles { MissingRoles::Make } else { MissingRoles::Leave },
            database: self.database,
            init_sql: self.init_sql,
            principals: if self.principal.is_empty() { default.principals } else { self.principal },
            iam_users: if names_users { self.iam_user } else { default.iam_users },
            password_users: self.password_user,
            auth_scheme: self.auth_scheme,
            password_auth: self.password_auth,
            pool: self.pooling.settings(),
            on_pin: self.pooling.on_pin,
            admin: self.pooling.admin,
            log_detail: self.pooling.log_detail(),
            idle_client_timeout: self.pooling.limits().0,
            client_life: self.pooling.limits().1,
            ca_out: self.ca_out,
            ca_dir: self.ca_dir,
            env_file: self.env_file,
            fault: self.fault.and_then(|fault| fault.of(self.engine)),
            ..default
        }
    }
}

/// The faults of an engine, one line each: name, step, code, what it does.
pub fn fault_list(engine: Engine) -> String {
    let line = |fault: &Fault| {
        let Fault { name, step, code, what, .. } = fault;
        format!("{name:<27} {step:<12} {code:<29} {what}\n")
    };
    Fault::of(engine).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Arguments {
        let words = [&["rds-proxy-emulator"], arguments].concat().into_iter();
        Arguments::take(words.map(OsString::from)).expect("well formed")
    }

    fn options(arguments: &[&str]) -> Options {
        parse(arguments).into_options()
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_named_user_takes_the_default_one_away_however_it_logs_in() {
        assert_eq!(options(&[]).iam_users, ["app"]);
        assert_eq!(options(&["--iam-user", "a", "--iam-user", "b"]).iam_users, ["a", "b"]);
        assert_eq!(options(&["--password-user", "a:b"]).iam_users, [""; 0]);
        let both = options(&["--password-user", "a:b", "--iam-user", "app"]);
        assert_eq!((both.iam_users.len(), both.password_users.len()), (1, 1));
    }

    #[test]
    fn the_command_line_sets_no_observer() {
        assert!(options(&[]).observer.is_none());
    }

    #[test]
    fn a_named_principal_takes_the_demo_one_away() {
        assert_eq!(options(&[]).principals, [Principal::demo()]);
        let named = options(&["--principal", "A:b=arn:aws:*"]).principals;
        assert_eq!(named, [Principal::new("A", "b", None, vec!["arn:aws:*".to_owned()])]);
    }

    #[test]
    fn everything_after_exec_is_the_command() {
        for (arguments, command) in [
            (&["--exec", "env"][..], &["env"][..]),
            (&["--exec", "--", "env"], &["env"]),
            (&["--exec", "a", "--", "--region", "x", "-h"], &["a", "--", "--region", "x", "-h"]),
            (&["--exec", "--", "--", "--help"], &["--", "--help"]),
            (&["--exec", "a", "--exec", "b", "--version"], &["a", "--exec", "b", "--version"]),
            (&["--exec", "a", ""], &["a", ""]),
            (&[], &[]),
        ] {
            let arguments = [&["--account", "000000000001"], arguments].concat();
            let parsed = parse(&arguments);
            assert_eq!(parsed.exec, command);
            let Options { account, region, .. } = parsed.into_options();
            assert_eq!((&*account, &*region), ("000000000001", "us-east-1"));
        }
        for arguments in [&["--exec"][..], &["--exec", "--"], &["--list-faults", "--exec", "a"]] {
            let words = [&["rds-proxy-emulator"], arguments].concat().into_iter();
            Arguments::take(words.map(OsString::from)).expect_err("no command");
        }
    }
}
