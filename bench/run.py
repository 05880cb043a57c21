#!/usr/bin/env python3
"""Sets up everything that `make bench` measures, and has it measured.

    bench/run.py [--rounds N] [--no-instructions]

Builds the function, the emulator and the contenders, packs each as it would be
uploaded, writes a plan, and runs `bench` (src/main.rs) with it, which writes
docs/performance/. Only the first run takes long: what is built is kept.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from local import TOOLS, install, say  # noqa: E402

CONTENDERS = ROOT / "bench" / "contenders"
PYTHON = TOOLS / "bench" / "bin" / "python"
SIGNING = ["30", "300"]  # batches, tokens in each
# What Lambda's own runtimes lack, and an upload must hold; they have boto3 and the SDK.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
PYTHON_UPLOAD = ("psycopg", "typing_extensions")
NODE_UPLOAD = ("pg", "postgres-", "split2", "xtend")


def run(*command, **options):
    """Runs one command with its output on stderr, and ends if it fails."""
    done = subprocess.run(list(map(str, command)), stdout=sys.stderr, **options)
    if done.returncode != 0:
        sys.exit(f"bench: failed with status {done.returncode}: {' '.join(map(str, command))}")


def output(*command):
    """Returns the first line that a program prints."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[0]


def target_folder():
    """Returns the folder that cargo builds in."""
    metadata = output("cargo", "metadata", "--locked", "--format-version", "1", "--no-deps",
                      "--manifest-path", ROOT / "Cargo.toml")
    return Path(json.loads(metadata)["target_directory"])


def build(target):
    """Builds the function as it is deployed, and everything else."""
    cargo = ["cargo", "build", "--locked", "--target-dir"]
    say("bench: building the function")
    run(*cargo, target, "--release", "--bin", "probe", cwd=ROOT)
    say("bench: building the emulator and the benchmark")
    for package in ("rds-proxy-emulator", "rds-proxy-probe-bench"):
        run(*cargo, target, "--profile", "bench-peer", "--package", package, cwd=ROOT)
    # Apart, so that none gets features that another one asks for.
    for package in ("hello", "minimum", "sqlx-sample"):
        say(f"bench: building the contender {package}")
        run(*cargo, target / "bench-contenders", "--release", "--package", package,
            cwd=CONTENDERS / "rust")


def stage_node(folder):
    """Lays the Node.js contender out as its zip has it, and once more bundled."""
    plain, bundled = folder / "node", folder / "node-bundled"
    packages = TOOLS / "bench-npm" / "node_modules"
    for place in (plain, bundled):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        shutil.copy(CONTENDERS / "node" / "runtime.mjs", place)
    for source in ("handler.mjs", "sign.mjs"):
        shutil.copy(CONTENDERS / "node" / source, plain)
    (plain / "node_modules").symlink_to(packages)
    # As AWS SAM does: one file, minified; a banner lets bundled CommonJS call require.
    banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
    esbuild = packages / "@esbuild" / esbuild_platform() / "bin" / "esbuild"
    run(esbuild, plain / "handler.mjs", "--bundle", "--minify", "--platform=node",
        "--target=node20", "--format=esm", "--external:pg-native", f"--banner:js={banner}",
        f"--outfile={bundled / 'handler.mjs'}", "--log-level=error")


def esbuild_platform():
    """Names esbuild's package for this machine."""
    return "linux-" + {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]


def stage_python(folder):
    """Copies the Python contender to where its bytecode may be written."""
    place = folder / "python"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(CONTENDERS / "python", place)
    return place


