//! Compares the emulator's verdicts and digests with those from PostgreSQL's own parser.

mod corpus;
#[path = "../../src/sql/mod.rs"]
mod sql;
mod tree;

use std::path::Path;

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the SQL scripts");
    let show = std::env::args().nth(2).unwrap_or_default();
    let scripts = corpus::read(Path::new(&folder));
    let single: Vec<String> = scripts.iter().flatten().cloned().collect();
    let triples = scripts.iter().flat_map(|script| script.chunks(3)).filter(|chunk| chunk.len() > 1).map(|chunk| chunk.join(";"));
    compare("statements", &single, &show);
    compare("texts of two or three", &triples.collect::<Vec<_>>(), &show);
}

fn compare(name: &str, texts: &[String], show: &str) {
    let texts: Vec<&String> = texts.iter().filter(|text| text.len() <= sql::LIMIT).collect();
    let (mut verdicts, mut digests, mut bound) = (0, 0, 0);
    for text in &texts {
        let found = tree::judge(text);
        let verdict = sql::judge(text.as_bytes());
        if found.agrees(verdict) {
            verdicts += 1;
        } else if show == "verdicts" {
            println!("--- {verdict:?} but {found:?}\n{text}");
        }
        bound += usize::from(!found.is_free());
        let expected = one_line(&pg_query::normalize(text).unwrap());
        let digest = sql::digest(text.as_bytes());
        if digest == expected {
            digests += 1;
        } else if show == "digests" {
            println!("---\n{}\n  ours {digest}\n  is   {expected}", one_line_keep(text));
        }
    }
    let total = texts.len();
    println!("{name}: {total}, of which {bound} pin or might; verdicts agree {verdicts} ({} differ); digests agree {digests} ({} differ)", total - verdicts, total - digests);
}

fn one_line_keep(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn one_line(text: &str) -> String {
    let words = text.split([' ', '\t', '\n', '\r', '\x0b', '\x0c']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}
