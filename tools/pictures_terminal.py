"""Draws a transcript as a terminal shows it."""

import re
from html import escape

from pictures_svg import MONOSPACE, MONOSPACE_LETTER, box, picture

COLUMNS = 104
SIZE, LINE, MARGIN = 12, 17, 14
KEY = re.compile(r'( *)("[^"]*")(: ?)(.*?)(,?)')
STATES = {'"healthy"': "good", '"unhealthy"': "bad"}


def wrapped(line):
    """A line in parts that fit. It breaks at a space, and goes on a little to the right of where it
    began; a word that fits nowhere is cut."""
    indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
    parts = []
    while len(line) > COLUMNS:
        at = line.rfind(" ", len(indent) + 1, COLUMNS + 1)
        at = at if at > 0 else COLUMNS
        parts.append(line[:at])
        line = indent + line[at:].lstrip(" ")
    return [*parts, line]


def colored(line):
    """A line of JSON or of progress as pieces of text, each with its class."""
    if line.startswith("$ "):
        return [(line, "accent")]
    if not (match := KEY.fullmatch(line)):
        return [(line, "ink" if line[:1] in ' {}[]"' else "note")]
    indent, key, colon, value, comma = match.groups()
    state = STATES.get(value, "ink")
    return [(indent, "ink"), (key, "accent"), (colon, "ink"), (value, state), (comma, "ink")]


def terminal(transcript):
    """A transcript as SVG: the first line says what it is, and lines with a $ were typed."""
    about, *lines = transcript.rstrip("\n").split("\n")
    rows = []
    for line in lines:
        first, *more = wrapped(line)
        color = "accent" if line.startswith("$ ") else "ink"
        rows += [colored(first), *([(part, color)] for part in more)]
    rows += [[], [(about, "note")]]
    width = COLUMNS * SIZE * MONOSPACE_LETTER + 2 * MARGIN
    height = len(rows) * LINE + 2 * MARGIN
    drawn = [*box(0.5, 0.5, width - 1, height - 1, "board")]
    for number, row in enumerate(rows, 1):
        spans = "".join(f'<tspan class="{color}" fill="currentColor">{escape(part)}</tspan>'
                        for part, color in row if part)
        drawn.append(f'<text x="{MARGIN}" y="{MARGIN + number * LINE - 5}" font-size="{SIZE}" '
                     f'xml:space="preserve">{spans}</text>')
    return picture(width, height, about, drawn, MONOSPACE)
