"""What the pictures have in common: colors for light and dark, and text that fits in any font.

A picture has its own background, so it is readable on any page, and follows the reader's
choice of light or dark. Text is in the reader's own font. DejaVu Sans is among the widest
of those, so a text that has room for its letters has room in the others.
"""

import sys
from html import escape

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
MONOSPACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# The width of an average letter of a wide font, in parts of the font's size.
LETTER, BOLD_LETTER, MONOSPACE_LETTER = 0.58, 0.64, 0.62

# Class: color in light, color in dark. A shape of a class uses it by fill or stroke="currentColor".
COLORS = {
    "page": ("#ffffff", "#0d1117"),
    "board": ("#f6f8fa", "#010409"),
    "card": ("#ffffff", "#161b22"),
    "ours": ("#ddf4ff", "#12263f"),
    "ink": ("#1f2328", "#f0f6fc"),
    "note": ("#59636e", "#9198a1"),
    "edge": ("#d1d9e0", "#3d444d"),
    "line": ("#59636e", "#9198a1"),
    "accent": ("#0969da", "#4493f8"),
    "good": ("#1a7f37", "#3fb950"),
    "bad": ("#cf222e", "#f85149"),
    "series0": ("#0969da", "#58a6ff"),
    "series1": ("#d4700c", "#f0883e"),
    "series2": ("#1a7f37", "#3fb950"),
    "series3": ("#8250df", "#bc8cff"),
}


def picture(width, height, title, drawn, font=FONT):
    """A whole picture, with only the colors that it uses. The title is for screen readers."""
    body = "\n".join(drawn)
    used = [name for name in COLORS if f'class="{name}"' in body]
    light, dark = ("".join(f".{name}{{color:{COLORS[name][at]}}}" for name in used)
                   for at in (0, 1))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" height="{height:g}" role="img">\n<title>{escape(title)}</title>\n'
            f"<style>text{{font-family:{font};fill:currentColor}}\n{light}\n"
            f"@media (prefers-color-scheme:dark){{{dark}}}</style>\n{body}\n</svg>\n")


def text(x, y, content, size=12, color="ink", anchor="start", weight="normal", room=None):
    """One line of text. It ends the drawing with an error if it needs more than its room."""
    letter = BOLD_LETTER if weight == "bold" else LETTER
    if room is not None and len(str(content)) * letter * size > room:
        sys.exit(f"there is no room for {content!r} in {room:g} pixels, in a wide font")
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" class="{color}" '
            f'text-anchor="{anchor}" font-weight="{weight}">{escape(str(content))}</text>')


def cut(content, size, room):
    """A text that is cut to its room, with an ellipsis."""
    letters = int(room / (LETTER * size))
    return content if len(content) <= letters else content[:letters - 1] + "…"


def box(x, y, width, height, fill, stroke="edge", radius=6, thickness=1):
    """A rectangle: two, since fill and border are of different classes."""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius}"'
    return [f'<rect {place} class="{fill}" fill="currentColor"/>',
            f'<rect {place} class="{stroke}" fill="none" stroke="currentColor" '
            f'stroke-width="{thickness}"/>']


def line(x1, y1, x2, y2, color="edge", width=1):
    """A straight line."""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{color}" '
            f'stroke="currentColor" stroke-width="{width:g}"/>')
