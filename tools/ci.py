#!/usr/bin/env python3
"""Runs everything that has to pass before a change lands: .ci/run.

    tools/ci.py [NAME...]       everything, or the steps of these names alone

The code comes first: format, clippy, rustdoc, tests. The other core does what needs none of their
results: the templates, the Terraform module, the pages, SAM's build. Then follows what runs the programs
that have been built. A step's log is printed whole when the step ends; until then it is in
target/ci/. The first failure stops all other steps.
"""

import os
import sys
from pathlib import Path

from lanes import Failed, Lanes, Step

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
INSTALL = [sys.executable, "tools/install.py"]
# The tests have built them.
BUILT = {"BUILT_PROGRAMS": str(TARGET / "debug")}
# That it builds and runs is the question here, not how fast it runs: optimizing takes minutes.
DEBUG = {"SAM_BUILD_MODE": "debug"}


def make(verb, *arguments, **environment):
    """Returns the step that runs a verb of the Makefile."""
    return Step(verb, ["make", "--no-print-directory", verb, *arguments], environment)


CODE = [make("fmt"), make("clippy"), make("core"), make("doc"), make("test")]
OTHERS = [
    Step("install", [*INSTALL, "sam", "clients", "moto", "checkov", "terraform", "cargo-deny"]),
    make("test-tools"), make("pages"), make("templates"), make("terraform"), make("deny"),
    Step("install more", [*INSTALL, "lambda", "ministack", "node", "npm", "psql", "cdk"]),
    make("cdk"),
    make("build-sam", "ARCHITECTURE=x86_64", "CONFIG=demo", **DEBUG),
]
# Runs the demo, and compares the sample in docs/pictures/ with it.
PROGRAMS = [make("demo-check", **BUILT), make("test-build", **BUILT), make("test-clients", **BUILT),
            make("test-page", **BUILT)]
DEPLOYMENTS = [make("test-deploy", **BUILT)]
PHASES = [(CODE, OTHERS), (PROGRAMS, DEPLOYMENTS)]


def chosen(steps, names):
    """Returns the steps that are asked for: all of them without a name."""
    return [step for step in steps if not names or step.name in names]


def main(names):
    """Runs the steps; returns the exit status."""
    known = [step.name for lanes in PHASES for lane in lanes for step in lane]
    unknown = [name for name in names if name not in known]
    if unknown:
        return f"no step is named {', '.join(unknown)}; there are: {', '.join(known)}"
    os.chdir(ROOT)
    # Here tests fail instead of passing or being skipped where the machine forbids a network of
    # their own, or where Debian's packages can't be installed.
    os.environ |= {"REQUIRE_NAMESPACES": "true", "REQUIRE_CLIENTS": "true"}
    lanes = Lanes(TARGET / "ci")
    try:
        for phase in PHASES:
            lanes.run(*(chosen(lane, names) for lane in phase))
    except Failed as failed:
        return f"=== {failed}"
    except KeyboardInterrupt:
        return 130
    print(f"=== all of it took {lanes.total()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
