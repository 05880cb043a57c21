#!/usr/bin/env python3
"""Draws the pictures in docs/pictures/ from the text that they show.

    tools/pictures.py            draws them
    tools/pictures.py --check    ends with an error where one is out of date
    tools/pictures.py record     runs the probe against the emulator anew, into run.json

pieces.svg is drawn from pieces.d2 by D2. deployment.svg is deployment.txt as a terminal shows it,
which make test-deploy DEPLOY=--record writes. dashboard.svg is the dashboard of template.yaml: its
widgets at their places, with what run.json has of their metrics. That is real, from sixty probes
against the emulator; what only AWS measures has no data there, and none in the picture.
"""

import json
import re
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path
from statistics import mean

from pictures_terminal import terminal

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
D2 = ROOT / ".tools" / "pictures" / "bin" / "d2"

COLUMN, ROW, GAP = 50, 36, 8  # pixels; a dashboard has 24 columns
GRAY = "#687078"
COLORS = ["#0073bb", "#ff7f0e", "#2ca02c", "#d62728"]
FONT = "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\""


def pieces():
    """pieces.d2 as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        svg = Path(folder, "pieces.svg")
        subprocess.run([D2, "--no-xml-tag", PICTURES / "pieces.d2", svg], check=True,
                       capture_output=True)
        return svg.read_text()


def dashboard_body():
    """The dashboard's definition in template.yaml, and the names that stand for references."""
    template = (ROOT / "template.yaml").read_text()
    block = re.search(r"DashboardBody: !Sub\n +- \|\n(.*?)\n +- Name:", template, re.S)[1]
    return json.loads(re.sub(r"\$\{([A-Za-z:]+)(\.Arn)?\}", r"\1", block))["widgets"]


def text(x, y, content, size=12, color="#16191f", anchor="start", weight="normal"):
    """One line of text."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" '
            f'text-anchor="{anchor}" font-weight="{weight}">{escape(str(content))}</text>')


def spelled(metrics):
    """The lines of a widget, its shorthands written out: `.` is the item above, `...` all of them
    but the last ones. AWS's page on it is the CloudWatch API's "Metric Widget Structure"."""
    lines, above = [], []
    for line in metrics:
        options = line[-1] if isinstance(line[-1], dict) else {}
        items = [item for item in line if not isinstance(item, dict)]
        if items[0] == "...":
            items = above[:len(above) - len(items) + 1] + items[1:]
        items = [above[at] if item == "." else item for at, item in enumerate(items)]
        above = items
        lines.append({"metric": items[1], "ours": items[0] == "RdsProxyProbe",
                      "label": options.get("label", items[1])})
    return lines


def points_of(metric, properties, probes):
    """What a widget shows of a metric: its statistic over each period, None where nothing came."""
    together = properties["period"] // 60  # A probe stands for a minute.
    statistic = {"Minimum": min, "Average": mean, "Sum": sum}[properties["stat"]]
    found = []
    for start in range(0, len(probes), together):
        values = [each["metrics"].get(metric) for each in probes[start:start + together]]
        values = [value for value in values if value is not None]
        found.append(statistic(values) if values else None)
    return found


def curve(box, values, high, color):
    """One metric: a line where points follow each other, a dot where one stands alone."""
    left, top, width, height = box
    step, drawn, run = width / max(1, len(values) - 1), [], []
    for at, value in enumerate([*values, None]):
        if value is not None:
            run.append(f"{left + at * step:.1f},{top + height * (1 - value / high):.1f}")
        elif len(run) == 1:
            x, y = run.pop().split(",")
            drawn.append(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{color}"/>')
        elif run:
            drawn.append(f'<polyline points="{" ".join(run)}" fill="none" stroke="{color}" '
                         'stroke-width="1.5"/>')
            run = []
    return drawn


def plot(box, properties, probes):
    """The lines of a widget's metrics over the run, their axis and their names."""
    left, top, width, height = box
    lines = spelled(properties["metrics"])
    values = [points_of(line["metric"], properties, probes) if line["ours"] else []
              for line in lines]
    most = max((value for line in values for value in line if value is not None), default=None)
    high = properties.get("yAxis", {}).get("left", {}).get("max")
    if most is not None and high is None:
        high = next(round_ for round_ in (1, 2, 5, 10, 20, 50, 100, 200, 300, 600, 1000, 5000)
                    if round_ >= most)
    drawn = []
    for part in (0, 0.5, 1):
        y = top + height * (1 - part)
        drawn.append(f'<line x1="{left}" x2="{left + width}" y1="{y}" y2="{y}" stroke="#e9ebed"/>')
        if high is not None:
            drawn.append(text(left - 6, y + 4, f"{high * part:g}", 11, GRAY, "end"))
    for line, color in zip(values, COLORS):
        drawn += curve(box, line, high, color)
    if most is None:
        drawn.append(text(left + width / 2, top + height / 2 - 8, "only AWS measures this", 12,
                          GRAY, "middle"))
    x = left - 24
    for line, color in zip(lines, COLORS):
        y = top + height + 14
        drawn.append(f'<rect x="{x:.1f}" y="{y}" width="10" height="10" fill="{color}"/>')
        drawn.append(text(x + 14, y + 9, line["label"], 11))
        x += 30 + 6.3 * len(line["label"])
    return drawn


