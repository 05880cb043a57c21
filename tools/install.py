#!/usr/bin/env python3
"""Installs the tools of this project below .tools/, each at a pinned version.

    tools/install.py NAME...

NAME is a file of tools/requirements/ without its ending (each gets a virtual
environment of its own, .tools/NAME), one of NPM below, one of DEBIAN below, `mariadb`,
Debian's MariaDB, `libpg_query`, PostgreSQL's own tests in SQL, `pgbouncer`, or
`suites-sources`, other authors' tests that `make suites` runs. `postgres`,
`psql`, `node`, `go` and a `pgbouncer` that is new enough are left out where the machine
has its own, and `browser` where its package has none for the processor. What is already
there in the wanted version is left alone, so a second run takes no time.
Progress goes to stderr. On stdout, `postgres` prints the folder of PostgreSQL's
programs, which the emulator takes as PG_BIN, `debian`, `php` and `shells` print the folder of Debian's
packages, or nothing where they can't be downloaded and REQUIRE_CLIENTS is not set,
`pgbouncer` prints its program, `mariadb` the folder of MariaDB's server, which the emulator takes as
MARIADB_BIN. Nothing else prints anything.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from glob import glob
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
# The first minor version of each major version that Prisma supports, and from which major version
# on it supports all: `npm view prisma engines`.
OLDEST_NODE = {20: 19, 22: 12}
NEW_NODE = 24
# The folders with a package.json and its lock, by the name of the folder in .tools.
NPM = {"npm": ROOT / "tests" / "clients", "bench-npm": ROOT / "bench" / "contenders" / "node",
       "browser": ROOT / "tests" / "browser", "cdk": ROOT / "infra" / "cdk"}
# Go's sources and two Java archives, for any processor, in the version of the machine's release: older
# ones disappear from Debian's servers, so there is nothing to pin.
DEBIAN = {
    "debian": ("golang-github-lib-pq-dev", "libpostgresql-jdbc-java", "libmariadb-java"),
    # PHP, as Debian 12 names it, with PDO for MySQL and the libraries that it is linked with.
    "php": ("php8.2-cli", "php8.2-common", "php8.2-mysql", "libargon2-1", "libedit2", "libicu72",
            "libmagic1", "libsodium23", "libxml2"),
    # What the command line's completions are loaded in, besides bash.
    "shells": ("zsh", "zsh-common", "fish", "fish-common", "libpcre2-32-0"),
}
# MariaDB's server without what would install a service, its client, the libraries that they are
# linked with, and of mariadb-test the plugin that asks for passwords in clear, as RDS does for a
# token.
MARIADB = ("mariadb-server-core", "mariadb-client-core", "mariadb-test", "libmariadb3", "libaio1",
           "libedit2", "libbsd0", "libmd0", "libncurses6", "libtinfo6", "libnuma1", "liburing2",
           "libpcre2-8-0", "libssl3", "libsystemd0")
# What of them is kept: the rest is 60 MB of tests and messages in other languages.
MARIADB_KEPT = ("usr/sbin/mariadbd", "usr/bin/mariadb", "usr/lib/mysql/plugin/auth_test_plugin.so",
                "usr/lib/*-linux-gnu/libmariadb3/plugin/*.so",
                "usr/lib/*-linux-gnu/*.so*", "lib/*-linux-gnu/*.so*", "usr/share/mysql/english/*",
                "usr/share/mysql/charsets/*", "usr/share/mysql/mysql_*.sql")
# A commit of its branch 17-latest. git checks what it downloads against this number.
LIBPG_QUERY = "680f5ee67c6fdae497c8d1edfadd02b9b8eac74f"
# The tests of the versions that requirements/suites.txt has; asyncpg's come with its sources from
# PyPI, where psycopg has none. PostgreSQL's are those of Debian 12's version.
PSYCOPG = "c079c37c959a89a8684a3d3858cbaff7e5543e71"
ASYNCPG = "asyncpg==0.31.0"
POSTGRES_SOURCES = "deb-src http://deb.debian.org/debian bookworm main"
OLDEST_PYTHON = (3, 10)
# The first with `max_prepared_statements`: https://www.pgbouncer.org/changelog.html. Debian 12 has
# an older one, so its successor's sources are built. They hold PgBouncer's tests too.
OLDEST_PGBOUNCER = (1, 21)
PGBOUNCER_SOURCES = "deb-src http://deb.debian.org/debian trixie main"


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
    numbers = re.match(r"v(\d+)\.(\d+)\.", version)
    if not numbers:
        return False
    major, minor = map(int, numbers.groups())
    return major >= NEW_NODE or (major in OLDEST_NODE and minor >= OLDEST_NODE[major])


def install_npm(name):
    """Installs locked packages for Node.js into a folder of their own."""
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


def apt_in(state):
    """Returns an apt-get that has its package lists in a folder, as no other user: root's would be
    one who may not write there."""
    for part in ("lists/partial", "cache/archives/partial"):
        Path(state, part).mkdir(parents=True)
    return ["apt-get", "-qq", "-o", f"Dir::State::Lists={state}/lists",
            "-o", f"Dir::Cache={state}/cache", "-o", "APT::Sandbox::User=",
            "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=3"]


def unpack_debian(folder, packages):
    """Downloads and unpacks Debian's packages, without root; returns what prevented it.

    apt gets its own package lists: the machine's may be missing or old, and only root can renew
    them."""
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            return f"this machine has no {program}"
    start_over(folder)
    with tempfile.TemporaryDirectory(dir=folder) as state:
        apt = apt_in(state)
        # An update that failed for another source does not matter: only the download counts.
        for arguments in (["update"], ["download", *packages]):
            done = subprocess.run([*apt, *arguments], cwd=folder, stdout=sys.stderr,
                                  stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            return f"apt-get download failed with status {done.returncode}"
    for package in folder.glob("*.deb"):
        run("dpkg-deb", "--extract", package, folder)
    return None


def install_debian(name):
    """Provides a set of DEBIAN's packages and says where, if this machine can download them."""
    folder, packages = TOOLS / name, DEBIAN[name]
    wanted = digest() + " ".join(packages)
    if not is_current(folder, wanted):
        say(f"unpacking {', '.join(packages)} into .tools/{name}")
        missing = unpack_debian(folder, packages)
        if missing and os.environ.get("REQUIRE_CLIENTS"):
            fail(f"REQUIRE_CLIENTS is set, but {missing}: {', '.join(packages)} can't be downloaded")
        if missing:
            say(f"going on without {', '.join(packages)}: {missing}")
            return
        (folder / ".installed").write_text(wanted)
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


