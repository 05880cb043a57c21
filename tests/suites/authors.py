"""Other authors' tests under pytest: asyncpg's, psycopg's, and two files of PgBouncer's."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATABASE = "suite"
# Guards against hangs only.
PYTEST = ("-m", "pytest", "-q", "--tb=line", "--timeout=15", "--timeout-method=signal",
          "-W", "ignore::Warning")
# After these, asyncpg waits for a cancel request to take effect, which RDS Proxy does not support:
# they would hang, and take the others with them.
ASYNCPG = "not cancel and not timeout and not interrupted and not no_stmt_cache_seq"
# Of psycopg's, what is not marked as flaky and needs no mypy, separate proxy or exact clock.
PSYCOPG = ("not slow and not flakey and not mypy and not proxy and not timing and not dns "
           "and not subprocess")


def fill(pg_bin, env):
    """Makes the database, with the table that PgBouncer's tests expect."""
    psql = [pg_bin / "psql", "-qX", "-c"]
    subprocess.run([*psql, f"CREATE DATABASE {DATABASE}"], env={**env, "PGDATABASE": "postgres"},
                   check=True)
    subprocess.run([*psql, "CREATE TABLE test_copy (i int)"], env={**env, "PGDATABASE": DATABASE},
                   check=True)


def asyncpg(sources, _folder, env):
    """Where its tests are, how they are called, and in which environment."""
    return sources / "asyncpg", ["tests", "-k", ASYNCPG, "--ignore=tests/test__sourcecode.py"], env


def psycopg(sources, folder, env):
    """Likewise. Its tests take a connection string, and some set libpq's variables themselves."""
    keys = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password",
            "PGDATABASE": "dbname", "PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert"}
    dsn = " ".join(f"{key}={env[name]}" for name, key in keys.items())
    env = {name: value for name, value in env.items() if name not in keys}
    arguments = ["tests", "-m", PSYCOPG, "--ignore=tests/pool", "--ignore=tests/crdb",
                 "-o", f"cache_dir={folder / 'cache'}", "--cache-clear"]
    return sources / "psycopg", arguments, {**env, "PSYCOPG_TEST_DSN": dsn}


def pgbouncer(sources, folder, env):
    """Likewise, with a fixture that leads to what is tested in the place of PgBouncer's own."""
    shutil.rmtree(folder / "test", ignore_errors=True)
    (folder / "test").mkdir(parents=True)
    for name in ("config.mak", "include"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(sources / "pgbouncer" / name)
    for name in ("__init__.py", "utils.py", "test_prepared.py", "test_copy.py"):
        shutil.copy(sources / "pgbouncer" / "test" / name, folder / "test")
    shutil.copy(HERE / "pgbouncer_conftest.py", folder / "test" / "conftest.py")
    return folder / "test", ["."], env


SUITES = {"asyncpg": asyncpg, "psycopg": psycopg, "pgbouncer": pgbouncer}


def run(suite, python, sources, folder, connect):
    """Runs a suite; returns the outcome of each test: `passed`, `skipped` or why it failed."""
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, **connect, "PGDATABASE": DATABASE}
    place, arguments, env = SUITES[suite](sources, folder, env)
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    with (folder / "log").open("w") as log:
        subprocess.run([python, *PYTEST, f"--junitxml={report}", *arguments], cwd=place, env=env,
                       stdout=log, stderr=subprocess.STDOUT)
    cases = ET.parse(report).getroot().iter("testcase")
    return {f"{case.get('classname')}::{case.get('name')}": outcome(case) for case in cases}


def outcome(case):
    """What became of a test."""
    for child in case:
        if child.tag == "skipped":
            return "skipped"
        if child.tag in ("failure", "error"):
            return (child.get("message") or child.tag).splitlines()[0]
    return "passed"
