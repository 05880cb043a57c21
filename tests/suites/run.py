#!/usr/bin/env python3
"""Runs other authors' tests directly at a PostgreSQL and through the emulator.

    tests/suites/run.py [asyncpg] [psycopg] [pgbouncer] [regress]

Prints what comes out differently, as a table, and fails for what explained.py does not
explain. Output of the tests is in target/suites/.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import authors  # noqa: E402
import regress  # noqa: E402
from explained import REASONS  # noqa: E402
from local import TOOLS, build, install, metadata, say  # noqa: E402
from places import PLACES  # noqa: E402

SOURCES = TOOLS / "suites-sources"
PYTHON = TOOLS / "suites" / "bin" / "python"


def outcomes(suite, folder, pg_bin, programs):
    """What became of each test of a suite, by place."""
    found = {}
    for name, place in PLACES.items():
        say(f"{suite}, {name}")
        if suite == "regress":
            sources, scratch = SOURCES / "regress", folder / suite
            regress.build(pg_bin, sources, scratch)
            with place(pg_bin, programs, "postgres", lambda env: regress.fill(pg_bin, env)) as way:
                found[name] = regress.run(pg_bin, sources, scratch, way)
        else:
            with place(pg_bin, programs, "postgres", lambda env: authors.fill(pg_bin, env)) as way:
                found[name] = authors.run(suite, PYTHON, SOURCES, folder / suite / name, way)
    return found


def reason_for(test):
    """The reason that explains a difference; none if none does."""
    return next((reason for reason, names in REASONS.items() if test.startswith(names)), None)


def differences(suite, found):
    """The tests that come out worse through the emulator, each with what came of it."""
    direct, through = found.values()
    for test, result in sorted(through.items()):
        before = direct.get(test, "absent")
        if suite == "regress":
            if result != before:
                yield test, regress.difference(before, result)
        elif result not in ("passed", "skipped") and before in ("passed", "skipped", "absent"):
            yield test, result
    yield from ((test, "absent") for test in sorted(direct.keys() - through.keys()))


def count(suite, results):
    """How many tests a suite has, and how many of them pass or print what is expected."""
    if suite == "regress":
        sources = SOURCES / "regress"
        good = sum(regress.passes(sources, test, text) for test, text in results.items())
    else:
        good = sum(result == "passed" for result in results.values())
    return f"{good} of {len(results)}"


def main():
    """Runs the suites that are named, or all."""
    names = [*authors.SUITES, "regress"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", choices=[*names, []], metavar="SUITE")
    wanted = parser.parse_args().suites or names
    pg_bin, folder = Path(install("postgres")), Path(metadata()["target_directory"]) / "suites"
    programs, unexplained, used = build(), [], Counter()
    print("| suite | good directly | good through the emulator | different |\n|---|---|---|---|")
    for suite in wanted:
        found = outcomes(suite, folder, pg_bin, programs)
        different = list(differences(suite, found))
        counts = " | ".join(count(suite, results) for results in found.values())
        if counts.startswith("0 "):
            unexplained.append(f"{suite}: not one passes directly")
        print(f"| {suite} | {counts} | {len(different)} |", flush=True)
        for test, result in different:
            reason = reason_for(f"{suite} {test}")
            used[reason] += 1
            if reason is None:
                unexplained.append(f"{suite} {test}: {result}")
    print("\n| reason | tests |\n|---|---|")
    for reason in REASONS:
        print(f"| {reason} | {used[reason]} |")
    if unexplained:
        sys.exit("\nnot explained:\n" + "\n".join(unexplained))


if __name__ == "__main__":
    main()
