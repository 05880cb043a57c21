#!/usr/bin/env python3
"""Builds the files of a release into dist/: `make dist`.

    rds-proxy-probe-VERSION-ARCHITECTURE.zip        the function, as Lambda takes it
    db-users-VERSION-ARCHITECTURE.zip               the database users' function, as Lambda takes it
    rds-proxy-emulator-VERSION-MACHINE.tar.gz       the emulator, for the machine that builds it
    SHA256SUMS                                      of them all

ARCHITECTURES chooses among arm64 and x86_64, DIST_PROFILE the functions' profile: `measure` needs
far less time than `release`. For builds that can be compared, archives have fixed dates, owners and order,
and stripped programs hold no path of the machine.
"""

import gzip
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from local import ROOT, metadata

DIST = ROOT / "dist"
# By binary: the archive's name, and the folder whose CargoLambda.toml says what is built.
FUNCTIONS = {"probe": ("rds-proxy-probe", ROOT), "db-users": ("db-users", ROOT / "db-users")}
EMULATOR = "rds-proxy-emulator"
# The C library of Lambda's `provided.al2023`; the building machine's may be newer:
# https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
TARGETS = {"arm64": "aarch64-unknown-linux-gnu.2.34", "x86_64": "x86_64-unknown-linux-gnu.2.34"}
# In an ELF header, at byte 18: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
MACHINES = {"arm64": 183, "x86_64": 62}
# The earliest that a zip can say.
EARLIEST = (1980, 1, 1, 0, 0, 0)
LICENSE = ROOT / "LICENSE"


def run(command, cwd=ROOT, env=None):
    """Runs a command whose output is progress, and ends if it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=env, stdout=sys.stderr)
    if done.returncode != 0:
        sys.exit(f"failed with status {done.returncode}: {' '.join(map(str, command))}")


def environment():
    """Returns the environment of a build whose paths don't get into the programs."""
    home = os.environ.get("CARGO_HOME", Path.home() / ".cargo")
    flags = [os.environ.get("RUSTFLAGS", ""), f"--remap-path-prefix={home}=/cargo",
             f"--remap-path-prefix={ROOT}=/rds-proxy-probe"]
    # cargo lambda finds Zig by the Python beside it.
    path = os.pathsep.join([str(ROOT / ".tools/lambda/bin"), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "RUSTFLAGS": " ".join(filter(None, flags))}


def build_functions(architecture, profile, target):
    """Builds both functions; returns their programs by binary."""
    folder = target / "dist" / architecture
    # As SAM says it: cargo lambda's own defaults of a release belong to this option.
    chosen = ["--release"] if profile == "release" else ["--profile", profile]
    for binary, (_, source) in FUNCTIONS.items():
        run(["cargo", "lambda", "build", *chosen, "--target", TARGETS[architecture],
             "--bin", binary, "--lambda-dir", folder], source, environment())
    return {binary: folder / binary / "bootstrap" for binary in FUNCTIONS}


def build_emulator(target):
    """Builds the emulator for this machine, with its own profile, and returns the program."""
    run(["cargo", "build", "--locked", "--profile", "emulator", "--package", EMULATOR],
        env=environment())
    return target / "emulator" / EMULATOR


def check_machine(program, architecture):
    """Ends if the program is for another machine than the archive's name says."""
    header = program.read_bytes()[:20]
    found = int.from_bytes(header[18:20], "little")
    if header[:4] != b"\x7fELF" or found != MACHINES[architecture]:
        sys.exit(f"{program} is not a Linux program for {architecture}")


def pack_zip(path, program):
    """Packs a function as Lambda takes it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, source, mode in (("LICENSE", LICENSE, 0o644), ("bootstrap", program, 0o755)):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, source.read_bytes())


def pack_tar(path, program):
    """Packs the emulator with its licence, in a folder with the archive's name."""
    folder = path.name.removesuffix(".tar.gz")
    with (path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as zipped,
          tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive):
        for source, mode in ((LICENSE, 0o644), (program, 0o755)):
            entry = tarfile.TarInfo(f"{folder}/{source.name}")
            entry.size, entry.mode = source.stat().st_size, mode
            with source.open("rb") as content:
                archive.addfile(entry, content)


def pack(functions, emulator, machine, version, folder):
    """Packs programs, the functions' by architecture and binary, into the empty folder."""
    for architecture, programs in functions.items():
        for binary, program in programs.items():
            check_machine(program, architecture)
            pack_zip(folder / f"{FUNCTIONS[binary][0]}-{version}-{architecture}.zip", program)
    pack_tar(folder / f"{EMULATOR}-{version}-{machine}.tar.gz", emulator)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
            for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums))


def main(architectures):
    """Builds and packs everything, and prints the sums; a failure leaves dist/ as it was."""
    unknown = set(architectures) - set(TARGETS)
    if unknown or not architectures:
        sys.exit(f"ARCHITECTURES must be some of {' '.join(TARGETS)}, not {' '.join(unknown)!r}")
    profile = os.environ.get("DIST_PROFILE", "release")
    told = metadata()
    [version] = {it["version"] for it in told["packages"] if it["name"] == "rds-proxy-probe"}
    target = Path(told["target_directory"])
    functions = {architecture: build_functions(architecture, profile, target)
                 for architecture in architectures}
    machine = f"{platform.machine()}-{platform.system().lower()}"
    emulator = build_emulator(target)
    with tempfile.TemporaryDirectory(dir=target) as folder:
        pack(functions, emulator, machine, version, Path(folder))
        shutil.rmtree(DIST, ignore_errors=True)
        DIST.mkdir()
        for path in Path(folder).iterdir():
            shutil.copy(path, DIST)
    print((DIST / "SHA256SUMS").read_text(), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
