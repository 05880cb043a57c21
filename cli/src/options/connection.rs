//! The options that say what to connect to: the function's variables, as options.

#![expect(clippy::doc_markdown, reason = "the comments are printed as help, without backticks")]

use std::fmt;
use std::time::Duration;

use clap::Args;

use super::duration::duration;

/// What to connect to. An option that is left out is taken from the variable behind it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Endpoint's host name, as RDS prints it [variable: DB_HOST].
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Endpoint's port; it is part of the token [variable: DB_PORT].
    #[arg(long)]
    port: Option<String>,
    /// Database engine: `postgresql` or `mysql` [variable: DB_ENGINE].
    #[arg(long)]
    engine: Option<String>,
    /// Database [variable: DB_NAME].
    #[arg(long, value_name = "DATABASE")]
    name: Option<String>,
    /// Database user [variable: DB_USER].
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Region to sign for, if the host name has none [variables: DB_REGION, AWS_REGION].
    #[arg(long)]
    region: Option<String>,
    /// How to log in: `iam` or `secret` [variable: DB_AUTH].
    #[arg(long, value_name = "METHOD")]
    auth: Option<String>,
    /// Secret with user and password, for `--auth secret` [variable: DB_SECRET_ARN].
    #[arg(long, value_name = "ARN")]
    secret_arn: Option<String>,
    /// Role in the proxy's account to assume [variable: DB_ASSUME_ROLE_ARN].
    #[arg(long, value_name = "ARN")]
    assume_role_arn: Option<String>,
    /// External ID that the role requires [variable: DB_ASSUME_ROLE_EXTERNAL_ID].
    #[arg(long, value_name = "ID")]
    assume_role_external_id: Option<String>,
    /// Where to connect instead, such as a tunnel; token and certificate stay with the host
    /// [variable: DB_CONNECT_TO].
    #[arg(long, value_name = "HOST[:PORT]")]
    connect_to: Option<String>,
    /// PEM file of trust anchors, instead of Amazon's [variable: DB_CA_FILE].
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// `writer`, `reader` or `any`; another role is reported as degraded [variable:
    /// DB_EXPECT_ROLE].
    #[arg(long, value_name = "ROLE")]
    expect_role: Option<String>,
    /// Upper bound of one probe, such as 5s [variable: PROBE_TIMEOUT_MS].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// After a failure, ask the RDS control plane for evidence [variable: PROBE_EXPLAIN].
    #[arg(long)]
    explain: bool,
    /// Read host, port, database, user, root certificates and address from libpq's variables
    /// (PGHOST and so on) where neither an option nor a variable above says more.
    #[arg(long)]
    from_libpq: bool,
}

impl Connection {
    /// The variables that have an option, each with the option.
    pub const OPTIONS: [(&str, &str); 15] = [
        ("DB_HOST", "--host"),
        ("DB_PORT", "--port"),
        ("DB_ENGINE", "--engine"),
        ("DB_NAME", "--name"),
        ("DB_USER", "--user"),
        ("DB_REGION", "--region"),
        ("DB_AUTH", "--auth"),
        ("DB_SECRET_ARN", "--secret-arn"),
        ("DB_ASSUME_ROLE_ARN", "--assume-role-arn"),
        ("DB_ASSUME_ROLE_EXTERNAL_ID", "--assume-role-external-id"),
        ("DB_CONNECT_TO", "--connect-to"),
        ("DB_CA_FILE", "--ca-file"),
        ("DB_EXPECT_ROLE", "--expect-role"),
        ("PROBE_TIMEOUT_MS", "--timeout"),
        ("PROBE_EXPLAIN", "--explain"),
    ];

