#!/usr/bin/env python3
"""Writes the tables of inputs and outputs in the modules' README.md.

    tools/terraform_tables.py           writes them
    tools/terraform_tables.py --check   fails if one is not what the module says
"""

import re
import sys
from pathlib import Path

import hcl

MODULES = Path(__file__).resolve().parent.parent / "infra" / "terraform" / "modules"
TABLES = re.compile(r"(<!-- inputs and outputs: written by tools/terraform_tables.py -->\n).*(<!-- end -->)",
                    re.S)


def line(*cells):
    """A row of a table."""
    return f"| {' | '.join(cells)} |\n"


def default_of(variable):
    """A variable's default, or that it has none."""
    if "default" not in variable:
        return "required"
    return f"`{' '.join(variable['default'].split())}`"


def type_of(variable):
    """A variable's type, on one line."""
    words = re.sub(r"\n\s*", ", ", variable["type"])
    words = re.sub(r"\{, ", "{ ", re.sub(r", \}", " }", words))
    return f"`{' '.join(words.split())}`"


def tables(module):
    """Both tables of a module."""
    text = "".join(file.read_text() for file in sorted(module.glob("*.tf")))
    blocks = [(kind, labels, hcl.attributes(body)) for kind, labels, body in hcl.blocks(text)]
    written = line("input", "type", "default", "description") + "|---|---|---|---|\n"
    for kind, labels, inside in blocks:
        if kind == "variable":
            written += line(f"`{labels[0]}`", type_of(inside), default_of(inside),
                            hcl.form(inside["description"]))
    written += "\n" + line("output", "description") + "|---|---|\n"
    for kind, labels, inside in blocks:
        if kind == "output":
            written += line(f"`{labels[0]}`", hcl.form(inside["description"]))
    return written


def main(check):
    """Writes or checks the pages of all modules."""
    for module in sorted(MODULES.iterdir()):
        page = module / "README.md"
        before = page.read_text()
        after = TABLES.sub(lambda match: match[1] + tables(module) + match[2], before)
        if check and after != before:
            sys.exit(f"{page.relative_to(MODULES)} is not up to date: run tools/terraform_tables.py")
        page.write_text(after)


if __name__ == "__main__":
    main(sys.argv[1:] == ["--check"])
