"""Installs the command line with `make install`, and loads its completions in bash, zsh and fish as a
person does: part of a line is typed, then Tab.

zsh and fish are Debian's. Where they can't be downloaded their checks are skipped, with a line that
says so; with REQUIRE_CLIENTS in the environment, as in .ci/run, that is a failure.
Prints a line per check and the counts at the end.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from checks import Checks, run  # noqa: E402
from local import install  # noqa: E402

# Guards against hangs only.
PATIENCE_S = 30
TYPED, COMPLETED = "rds-proxy-probe check --connect-t\t", "--connect-to"


def typed(command, environment, lines, expected):
    """Types lines into a program on a terminal; None once it shows the expected text, else what it
    showed."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environment)
    os.write(terminal, "".join(lines).encode())
    seen, until = "", time.monotonic() + PATIENCE_S
    while expected not in seen and time.monotonic() < until:
        if select.select([terminal], [], [], 1)[0]:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
    os.close(terminal)
    os.waitpid(process, 0)
    return None if expected in seen else f"{expected!r} is not in {seen!r}"


def in_bash(share, environment):
    """What bash makes of the line."""
    script = share / "bash-completion" / "completions" / "rds-proxy-probe"
    lines = ["PS1='> '\n", f"source {script}\n", TYPED]
    return typed(["bash", "--norc", "--noprofile", "-i"], environment, lines, COMPLETED)


def in_zsh(share, environment, root, home):
    """What zsh makes of it; what it is made of is where it was unpacked."""
    modules = next(root.glob("usr/lib/*/zsh/*"))
    functions = [it for it in (root / "usr" / "share" / "zsh").rglob("*") if it.is_dir()]
    places = " ".join(map(str, [share / "zsh" / "site-functions", *functions]))
    (home / ".zshenv").write_text(f"module_path=({modules})\nfpath=({places})\n")
    (home / ".zshrc").write_text("PS1='> '\nautoload -Uz compinit\ncompinit -u -D\n")
    environment = environment | {"ZDOTDIR": str(home)}
    return typed([str(root / "bin" / "zsh"), "-d", "-i"], environment, [TYPED], COMPLETED)


def in_fish(share, environment, root):
    """What fish offers for it."""
    script = share / "fish" / "vendor_completions.d" / "rds-proxy-probe.fish"
    libraries = next(root.glob("usr/lib/*-linux-gnu"))
    environment = environment | {"LD_LIBRARY_PATH": str(libraries)}
    asked = f"source {script}; complete -C '{TYPED.strip()}'"
    command = [root / "usr" / "bin" / "fish", "--no-config", "-c", asked]
    offered = subprocess.run(command, env=environment, capture_output=True, text=True,
                             timeout=PATIENCE_S)
    first = offered.stdout.split("\t")[0]
    return None if first == COMPLETED else f"{offered.stdout!r} {offered.stderr!r}"


def pages(prefix, program):
    """What is wrong with the manual pages: one for each command that the help lists."""
    folder = prefix / "share" / "man" / "man1"
    listed = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
    commands = re.findall(r"^  (\w+) ", listed.split("Commands:")[1].split("\n\n")[0], re.M)
    expected = {"rds-proxy-probe.1",
                *(f"rds-proxy-probe-{name}.1" for name in commands if name != "help")}
    found = {page.name for page in folder.iterdir()}
    if not expected <= found:
        return f"{expected - found} missing"
    text = (folder / "rds-proxy-probe-check.1").read_text()
    parts = (".TH rds-proxy-probe-check 1", ".SH SYNOPSIS", r"\fB\-\-connect\-to\fR", "Examples:")
    return next((f"{part} is missing" for part in parts if part not in text), None)


def main():
    """Runs all checks; returns how many failed."""
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        prefix, home = Path(folder, "prefix"), Path(folder, "home")
        home.mkdir()
        subprocess.run(["make", "--no-print-directory", "install", f"PREFIX={prefix}",
                        "INSTALL_PROFILE=dev"], check=True, stdout=subprocess.DEVNULL)
        program = shutil.which("rds-proxy-probe", path=prefix / "bin")
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        begins = version.startswith("rds-proxy-probe ")
        checks.note("make install: the program runs", None if begins else version)
        checks.note("make install: the manual pages are there", pages(prefix, program))
        path = f"{prefix / 'bin'}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(home), "TERM": "xterm", "LANG": "C.UTF-8"}
        share = prefix / "share"
        checks.note("bash completes an option", in_bash(share, environment))
        root = install("shells")
        if not root:
            checks.skip(2, "zsh and fish: Debian's packages are missing")
            return checks.end()
        checks.note("zsh completes an option", in_zsh(share, environment, Path(root), home))
        checks.note("fish completes an option", in_fish(share, environment, Path(root)))
    return checks.end()


if __name__ == "__main__":
    run(main)
