#!/usr/bin/env python3
"""Installs the tools of this project below .tools/, each at a pinned version.

    tools/install.py NAME...

NAME is a file of tools/requirements/ without its ending (each gets a virtual
environment of its own, .tools/NAME), or one of NPM below. `postgres`, `psql` and `node` are
left out where the machine has its own. What is already there in
the wanted version is left alone, so a second run takes no time.
Progress goes to stderr. On stdout, `postgres` prints the folder of PostgreSQL's
programs, which the emulator takes as PG_BIN, and nothing else prints anything.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from glob import glob
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
NODE_MAJOR = 20
# The folders with a package.json and its lock, by the name of the folder in .tools.
NPM = {"npm": ROOT / "tests" / "clients", "bench-npm": ROOT / "bench" / "contenders" / "node"}
OLDEST_PYTHON = (3, 10)


def say(text):
    """Reports progress where it cannot be mistaken for a result."""
    print(f"tools: {text}", file=sys.stderr, flush=True)


def fail(text):
    """Ends with what the user has to do, without a traceback."""
    sys.exit(f"tools: {text}")


def run(*command, **options):
    """Runs one command with its output on stderr, and ends if it fails."""
    done = subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        fail(f"failed with status {done.returncode}: {' '.join(map(str, command))}")


def is_current(folder, wanted):
    """Tells whether the folder was completed for exactly these requirements."""
    stamp = folder / ".installed"
    return stamp.is_file() and stamp.read_text() == wanted


def digest(*files):
    """Names the content of the requirement files, so that a changed pin reinstalls.

    The folder is part of it: a virtual environment does not survive a move."""
    text = str(ROOT).encode() + b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(text).hexdigest()


def start_over(folder):
    """Empties a folder whose content is of another version, or half made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


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
    major = re.match(r"v(\d+)\.", version)
    return bool(major) and int(major[1]) >= NODE_MAJOR


def install_npm(name):
    """Installs locked packages for Node.js into a folder of their own."""
    source, folder = NPM[name], TOOLS / name
    manifests = [source / "package.json", source / "package-lock.json"]
    wanted = digest(*manifests)
    if is_current(folder, wanted):
        return
    say(f"installing packages for Node.js into .tools/{name}")
    start_over(folder)
    for manifest in manifests:
        shutil.copy(manifest, folder)
    path = os.pathsep.join([str(TOOLS / "node" / "bin"), os.environ["PATH"]])
    run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error",
        cwd=folder, env={**os.environ, "PATH": path})
    (folder / ".installed").write_text(wanted)


def install_postgres():
    """Provides PostgreSQL and says where: the machine's own, or else the one from a wheel."""
    folder = postgres_folder()
    if folder is None or TOOLS in folder.parents:
        install_python("postgres")
        folder = postgres_folder()
    print(folder)


def main(names):
    """Installs every named tool that the machine misses."""
    for name in names:
        if name == "postgres":
            install_postgres()
        elif name in NPM:
            install_npm(name)
        elif name == "psql" and shutil.which("psql"):
            continue
        elif name == "node" and has_node():
            continue
        else:
            install_python(name)


if __name__ == "__main__":
    main(sys.argv[1:])