    /// The option for a variable.
    pub fn option_for(variable: &str) -> Option<&'static str> {
        Self::OPTIONS.iter().find(|(name, _)| *name == variable).map(|(_, option)| *option)
    }

    /// The name that libpq has for a variable, if it has one.
    /// <https://www.postgresql.org/docs/current/libpq-envars.html>
    pub fn libpq_name(variable: &str) -> Option<&'static str> {
        match variable {
            "DB_HOST" => Some("PGHOST"),
            "DB_PORT" => Some("PGPORT"),
            "DB_NAME" => Some("PGDATABASE"),
            "DB_USER" => Some("PGUSER"),
            "DB_CONNECT_TO" => Some("PGHOSTADDR"),
            "DB_CA_FILE" => Some("PGSSLROOTCERT"),
            _ => None,
        }
    }

    /// What an option sets its variable to.
    pub fn given(&self, variable: &str) -> Option<String> {
        match variable {
            "PROBE_TIMEOUT_MS" => self.timeout.map(|timeout| timeout.as_millis().to_string()),
            "PROBE_EXPLAIN" => self.explain.then(|| "true".to_owned()),
            _ => self.text(variable).cloned(),
        }
    }

    fn text(&self, variable: &str) -> Option<&String> {
        match variable {
            "DB_HOST" => self.host.as_ref(),
            "DB_PORT" => self.port.as_ref(),
            "DB_ENGINE" => self.engine.as_ref(),
            "DB_NAME" => self.name.as_ref(),
            "DB_USER" => self.user.as_ref(),
            "DB_REGION" => self.region.as_ref(),
            "DB_AUTH" => self.auth.as_ref(),
            "DB_SECRET_ARN" => self.secret_arn.as_ref(),
            "DB_ASSUME_ROLE_ARN" => self.assume_role_arn.as_ref(),
            "DB_ASSUME_ROLE_EXTERNAL_ID" => self.assume_role_external_id.as_ref(),
            "DB_CONNECT_TO" => self.connect_to.as_ref(),
            "DB_CA_FILE" => self.ca_file.as_ref(),
            "DB_EXPECT_ROLE" => self.expect_role.as_ref(),
            _ => None,
        }
    }

    fn text_mut(&mut self, variable: &str) -> Option<&mut Option<String>> {
        Some(match variable {
            "DB_HOST" => &mut self.host,
            "DB_PORT" => &mut self.port,
            "DB_ENGINE" => &mut self.engine,
            "DB_NAME" => &mut self.name,
            "DB_USER" => &mut self.user,
            "DB_REGION" => &mut self.region,
            "DB_AUTH" => &mut self.auth,
            "DB_SECRET_ARN" => &mut self.secret_arn,
            "DB_ASSUME_ROLE_ARN" => &mut self.assume_role_arn,
            "DB_ASSUME_ROLE_EXTERNAL_ID" => &mut self.assume_role_external_id,
            "DB_CONNECT_TO" => &mut self.connect_to,
            "DB_CA_FILE" => &mut self.ca_file,
            "DB_EXPECT_ROLE" => &mut self.expect_role,
            _ => return None,
        })
    }

    /// The options' names without dashes, as a file of targets has them.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        Self::OPTIONS.iter().map(|(_, option)| option.trim_start_matches('-'))
    }

    /// Sets an option by its name without dashes.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), NotSet> {
        let option =
            Self::OPTIONS.iter().find(|(_, option)| option.strip_prefix("--") == Some(key));
        let (variable, _) = option.ok_or(NotSet::Unknown)?;
        let wrong = |expected| NotSet::Wrong { found: value.to_owned(), expected };
        match *variable {
            "PROBE_TIMEOUT_MS" => self.timeout = Some(duration(value).map_err(wrong)?),
            "PROBE_EXPLAIN" => {
                self.explain = match value {
                    "true" => true,
                    "false" => false,
                    _ => return Err(wrong("expected true or false")),
                };
            }
            _ => {
                if let Some(text) = self.text_mut(variable) {
                    *text = Some(value.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Takes from another what this one does not give.
    pub fn fall_back_to(&mut self, other: &Self) {
        for (variable, _) in Self::OPTIONS {
            let theirs = other.text(variable).cloned();
            if let Some(ours) = self.text_mut(variable) {
                *ours = ours.take().or(theirs);
            }
        }
        self.timeout = self.timeout.or(other.timeout);
        self.explain |= other.explain;
        self.from_libpq |= other.from_libpq;
    }

    /// Whether libpq's variables count.
    pub fn from_libpq(&self) -> bool {
        self.from_libpq
    }
}

/// Why an option was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSet {
    /// There is no option of this name.
    Unknown,
    /// Its value has another form.
    Wrong {
        /// The value.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl NotSet {
    /// Whether the name is wrong, not the value.
    pub fn is_unknown_key(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Wrong { .. } => false,
        }
    }
}

impl fmt::Display for NotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("is not known"),
            Self::Wrong { found, expected } => write!(f, "is {found:?}: {expected}"),
        }
    }
}
