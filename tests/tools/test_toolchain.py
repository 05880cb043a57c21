"""A machine without a toolchain is told in one sentence what is missing."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# All that the verbs use until the toolchain is looked for.
PROGRAMS = ("awk", "grep", "python3", "sh")


class Toolchain(unittest.TestCase):
    """Each test has a folder that is the whole PATH."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        for name in PROGRAMS:
            target = sys.executable if name == "python3" else shutil.which(name)
            (self.path / name).symlink_to(target)

    def add_cargo(self, script):
        """Puts a cargo into the folder."""
        cargo = self.path / "cargo"
        cargo.write_text(f"#!{shutil.which('sh')}\n{script}\n")
        cargo.chmod(0o755)

    def problem(self, verb):
        """Returns what a verb says on such a machine, without make's own line."""
        command = [shutil.which("make"), "--no-print-directory", verb, f"PYTHON={sys.executable}"]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("MAKE", "MFLAGS", "BUILT_PROGRAMS"))}
        done = subprocess.run(command, cwd=ROOT, env={**environment, "PATH": str(self.path)},
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        said = done.stderr.splitlines()
        self.assertTrue(said[-1].startswith("make: ***"), said)
        return said[:-1]

    def test_every_verb_that_builds_says_that_cargo_is_missing(self):
        for verb in ("demo", "test", "unit", "check", "lint", "bench", "dist", "build-sam"):
            with self.subTest(verb):
                [sentence] = self.problem(verb)
                self.assertRegex(sentence, r"^cargo is missing: .*from https://rustup\.rs$")

    def test_a_missing_c_compiler_is_named_with_where_to_get_it(self):
        self.add_cargo("echo 'cargo 9.0.0'")
        for verb in ("demo", "test"):
            with self.subTest(verb):
                [sentence] = self.problem(verb)
                self.assertRegex(sentence, "^a C compiler is missing, the program cc: .*apt-get")

    def test_an_old_rust_is_named_with_what_is_needed(self):
        self.add_cargo("echo 'cargo 1.60.0 (abc 2022-04-04)'")
        [sentence] = self.problem("test")
        self.assertRegex(sentence, r"^cargo is of Rust 1\.60: install Rust 1\.\d+ or newer from ")

    def test_a_rustup_without_a_toolchain_is_quoted(self):
        self.add_cargo("echo 'error: no default is configured' >&2; exit 1")
        [sentence] = self.problem("demo")
        self.assertIn("(error: no default is configured)", sentence)


if __name__ == "__main__":
    unittest.main()
