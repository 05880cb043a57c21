"""Runs `make demo` and keeps its two reports, shortened, as a transcript for a picture."""

import difflib
import json
import re
import subprocess
import sys

from local import ROOT

ABOUT = "Real output of make demo, shortened at each …"
# What is kept of a report, as paths; `*` stands for any number of an item.
KEPT = [
    "status", "message", "diagnosis.code", "diagnosis.step", "diagnosis.causes.0.cause",
    "diagnosis.causes.0.remedy", "diagnosis.causes.0.commands.*",
]


def lines_of(value, path=(), depth=0):
    """The lines of a value as `json.dumps` with an indent of 2 prints it, each with its path."""
    if not isinstance(value, (dict, list)) or not value:
        return [(path, json.dumps(value, ensure_ascii=False))]
    is_object = isinstance(value, dict)
    items = list(value.items() if is_object else enumerate(value))
    begin, end = "{}" if is_object else "[]"
    lines = [(path, begin)]
    for at, (name, item) in enumerate(items):
        (first_path, first), *rest = lines_of(item, (*path, str(name)), depth + 1)
        key = f"{json.dumps(name)}: " if is_object else ""
        part = [(first_path, "  " * (depth + 1) + key + first), *rest]
        if at + 1 < len(items):
            part[-1] = (part[-1][0], part[-1][1] + ",")
        lines += part
    return [*lines, (path, "  " * depth + end)]


def is_kept(path):
    """Whether a path is kept, or something below it is."""
    kept = [each.split(".") for each in KEPT]
    return any(all(want in ("*", have) for want, have in zip(each, path))
               and len(path) <= len(each) for each in kept)


def shortened(report):
    """The lines of a report that are kept, with an ellipsis wherever some are left out."""
    lines = []
    for path, line in lines_of(report):
        if is_kept(path):
            lines.append(line)
        elif not lines or lines[-1].strip() != "…":
            lines.append(" " * (len(line) - len(line.lstrip(" "))) + "…")
    return lines


def transcript(output):
    """The demo's output with its reports shortened. Progress that is indented is cargo's."""
    lines, rest = [ABOUT, "$ make demo"], output
    while rest:
        if rest.startswith("{"):
            report, end = json.JSONDecoder().raw_decode(rest)
            lines += shortened(report)
            rest = rest[end:].lstrip("\n")
            continue
        line, _, rest = rest.partition("\n")
        if not line.startswith((" ", "tools:", "building")):
            lines.append(line)
    return "\n".join(lines) + "\n"


def record():
    """Runs the demo and returns its transcript."""
    command = [sys.executable, ROOT / "tools" / "demo.py"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout)
    return transcript(done.stdout)


def constant(text):
    """A transcript without what differs from run to run: times, ports and versions."""
    return re.sub(r"\d[\d.]*", "0", text)


def check(recorded):
    """Runs the demo, and ends with an error if it says something else than was recorded."""
    now = record()
    print(now)
    if constant(now) != constant(recorded):
        difference = difflib.unified_diff(recorded.splitlines(), now.splitlines(), lineterm="", n=0)
        sys.exit("\n".join([*difference, "docs/pictures/demo.txt is out of date: "
                            "run tools/pictures.py record-demo"]))