def install_mariadb():
    """Provides a MariaDB and says where: Debian's, unpacked, or else the one on PATH."""
    folder = TOOLS / "mariadb"
    wanted = digest() + " ".join(MARIADB + MARIADB_KEPT)
    if not is_current(folder, wanted):
        say("unpacking MariaDB into .tools/mariadb")
        missing = unpack_debian(folder, MARIADB)
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
            own = shutil.which("mariadbd")
            if own is None:
                fail(f"{missing}, so MariaDB can't be downloaded, and there is no mariadbd on PATH: "
                     "install MariaDB's server, its client and its test plugins (mariadb-test)")
            print(Path(own).resolve().parent)
            return
        keep(folder, MARIADB_KEPT)
        (folder / ".installed").write_text(wanted)
    print(folder / "usr" / "sbin")


def keep(folder, patterns):
    """Removes every file of a folder that none of these patterns names."""
    kept = {file for pattern in patterns for file in folder.glob(pattern)}
    for file in folder.rglob("*"):
        if not file.is_dir() and file not in kept:
            file.unlink()


def install_libpg_query():
    """Provides PostgreSQL's own tests in SQL, which libpg_query has a copy of."""
    download(TOOLS / "libpg_query", "pganalyze/libpg_query", LIBPG_QUERY, "test/sql")


