//! The report: a page and charts, made from the results alone.
//!
//! The modules; each imports only from its left:
//!
//! `format` → `goals` → `allocations` → `summary` → `page` → `mysql` → `svg` → `charts`

mod allocations;
mod charts;
mod format;
mod goals;
mod mysql;
mod page;
mod summary;
mod svg;

use crate::results::{MySqlResults, Results};

/// The files about PostgreSQL, by name.
pub(crate) fn files(results: &Results) -> Vec<(&'static str, String)> {
    vec![
        ("README.md", page::page(results)),
        ("cold.svg", charts::cold(results)),
        ("warm.svg", charts::warm(results)),
        ("size.svg", charts::size(results)),
    ]
}

/// The page about MySQL.
pub(crate) fn mysql_page(results: &MySqlResults) -> String {
    mysql::page(results)
}
