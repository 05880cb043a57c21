"""Other authors' tests and PgBouncer below .tools/, from their sources."""

import os
import re
import shutil
import subprocess
import sys

from debian import debian_sources
from installing import ROOT, TOOLS, digest, fail, is_current, run, say, start_over

# A commit of its branch 17-latest. git checks what it downloads against this number.
LIBPG_QUERY = "680f5ee67c6fdae497c8d1edfadd02b9b8eac74f"
# The tests of the versions that requirements/suites.txt has; asyncpg's come with its sources from
# PyPI, where psycopg has none. PostgreSQL's are those of Debian 12's version.
PSYCOPG = "c079c37c959a89a8684a3d3858cbaff7e5543e71"
ASYNCPG = "asyncpg==0.31.0"
POSTGRES_SOURCES = "deb-src http://deb.debian.org/debian bookworm main"
# The first with `max_prepared_statements`: https://www.pgbouncer.org/changelog.html. Debian 12 has
# an older one, so its successor's sources are built. They hold PgBouncer's tests too.
OLDEST_PGBOUNCER = (1, 21)
PGBOUNCER_SOURCES = "deb-src http://deb.debian.org/debian trixie main"


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
