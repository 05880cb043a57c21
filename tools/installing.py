"""What all installers have in common: progress, commands, and whether something is there already."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"


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
