//! Where results are written: how wide it is, and whether it shows colors and marks.

mod interrupt;
mod output;
mod wrap;

pub use interrupt::Interrupt;
pub use output::Output;
pub use wrap::Lines;

use crate::surroundings::Surroundings;

/// The width of what is no terminal.
const DEFAULT_WIDTH: usize = 80;

/// The height of what is no terminal.
const DEFAULT_HEIGHT: usize = 24;

/// Longer lines are hard to read, shorter ones cannot hold a word.
const WIDTHS: std::ops::RangeInclusive<usize> = 20..=100;

/// How texts look there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The longest line, in characters.
    pub width: usize,
    /// How many lines are seen at once.
    pub height: usize,
    /// Whether a line can be written again while it is watched.
    pub live: bool,
    color: bool,
    unicode: bool,
}

/// A color that says how something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Well.
    Green,
    /// Not as expected.
    Yellow,
    /// Badly.
    Red,
}

/// A mark before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It ended well.
    Done,
    /// It failed.
    Failed,
    /// It is under way.
    Pending,
}

impl Style {
    /// The style of standard output: `size` is a terminal's columns and rows, `None` elsewhere.
    pub fn new(surroundings: &Surroundings, size: Option<(u16, u16)>) -> Self {
        let is_dumb = surroundings.variable("TERM").is_some_and(|term| term == "dumb");
        let live = size.is_some() && !is_dumb;
        let (columns, rows) = size.map_or((0, 0), |(columns, rows)| (columns.into(), rows.into()));
        Self {
            width: if columns == 0 { DEFAULT_WIDTH } else { columns }
                .clamp(*WIDTHS.start(), *WIDTHS.end()),
            height: if rows == 0 { DEFAULT_HEIGHT } else { rows },
            live,
            // <https://no-color.org>
            color: live && surroundings.variable("NO_COLOR").is_none(),
            unicode: is_utf8(surroundings),
        }
    }

    /// A text in a color, if there are colors.
    pub fn colored(&self, color: Color, text: &str) -> String {
        let code = match color {
            Color::Green => "32",
            Color::Yellow => "33",
            Color::Red => "31",
        };
        self.escaped(code, text)
    }

    /// A text in bold, if there are colors.
    pub fn bold(&self, text: &str) -> String {
        self.escaped("1", text)
    }

    fn escaped(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A mark, one character wide.
    pub fn mark(&self, mark: Mark) -> &'static str {
        match (mark, self.unicode) {
            (Mark::Done, true) => "✓",
            (Mark::Done, false) => "+",
            (Mark::Failed, true) => "✗",
            (Mark::Failed, false) => "x",
            (Mark::Pending, true) => "…",
            (Mark::Pending, false) => ".",
        }
    }
}

/// Whether the locale's characters are Unicode's, by the variables in the order that counts:
/// <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html>.
fn is_utf8(surroundings: &Surroundings) -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| surroundings.variable(name));
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use rds_proxy_probe::clock::Clock;

    use super::*;

    fn style(variable: fn(&str) -> Option<String>, size: Option<(u16, u16)>) -> Style {
        let clock = Clock::new(|| SystemTime::UNIX_EPOCH);
        Style::new(&Surroundings::new(variable, clock), size)
    }

    fn utf8(name: &str) -> Option<String> {
        (name == "LANG").then(|| "en_US.UTF-8".to_owned())
    }

    #[test]
    fn a_terminal_has_colors_and_a_pipe_has_none() {
        assert_eq!(style(utf8, Some((80, 24))).bold("a"), "\u{1b}[1ma\u{1b}[0m");
        assert_eq!(style(utf8, None).bold("a"), "a");
        let no_color: fn(&str) -> Option<String> =
            |name| (name == "NO_COLOR").then(|| "1".to_owned());
        assert_eq!(style(no_color, Some((80, 24))).colored(Color::Red, "a"), "a");
        assert!(style(no_color, Some((80, 24))).live);
        let dumb: fn(&str) -> Option<String> = |name| (name == "TERM").then(|| "dumb".to_owned());
        assert!(!style(dumb, Some((80, 24))).live);
    }

    #[test]
    fn marks_are_ascii_where_the_locale_is_not_utf_8() {
        assert_eq!(style(utf8, None).mark(Mark::Failed), "✗");
        assert_eq!(style(|_| None, None).mark(Mark::Failed), "x");
        let overruled: fn(&str) -> Option<String> = |name| match name {
            "LANG" => Some("en_US.UTF-8".to_owned()),
            "LC_ALL" => Some("C".to_owned()),
            _ => None,
        };
        assert_eq!(style(overruled, None).mark(Mark::Done), "+");
    }

    #[test]
    fn the_width_is_the_terminals_within_what_can_be_read() {
        for (size, width) in
            [(None, 80), (Some((0, 0)), 80), (Some((40, 24)), 40), (Some((5, 5)), 20)]
        {
            assert_eq!(style(utf8, size).width, width, "{size:?}");
        }
        assert_eq!(style(utf8, Some((300, 50))).width, 100);
    }
}
