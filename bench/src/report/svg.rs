//! A small SVG writer. Its colors follow the reader's choice of light or dark; its text is in the
//! reader's own font, so callers leave room for a wide one.

/// Colors by class, for light and for dark. The page has its own background, so that text is
/// readable wherever the picture is shown.
const STYLE: &str = "\
<style>
text { font: 14px system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 18px; font-weight: 600 }
.note { font-size: 13px; fill: #59636e }
.figure { stroke: #ffffff; stroke-width: 4px; paint-order: stroke }
.page { fill: #ffffff }
.grid { stroke: #d1d9e0 }
.first { fill: #4c78a8 }
.second { fill: #f58518 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
  .figure { stroke: #0d1117 }
  .page { fill: #0d1117 }
  .grid { stroke: #3d444d }
  .first { fill: #6fa3db }
  .second { fill: #f39c4a }
}
</style>
";

/// Where a text is placed relative to its x coordinate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture that is being drawn; coordinates are pixels.
#[derive(Debug)]
pub(crate) struct Svg {
    text: String,
}

impl Svg {
    /// An empty picture. The title is shown, and read out by screen readers.
    pub(crate) fn new(width: f64, height: f64, title: &str) -> Self {
        let escaped = escape(title);
        let mut svg = Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
                 width=\"{width}\" height=\"{height}\" role=\"img\">\n\
                 <title>{escaped}</title>\n{STYLE}"
            ),
        };
        svg.rect([0.0, 0.0, width, height], "page");
        svg.text([16.0, 28.0], title, "title", Anchor::Start);
        svg
    }

    /// A rectangle: left, top, width, height.
    pub(crate) fn rect(&mut self, [x, y, width, height]: [f64; 4], class: &str) {
        self.line(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             class=\"{class}\"/>"
        ));
    }

    /// A vertical line.
    pub(crate) fn vertical(&mut self, x: f64, top: f64, bottom: f64) {
        self.line(&format!(
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\" class=\"grid\"/>"
        ));
    }

    /// One line of text; `y` is its baseline.
    pub(crate) fn text(&mut self, [x, y]: [f64; 2], content: &str, class: &str, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let content = escape(content);
        self.line(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{content}\
             </text>"
        ));
    }

    /// The complete file.
    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn line(&mut self, element: &str) {
        self.text.extend([element, "\n"]);
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