def log_table(box, probes):
    """What the query of the log widget finds in the run."""
    left, top, width, _ = box
    found = {}
    for each in probes:
        if each["status"] != "healthy":
            found.setdefault((each["code"], each["step"]), []).append(each["message"])
    columns = [0, 150, 250, 310]
    drawn = [text(left - 24 + x, top + 4, name, 11, GRAY, weight="bold")
             for x, name in zip(columns, ("diagnosisCode", "step", "probes", "last"))]
    most_first = sorted(found.items(), key=lambda item: -len(item[1]))
    for row, ((code, step), messages) in enumerate(most_first):
        last = messages[-1]
        room = int((width + 24 - columns[-1]) / 5.6)
        cells = [code, step, len(messages), last if len(last) <= room else last[:room - 1] + "…"]
        y = top + 26 + 20 * row
        drawn.append(f'<line x1="{left - 24}" x2="{left + width}" y1="{y - 14}" y2="{y - 14}" '
                     'stroke="#e9ebed"/>')
        drawn += [text(left - 24 + x, y, cell, 11) for x, cell in zip(columns, cells)]
    return drawn


def alarm_list(box, properties):
    """The names of the alarms; their states are CloudWatch's to say."""
    left, top, _, _ = box
    drawn = []
    for row, name in enumerate(properties["alarms"]):
        y = top + 12 + 26 * row
        drawn.append(f'<circle cx="{left - 16}" cy="{y - 4}" r="5" fill="none" stroke="{GRAY}"/>')
        drawn.append(text(left - 2, y, re.sub(r"(?<!^)(?=[A-Z])", " ", name), 12))
    return drawn


def widget(place, probes):
    """One widget: its frame, title and content."""
    properties = place["properties"]
    x, y = place["x"] * COLUMN + GAP / 2, place["y"] * ROW + GAP / 2
    width, height = place["width"] * COLUMN - GAP, place["height"] * ROW - GAP
    drawn = [f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="#fff" '
             'stroke="#d5dbdb"/>', text(x + 14, y + 24, properties["title"], 13, weight="bold")]
    box = (x + 40, y + 44, width - 56, height - 84)
    if place["type"] == "metric":
        drawn += plot(box, properties, probes)
    elif place["type"] == "log":
        drawn += log_table(box, probes)
    elif place["type"] == "alarm":
        drawn += alarm_list(box, properties)
    else:
        sys.exit(f"tools/pictures.py does not know widgets of type {place['type']}")
    return drawn


def dashboard():
    """The dashboard as SVG."""
    widgets = dashboard_body()
    run = json.loads((PICTURES / "run.json").read_text())
    width = COLUMN * max(each["x"] + each["width"] for each in widgets)
    height = ROW * max(each["y"] + each["height"] for each in widgets)
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 28}" {FONT}>',
             f'<rect width="{width}" height="{height + 28}" fill="#f2f3f3"/>']
    for each in widgets:
        drawn += widget(each, run["probes"])
    drawn.append(text(GAP, height + 18, f"Drawn from template.yaml. {run['about']}", 12, GRAY))
    return "\n".join([*drawn, "</svg>", ""])


def deployment():
    """The transcript of a deployment as SVG."""
    return terminal((PICTURES / "deployment.txt").read_text())


def main(arguments):
    """Draws, checks or records."""
    if arguments == ["record"]:
        from pictures_run import record
        (PICTURES / "run.json").write_text(record())
        return
    for name, draw in (("pieces.svg", pieces), ("dashboard.svg", dashboard),
                       ("deployment.svg", deployment)):
        picture, drawn = PICTURES / name, draw()
        if arguments == ["--check"]:
            if not picture.is_file() or picture.read_text() != drawn:
                sys.exit(f"docs/pictures/{name} is out of date: run make pictures")
        else:
            picture.write_text(drawn)


if __name__ == "__main__":
    main(sys.argv[1:])
