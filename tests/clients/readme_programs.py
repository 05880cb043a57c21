"""Runs the two programs that emulator/README.md shows, as they stand, with the emulator's variables."""

import os
import re
import subprocess
import sys

from drivers import PROCESS_S
from local import ROOT, TOOLS

README = ROOT / "emulator" / "README.md"
# How each language's block is run, from standard input, and what it prints.
RUN = {
    "python": ([sys.executable, "-"], "('app',)"),
    "js": (["node", "-"], "[ { current_user: 'app' } ]"),
}


def outcomes(environment):
    """Yields each program's language, and what it printed instead, or nothing if that is right."""
    packages = {"NODE_PATH": str(TOOLS / "npm" / "node_modules")}
    for language, (command, expected) in RUN.items():
        program = re.search(rf"^```{language}\n(.*?)^```$", README.read_text(), re.M | re.S)[1]
        done = subprocess.run(command, input=program, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PROCESS_S,
                              env={**os.environ, **environment, **packages})
        yield language, None if done.stdout.strip() == expected else done.stdout
