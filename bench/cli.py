#!/usr/bin/env python3
"""Measures `rds-proxy-probe check` beside psql with a token by the AWS CLI, from exec to verdict.

    bench/cli.py [--rounds N] [--report]

Both log in to one emulator, in turns. Writes cli.json and cli.md in docs/performance/; with
--report only the page, from cli.json. run.py builds the programs, and runs this.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from local import TOOLS, emulator_process, install, metadata, say  # noqa: E402

FOLDER = ROOT / "docs" / "performance"
TEXT = ROOT / "bench" / "cli.md"
GOAL = 1 / 20


def run(*command, environment):
    """Runs a program that has to succeed; returns what it wrote."""
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def check(program, environment):
    """Milliseconds of a check."""
    begun = time.perf_counter()
    run(program, "check", environment=environment)
    return {"all": (time.perf_counter() - begun) * 1e3}


def psql(pg_bin, environment):
    """Milliseconds of a token by the AWS CLI and a query by psql, and of the first of both."""
    host, port = environment["DB_HOST"], environment["DB_PORT"]
    address, listening = environment["DB_CONNECT_TO"].rsplit(":", 1)
    begun = time.perf_counter()
    token = run(TOOLS / "clients" / "bin" / "aws", "rds", "generate-db-auth-token",
                "--hostname", host, "--port", port, "--username", environment["DB_USER"],
                "--region", environment["AWS_REGION"], environment=environment)
    signed = time.perf_counter()
    settings = {"PGHOST": host, "PGHOSTADDR": address, "PGPORT": listening, "PGPASSWORD": token,
                "PGUSER": environment["DB_USER"], "PGDATABASE": environment["DB_NAME"],
                "PGSSLMODE": "verify-full", "PGSSLROOTCERT": environment["DB_CA_FILE"]}
    run(pg_bin / "psql", "-X", "-c", "SELECT 1", environment=environment | settings)
    return {"aws": (signed - begun) * 1e3, "all": (time.perf_counter() - begun) * 1e3}


def measure(options):
    """Takes turns; returns all figures."""
    pg_bin = Path(install("postgres"))
    install("clients")
    target = Path(metadata()["target_directory"])
    program = target / "release" / "rds-proxy-probe"
    with emulator_process(target / "emulator", pg_bin, []) as (_, variables):
        environment = {**os.environ, **variables, "AWS_EC2_METADATA_DISABLED": "true"}
        turns = {"check": [], "psql": []}
        # The first of each reads its files from the disk.
        for number in range(options.rounds + 1):
            say(f"bench: turn {number} of {options.rounds} beside psql")
            turns["check"].append(check(program, environment))
            turns["psql"].append(psql(pg_bin, environment))
    commit = run("git", "-C", ROOT, "log", "-1", "--format=commit %h of %cs",
                 environment=os.environ)
    aws = run(TOOLS / "clients" / "bin" / "aws", "--version", environment=os.environ).split()[0]
    version = run(pg_bin / "psql", "--version", environment=os.environ)
    return {"rounds": options.rounds, "cpus": os.cpu_count(),
            "turns": {name: its[1:] for name, its in turns.items()},
            "versions": f"The command line of {commit} (built as release), {aws} and {version}"}


def spread(values, digits=0):
    """The median, and the quartiles."""
    low, _, high = statistics.quantiles(values, n=4)
    return (f"{statistics.median(values):.{digits}f}",
            f"{low:.{digits}f}–{high:.{digits}f}")


def page(results):
    """The page, from the figures."""
    ours, theirs = results["turns"]["check"], results["turns"]["psql"]
    ratios = [our["all"] / their["all"] for our, their in zip(ours, theirs)]
    met = statistics.median(ratios) <= GOAL
    values = {"goal": "is met" if met else "is **not met**", "rounds": results["rounds"],
              "versions": results["versions"], "cpus": results["cpus"]}
    columns = {"check": ([it["all"] for it in ours], 1), "psql": ([it["all"] for it in theirs], 0),
               "aws": ([it["aws"] for it in theirs], 0), "ratio": (ratios, 3)}
    for name, (column, digits) in columns.items():
        values[name], values[f"{name}_range"] = spread(column, digits)
    text = TEXT.read_text()
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def main():
    """Measures, unless only the page is wanted, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="turns of each")
    parser.add_argument("--report", action="store_true", help="do not measure")
    options = parser.parse_args()
    file = FOLDER / "cli.json"
    if not options.report:
        file.write_text(json.dumps(measure(options), indent=1) + "\n")
    (FOLDER / "cli.md").write_text(page(json.loads(file.read_text())))


if __name__ == "__main__":
    main()