def zip_size(target, sources, only=("",)):
    """Packs files, and of folders what begins so, and returns the bytes of the zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sources:
            if source.is_file():
                archive.write(source, source.name)
                continue
            for file in sorted(source.rglob("*")):
                name = file.relative_to(source)
                wanted = name.parts[0].startswith(only) and "__pycache__" not in name.parts
                if wanted and file.is_file():
                    archive.write(file, name)
    return target.stat().st_size


def contenders(target, scratch):
    """Lists the contenders in the order of the tables."""
    rust = target / "bench-contenders" / "release"
    probe = target / "release" / "probe"
    zips = scratch / "zips"
    place = stage_python(scratch)
    stage_node(scratch)
    packages = next((TOOLS / "bench" / "lib").glob("python*/site-packages"))
    modules = TOOLS / "bench-npm" / "node_modules"

    def native(name, title, program, **more):
        size = zip_size(zips / f"{name}.zip", [program])
        return {"name": name, "title": title, "command": [str(program)], "zip_bytes": size, **more}

    def node(name, title, sources):
        size = zip_size(zips / f"{name}.zip", sources, NODE_UPLOAD)
        command = [shutil.which("node", path=node_path()), str(scratch / name / "runtime.mjs"),
                   str(scratch / name / "handler.mjs")]
        return {"name": name, "title": title, "command": command, "zip_bytes": size,
                "asks": True, "counted": False}

    return [
        native("probe", "probe", probe, asks=True, counted=True),
        native("hello", "hello-world (Rust)", rust / "hello", asks=False, counted=True),
        native("minimum", "minimum (Rust)", rust / "minimum", asks=True, counted=True),
        native("sqlx", "sqlx, aws-sdk-rds (Rust)", rust / "sqlx-sample", asks=True, counted=False),
        node("node-bundled", "Node.js, bundled", [scratch / "node-bundled" / "handler.mjs"]),
        node("node", "Node.js", [scratch / "node" / "handler.mjs", modules]),
        {"name": "python", "title": "Python", "asks": True, "counted": False,
         "command": [str(PYTHON), "-m", "awslambdaric", "handler.handler"],
         "variables": {"PYTHONPATH": str(place)},
         "zip_bytes": zip_size(zips / "python.zip", [place / "handler.py", packages],
                               PYTHON_UPLOAD)},
    ]


def node_path():
    """Where Node.js is looked for: the machine's own is preferred, as in tools/install.py."""
    return os.pathsep.join([os.environ["PATH"], str(TOOLS / "node" / "bin")])


def machine():
    """Describes what this is measured on."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").open()
                  if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    lock = (ROOT / "Cargo.lock").read_text()
    version = lock.split('name = "lambda_runtime"\nversion = "')[1].split('"')[0]
    pinned = (ROOT / "tools" / "requirements" / "bench.txt").read_text().split()
    pinned = ", ".join(word for word in pinned if word.split("==")[0] in (
        "awslambdaric", "boto3", "psycopg"))
    manifest = json.loads((CONTENDERS / "node" / "package.json").read_text())
    npm = {**manifest["dependencies"], **manifest["devDependencies"]}
    return {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Rust": output("rustc", "--version"),
        "lambda_runtime": version,
        "Python": f"{output(PYTHON, '--version')}, {pinned}".replace("==", " "),
        "Node.js": ", ".join([output(shutil.which("node", path=node_path()), "--version"),
                              *(f"{name} {version}" for name, version in npm.items())]),
        "PostgreSQL": output(Path(os.environ["PG_BIN"]) / "postgres", "--version"),
        "function": output("git", "-C", ROOT, "log", "-1", "--format=commit %h of %cs"),
    }


def main():
    """Sets up, then measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="processes of each contender")
    parser.add_argument("--no-instructions", action="store_true", help="leaves callgrind out")
    options = parser.parse_args()
    os.environ["PG_BIN"] = install("postgres")
    install("bench", "node", "bench-npm")
    target = target_folder()
    build(target)
    scratch = target / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    peer = target / "bench-peer"
    plan = {
        "rounds": options.rounds,
        "machine": machine(),
        "emulator": str(peer / "rds-proxy-emulator"),
        "library": str(peer / "library"),
        "allocations": str(peer / "allocations"),
        "valgrind": None if options.no_instructions else shutil.which("valgrind"),
        "contenders": contenders(target, scratch),
        "signers": {
            "botocore (Python)": [str(PYTHON), str(scratch / "python" / "sign.py"), *SIGNING],
            "@aws-sdk/rds-signer (JavaScript)": [
                shutil.which("node", path=node_path()), str(scratch / "node" / "sign.mjs"),
                *SIGNING],
        },
    }
    file = scratch / "plan.json"
    file.write_text(json.dumps(plan, indent=2))
    run(peer / "bench", file, ROOT / "docs" / "performance")


if __name__ == "__main__":
    main()
