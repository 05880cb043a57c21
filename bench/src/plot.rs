//! The plots, as SVG.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Failed;

/// One horizontal bar: its name, and its parts from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) parts: Vec<f64>,
}

/// A plot of bars of one unit.
#[derive(Clone, Debug)]
pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    pub(crate) unit: &'a str,
    /// What the parts are called.
    pub(crate) parts: &'a [&'a str],
    pub(crate) bars: Vec<Bar>,
}

const WIDTH: i32 = 860;
const ROW: i32 = 34;
const TOP: i32 = 76;
const NAMES: i32 = 230;
/// Room for the number behind the longest bar.
const FIGURES: i32 = 90;
const COLORS: [RGBColor; 2] = [RGBColor(0x4c, 0x78, 0xa8), RGBColor(0xf5, 0x85, 0x18)];
const GREY: RGBColor = RGBColor(0x55, 0x55, 0x55);

impl Chart<'_> {
    /// Writes the plot.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failed> {
        self.draw(file).map_err(|error| error.to_string().into())
    }

    fn draw(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let rows = i32::try_from(self.bars.len())?;
        let size = (u32::try_from(WIDTH)?, u32::try_from(TOP + ROW * rows + 14)?);
        let area = SVGBackend::new(file, size).into_drawing_area();
        area.fill(&WHITE)?;
        let title = ("sans-serif", 19).into_font().color(&BLACK);
        area.draw_text(self.title, &title, (16, 14))?;
        self.legend(&area)?;
        let longest = self.bars.iter().map(Bar::length).fold(f64::MIN_POSITIVE, f64::max);
        let scale = f64::from(WIDTH - NAMES - FIGURES) / longest;
        for (bar, row) in self.bars.iter().zip(0..) {
            self.bar(&area, bar, (TOP + ROW * row, scale))?;
        }
        area.present()?;
        Ok(())
    }

    fn legend(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), Box<dyn Error>> {
        let label = ("sans-serif", 14).into_font().color(&GREY);
        let mut left = NAMES;
        for (part, color) in self.parts.iter().zip(COLORS) {
            area.draw(&Rectangle::new([(left, 46), (left + 12, 58)], color.filled()))?;
            area.draw_text(part, &label, (left + 18, 45))?;
            left += 40 + 8 * i32::try_from(part.len())?;
        }
        Ok(())
    }

    fn bar(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
        bar: &Bar,
        (top, scale): (i32, f64),
    ) -> Result<(), Box<dyn Error>> {
        let font = ("sans-serif", 15).into_font();
        let middle = top + ROW / 2;
        let name = font.color(&BLACK).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw_text(&bar.name, &name, (NAMES - 10, middle))?;
        let mut done = 0.0;
        for (part, color) in bar.parts.iter().zip(COLORS) {
            let (left, right) =
                (NAMES + pixels(done * scale), NAMES + pixels((done + part) * scale));
            let corners = [(left, top + 5), (right.max(left + 1), top + ROW - 5)];
            area.draw(&Rectangle::new(corners, color.filled()))?;
            done += part;
        }
        let figure = font.color(&GREY).pos(Pos::new(HPos::Left, VPos::Center));
        let text = format!("{} {}", crate::page::figure(done), self.unit);
        area.draw_text(&text, &figure, (NAMES + pixels(done * scale) + 8, middle))?;
        Ok(())
    }
}

impl Bar {
    fn length(&self) -> f64 {
        self.parts.iter().sum()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::as_conversions, reason = "it fits the picture")]
fn pixels(length: f64) -> i32 {
    length.round() as i32
}
