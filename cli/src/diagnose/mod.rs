//! `diagnose [TEXT]`: what an error text of a driver, a proxy's log or a stack trace means. Nothing
//! is sent anywhere.
//!
//! The server's own words count first, wherever they are quoted; then the words that drivers have for
//! what happens before a server speaks: names, connections, certificates, keys.

mod driver;
mod mysql;
mod quoted;

use std::io::{self, IsTerminal as _, Read as _};

use rds_proxy_probe::diagnosis::{Advice, Code, Diagnosis, Site};
use rds_proxy_probe::session::ErrorCode;

use crate::options::PROGRAM;
use crate::status::Status;
use crate::terminal::{Color, Output};
use crate::text::diagnosis;
use quoted::{Hints, Quoted};

/// The longest text that is read, in bytes: a stack trace has some thousand.
const LIMIT: usize = 256 * 1024;

/// An application had the error, wherever it runs.
const SITE: Site = Site::Application;

const UNKNOWN: &str = "no error of a database, a proxy, a network, a certificate or AWS keys that \
                       this program knows is in the text. Paste all of it, with the lines that \
                       name the cause (\"FATAL:\", \"Caused by:\", \"code:\"), or run";

/// Says what the text means: these words, or standard input if there are none.
pub fn diagnose(words: &[String], output: &Output) -> (Status, Vec<String>) {
    let text = if words.is_empty() {
        match read_stdin() {
            Ok(text) => text,
            Err(error) => {
                let problem = format!("standard input cannot be read: {error}");
                return (Status::Misused, vec![problem]);
            }
        }
    } else {
        words.join(" ")
    };
    let Some(found) = recognize(&text) else {
        let problem = format!("{UNKNOWN} {PROGRAM} check where the driver runs");
        return (Status::Misused, vec![problem]);
    };
    let style = &output.style;
    let title = style.colored(Color::Red, found.code.as_str());
    // The title, and the prompt that follows.
    let room = style.height.saturating_sub(2);
    output.write(&format!("{title}\n{}", diagnosis(&found, style, room)));
    (Status::Healthy, vec![])
}

