"""Runs `make demo` and keeps its two reports, shortened, and its pin as a transcript for a picture."""

import difflib
import re
import subprocess
import sys

from local import ROOT
from pictures_report import reports_shortened

ABOUT = "Real output of make demo, shortened at each …"
# What is kept of a report.
KEPT = [
    "status", "message", "diagnosis.code", "diagnosis.step", "diagnosis.causes.0.cause",
    "diagnosis.causes.0.remedy", "diagnosis.causes.0.commands.*",
]


def transcript(output):
    """The demo's output with its reports shortened. Progress that is indented is cargo's."""
    left_out = (" ", "tools:", "building")
    lines = [line for line, of_report in reports_shortened(output, KEPT)
             if of_report or not line.startswith(left_out)]
    return "\n".join([ABOUT, "$ make demo", *lines]) + "\n"


def record():
    """Runs the demo and returns its transcript."""
    command = [sys.executable, ROOT / "tools" / "demo.py", "postgresql"]
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
