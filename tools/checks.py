"""Outcomes of checks, a line each as they come, and the counts at the end."""

import os
import sys

from local import ROOT


class Checks:
    """Prints outcomes and counts them."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def note(self, name, instead=None):
        """Notes what a check found instead of what is right: None if it passed."""
        self.passed, self.failed = self.passed + (instead is None), self.failed + (instead is not None)
        print(f"ok: {name}" if instead is None else f"FAILED: {name}: {instead}", flush=True)

    def skip(self, count, why):
        """Notes that so many checks are not made."""
        self.skipped += count
        print(f"SKIPPED: {why}", flush=True)

    def end(self):
        """Prints the counts; returns how many checks failed."""
        counts = f"{self.passed} passed, {self.failed} failed"
        print(f"{counts}, {self.skipped} skipped" if self.skipped else counts, flush=True)
        return self.failed


def run(main):
    """Runs a program whose `main` returns how many checks failed, and exits."""
    os.chdir(ROOT)
    try:
        sys.exit(1 if main() else 0)
    except KeyboardInterrupt:
        sys.exit(130)
