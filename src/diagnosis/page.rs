//! TROUBLESHOOTING.md, made from the entries: no cause and no remedy stands twice.

use std::fmt::Write as _;

use super::placeholder::{Context, fill};
use super::{Advice, Code, Entry, evidence};

const HEAD: &str = "\
# Troubleshooting

One entry for each diagnosis code, made from the same table that the function answers with.
Words in capitals stand for your own values; the function's report has them filled in.
A report's causes are ranked by what it observed, and those that it ruled out are gone.
Commands are for a terminal with the AWS CLI and credentials for the proxy's account, unless the text says otherwise.
";

const BESIDE: &str = "
## What stands beside a code's own causes

The first is named where a variable of another program decides, the others with `PROBE_EXPLAIN=true` or the event's `explain`, with the control plane's own words as evidence.

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

fn sections(page: &mut String) -> std::fmt::Result {
    for code in Code::ALL {
        section(page, *code)?;
    }
    // What is known of the proxy or the environment alone is the same whatever failed.
    page.push_str(BESIDE);
    causes_of(page, evidence::ADVICE.into_iter().flatten().copied())
}

fn section(page: &mut String, code: Code) -> std::fmt::Result {
    let Entry { meaning, seen, causes, transient } = code.entry();
    write!(page, "\n## {}\n\n{meaning}\n", code.as_str())?;
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
    causes_of(page, causes.iter().copied())
}

fn causes_of(page: &mut String, causes: impl Iterator<Item = &'static Advice>) -> std::fmt::Result {
    for (number, advice) in (1..).zip(causes) {
        let generic = |text| fill(text, Context::Prose, None).text;
        let (cause, remedy) = (generic(advice.cause), generic(advice.remedy));
        writeln!(page, "{number}. {cause}\n\n   {remedy}\n")?;
        for command in advice.commands {
            let (language, text) = (command.language(), command.fill(None).text);
            writeln!(page, "   ```{language}\n   {text}\n   ```\n")?;
        }
    }
    Ok(())
}
