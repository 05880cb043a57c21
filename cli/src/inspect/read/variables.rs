//! What a function's variables say. Any of them may be a secret: what is kept has been recognized as
//! a name, a number, an ARN or a host name of RDS's.

use crate::inspect::account::{Login, NamedHost, Variables};

/// The most hosts that are kept.
const HOSTS: usize = 20;

/// Keeps what can't be a secret.
pub(super) fn of<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    dns_suffix: &str,
) -> Variables {
    let mut kept = Variables::default();
    for (name, value) in pairs {
        match name {
            "DB_PORT" | "PGPORT" => kept.port = value.trim().parse().ok(),
            "DB_USER" | "PGUSER" if is_name(value) => kept.user = Some(value.to_owned()),
            "DB_REGION" if is_region(value) => kept.region = Some(value.to_owned()),
            "DB_ENGINE" if ["mysql", "postgresql"].contains(&value) => {
                kept.engine = Some(value.to_owned());
            }
            "DB_AUTH" if value == "secret" => kept.login = Login::Secret,
            "DB_SECRET_ARN" if is_arn(value, "secretsmanager") => {
                kept.secret_arn = Some(value.to_owned());
            }
            "DB_ASSUME_ROLE_ARN" if is_arn(value, "iam") => {
                kept.assume_role_arn = Some(value.to_owned());
            }
            "DB_ASSUME_ROLE_EXTERNAL_ID" => kept.has_external_id = !value.is_empty(),
            "PROBE_EXPLAIN" => kept.explains = value == "true",
            _ => {
                let hosts = hosts(value, dns_suffix)
                    .map(|host| NamedHost { variable: name.to_owned(), host });
                kept.hosts.extend(hosts);
            }
        }
    }
    // The function's own variable first.
    kept.hosts.sort_by_key(|named| named.variable != "DB_HOST");
    kept.hosts.truncate(HOSTS);
    kept
}

/// The host names of RDS's in a value, also inside a connection string.
fn hosts<'a>(value: &'a str, dns_suffix: &'a str) -> impl Iterator<Item = String> + 'a {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let words = value.split(move |c| !is_of_name(c));
    let is_rds = move |word: &&str| {
        word.len() <= 253 && word.contains(".rds.") && word.ends_with(dns_suffix)
    };
    words.filter(is_rds).map(str::to_ascii_lowercase)
}

fn is_name(value: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_.-@".contains(c);
    (1..=63).contains(&value.len()) && value.chars().all(is_of_name)
}

fn is_region(value: &str) -> bool {
    rds_proxy_probe::config::Region::parse(value).is_some()
}

fn is_arn(value: &str, service: &str) -> bool {
    let mut parts = value.split(':');
    parts.next() == Some("arn") && parts.nth(1) == Some(service) && !value.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pairs: &[(&str, &str)]) -> Variables {
        of(pairs.iter().copied(), "amazonaws.com")
    }

    #[test]
    fn a_host_is_found_in_any_variable_and_comes_without_what_is_around_it() {
        let url = "postgres://app:canary.word@App.proxy-x.eu-west-1.rds.amazonaws.com:5432/app";
        let found = kept(&[
            ("DATABASE_URL", url),
            ("OTHER", "canary"),
            ("DB_HOST", "x.y.rds.amazonaws.com"),
        ]);
        let hosts: Vec<(&str, &str)> =
            found.hosts.iter().map(|it| (it.variable.as_str(), it.host.as_str())).collect();
        let expected = [
            ("DB_HOST", "x.y.rds.amazonaws.com"),
            ("DATABASE_URL", "app.proxy-x.eu-west-1.rds.amazonaws.com"),
        ];
        assert_eq!(hosts, expected);
        assert!(!format!("{found:?}").contains("canary"));
    }

    #[test]
    fn what_may_be_a_secret_is_not_kept() {
        let names = [
            "DB_HOST",
            "DB_PORT",
            "DB_USER",
            "DB_REGION",
            "DB_ENGINE",
            "DB_AUTH",
            "DB_SECRET_ARN",
            "DB_ASSUME_ROLE_ARN",
            "DB_ASSUME_ROLE_EXTERNAL_ID",
            "DB_PASSWORD",
            "X",
        ];
        for value in ["canary/secret key", "canary+secret=", "postgres://u:canary@h/d"] {
            let pairs: Vec<_> = names.iter().map(|name| (*name, value)).collect();
            let found = format!("{:?}", kept(&pairs));
            assert!(!found.contains("canary"), "{found}");
        }
    }
}
