#!/usr/bin/env python3
"""Runs everything that has to pass before a change lands: .ci/run.

    tools/ci.py [NAME...]       everything, or the steps of these names alone

The code comes first: format, clippy, rustdoc, tests. On the second core the checks run that need no
build, then what needs the programs that the tests have built. A step's log is printed whole
when the step ends; until then it is in target/ci/. The first failure stops all other steps.
"""

import os
import shutil
import sys
from pathlib import Path

from lanes import Failed, Lanes, Step

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
LOGS = TARGET / "ci"
PROGRAMS = LOGS / "programs"
INSTALL = [sys.executable, "tools/install.py"]
# cargo lambda replaces target/debug/probe while other steps run it.
WITH_PROGRAMS = {"BUILT_PROGRAMS": str(PROGRAMS)}
# That it builds and runs is the question here, not how fast it runs: optimizing takes minutes.
DEBUG = {"SAM_BUILD_MODE": "debug"}


def make(verb, *arguments, **environment):
    """Returns the step that runs a verb of the Makefile."""
    return Step(verb, ["make", "--no-print-directory", verb, *arguments], environment)


CODE = [make("fmt"), make("clippy"), make("doc"), make("test")]
NO_BUILD = [
    Step("install", [*INSTALL, "sam", "clients", "moto", "checkov", "terraform", "cargo-deny"]),
    make("test-tools"), make("pages"), make("templates"), make("terraform"), make("deny"),
    Step("install more", [*INSTALL, "lambda", "ministack", "node", "npm", "psql"]),
]
# Runs the demo, and compares the sample in docs/pictures/ with it.
CLIENTS = [make("test-clients", **WITH_PROGRAMS), make("demo-check", **WITH_PROGRAMS)]
DEPLOYMENT = [
    make("build-sam", "ARCHITECTURE=x86_64", "CONFIG=demo", **DEBUG),
    make("test-build", **WITH_PROGRAMS), make("test-deploy", **WITH_PROGRAMS),
]


def keep_programs():
    """Copies the programs that `make test` has built to where the other steps find them."""
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    for name in ("probe", "db-users", "rds-proxy-emulator"):
        if (TARGET / "debug" / name).exists():
            shutil.copy2(TARGET / "debug" / name, PROGRAMS)


def chosen(steps, names):
    """Returns the steps that are asked for: all of them without a name."""
    return [step for step in steps if not names or step.name in names]


def main(names):
    """Runs the steps; returns the exit status."""
    known = [step.name for step in CODE + NO_BUILD + CLIENTS + DEPLOYMENT]
    unknown = [name for name in names if name not in known]
    if unknown:
        return f"no step is named {', '.join(unknown)}; there are: {', '.join(known)}"
    os.chdir(ROOT)
    # Here tests fail instead of passing or being skipped where the machine forbids a network of
    # their own, or where Debian's packages can't be installed.
    os.environ |= {"REQUIRE_NAMESPACES": "true", "REQUIRE_CLIENTS": "true"}
    lanes = Lanes(LOGS)
    try:
        lanes.run(chosen(CODE, names), chosen(NO_BUILD, names))
        keep_programs()
        lanes.run(chosen(CLIENTS, names), chosen(DEPLOYMENT, names))
    except Failed as failed:
        return f"=== {failed}"
    except KeyboardInterrupt:
        return 130
    print(f"=== all of it took {lanes.total()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
