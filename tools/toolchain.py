#!/usr/bin/env python3
"""Says in one sentence what this machine lacks to build the project's programs.

    tools/toolchain.py          ends with status 1 if cargo or a C compiler is missing

Without it, make and Python say only that a file was not found.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def wanted_version():
    """Returns the oldest Rust that Cargo.toml allows, as numbers."""
    text = (ROOT / "Cargo.toml").read_text()
    found = re.search(r'^rust-version = "(\d+)\.(\d+)', text, re.MULTILINE)
    return int(found[1]), int(found[2])


def missing():
    """Returns what is missing and where to get it, or None."""
    major, minor = wanted_version()
    install = f"install Rust {major}.{minor} or newer from https://rustup.rs"
    if not shutil.which("cargo"):
        return f"cargo is missing: {install}"
    done = subprocess.run(["cargo", "--version"], capture_output=True, text=True, cwd=ROOT)
    found = re.match(r"cargo (\d+)\.(\d+)", done.stdout)
    if not found:
        # rustup's cargo says why, such as that no default toolchain is set.
        return f"cargo doesn't run ({' '.join(done.stderr.split())}): {install}"
    if (int(found[1]), int(found[2])) < (major, minor):
        return f"cargo is of Rust {found[1]}.{found[2]}: {install}"
    # rustc links with it, and ring compiles C with it.
    if not shutil.which("cc"):
        return ("a C compiler is missing, the program cc: install one "
                "(Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc; "
                "macOS: xcode-select --install)")
    return None


if __name__ == "__main__":
    sys.exit(missing())
