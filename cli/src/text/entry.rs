//! An entry of TROUBLESHOOTING.md for a terminal: its Markdown without fences and backticks.

use rds_proxy_probe::diagnosis::{Code, Site, troubleshooting_entry};

use crate::terminal::{Lines, Style};

/// The indentation of what is to be pasted.
const COMMAND: usize = 4;

/// A code's entry.
pub fn entry(code: Code, site: Site, style: &Style) -> String {
    let mut lines = Lines::new(style.width);
    let mut in_fence = false;
    for line in troubleshooting_entry(code, site).lines() {
        let text = line.trim_start();
        if text.starts_with("```") {
            in_fence = !in_fence;
        } else if in_fence {
            lines.verbatim(COMMAND, line.strip_prefix("   ").unwrap_or(line));
        } else if text.is_empty() {
            lines.gap();
        } else if let Some(heading) = text.strip_prefix("## ") {
            lines.verbatim(0, &style.bold(heading));
        } else {
            let (lead, text) = lead(text, line.len() - text.len());
            lines.wrapped(&lead, &plain(text));
        }
    }
    lines.into_text().trim_end().to_owned() + "\n"
}

/// What a line begins with, which the following lines are indented by: a list's mark or number.
fn lead(text: &str, indent: usize) -> (String, &str) {
    if let Some(item) = text.strip_prefix("- ") {
        return ("- ".to_owned(), item);
    }
    match text.split_once(". ") {
        Some((number, item)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            (format!("{number:>2}. "), item)
        }
        Some(_) | None => (" ".repeat(if indent > 0 { COMMAND } else { 0 }), text),
    }
}

/// Markdown's backticks say what is code, which needs no mark in a terminal.
fn plain(text: &str) -> String {
    text.replace('`', "")
}
