"""PostgreSQL's own regression tests: its SQL files, run by psql as `pg_regress` runs them.

`pg_regress` itself sends a setting in `options`, which RDS Proxy refuses; here the
database has that setting. The groups of its schedule run one after another, the files
of a group at once, so that their sessions share connections.
"""

import difflib
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DATABASE = "regression"
# What pg_regress sets for its database and its sessions:
# https://github.com/postgres/postgres/blob/REL_15_STABLE/src/test/regress/pg_regress.c
SETTINGS = {"lc_messages": "C", "lc_monetary": "C", "lc_numeric": "C", "lc_time": "C",
            "bytea_output": "hex", "timezone_abbreviations": "Default",
            "intervalstyle": "postgres_verbose"}
SESSION = {"PGTZ": "PST8PDT", "PGDATESTYLE": "Postgres, MDY"}


def fill(pg_bin, env):
    """Makes the database."""
    statements = [f"CREATE DATABASE {DATABASE} TEMPLATE template0 LOCALE 'C'"]
    statements += [f"ALTER DATABASE {DATABASE} SET {name} TO '{value}'"
                   for name, value in SETTINGS.items()]
    command = [pg_bin / "psql", "-qX"]
    for statement in statements:
        command += ["-c", statement]
    subprocess.run(command, env={**env, "PGDATABASE": "postgres"}, check=True)


def build(pg_bin, sources, folder):
    """Lays out what the files need: the functions in C that they load."""
    folder.mkdir(parents=True, exist_ok=True)
    config = lambda what: subprocess.run([pg_bin / "pg_config", what], check=True, text=True,
                                         stdout=subprocess.PIPE).stdout.strip()
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", f"-I{config('--includedir-server')}",
                    "-o", folder / "regress.so", sources / "regress.c"], check=True)
    for module in ("autoinc.so", "refint.so"):
        shutil.copy(Path(config("--pkglibdir")) / module, folder)


def groups(sources):
    """The schedule: lists of files that run at once."""
    lines = (sources / "parallel_schedule").read_text().splitlines()
    return [line.split()[1:] for line in lines if line.startswith("test:")]


def run(pg_bin, sources, folder, connect):
    """Runs all files; returns what each printed."""
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    results.chmod(0o777)
    env = {**os.environ, **connect, **SESSION, "PGDATABASE": DATABASE,
           "PG_ABS_SRCDIR": str(sources), "PG_ABS_BUILDDIR": str(folder),
           "PG_LIBDIR": str(folder), "PG_DLSUFFIX": ".so"}
    command = [pg_bin / "psql", "-X", "-a", "-q", "-v", "HIDE_TABLEAM=on",
               "-v", "HIDE_TOAST_COMPRESSION=on"]

    def one(name):
        with (sources / "sql" / f"{name}.sql").open() as script:
            done = subprocess.run(command, env=env, stdin=script, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, cwd=folder, timeout=300)
        return name, done.stdout.decode(errors="replace")

    printed = {}
    for group in groups(sources):
        with ThreadPoolExecutor(len(group)) as pool:
            printed |= dict(pool.map(one, group))
    return printed


def passes(sources, name, printed):
    """Whether a file printed what PostgreSQL expects, in one of the versions of that."""
    expected = sources / "expected"
    return any(path.read_text(errors="replace") == printed
               for path in [expected / f"{name}.out", *expected.glob(f"{name}_[0-9].out")])


def difference(one, other):
    """The lines in which two outputs differ."""
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=2)
    return "\n".join(lines)
