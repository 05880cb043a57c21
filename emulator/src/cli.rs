//! The command line.
//!
//! Owns the options' names, defaults and help. Does not know what becomes of them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

use crate::fault::Fault;
use crate::login::{AuthScheme, PasswordAuth};
use crate::options::{Backend, Options, PasswordUser};
use crate::principal::Principal;

/// A local stand-in for Amazon RDS Proxy in front of a real PostgreSQL.
///
/// Prints the environment of a client as export lines, then `ready`. Stops on SIGINT or SIGTERM and
/// leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "rds-proxy-emulator", max_term_width = 100)]
pub struct Arguments {
    /// Address of the read/write endpoint.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Address of the read-only endpoint, served from a streaming standby.
    #[arg(long)]
    reader_listen: Option<SocketAddr>,
    /// Host name that tokens and certificates must carry.
    #[arg(long, default_value_t = Options::default().endpoint_host)]
    endpoint_host: String,
    /// Likewise for the read-only endpoint.
    #[arg(long, default_value_t = Options::default().reader_host)]
    reader_host: String,
    /// Region that signs.
    #[arg(long, default_value_t = Options::default().region)]
    region: String,
    /// Account in dbuser ARNs.
    #[arg(long, default_value_t = Options::default().account)]
    account: String,
    /// Id of the proxy in dbuser ARNs.
    #[arg(long, default_value_t = Options::default().proxy_id)]
    proxy_id: String,
    /// `temporary` (a PostgreSQL cluster of its own) or a postgres:// URL.
    ///
    /// Sessions at a URL's server run as the client's own user, with its --password-user password
    /// or else the URL's.
    #[arg(long, default_value = "temporary")]
    backend: Backend,
    /// Who may connect: `ACCESS_KEY_ID:SECRET[:SESSION_TOKEN]=ARN_PATTERN[,ARN_PATTERN]`.
    /// Repeatable [default: a demo one, whose keys are printed].
    #[arg(long, value_name = "KEYS=PATTERNS")]
    principal: Vec<Principal>,
    /// Database user that logs in by IAM. Repeatable [default: app, unless a --password-user is
    /// named].
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    iam_user: Vec<String>,
    /// Database user that logs in by password. Repeatable.
    #[arg(long, value_name = "NAME:PASSWORD")]
    password_user: Vec<PasswordUser>,
    /// `secrets`, `secrets-iam-disabled` (IAM users are asked for a password) or `iam` (end to
    /// end: any user with a token whose role holds `rds_iam`).
    #[arg(long, default_value = "secrets")]
    auth_scheme: AuthScheme,
    /// How passwords are asked for: `scram-sha-256`, `md5` or `cleartext`.
    #[arg(long, default_value = "scram-sha-256")]
    password_auth: PasswordAuth,
    /// File that the certificate authority is written to [default: a temporary file].
    ///
    /// It is removed at the end. An existing file is not overwritten, unless an earlier emulator
    /// left it behind.
    #[arg(long)]
    ca_out: Option<PathBuf>,
    /// Misbehave: always, or with `:N` on the N-th connection alone, with `:N+` from there on.
    ///
    /// N counts the queries of each session with faults at a query, and seconds from the login
    /// with those whose names end in -after.
    #[arg(long, value_name = "NAME[:N[+]]")]
    fault: Option<Fault>,
    /// Print every fault, the step and code that a probe must report, and what it does.
    #[arg(long)]
    pub list_faults: bool,
}

impl Arguments {
    /// The options that these arguments mean.
    pub fn into_options(self) -> Options {
        let default = Options::default();
        let names_users = !self.iam_user.is_empty() || !self.password_user.is_empty();
        Options {
            listen: self.listen,
            reader_listen: self.reader_listen,
            endpoint_host: self.endpoint_host,
            reader_host: self.reader_host,
            region: self.region,
            account: self.account,
            proxy_id: self.proxy_id,
            backend: self.backend,
            principals: if self.principal.is_empty() { default.principals } else { self.principal },
            iam_users: if names_users { self.iam_user } else { default.iam_users },
            password_users: self.password_user,
            auth_scheme: self.auth_scheme,
            password_auth: self.password_auth,
            ca_out: self.ca_out,
            fault: self.fault,
            ..default
        }
    }
}

/// The faults, one line each: name, step, code, what it does.
pub fn fault_list() -> String {
    let line = |fault: &Fault| {
        let Fault { name, step, code, what, .. } = fault;
        format!("{name:<27} {step:<12} {code:<29} {what}\n")
    };
    Fault::ALL.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn options(arguments: &[&str]) -> Options {
        let arguments = [&["rds-proxy-emulator"], arguments].concat();
        Arguments::try_parse_from(arguments).expect("well formed").into_options()
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
}
