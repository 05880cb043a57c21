"""Starts the emulator as a process, as Testcontainers starts a container: one for each `with`."""

import contextlib
import os
import shlex
import subprocess

PROGRAM = os.environ.get("RDS_PROXY_EMULATOR", "rds-proxy-emulator")


@contextlib.contextmanager
def emulator(*options):
    """Runs it with these options; yields the variables with which a client connects to it."""
    with subprocess.Popen([PROGRAM, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            variables = {}
            for line in process.stdout:
                command, *words = shlex.split(line)
                if command == "ready":
                    break
                if command == "export":
                    variables.update(word.split("=", 1) for word in words)
            else:
                raise RuntimeError("the emulator did not start: standard error says why")
            yield variables
        finally:
            # It ends its PostgreSQL and removes its files; `with` waits until it has.
            process.terminate()
