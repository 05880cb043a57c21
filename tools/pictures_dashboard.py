"""Draws the dashboard of template.yaml: its widgets at their places, with the metrics of run.json.

These are real, from sixty probes against the emulator. What only AWS measures is not in run.json
and has no data in the picture. The alarms have the states that CloudWatch would give them for the
same data, computed by pictures_alarms.py.
"""

import json
import re
import sys
from statistics import mean

from pictures_alarms import IN_ALARM, OK, states
from pictures_svg import LETTER, box, cut, line, picture, text

COLUMN, ROW, GAP = 50, 36, 8  # pixels; a dashboard has 24 columns
SERIES = ["series0", "series1", "series2", "series3"]
STATISTICS = {"Minimum": min, "Average": mean, "Sum": sum}
COLUMNS = [0, 130, 230, 290]  # of the table of diagnosis codes


def widgets_of(template):
    """The widgets in the template, and the names that stand for references."""
    block = re.search(r"DashboardBody: !Sub\n +- \|\n(.*?)\n +- Name:", template, re.S)[1]
    return json.loads(re.sub(r"\$\{([A-Za-z:]+)(\.Arn)?\}", r"\1", block))["widgets"]


def series_of(metrics):
    """The metrics of a widget, their shorthands written out: `.` is the item above, `...` all of
    them but the last ones. AWS's page on it is the CloudWatch API's "Metric Widget Structure"."""
    series, above = [], []
    for entry in metrics:
        options = entry[-1] if isinstance(entry[-1], dict) else {}
        items = [item for item in entry if not isinstance(item, dict)]
        if items[0] == "...":
            items = above[:len(above) - len(items) + 1] + items[1:]
        items = [above[at] if item == "." else item for at, item in enumerate(items)]
        above = items
        series.append({"metric": items[1], "ours": items[0] == "RdsProxyProbe",
                       "label": options.get("label", items[1])})
    return series


def points_of(metric, properties, probes):
    """A metric's statistic over each period, None where no probe had the metric."""
    together = properties["period"] // 60  # A probe stands for a minute.
    statistic, found = STATISTICS[properties["stat"]], []
    for start in range(0, len(probes), together):
        values = [each["metrics"].get(metric) for each in probes[start:start + together]]
        values = [value for value in values if value is not None]
        found.append(statistic(values) if values else None)
    return found


def curve(area, points, minutes, high, color):
    """One metric: a line where points follow each other, a dot where one stands alone."""
    left, top, width, height = area
    step, drawn, run = width * minutes[0] / minutes[1], [], []
    for at, value in enumerate([*points, None]):
        if value is not None:
            run.append(f"{left + at * step:.1f},{top + height * (1 - value / high):.1f}")
        elif len(run) == 1:
            x, y = run.pop().split(",")
            drawn.append(f'<circle cx="{x}" cy="{y}" r="2.5" class="{color}" fill="currentColor"/>')
        elif run:
            drawn.append(f'<polyline points="{" ".join(run)}" class="{color}" fill="none" '
                         'stroke="currentColor" stroke-width="1.5"/>')
            run = []
    return drawn


