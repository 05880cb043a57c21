#!/usr/bin/env python3
"""Holds the pages on deploying to the templates: every parameter, output or resource that they name
in backticks is one of template.yaml's or infra's."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ["docs/deploy.md", "docs/scale.md", "infra/terraform/README.md"]
NAME = re.compile(r"`([A-Z][a-z]+[A-Z]\w*)(?:=[\w-]*)?`")


def main():
    """Ends with the names that no template has."""
    templates = [ROOT / "template.yaml", *(ROOT / "infra").rglob("*.yaml")]
    known = {name for file in templates
             for name in re.findall(r"^  ([A-Z]\w+):$", file.read_text(), re.M)}
    named = [(page, name) for page in PAGES for name in NAME.findall((ROOT / page).read_text())]
    unknown = sorted({f"{page}: {name}" for page, name in named if name not in known})
    if unknown or not named:
        sys.exit("named in a page and in no template: " + ", ".join(unknown))


if __name__ == "__main__":
    main()
