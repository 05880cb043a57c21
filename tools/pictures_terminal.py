"""Draws a transcript as a terminal shows it."""

from html import escape

COLUMNS = 104
# Pixels, of the fonts below at 12.
CHARACTER, LINE, MARGIN = 7.25, 17, 14
FONT = "font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, monospace\" font-size=\"12\""
TEXT, TYPED, QUIET = "#d5dbdb", "#8ec5ff", "#95a5a6"


def wrapped(line):
    """A line as a terminal breaks it, wherever it is full."""
    return [line[at:at + COLUMNS] for at in range(0, len(line), COLUMNS)] or [""]


def terminal(transcript):
    """A transcript as SVG: the first line says what it is, and those with a $ were typed."""
    about, *lines = transcript.rstrip("\n").split("\n")
    shown = [(part, TYPED if line.startswith("$ ") else TEXT)
             for line in lines for part in wrapped(line)]
    shown += [("", TEXT), (about, QUIET)]
    width, height = COLUMNS * CHARACTER + 2 * MARGIN, len(shown) * LINE + 2 * MARGIN
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" {FONT}>',
             f'<rect width="{width:g}" height="{height}" rx="6" fill="#16191f"/>']
    for number, (text, color) in enumerate(shown, 1):
        drawn.append(f'<text x="{MARGIN}" y="{MARGIN + number * LINE - 5}" fill="{color}" '
                     f'xml:space="preserve">{escape(text)}</text>')
    return "\n".join([*drawn, "</svg>", ""])
