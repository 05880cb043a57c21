//! Statements out of scripts for psql.

use std::fs;
use std::path::{Path, PathBuf};

/// The statements of all scripts in a folder that PostgreSQL's grammar accepts, by script.
pub fn read(folder: &Path) -> Vec<Vec<String>> {
    let mut scripts: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder of scripts").map(|file| file.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    scripts.sort();
    scripts.iter().map(|path| statements(&String::from_utf8_lossy(&fs::read(path).unwrap()))).collect()
}

fn statements(script: &str) -> Vec<String> {
    let script = without_psql(script);
    let pieces = match pg_query::split_with_scanner(&script) {
        Ok(pieces) => pieces.into_iter().map(str::to_owned).collect(),
        // Where a string never ends, as a test of it: in pieces that end with a line.
        Err(_) => script.split_inclusive(";\n").map(str::to_owned).collect::<Vec<_>>(),
    };
    let accepted = |text: &String| pg_query::parse(text, pg_query::ParserOptions::default()).is_ok_and(|parsed| !parsed.protobuf.stmts.is_empty());
    pieces.into_iter().filter(accepted).collect()
}

/// Without psql's own commands, and the data after `COPY … FROM stdin`.
fn without_psql(script: &str) -> String {
    let mut sql = String::new();
    let mut in_data = false;
    for line in script.lines() {
        if in_data {
            in_data = line != "\\.";
            continue;
        }
        let lower = line.to_ascii_lowercase();
        in_data = lower.contains("from stdin") && line.trim_end().ends_with(';');
        let line = if line.starts_with('\\') { "" } else { line };
        // A command at the end of a statement sends it: `SELECT 1 \gset`.
        let sent = ["\\g", "\\crosstabview", "\\;"].iter().find_map(|command| line.split_once(command));
        sql.push_str(sent.map_or(line, |(before, _)| before));
        sql.push_str(if sent.is_some() { ";\n" } else { "\n" });
    }
    sql
}
