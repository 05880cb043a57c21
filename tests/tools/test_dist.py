"""What `make dist` packs, without a build: programs are stand-ins with an ELF header."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import dist  # noqa: E402

FILES = {
    "rds-proxy-probe-1.2.3-arm64.zip", "rds-proxy-probe-1.2.3-x86_64.zip",
    "db-users-1.2.3-arm64.zip", "db-users-1.2.3-x86_64.zip",
    "rds-proxy-emulator-1.2.3-x86_64-linux.tar.gz", "SHA256SUMS",
}


def program(folder, architecture):
    """Writes something that begins as a program for this architecture does."""
    folder.mkdir(parents=True)
    path = folder / "bootstrap"
    machine = dist.MACHINES[architecture].to_bytes(2, "little")
    path.write_bytes(b"\x7fELF" + bytes(14) + machine + architecture.encode() * 1000)
    return path


class Dist(unittest.TestCase):
    """Each test has a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def pack(self, name, date=1_700_000_000, umask=0o022):
        """Packs stand-ins for everything on a day, with programs made then."""
        work, into = self.folder / f"{name}-programs", self.folder / name
        into.mkdir()
        functions = {architecture: {binary: program(work / architecture / binary, architecture)
                                    for binary in dist.FUNCTIONS} for architecture in dist.TARGETS}
        emulator = work / dist.EMULATOR
        emulator.write_bytes(b"emulator")
        for path in work.rglob("*"):
            os.utime(path, (date, date))
        before = os.umask(umask)
        try:
            with mock.patch("time.time", return_value=date):
                dist.pack(functions, emulator, "x86_64-linux", "1.2.3", into)
        finally:
            os.umask(before)
        return into

    def test_the_files_have_the_version_and_the_architecture_in_their_names(self):
        self.assertEqual({path.name for path in self.pack("dist").iterdir()}, FILES)

    def test_a_zip_is_what_lambda_takes(self):
        folder = self.pack("dist")
        for architecture in dist.TARGETS:
            for name, _ in dist.FUNCTIONS.values():
                with zipfile.ZipFile(folder / f"{name}-1.2.3-{architecture}.zip") as archive:
                    self.assertEqual(archive.namelist(), ["LICENSE", "bootstrap"])
                    self.assertIsNone(archive.testzip())
                    entry = archive.getinfo("bootstrap")
                    self.assertEqual(entry.external_attr >> 16, 0o100755)
                    self.assertIn(architecture.encode(), archive.read("bootstrap"))

    def test_the_emulator_can_be_run_where_it_is_unpacked(self):
        name = "rds-proxy-emulator-1.2.3-x86_64-linux"
        with tarfile.open(self.pack("dist") / f"{name}.tar.gz") as archive:
            members = {member.name: member.mode for member in archive}
            self.assertEqual(archive.extractfile(f"{name}/{dist.EMULATOR}").read(), b"emulator")
        self.assertEqual(members, {f"{name}/LICENSE": 0o644, f"{name}/{dist.EMULATOR}": 0o755})

    def test_the_sums_are_those_of_all_other_files(self):
        folder = self.pack("dist")
        lines = (folder / "SHA256SUMS").read_text().splitlines()
        sums = dict(reversed(line.split("  ")) for line in lines)
        self.assertEqual(list(sums), sorted(FILES - {"SHA256SUMS"}))
        for name, found in sums.items():
            self.assertEqual(found, hashlib.sha256((folder / name).read_bytes()).hexdigest())

    def test_the_same_programs_give_the_same_bytes_on_another_day(self):
        first, second = self.pack("first"), self.pack("second", 1_000_000_000, 0o077)
        for name in FILES:
            self.assertEqual((first / name).read_bytes(), (second / name).read_bytes(), name)

    def test_a_program_for_another_machine_is_not_packed(self):
        other = program(self.folder / "other", "x86_64")
        with self.assertRaisesRegex(SystemExit, "is not a Linux program for arm64"):
            dist.pack({"arm64": {"probe": other}}, other, "x86_64-linux", "1.2.3", self.folder)

    def test_an_unknown_architecture_is_named_before_anything_is_built(self):
        done = subprocess.run([sys.executable, ROOT / "tools/dist.py", "arm64", "riscv"],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "ARCHITECTURES must be some of arm64 x86_64, not 'riscv'\n")


if __name__ == "__main__":
    unittest.main()
