"""Runs the recipes of docs/recipes/ as its page says, and checks that they fail where they should.

Owns what each command is expected to print. compose.py runs the recipe for Docker.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from drivers import PROCESS_S
from local import ROOT, TOOLS, install

RECIPES = ROOT / "docs" / "recipes"
PAGE = (RECIPES / "README.md").read_text()
EMULATOR = "target/debug/rds-proxy-emulator"
PINS = "SET statement_timeout TO '5s'"
PINS_IN_MYSQL = "SET SESSION group_concat_max_len = 2048"
# What the page says that a test at a pin prints.
SAMPLE = re.search(r"^```text\n(it would pin .*?)^```$", PAGE, re.M | re.S)[1]
# A test for each recipe that pins, and so has to fail.
PINNING = {
    "python": ("test_pin.py", f"""
from app import connect

def test_it_pins():
    with connect() as db:
        db.execute("{PINS}")
"""),
    "node": ("pin.test.js", f"""
const {{ test }} = require("node:test");
const {{ connect }} = require("./app.js");
require("./no-pins.js");

test("it pins", async () => {{
  const client = await connect();
  await client.query("{PINS}");
  await client.end();
}});
"""),
}
PINNING_IN_MYSQL = f"""
from app_mysql import connect

def test_it_pins():
    with connect() as db, db.cursor() as cursor:
        cursor.execute("{PINS_IN_MYSQL}")
"""


def run(command, programs, pg_bin, folder=ROOT, **variables):
    """Runs a command of the page; returns its exit status and what it prints."""
    path = [Path(sys.executable).parent, TOOLS / "node" / "bin", os.environ["PATH"]]
    environment = {
        **os.environ, "PG_BIN": pg_bin, "PATH": os.pathsep.join(map(str, path)),
        "NODE_PATH": str(TOOLS / "npm" / "node_modules"), "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider", "NO_PROXY": "127.0.0.1", **variables}
    command = command.replace(EMULATOR, str(programs / "rds-proxy-emulator"))
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PROCESS_S)
    return done.returncode, done.stdout


def commands():
    """The page's commands that run the emulator, in order."""
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S))
    return [line for line in blocks.splitlines() if EMULATOR in line]


def as_written(programs, pg_bin):
    """Each command of the page as it is written, with a part of what it should print."""
    expected = [("--exec pytest", "1 passed"), ("app.py", "('app',)"),
                ("app_mysql.py", "('app@localhost',)"), ("node --test", "pass 1"),
                ("app.js", "[ { current_user: 'app' } ]"), ("docs/recipes/process", "1 passed")]
    found = commands()
    assert len(found) == len(expected), found
    for command, (part, printed) in zip(found, expected):
        assert part in command, (part, command)
        status, output = run(command, programs, pg_bin, MARIADB_BIN=install("mariadb"))
        yield f"{command} passes", None if (status, printed in output) == (0, True) else output


def with_a_pin(programs, pg_bin):
    """The same recipes with a test that pins."""
    for name, (file, text) in PINNING.items():
        command, = (it for it in commands() if "--admin" in it and f"docs/recipes/{name}" in it)
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copytree(RECIPES / name, Path(folder, name))
            (copy / file).write_text(text)
            command = command.replace(f"docs/recipes/{name}", str(copy)).replace("app.test.js", file)
            status, output = run(command, programs, pg_bin)
        is_right = status != 0 and SAMPLE in re.sub(r"^ {4}", "", output, flags=re.M)
        yield f"docs/recipes/{name} fails at a pin", None if is_right else output


def with_a_pin_in_mysql(programs, pg_bin):
    """The recipe for pytest, with a test that logs in by app_mysql.py and pins."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(RECIPES / "python", Path(folder, "python"))
        test = copy / "test_pin.py"
        test.write_text(PINNING_IN_MYSQL)
        command = f"{EMULATOR} --engine mysql --admin 127.0.0.1:0 --exec pytest {test}"
        status, output = run(command, programs, pg_bin, MARIADB_BIN=install("mariadb"))
    is_right = status != 0 and f"it would pin its session in RDS Proxy:\n{PINS_IN_MYSQL}" in output
    yield "docs/recipes/python fails at a pin in MySQL", None if is_right else output


def workflow(programs, pg_bin):
    """The steps of the workflow, in a folder as after a checkout. What installs is left out."""
    steps = yaml.safe_load((RECIPES / "github-actions" / "test.yml").read_text())
    steps = [step["run"] for step in steps["jobs"]["test"]["steps"] if "run" in step]
    with tempfile.TemporaryDirectory() as folder:
        checkout = shutil.copytree(RECIPES / "python", Path(folder, "checkout"))
        installs = Path(folder, "installs")
        bin_folder = Path(folder, "bin")
        bin_folder.mkdir()
        for program in ("rustup", "cargo", "pip"):
            (bin_folder / program).write_text(f'#!/bin/sh\necho {program} "$@" >> {installs}\n')
            (bin_folder / program).chmod(0o755)
        path = f"PATH={bin_folder}:{programs}:$PATH; "
        outcomes = [run(path + step, programs, pg_bin, folder=checkout) for step in steps]
        installed = installs.read_text().split()
    failed = [output for status, output in outcomes if status != 0]
    known = (ROOT / "tools" / "requirements" / "clients.in").read_text()
    packages = installed[installed.index("pip") + 2:]
    missing = [name for name in packages if not re.search(rf"^{re.escape(name)}==", known, re.M)]
    is_right = not failed and "1 passed" in outcomes[-1][1] and not missing \
        and installed[installed.index("pip") - 1] == "rds-proxy-emulator"
    yield "the commands of docs/recipes/github-actions/test.yml pass", \
        None if is_right else (failed, missing, installed, outcomes[-1])


def outcomes(programs, pg_bin):
    """Yields what each check is of, and what it found instead, or nothing if that is right."""
    for check in (as_written, with_a_pin, with_a_pin_in_mysql, workflow):
        yield from check(programs, pg_bin)
