#!/usr/bin/env python3
"""Draws the pictures in docs/pictures/ from their sources.

    tools/pictures.py             draws them
    tools/pictures.py --check     ends with an error where one is out of date
    tools/pictures.py record      runs the probe against the emulator for a minute, into run.json,
                                  and the demo, into demo.txt; then draws
    tools/pictures.py record-demo runs the demo alone, then draws
    tools/pictures.py check-demo  runs the demo, and ends with an error if demo.txt says otherwise

pieces.svg shows a deployment, dashboard.svg the dashboard of template.yaml with the data of
run.json, demo.svg the two reports of `make demo` as a terminal shows them, from demo.txt, and
deployment.svg a deployment, from deployment.txt, which make test-deploy DEPLOY=--record writes.
page-light.png and page-dark.png are the emulator's page; make page-record takes them.
"""

import json
import sys
from pathlib import Path

from pictures_dashboard import dashboard
from pictures_page import out_of_date
from pictures_pieces import pieces
from pictures_report import reports_shortened
from pictures_terminal import terminal

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
RUN, DEMO = PICTURES / "run.json", PICTURES / "demo.txt"
# What the picture of a deployment keeps of the report.
KEPT = ["statusCode", "status", "message", "endpoint.host", "auth.*", "database.*", "diagnosis"]


def deployment(transcript):
    """The transcript of a deployment, with its report shortened."""
    about, _, output = transcript.partition("\n")
    lines = [line for line, _ in reports_shortened(output, KEPT)]
    return "\n".join([f"{about} The report is shortened at each …", *lines])


def drawings():
    """Every picture, by the name of its file."""
    template, run = (ROOT / "template.yaml").read_text(), json.loads(RUN.read_text())
    return {
        "pieces.svg": pieces(),
        "dashboard.svg": dashboard(template, run),
        "demo.svg": terminal(DEMO.read_text()),
        "deployment.svg": terminal(deployment((PICTURES / "deployment.txt").read_text())),
    }


def main(arguments):
    """Draws, checks or records."""
    if arguments not in ([], ["--check"], ["record"], ["record-demo"], ["check-demo"]):
        sys.exit(__doc__)
    if arguments == ["check-demo"]:
        from pictures_demo import check
        return check(DEMO.read_text())
    if arguments in (["record"], ["record-demo"]):
        from pictures_demo import record as record_demo
        from pictures_run import record
        if arguments == ["record"]:
            RUN.write_text(record())
        DEMO.write_text(record_demo())
    for name, drawn in drawings().items():
        picture = PICTURES / name
        if arguments != ["--check"]:
            picture.write_text(drawn)
        elif not picture.is_file() or picture.read_text() != drawn:
            sys.exit(f"docs/pictures/{name} is out of date: run make pictures")
    if arguments == ["--check"] and (names := out_of_date()):
        sys.exit(f"the emulator's page has changed since {', '.join(names)}: run make page-record")


if __name__ == "__main__":
    main(sys.argv[1:])
