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
        ("cold.svg", charts::cold(&results.contenders, results.rounds)),
        ("warm.svg", charts::warm(&results.contenders)),
        ("size.svg", charts::size(&results.contenders)),
    ]
}

/// The files about MySQL, by name.
pub(crate) fn mysql_files(results: &MySqlResults) -> Vec<(&'static str, String)> {
    vec![
        ("mysql.md", mysql::page(results)),
        ("mysql-cold.svg", charts::cold(&results.contenders, results.rounds)),
        ("mysql-warm.svg", charts::warm(&results.contenders)),
    ]
}
