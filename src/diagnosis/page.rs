//! TROUBLESHOOTING.md, made from the entries.

use std::fmt::Write as _;

use super::placeholder::{Context, fill};
use super::{Advice, Code, Entry, Facts, Site, evidence, overview};

const HEAD: &str = "\
# Troubleshooting

Your report has a `diagnosis.code`: click it below.
Without a report, search this page for the error text that your driver prints: each entry lists the texts that go with it.
Without anything deployed, [`rds-proxy-probe inspect`](docs/cli.md#inspect-before-anything-is-deployed) reads AWS's configuration and lists what would keep your function from logging in.

A report is better than this page: it has your own values in place of the words in CAPITALS, ranks the causes by what it observed, and leaves out those that it ruled out.
`POSTGRES_OR_MYSQL` is one of the two words in lower case, `POSTGRESQL_OR_MYSQL` one as it is; `AURORA_ENGINE` is `aurora-postgresql` or `aurora-mysql`, and `LOG_NAME` `postgresql` or, with MySQL, `error`.
*With the AWS CLI* means a terminal with credentials for the proxy's account, unless the text names another account.
";

const SHARED: &str = "
## Causes that several codes share

The probe adds the first two of these when a step times out after less than 250 ms, and the third when a setting is in a variable that it does not read.
It adds the others when it asked the control plane (`PROBE_EXPLAIN=true`, or `explain` in the event), with the control plane's own words as evidence.

";

/// The page, as Markdown.
pub fn troubleshooting_page() -> String {
    let mut page = HEAD.to_owned();
    // Writing to a string cannot fail; a page cut short would fail its test.
    if sections(&mut page).is_err() {
        page.truncate(HEAD.len());
    }
    page
}

/// A code's entry in the page, as Markdown, for the function or another place.
pub fn troubleshooting_entry(code: Code, site: Site) -> String {
    let mut entry = String::new();
    // As above.
    if section(&mut entry, code, site).is_err() {
        entry.clear();
    }
    entry
}

fn sections(page: &mut String) -> std::fmt::Result {
    overview::table(page)?;
    for code in Code::ALL {
        section(page, *code, Site::Function)?;
    }
    // The causes found from the proxy or the environment are the same whatever failed.
    page.push_str(SHARED);
    causes_of(page, evidence::ADVICE.into_iter().flatten().copied(), Site::Function)
}

fn section(page: &mut String, code: Code, site: Site) -> std::fmt::Result {
    let Entry { seen, causes, transient, .. } = code.entry();
    write!(page, "\n## {}\n\n{}\n", code.as_str(), code.meaning(site))?;
    if *transient {
        writeln!(page, "Trying again soon can help.")?;
    }
    if !seen.is_empty() {
        writeln!(page, "\nSeen as:\n")?;
    }
    for text in *seen {
        writeln!(page, "- `{text}`")?;
    }
    writeln!(page, "\nCauses, most likely first:\n")?;
    causes_of(page, causes.iter().copied(), site)
}

fn causes_of(
    page: &mut String,
    causes: impl Iterator<Item = &'static Advice>,
    site: Site,
) -> std::fmt::Result {
    for (number, advice) in (1..).zip(causes) {
        let facts = advice.of_engine(&Facts { site, ..Facts::default() });
        let generic = |text| fill(text, Context::Prose, Some(&facts)).text;
        let (cause, remedy) = (generic(advice.cause), generic(advice.remedy));
        let engine = advice.engine.map(|engine| format!("*{engine}:* ")).unwrap_or_default();
        writeln!(page, "{number}. {engine}{cause}\n\n   {remedy}\n")?;
        let mut place = None;
        for command in advice.commands.iter().filter(|command| site.has(**command)) {
            if let Some(here) = command.place().filter(|here| place != Some(*here)) {
                writeln!(page, "   {here}\n")?;
                place = Some(here);
            }
            let (language, text) = (command.language(), command.fill(Some(&facts)).text);
            writeln!(page, "   ```{language}\n   {text}\n   ```\n")?;
        }
    }
    Ok(())
}