def download(folder, repository, commit, part):
    """Downloads one folder of one commit from GitHub."""
    if is_current(folder, commit):
        return
    if not shutil.which("git"):
        fail(f"git is needed to download {repository}")
    say(f"downloading {part} of {repository} into {folder.relative_to(ROOT)}")
    start_over(folder)
    git = ("git", "-C", folder)
    run("git", "init", "--quiet", folder)
    run(*git, "remote", "add", "origin", f"https://github.com/{repository}.git")
    # Without the files, and then the wanted ones alone: the rest is large.
    run(*git, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", commit)
    run(*git, "sparse-checkout", "set", part)
    run(*git, "-c", "advice.detachedHead=false", "checkout", "--quiet", commit)
    (folder / ".installed").write_text(commit)


def debian_sources(folder, source_list, package):
    """Downloads and unpacks a source package without root; returns the folder of its sources."""
    if not shutil.which("apt-get"):
        fail(f"the sources of {package} come from Debian, and this machine has no apt-get")
    start_over(folder)
    with tempfile.TemporaryDirectory(dir=folder) as state:
        (Path(state) / "sources.list").write_text(source_list + "\n")
        apt = [*apt_in(state), "-o", f"Dir::Etc::SourceList={state}/sources.list",
               "-o", "Dir::Etc::SourceParts=-"]
        run(*apt, "update", cwd=folder)
        run(*apt, "source", "--download-only", package, cwd=folder)
    archive = next(folder.glob("*.orig.tar.*"))
    run("tar", "--extract", "--file", archive, cwd=folder)
    return next(path for path in folder.iterdir() if path.is_dir())


def pgbouncer_version(program):
    """The version of a PgBouncer as numbers; none if there is none."""
    if program is None or not os.path.isfile(program):
        return ()
    found = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return tuple(map(int, re.search(r"PgBouncer (\d+)\.(\d+)", found).groups()))


def install_pgbouncer():
    """Provides PgBouncer and says where: the machine's own, or one built from Debian's sources."""
    program = shutil.which("pgbouncer")
    if pgbouncer_version(program) < OLDEST_PGBOUNCER:
        program = build_pgbouncer()
    print(program)


def build_pgbouncer():
    """Builds PgBouncer, and leaves its tests beside it."""
    folder = TOOLS / "pgbouncer"
    wanted = digest() + PGBOUNCER_SOURCES
    if not is_current(folder, wanted):
        say("building PgBouncer in .tools/pgbouncer (Debian, Ubuntu: apt-get install gcc make "
            "pkg-config libevent-dev libssl-dev)")
        sources = debian_sources(folder, PGBOUNCER_SOURCES, "pgbouncer")
        run("./configure", "--quiet", "--without-cares", "CFLAGS=-O2", cwd=sources)
        run("make", "--silent", "pgbouncer", cwd=sources)
        sources.rename(folder / "sources")
        (folder / ".installed").write_text(wanted)
    return folder / "sources" / "pgbouncer"


def install_suites_sources():
    """Provides other authors' tests, each in a folder of suites-sources."""
    folder = TOOLS / "suites-sources"
    download(folder / "psycopg", "psycopg/psycopg", PSYCOPG, "tests")
    asyncpg, regress = folder / "asyncpg", folder / "regress"
    if not is_current(asyncpg, ASYNCPG):
        start_over(asyncpg)
        run(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--no-binary", ":all:", "--dest", asyncpg, ASYNCPG)
        # Without its package, which Python would take for the installed one.
        run("tar", "--extract", "--strip-components=1", "--wildcards", "*/tests", "--file",
            next(asyncpg.glob("*.tar.gz")), cwd=asyncpg)
        (asyncpg / ".installed").write_text(ASYNCPG)
    if not is_current(regress, POSTGRES_SOURCES):
        sources = debian_sources(folder / "postgresql", POSTGRES_SOURCES, "postgresql-15")
        shutil.rmtree(regress, ignore_errors=True)
        (sources / "src" / "test" / "regress").rename(regress)
        shutil.rmtree(folder / "postgresql")
        (regress / ".installed").write_text(POSTGRES_SOURCES)
    bouncer = folder / "pgbouncer"
    bouncer.unlink(missing_ok=True)
    bouncer.symlink_to(build_pgbouncer().parent)


def main(names):
    """Installs every named tool that the machine misses."""
    for name in names:
        if name == "postgres":
            install_postgres()
        elif name in DEBIAN:
            install_debian(name)
        elif name == "mariadb":
            install_mariadb()
        elif name == "libpg_query":
            install_libpg_query()
        elif name == "browser":
            install_browser()
        elif name == "pgbouncer":
            install_pgbouncer()
        elif name == "suites-sources":
            install_suites_sources()
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
