"""A PostgreSQL cluster that listens on 127.0.0.1, for programs that need one beside the emulator's.

It trusts every local login and does not wait for disks. As root it runs under another user,
because PostgreSQL refuses root.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from local import free_port, running

USERS = ("postgres", "nobody")


def unprivileged():
    """Returns what precedes a command that may not run as root, and the user; none if not root."""
    if os.geteuid() != 0:
        return [], None
    for name in USERS:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            return ["setpriv", *ids], user
    raise RuntimeError("there is no user under which PostgreSQL could run")


def certificate(folder):
    """Makes a certificate for `localhost`, its own authority, and its key; returns both paths.

    The user that `unprivileged` names may read them."""
    key, chain = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
               "-keyout", key, "-out", chain]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    give(folder, key, chain)
    return key, chain


def give(*paths):
    """Gives files to the user that `unprivileged` names."""
    _, user = unprivileged()
    if user is not None:
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


@contextlib.contextmanager
def cluster(pg_bin, settings=()):
    """Runs a cluster; yields its port. Its superuser is `postgres`."""
    prefix, _ = unprivileged()
    # Not below TMPDIR, which the other user may be unable to enter.
    folder = Path(tempfile.mkdtemp(prefix="cluster-", dir="/tmp"))
    try:
        give(folder)
        data, port = folder / "data", free_port()
        quiet = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([*prefix, Path(pg_bin) / "initdb", "--pgdata", data, "--username", "postgres",
                        "--auth", "trust", "--encoding", "UTF8", "--no-sync", "--locale", "C"],
                       **quiet)
        command = [*prefix, Path(pg_bin) / "postgres", "-D", data, "-p", port,
                   "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}",
                   "-c", "fsync=off"]
        for setting in settings:
            command += ["-c", setting]
        with running("PostgreSQL", command, cwd=folder):
            wait_for(pg_bin, port)
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(pg_bin, port):
    """Returns once a server accepts connections at this port."""
    command = [Path(pg_bin) / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}",
               "--username=postgres"]
    for _ in range(3000):
        if subprocess.run(command).returncode == 0:
            return
        time.sleep(0.01)
    raise RuntimeError(f"no server accepts connections at port {port}")
