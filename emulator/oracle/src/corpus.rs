//! Statements out of scripts for psql.

use std::fs;
use std::path::{Path, PathBuf};

/// The statements that PostgreSQL's grammar accepts, of each script in a folder.
pub fn read(folder: &Path) -> Vec<Vec<String>> {
    let files =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut scripts: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    scripts.sort();
    let text = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    scripts.iter().map(|path| statements(&text(path))).collect()
}

fn statements(script: &str) -> Vec<String> {
    let script = without_psql(script);
    let pieces: Vec<&str> = match pg_query::split_with_scanner(&script) {
        Ok(pieces) => pieces,
        // A string never ends, on purpose.
        Err(_) => script.split_inclusive(";\n").collect(),
    };
    pieces.into_iter().filter(|piece| is_accepted(piece)).map(str::to_owned).collect()
}

fn is_accepted(piece: &str) -> bool {
    let parsed = pg_query::parse(piece, pg_query::ParserOptions::default());
    parsed.is_ok_and(|parsed| !parsed.protobuf.stmts.is_empty())
}

/// Without psql's own commands, and without the data after `COPY … FROM stdin`.
fn without_psql(script: &str) -> String {
    let mut sql = String::new();
    let mut in_data = false;
    for line in script.lines() {
        if in_data {
            in_data = line != "\\.";
            continue;
        }
        let copies = line.to_ascii_lowercase().contains("from stdin");
        in_data = copies && line.trim_end().ends_with(';');
        let line = if line.starts_with('\\') { "" } else { line };
        // A command at the end of a statement sends it: `SELECT 1 \gset`.
        let sent = ["\\g", "\\crosstabview", "\\;"].iter().find_map(|end| line.split_once(end));
        sql.push_str(sent.map_or(line, |(before, _)| before));
        sql.push_str(if sent.is_some() { ";\n" } else { "\n" });
    }
    sql
}
