//! A file of targets, in TOML: `[[target]]` tables whose keys are options without their dashes, and
//! `[defaults]` for all of them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::options::{Connection, nearest};

/// The longest file that is read, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// A target of a file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name in results; `None` if the file gives none.
    pub(super) label: Option<String>,
    /// Its options, with the defaults.
    pub(super) connection: Connection,
}

/// Reads a file's targets, at least one.
///
/// # Errors
/// What is wrong with it, each a sentence without a full stop.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, Vec<String>> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| vec![format!("{shown} cannot be read: {error}")];
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LIMIT).read_to_string(&mut text).map_err(unreadable)?;
    entries(&text).map_err(|problems| {
        problems.into_iter().map(|problem| format!("{shown}: {problem}")).collect()
    })
}

fn entries(text: &str) -> Result<Vec<Entry>, Vec<String>> {
    // The error's own text repeats the line, which may hold anything.
    let table = DeTable::parse(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        vec![format!("line {line}: {}", error.message())]
    })?;
    let mut problems = Vec::new();
    let mut defaults = Connection::default();
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("defaults", DeValue::Table(table)) => {
                let (_, connection) = options(table, "[defaults]", &mut problems);
                defaults = connection;
            }
            ("target", DeValue::Array(array)) => {
                for (number, item) in (1..).zip(array.iter()) {
                    let place = format!("[[target]] number {number}");
                    let Some(table) = item.get_ref().as_table() else {
                        problems.push(format!("{place} is no table"));
                        continue;
                    };
                    let (label, connection) = options(table, &place, &mut problems);
                    entries.push(Entry { label, connection });
                }
            }
            (other, _) => {
                problems
                    .push(format!("{other:?} is not known: expected [defaults] and [[target]]"));
            }
        }
    }
    if entries.is_empty() && problems.is_empty() {
        problems.push("there is no [[target]]".to_owned());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for entry in &mut entries {
        entry.connection.fall_back_to(&defaults);
    }
    Ok(entries)
}

/// A table's label and options.
fn options(
    table: &DeTable<'_>,
    place: &str,
    problems: &mut Vec<String>,
) -> (Option<String>, Connection) {
    let (mut label, mut connection) = (None, Connection::default());
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        let Some(text) = scalar(value.get_ref()) else {
            problems.push(format!("{place}: {key} has a value of another type: expected a text"));
            continue;
        };
        if key == "label" {
            label = Some(text);
        } else if let Err(problem) = connection.set(key, &text) {
            let near = nearest(key, Connection::keys());
            let hint = near.filter(|_| problem.is_unknown_key());
            let hint = hint.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            problems.push(format!("{place}: {key} {problem}{hint}"));
        }
    }
    (label, connection)
}

/// A text, a number or a truth value, as it is written on a command line.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        entries(text).unwrap_err().join("\n")
    }

    #[test]
    fn targets_have_labels_options_and_defaults() {
        let text = "
            [[target]]
            label = \"orders\"
            host = \"a\"
            port = 5433
            [[target]]
            host = \"b\"
            user = \"other\"
            explain = true
            [defaults]
            user = \"app\"
            timeout = \"2s\"";
        let entries = entries(text).unwrap();
        let given = |number: usize, name: &str| entries[number].connection.given(name);
        assert_eq!(entries[0].label.as_deref(), Some("orders"));
        assert_eq!(given(0, "DB_PORT").as_deref(), Some("5433"));
        assert_eq!(given(0, "DB_USER").as_deref(), Some("app"));
        assert_eq!(given(1, "DB_USER").as_deref(), Some("other"));
        assert_eq!(given(1, "PROBE_EXPLAIN").as_deref(), Some("true"));
        assert_eq!(given(1, "PROBE_TIMEOUT_MS").as_deref(), Some("2000"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let unknown = "[[target]]\nhots = \"a\"\ntimeout = \"5\"\nuser = []\n[other]";
        assert_eq!(
            problems(unknown),
            "\"other\" is not known: expected [defaults] and [[target]]\n\
             [[target]] number 1: hots is not known; did you mean host?\n\
             [[target]] number 1: timeout is \"5\": expected a duration such as 500ms, 5s or 2m\n\
             [[target]] number 1: user has a value of another type: expected a text"
        );
        assert_eq!(problems(""), "there is no [[target]]");
    }

    #[test]
    fn a_syntax_error_has_its_line_and_not_its_text() {
        let said = problems("[[target]]\nhost = \"a\"\npassword = canary\n");
        assert!(said.starts_with("line 3: "), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
