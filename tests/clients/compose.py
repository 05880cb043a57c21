"""Runs docs/recipes/docker/ without Docker: the commands of its Dockerfile and its compose.yaml, in a
network in which the services' names lead here, and below mounts in place of the volumes.

The images are not built, and the emulator runs as this user. What `pip` installs is there already.
Prints a line per check and the counts at the end.
"""

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from checks import Checks, run  # noqa: E402
from local import ROOT, TOOLS, build, install, stop  # noqa: E402
from own_network import enter  # noqa: E402

FOLDER = ROOT / "docs" / "recipes" / "docker"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
PROXY, APP = COMPOSE["services"]["rds-proxy"], COMPOSE["services"]["app"]
DOCKERFILE = (FOLDER / "Dockerfile").read_text().replace("\\\n", "")
NAMES = ["rds-proxy", *PROXY["networks"]["default"]["aliases"]]
# Below this are the volumes of both services.
MOUNTS = Path("/srv")
HEALTHY_S, APP_S = 60, 60


def of_dockerfile(instruction):
    """The words of an instruction that is written as JSON."""
    return json.loads(re.search(rf"^{instruction} (?:.* CMD )?(\[.*\])$", DOCKERFILE, re.M)[1])


def mount(*words):
    """Mounts something in this program's own namespace."""
    subprocess.run(["mount", *map(str, words)], check=True)


def volumes():
    """Mounts the volumes; returns the folder that both services share."""
    mount("-t", "tmpfs", "tmpfs", MOUNTS)
    shared, = (it.split(":")[1] for it in PROXY["volumes"])
    assert f"install --directory --owner=postgres {shared}\n" in DOCKERFILE
    Path(shared).mkdir()
    for volume in APP["volumes"]:
        source, target, mode = volume.split(":")
        assert mode == "ro" and target.startswith(f"{MOUNTS}/"), volume
        if source.startswith("."):
            Path(target).mkdir()
            mount("--bind", (FOLDER / source).resolve(), target)
            mount("-o", "remount,bind,ro", target)
        else:
            assert source in COMPOSE["volumes"] and target == shared, volume
    assert APP["environment"]["DB_CA_FILE"].startswith(f"{shared}/")
    return Path(shared)


def is_healthy(environment):
    """What the image's health check says."""
    return subprocess.run(of_dockerfile("HEALTHCHECK"), env=environment, stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


@contextlib.contextmanager
def rds_proxy(programs, environment):
    """Runs the service of the emulator as process 1, as in a container."""
    command = [*of_dockerfile("ENTRYPOINT"), *PROXY["command"]]
    command[0] = str(programs / command[0])
    # It ends when `unshare` is killed, if it does not before.
    own = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
    with subprocess.Popen([*own, *command], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            # The health check says when the other service may start; here the emulator does.
            assert any(line == "ready\n" for line in process.stdout), "it did not start"
            yield
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            subprocess.run(["kill", "-TERM", *children], check=True)
            assert process.wait(HEALTHY_S) == 0, process.returncode
        finally:
            stop(process)


def app(path):
    """Runs the other service's command, with its variables alone; returns its status and output."""
    with tempfile.TemporaryDirectory() as stubs:
        pip = Path(stubs, "pip")
        pip.write_text("#!/bin/sh\n")
        pip.chmod(0o755)
        environment = {**APP["environment"], "PATH": f"{stubs}:{path}",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(shlex.split(APP["command"]), cwd=APP["working_dir"], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=APP_S)
    return done.returncode, done.stdout


def main():
    """Returns how many checks failed."""
    checks = Checks()
    if not enter(NAMES, "the recipe for Docker is not run"):
        checks.skip(4, "the recipe for Docker")
        return checks.end()
    pg_bin, programs = install("postgres"), build()
    psql = [str(path) for path in TOOLS.glob("psql/lib/python*/site-packages/*/pginstall/bin")]
    path = os.pathsep.join([str(TOOLS / "clients" / "bin"), pg_bin, *psql, os.environ["PATH"]])
    environment = {**os.environ, "PG_BIN": pg_bin, "PATH": path}
    shared = volumes()
    checks.note("the container is unhealthy before it starts",
                "it is healthy" if is_healthy(environment) else None)
    with rds_proxy(programs, environment):
        checks.note("the container is healthy once it is ready",
                    None if is_healthy(environment) else "it is not")
        status, output = app(path)
        checks.note("the tests in the second container pass",
                    None if status == 0 and "1 passed" in output else output)
    left = list(shared.iterdir())
    checks.note("the container ends at SIGTERM and leaves nothing in the volume", left or None)
    return checks.end()


if __name__ == "__main__":
    run(main)
