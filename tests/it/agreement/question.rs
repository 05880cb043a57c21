//! What MySQL is asked is one statement, wherever it stands.

use super::page;

/// A file's statement, from `SELECT DATABASE()` to the connection's number, with single blanks.
fn statement(file: &str) -> String {
    const END: &str = "CONNECTION_ID()";
    let text = page(file).replace('\\', " ");
    let start = text.find("SELECT DATABASE()").unwrap_or_else(|| panic!("{file} asks nothing"));
    let text = &text[start..];
    let end = text.find(END).unwrap_or_else(|| panic!("{file} has no {END}")) + END.len();
    text[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_contenders_and_the_remedy_ask_mysql_what_the_function_asks() {
    let asked = statement("src/health/mysql.rs");
    assert_eq!(asked.matches(", ").count(), 6, "{asked}");
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
