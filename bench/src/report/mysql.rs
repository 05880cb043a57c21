//! The page about MySQL: the results as Markdown tables, inserted into the text of `mysql.md`.

use crate::report::goals::mysql_goals;
use crate::report::page::{costs, goals, instructions, machine, network, times};
use crate::results::MySqlResults;

const TEXT: &str = include_str!("mysql.md");

/// docs/performance/mysql.md.
pub(crate) fn page(results: &MySqlResults) -> String {
    let contenders = &results.contenders;
    let mut page = TEXT.to_owned();
    for (placeholder, content) in [
        ("{goals}", goals(mysql_goals(contenders))),
        ("{times}", times(contenders)),
        ("{costs}", costs(contenders)),
        ("{network}", network(contenders)),
        ("{instructions}", instructions(contenders)),
        ("{machine}", machine(&results.machine)),
        ("{rounds}", results.rounds.to_string()),
    ] {
        page = page.replace(placeholder, &content);
    }
    page
}