fn read_stdin() -> io::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        // Standard error may be closed; ignore errors.
        drop(io::Write::write_all(&mut io::stderr(), b"Paste the error, then press Ctrl-D.\n"));
    }
    let mut bytes = Vec::new();
    stdin.take(u64::try_from(LIMIT).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a text means; `None` if nothing in it is known.
pub fn recognize(text: &str) -> Option<Diagnosis> {
    let text = cut(text);
    // In JSON and in Rust's `Debug`, quotes and line ends are escaped.
    let text = text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\t", " ");
    let hints = Hints::of(&text);
    if let Some((code, words, advice)) = driver::find_cause(&text) {
        return Some(of_code(code, words, &[advice], hints));
    }
    if let Some(quoted) = mysql::find(&text, hints).or_else(|| quoted::find(&text, hints)) {
        return Some(of_server(quoted));
    }
    let (code, words) = driver::find(&text)
        .or_else(|| quoted::by_sqlstate(&text, hints).map(|found| (found.code, "its SQLSTATE")))?;
    let causes = code.entry().causes.iter().copied();
    let is_possible = |advice: &&Advice| hints.may_have(advice.engine) && SITE.may_have(advice);
    let causes: Vec<_> = causes.filter(is_possible).collect();
    Some(of_code(code, words, &causes, hints))
}

/// At most so much of a text, up to a whole character.
fn cut(text: &str) -> &str {
    let end = (0..=LIMIT.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

/// A server's error: its causes are ranked by its words. The summary of a probe would speak of the
/// probe's own login, so the entry's meaning takes its place.
fn of_server(quoted: Quoted) -> Diagnosis {
    let Quoted { diagnosis, words } = quoted;
    let meaning = diagnosis.code.meaning(SITE);
    let stop = if words.ends_with(['.', '…', '!', '?']) { "" } else { "." };
    let token = match (diagnosis.code, diagnosis.server.as_ref().map(|server| &server.code)) {
        // MySQL has one error for all logins that it rejects.
        (Code::PasswordRejected, Some(ErrorCode::MySql { number: 1045 | 1698, .. })) => {
            " If the driver sent an IAM token, see iam_rejected instead."
        }
        _ => "",
    };
    let summary = format!("The server said: {words}{stop} {meaning}{token}");
    Diagnosis { summary, ..diagnosis }
}

/// Any other error, with the causes that it can have.
fn of_code(code: Code, words: &str, causes: &[&Advice], hints: Hints) -> Diagnosis {
    Diagnosis {
        code,
        step: code.steps().first().copied().unwrap_or(rds_proxy_probe::probe::Step::Config),
        summary: format!("Recognized by \"{words}\". {}", code.meaning(SITE)),
        causes: causes.iter().map(|advice| advice.generic(SITE, hints.engine())).collect(),
        ruled_out: None,
        server: None,
        transient: code.entry().transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for text in
            ["", "hello", "TypeError: undefined is not a function", "pool timed out", "\u{0}"]
        {
            assert!(recognize(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn causes_are_those_of_the_engine_that_the_text_names() {
        let engines = |driver: &str| {
            let found = recognize(&format!("{driver}: Query read timeout")).unwrap();
            let commands: Vec<_> = found.causes.into_iter().flat_map(|it| it.commands).collect();
            ["SHOW statement_timeout;", "SHOW VARIABLES "]
                .map(|it| commands.join("\n").contains(it))
        };
        assert_eq!(engines("a driver"), [true, true]);
        assert_eq!(engines("psycopg"), [true, false]);
        assert_eq!(engines("PyMySQL"), [false, true]);
    }

    #[test]
    fn what_a_driver_does_is_the_applications_to_change() {
        for (text, words) in [
            (
                "Authentication plugin 'mysql_clear_password' cannot be loaded: plugin not enabled",
                "allowCleartextPasswords",
            ),
            ("Clear password authentication is not supported over insecure channels", "Enable TLS"),
            (
                "(1045, 'Plugin mysql_clear_password could not be loaded: no such file')",
                "Connector/C",
            ),
            (
                "FATAL: no pg_hba.conf entry for host \"h\", user \"u\", database \"d\", no encryption",
                "Enable TLS",
            ),
            (
                "FATAL: Feature not supported: RDS Proxy currently doesn't support command-line options.",
                "connection string",
            ),
            ("Variable ''character_set_client'' can't be set to the value of ucs2", "utf8mb4"),
        ] {
            let found = recognize(text).unwrap();
            assert_eq!(found.causes.len(), 1, "{found:#?}");
            assert!(found.causes[0].remedy.contains(words), "{found:#?}");
        }
    }

    #[test]
    fn an_application_has_no_tunnel_by_an_option_of_the_probes() {
        for text in ["Connection timed out", "connection refused", "server does not support SSL"] {
            let found = recognize(text).unwrap();
            assert!(!format!("{:?}", found.causes[0]).contains("connect-to"), "{found:#?}");
            let causes: Vec<_> = found.causes.iter().map(|it| &it.cause).collect();
            assert!(!format!("{causes:?}").contains("connect-to"), "{causes:#?}");
        }
        assert!(
            recognize("Connection timed out").unwrap().causes[0].cause.contains("security group")
        );
    }

    #[test]
    fn an_apostrophe_is_no_open_quote() {
        let found = recognize(
            "ERROR 1231 (42000): Variable 'character_set_client' can't be set to the value of 'utf32'",
        );
        assert!(found.unwrap().summary.contains(" can't be set to the value of 'utf32'."));
    }

    #[test]
    fn a_text_is_cut_at_a_whole_character() {
        assert_eq!(cut("ü"), "ü");
        let long = "ü".repeat(LIMIT);
        assert_eq!(cut(&long).len(), LIMIT);
        assert_eq!(cut(&format!("a{long}")).len(), LIMIT - 1);
    }

    #[test]
    fn no_password_in_a_text_is_repeated() {
        for text in [
            r#"{"msg":"pq: password authentication failed for user \"app\"","dsn":"postgres://app:canary@h/app"}"#,
            "FATAL: password authentication failed for user \"app\" postgres://app:canary@h/app",
            "FATAL: password authentication failed for user \"app\" password=canary",
            "postgres://app:canary@h/app: connection refused",
            "Error 1045: Access denied for user 'app'@'h' app:canary@tcp(h)/app mysql://app:canary@h",
            "mysql://app:canary@h/app (1040, \"Too many connections\") password=canary",
        ] {
            let found = recognize(text).unwrap();
            assert!(!format!("{found:?}").contains("canary"), "{found:?}");
        }
    }
}