def axes(area, minutes, high):
    """Time below, values at the left where they are known, and lines at both."""
    left, top, width, height = area
    bottom, drawn = top + height, []
    for part in (0, 0.5, 1):
        y = bottom - height * part
        drawn.append(line(left, y, left + width, y))
        if high is not None:
            drawn.append(text(left - 6, y + 4, f"{high * part:g}", 11, "note", "end"))
    drawn += [line(left, top, left, bottom, "line"),
              line(left, bottom, left + width, bottom, "line")]
    for minute in range(0, minutes + 1, minutes // 4):
        x = left + width * minute / minutes
        drawn.append(line(x, bottom, x, bottom + 4, "line"))
        label, anchor = (f"{minute} min", "end") if minute == minutes else (minute, "middle")
        drawn.append(text(x, bottom + 16, label, 11, "note", anchor))
    return drawn


def legend(left, y, width, series):
    """The names of a widget's metrics, small enough to fit."""
    length = sum(len(each["label"]) for each in series)
    size = min(11, (width - 28 * len(series)) / (length * LETTER))
    drawn, x = [], left
    for each, color in zip(series, SERIES):
        drawn.append(f'<rect x="{x:.1f}" y="{y}" width="10" height="10" class="{color}" '
                     'fill="currentColor"/>')
        drawn.append(text(x + 14, y + 9, each["label"], size))
        x += 28 + LETTER * size * len(each["label"])
    return drawn


def plot(area, properties, probes):
    """The metrics of a widget over the run, their axes and their names."""
    left, top, width, height = area
    series = series_of(properties["metrics"])
    values = [points_of(each["metric"], properties, probes) if each["ours"] else []
              for each in series]
    most = max((value for points in values for value in points if value is not None), default=None)
    high = properties.get("yAxis", {}).get("left", {}).get("max")
    if most is not None and high is None:
        high = next(round_ for round_ in (1, 2, 5, 10, 20, 50, 100, 200, 300, 600, 1000, 5000)
                    if round_ >= most)
    drawn = axes(area, len(probes), high)
    for points, color in zip(values, SERIES):
        drawn += curve(area, points, (properties["period"] // 60, len(probes)), high, color)
    if most is None:
        drawn.append(text(left + width / 2, top + height / 4 + 4, "only AWS measures this", 12,
                          "note", "middle"))
    return drawn + legend(left - 24, top + height + 26, width + 24, series)


def log_table(area, probes):
    """What the query of the log widget finds in the run."""
    left, top, width, _ = area
    left, width, found = left - 24, width + 24, {}
    for each in probes:
        if each["status"] != "healthy":
            found.setdefault((each["code"], each["step"]), []).append(each["message"])
    drawn = [text(left + x, top + 4, name, 11, "note", weight="bold")
             for x, name in zip(COLUMNS, ("diagnosisCode", "step", "probes", "last"))]
    most_first = sorted(found.items(), key=lambda item: -len(item[1]))
    for row, ((code, step), messages) in enumerate(most_first):
        y = top + 26 + 20 * row
        cells = [code, step, len(messages), cut(messages[-1], 11, width - COLUMNS[-1])]
        drawn.append(line(left, y - 14, left + width, y - 14))
        drawn += [text(left + x, y, cell, 11) for x, cell in zip(COLUMNS, cells)]
    return drawn


def alarm_list(area, properties, template, probes):
    """The alarms with their states after the run."""
    left, top, width, _ = area
    colors, drawn = {OK: "good", IN_ALARM: "bad"}, []
    for row, (name, state) in enumerate(states(template, properties["alarms"], probes)):
        y, color = top + 6 + 22 * row, colors.get(state, "note")
        shape = "fill" if state in colors else "stroke"
        other = "stroke" if shape == "fill" else "fill"
        drawn.append(f'<circle cx="{left - 16}" cy="{y - 4}" r="5" class="{color}" '
                     f'{shape}="currentColor" {other}="none"/>')
        drawn.append(text(left - 2, y, re.sub(r"(?<!^)(?=[A-Z])", " ", name), 12))
        drawn.append(text(left + width, y, state, 12, color, "end"))
    return drawn


def widget(place, template, probes):
    """One widget: its frame, title and content."""
    properties = place["properties"]
    x, y = place["x"] * COLUMN + GAP / 2, place["y"] * ROW + GAP / 2
    width, height = place["width"] * COLUMN - GAP, place["height"] * ROW - GAP
    drawn = [*box(x, y, width, height, "card"),
             text(x + 14, y + 24, properties["title"], 12, weight="bold", room=width - 20)]
    left, top, width = x + 40, y + 44, width - 60
    if place["type"] == "metric":
        return drawn + plot((left, top, width, height - 92), properties, probes)
    area = (left, top, width, height)
    if place["type"] == "log":
        return drawn + log_table(area, probes)
    if place["type"] == "alarm":
        return drawn + alarm_list(area, properties, template, probes)
    sys.exit(f"tools/pictures_dashboard.py does not know widgets of type {place['type']}")


def dashboard(template, run):
    """The dashboard."""
    widgets = widgets_of(template)
    width = COLUMN * max(each["x"] + each["width"] for each in widgets)
    height = ROW * max(each["y"] + each["height"] for each in widgets) + 28
    drawn = box(0, 0, width, height, "board", "board", 0)
    for each in widgets:
        drawn += widget(each, template, run["probes"])
    about = f"Drawn from template.yaml. {run['about']}"
    drawn.append(text(GAP, height - 10, about, 12, "note", room=width - 2 * GAP))
    title = "The dashboard that template.yaml creates, after a test run"
    return picture(width, height, title, drawn)
