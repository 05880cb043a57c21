//! Compares the emulator's reading of SQL with PostgreSQL's own, which libpg_query makes available.
//!
//! `sql-oracle FOLDER…` takes the statements of the scripts in the folders, alone and three to a
//! text, and compares three things: the tokens with those of PostgreSQL's scanner, the verdict with
//! one that is made from the syntax tree, the digest with libpg_query's normalization in lower case
//! and with single spaces. It fails if they differ other than in the known ways, which it counts.

mod corpus;
mod known;
#[path = "../../src/sql/mod.rs"]
mod sql;
mod tokens;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut scripts: Vec<Vec<String>> =
        std::env::args().skip(1).flat_map(|folder| corpus::read(Path::new(&folder))).collect();
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    scripts.extend(corpus::read(own));
    let alone: Vec<String> = scripts.iter().flatten().cloned().collect();
    let together: Vec<String> =
        scripts.iter().flat_map(|script| script.chunks(3)).map(|texts| texts.join(";")).collect();
    let agree = [compare("single statements", &alone), compare("texts of three", &together)];
    if !alone.is_empty() && agree == [true, true] { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Compares, prints the numbers and the differences that are not known, and says whether there are
/// none of those.
fn compare(name: &str, texts: &[String]) -> bool {
    let texts: Vec<&String> = texts.iter().filter(|text| text.len() <= sql::LIMIT).collect();
    let mut differ = [0; 3];
    let mut known = BTreeMap::new();
    let mut bound = 0;
    for text in &texts {
        let tokens = tokens::agree(text);
        let (found, verdict) = (tree::judge(text), sql::judge(text.as_bytes()));
        let (expected, digest) = (tree::digest(text), sql::digest(text.as_bytes()));
        let differences = [!tokens, !found.agrees(verdict), digest != expected];
        differ
            .iter_mut()
            .zip(differences)
            .for_each(|(count, differs)| *count += i32::from(differs));
        bound += i32::from(!found.is_free());
        match known::difference(&digest, &expected) {
            Some(kind) if differences == [false, false, true] => {
                *known.entry(kind).or_insert(0) += 1;
                differ[2] -= 1;
            }
            _ if differences.contains(&true) => {
                println!("{text}\n  {verdict:?}, of {found:?}\n  {digest}\n  {expected}\n");
            }
            _ => {}
        }
    }
    println!("{name}: {}, of which {bound} pin or might", texts.len());
    println!(
        "  different in their tokens {}, verdict {}, digest {}",
        differ[0], differ[1], differ[2]
    );
    for (kind, count) in known {
        println!("  known differences in the digest, {kind}: {count}");
    }
    differ == [0, 0, 0]
}
