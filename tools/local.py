"""Builds and runs the project's programs for the demo and for the client tests.

Everything that is started here ends with the `with` block that holds it, on an
error, on Ctrl-C and on SIGTERM as well.
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
REGION = "us-east-1"
PROXY_ARN = f"arn:aws:rds-db:{REGION}:123456789012:dbuser:prx-0123456789abcdef0"


def say(text):
    """Reports progress on stderr: stdout is for results that programs read."""
    print(text, file=sys.stderr, flush=True)


def stop_like_ctrl_c(*_):
    """Turns SIGTERM into an exception, so that `with` blocks end their processes."""
    raise KeyboardInterrupt


signal.signal(signal.SIGTERM, stop_like_ctrl_c)


def install(*names):
    """Runs tools/install.py in a separate process and returns what it prints."""
    command = [sys.executable, ROOT / "tools" / "install.py", *names]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout.strip()


def find_psql():
    """The machine's psql, or the one from .tools."""
    own = sorted(TOOLS.glob("psql/lib/python*/site-packages/*/pginstall/bin/psql"))
    return shutil.which("psql") or str(own[0])


def mariadb_client():
    """MariaDB's own client from .tools, or the machine's, and the variables that it needs."""
    folder = TOOLS / "mariadb" / "usr"
    plugins = next(folder.glob("lib/*/libmariadb3/plugin"), None)
    if plugins is None:
        return [shutil.which("mariadb") or "mariadb", "--no-defaults"], {}
    libraries = [*folder.glob("lib/*-linux-gnu"), *folder.parent.glob("lib/*-linux-gnu")]
    return ([folder / "bin" / "mariadb", "--no-defaults", f"--plugin-dir={plugins}"],
            {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))})


def build():
    """Builds the programs and returns the folder that they are in.

    Where `BUILT_PROGRAMS` names a folder, they are there already."""
    if "BUILT_PROGRAMS" in os.environ:
        return Path(os.environ["BUILT_PROGRAMS"]).resolve()
    say("building the function, the emulator and the command line")
    # With the workspace and an example the features are those of `make test`: what one has compiled
    # the other takes.
    command = ["cargo", "build", "--locked", "--workspace", "--example", "troubleshooting"]
    for name in ("probe", "db-users", "rds-proxy-emulator", "rds-proxy-probe"):
        command += ["--bin", name]
    built = subprocess.run(command, cwd=ROOT, stdout=sys.stderr)
    if built.returncode != 0:
        sys.exit("the build failed")
    return Path(metadata()["target_directory"]) / "debug"


def metadata():
    """Returns what cargo says of the workspace."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--no-deps"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def free_port():
    """Returns a port at which no program listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(name, command, env=None, cwd=ROOT, stdout=None):
    """Runs a program while the block lasts; shows its log only if the block fails."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(list(map(str, command)), cwd=cwd, env=env, text=True,
                                   stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log)
        try:
            yield process
        except BaseException as error:
            if not isinstance(error, KeyboardInterrupt):
                stop(process)
                log.seek(0)
                say(f"--- what {name} said:\n{log.read().rstrip()}\n---")
            raise
        finally:
            stop(process)


def stop(process):
    """Ends a process for certain: first politely, so that it can clean up after itself."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def exports(process):
    """Reads the environment that a starting emulator prints for its clients."""
    found = {}
    for line in process.stdout:
        command, *words = shlex.split(line)
        if command == "ready":
            return found
        # The other command is `unset`, for what a shell may have from elsewhere.
        found |= dict(word.split("=", 1) for word in words if command == "export")
    raise RuntimeError("the emulator ended before it was ready")


@contextlib.contextmanager
def emulator_process(programs, database_bin, arguments):
    """Runs the emulator; yields its process, and the environment that it prints for its clients.

    `database_bin` is the folder of the programs of the database behind it, of either engine."""
    command = [programs / "rds-proxy-emulator", *arguments]
    env = {**os.environ, "PG_BIN": database_bin, "MARIADB_BIN": database_bin}
    with running("the emulator", command, env=env, stdout=subprocess.PIPE) as process:
        yield process, exports(process)


@contextlib.contextmanager
def emulator(programs, database_bin, arguments):
    """Runs the emulator; yields the environment that it prints for its clients."""
    with emulator_process(programs, database_bin, arguments) as (_, environment):
        yield environment
