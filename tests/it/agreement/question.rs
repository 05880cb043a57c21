//! What MySQL is asked is one statement, wherever it stands.

use super::page;

/// What a file's statement asks between its first and its last question, with single blanks.
fn statement(file: &str) -> String {
    const BEGINNING: &str = "SELECT DATABASE(),";
    const END: &str = ", CONNECTION_ID()";
    let text = page(file).replace('\\', " ");
    let asked = text.split_once(BEGINNING).and_then(|(_, rest)| rest.split_once(END));
    let (asked, _) = asked.unwrap_or_else(|| panic!("{file} has no statement"));
    asked.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_contenders_and_the_remedy_ask_mysql_what_the_function_asks() {
    let asked = statement("src/health/mysql.rs");
    assert_eq!(asked.matches(", ").count(), 4, "{asked}");
    for file in [
        "src/diagnosis/rules/query/mod.rs",
        "bench/contenders/rust/minimum-mysql/src/main.rs",
        "bench/contenders/rust/mysql-async/src/main.rs",
        "bench/contenders/node/mysql_handler.mjs",
        "bench/contenders/python/mysql_handler.py",
    ] {
        assert_eq!(statement(file), asked, "{file}");
    }
}
