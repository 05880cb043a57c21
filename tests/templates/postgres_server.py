"""A PostgreSQL as RDS has one behind a proxy with secrets: one user has to show a password, and the
master need not.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from local import free_port  # noqa: E402

# PostgreSQL refuses root; nobody's folders are its own to make.
UNPRIVILEGED = 65534
SET_UP = "CREATE ROLE rds_iam; REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"
ACCESS = """host all {master} 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""


def unprivileged():
    """Returns what subprocess takes to leave root."""
    if os.getuid() != 0:
        return {}
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}


@contextlib.contextmanager
def serving(programs, master):
    """Runs one; the value is its port."""
    with tempfile.TemporaryDirectory() as folder:
        if os.getuid() == 0:
            os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        options = {**unprivileged(), "cwd": folder, "text": True}
        data, port = Path(folder) / "data", free_port()

        def run(*command, **more):
            done = subprocess.run([str(part) for part in command], **options, **more,
                                  capture_output=True)
            if done.returncode:
                sys.exit(f"{command[0]} failed: {done.stdout}{done.stderr}")

        run(Path(programs) / "initdb", "-D", data, "-U", master, "--auth=trust", "--no-sync")
        (data / "pg_hba.conf").write_text(ACCESS.format(master=master))
        run(Path(programs) / "postgres", "--single", "-D", data, "postgres", input=SET_UP)
        control = Path(programs) / "pg_ctl"
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        # Its log goes to a file: a pipe would be open for as long as it runs.
        run(control, "-D", data, "-w", "-l", Path(folder) / "log", "-o", settings, "start")
        try:
            yield port
        finally:
            run(control, "-D", data, "-m", "immediate", "stop")
