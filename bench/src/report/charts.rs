//! The charts: horizontal bars in panels. Each panel has one unit and its own axis. Every number at
//! a bar is also in one of the page's tables.

use crate::report::format::{figure, plain};
use crate::report::svg::{Anchor, Svg};
use crate::results::ContenderResults;

const WIDTH: f64 = 860.0;
const TOP: f64 = 96.0;
const ROW: f64 = 32.0;
const BAR: f64 = 20.0;
/// At least for the contenders' names, which stand to the left of the first panel.
const NAMES: f64 = 210.0;
/// The width of a letter, on average.
const LETTER: f64 = 7.6;
/// Around the names.
const MARGIN: f64 = 10.0;
/// Between the panels.
const GAP: f64 = 30.0;
/// For the figure after the longest bar.
const FIGURE: f64 = 66.0;
/// For the axis' numbers below the bars.
const BOTTOM: f64 = 36.0;

/// A chart: one row per contender, one column per panel.
struct Chart<'a> {
    title: &'a str,
    names: Vec<&'a str>,
    panels: Vec<Panel>,
}

struct Panel {
    /// What the bars show, with the unit.
    title: String,
    /// What the colors of a bar stand for, if it has two.
    parts: Option<[&'static str; 2]>,
    bars: Vec<Bar>,
}

/// A bar's value, and how much of it the first color takes.
struct Bar {
    value: f64,
    first_share: f64,
}

/// A cold start. A bar's length is the median of the sum; the colors divide it by the medians of
/// the two parts.
pub(crate) fn cold(contenders: &[ContenderResults], rounds: usize) -> String {
    let contenders = || usable(contenders).filter(|it| it.asks);
    let bars = contenders().map(|it| {
        let (init, first) = (it.init.median, it.first.median);
        Bar { value: it.cold.median, first_share: init / (init + first) }
    });
    let panel = Panel {
        title: format!("ms, median of {rounds} processes"),
        parts: Some(["INIT", "first invocation"]),
        bars: bars.collect(),
    };
    let title = "Cold start: process start to first result";
    Chart { title, names: contenders().map(|it| it.title.as_str()).collect(), panels: vec![panel] }
        .draw()
}

/// Warm invocations.
pub(crate) fn warm(contenders: &[ContenderResults]) -> String {
    let contenders = || usable(contenders).filter(|it| it.asks);
    let panel = |title: &str, of: fn(&ContenderResults) -> f64| Panel {
        title: title.to_owned(),
        parts: None,
        bars: contenders().map(|it| whole(of(it))).collect(),
    };
    Chart {
        title: "Warm invocations: time for one probe",
        names: contenders().map(|it| it.title.as_str()).collect(),
        panels: vec![
            panel("over the kept session, ms", |it| it.kept.median),
            panel("with a new login, ms", |it| it.fresh.median),
        ],
    }
    .draw()
}

/// Memory and zip, which have nothing to do with each other but the unit.
pub(crate) fn size(contenders: &[ContenderResults]) -> String {
    let panel = |title: &str, of: fn(&ContenderResults) -> f64| Panel {
        title: title.to_owned(),
        parts: None,
        bars: usable(contenders).map(|it| whole(of(it))).collect(),
    };
    Chart {
        title: "Size: memory in use and what is uploaded",
        names: usable(contenders).map(|it| it.title.as_str()).collect(),
        panels: vec![
            panel("memory after the first invocation, MB", |it| it.resident_mb().median),
            panel("zip without the runtime's own SDK, MB", ContenderResults::zip_mb),
        ],
    }
    .draw()
}

fn usable(contenders: &[ContenderResults]) -> impl Iterator<Item = &ContenderResults> {
    contenders.iter().filter(|it| it.problem.is_none())
}

fn whole(value: f64) -> Bar {
    Bar { value, first_share: 1.0 }
}

impl Chart<'_> {
    fn draw(&self) -> String {
        let rows = self.names.iter().fold(0.0, |height, _| height + ROW);
        let mut svg = Svg::new(WIDTH, TOP + rows + BOTTOM, self.title);
        let names =
            self.names.iter().map(|name| width_of(name) + 2.0 * MARGIN).fold(NAMES, f64::max);
        let mut middle = TOP + ROW / 2.0;
        for name in &self.names {
            svg.text([names - MARGIN, middle + 5.0], name, "", Anchor::End);
            middle += ROW;
        }
        let panels = self.panels.iter().fold(0.0, |count, _| count + 1.0);
        let width = (WIDTH - names - 16.0 - GAP * (panels - 1.0)) / panels;
        let mut left = names;
        for panel in &self.panels {
            panel.draw(&mut svg, left, width, TOP + rows);
            left += width + GAP;
        }
        svg.finish()
    }
}

impl Panel {
    fn draw(&self, svg: &mut Svg, left: f64, width: f64, bottom: f64) {
        let title = if self.parts.is_some() { TOP - 38.0 } else { TOP - 18.0 };
        svg.text([left, title], &self.title, "note", Anchor::Start);
        if let Some(parts) = self.parts {
            let mut x = left;
            for (part, class) in parts.into_iter().zip(["first", "second"]) {
                svg.rect([x, TOP - 26.0, 12.0, 12.0], class);
                svg.text([x + 18.0, TOP - 15.0], part, "note", Anchor::Start);
                x += 110.0;
            }
        }
        let longest = self.bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
        let scale = (width - FIGURE) / longest;
        for tick in ticks(longest) {
            let x = left + tick * scale;
            svg.vertical(x, TOP - 4.0, bottom + 4.0);
            svg.text([x, bottom + 20.0], &plain(tick), "note", Anchor::Middle);
        }
        let mut top = TOP + (ROW - BAR) / 2.0;
        for Bar { value, first_share } in &self.bars {
            let (length, first) = (value * scale, value * scale * first_share);
            svg.rect([left, top, first, BAR], "first");
            if *first_share < 1.0 {
                svg.rect([left + first, top, length - first, BAR], "second");
            }
            svg.text([left + length + 8.0, top + 15.0], &figure(*value), "figure", Anchor::Start);
            top += ROW;
        }
    }
}

/// About as wide as a text is.
fn width_of(text: &str) -> f64 {
    text.chars().fold(0.0, |width, _| width + LETTER)
}

/// Round numbers from 0 up to the longest bar, at most six.
fn ticks(longest: f64) -> Vec<f64> {
    let power = 10_f64.powf((longest / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = step.into_iter().find(|step| longest / step <= 5.0).unwrap_or(longest);
    let mut ticks = vec![0.0];
    let mut next = step;
    while next <= longest {
        ticks.push(next);
        next += step;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_is_not_cut_off() {
        let name = "mysql_async, aws-sdk-rds (Rust)";
        let panel = Panel { title: String::new(), parts: None, bars: vec![whole(1.0)] };
        let chart = Chart { title: "", names: vec![name], panels: vec![panel] }.draw();
        let end = chart.split(name).next().unwrap().rsplit("x=\"").next().unwrap();
        let end: f64 = end.split('"').next().unwrap().parse().unwrap();
        assert!(end >= width_of(name), "{end}");
    }

    #[test]
    fn an_axis_has_round_numbers_up_to_the_longest_bar() {
        assert_eq!(ticks(419.0), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(ticks(4.21), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(55.2), [0.0, 20.0, 40.0]);
        assert_eq!(ticks(1.01), [0.0, 0.5, 1.0]);
    }
}
