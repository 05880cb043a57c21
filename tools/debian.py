"""Debian's packages and sources below .tools/, without root."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from installing import TOOLS, digest, fail, is_current, run, say, start_over

# The sources of two drivers for Go and, as archives, two for Java and Hibernate, for any processor, in
# the version of the machine's release: older ones disappear from Debian's servers, so there is nothing
# to pin.
DEBIAN = {
    "debian": ("golang-github-lib-pq-dev", "golang-github-go-sql-driver-mysql-dev",
               "libpostgresql-jdbc-java", "libmariadb-java", "libhibernate3-java",
               "libantlr-java", "libcommons-collections3-java", "libdom4j-java",
               "libgeronimo-jpa-2.0-spec-java", "libgeronimo-jta-1.2-spec-java",
               "libhibernate-commons-annotations-java", "libslf4j-java"),
    # PHP, as Debian 12 names it, with PDO for both engines and the libraries that it is linked with
    # (libpq's own come with git), Doctrine's DBAL, and Laravel's part for databases.
    "php": ("php8.2-cli", "php8.2-common", "php8.2-mbstring", "php8.2-mysql", "php8.2-pgsql",
            "libargon2-1", "libedit2", "libicu72", "libmagic1", "libonig5", "libpq5", "libsodium23",
            "libxml2", "php-doctrine-cache", "php-doctrine-dbal", "php-doctrine-deprecations",
            "php-doctrine-event-manager", "php-doctrine-inflector", "php-illuminate-collections",
            "php-illuminate-container", "php-illuminate-contracts", "php-illuminate-database",
            "php-illuminate-macroable", "php-illuminate-support", "php-nesbot-carbon",
            "php-psr-cache", "php-psr-container", "php-psr-log", "php-psr-simple-cache",
            "php-symfony-console", "php-symfony-deprecation-contracts",
            "php-symfony-service-contracts", "php-symfony-string", "php-symfony-translation",
            "php-symfony-translation-contracts", "php-voku-portable-ascii"),
    # PostgreSQL's driver for ODBC with unixODBC.
    "odbc": ("odbc-postgresql", "libltdl7", "libodbc2", "libodbcinst2", "libpq5"),
    # Ruby, as Debian 12 names it, with Rails' ActiveRecord and its drivers for both engines.
    "ruby": ("ruby3.1", "libruby3.1", "libmariadb3", "libpq5", "libyaml-0-2", "ruby-activemodel",
             "ruby-activerecord", "ruby-activesupport", "ruby-concurrent", "ruby-i18n",
             "ruby-mysql2", "ruby-pg", "ruby-tzinfo", "ruby-zeitwerk"),
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
