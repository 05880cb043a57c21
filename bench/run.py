#!/usr/bin/env python3
"""Sets up everything that `make bench` measures, and measures it.

    bench/run.py [--rounds N] [--no-instructions] [--only mysql|pooling|cli]

Builds the function, the emulator and the contenders, packs each as it would be
uploaded, writes a plan, and runs `bench measure` (src/main.rs) with it, which
writes docs/performance/. Then bench/mysql.py does the same with MySQL, bench/pooling.py measures
the emulator's pool beside PgBouncer's, and bench/cli.py the command line beside psql; `--only`
leaves out the rest. Only the first run takes long, since builds are kept.
A contender that cannot be set up gets a row with the reason; the others are
measured all the same.
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
from local import TOOLS, install, metadata, say  # noqa: E402

CONTENDERS = ROOT / "bench" / "contenders"
PYTHON = TOOLS / "bench" / "bin" / "python"
CARGO = ["cargo", "build", "--locked", "--target-dir"]
SIGNING = ["30", "300"]  # batches, tokens in each
# The packages that Lambda's runtimes lack, so that an upload must contain them. The runtimes have
# boto3 and the SDK.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
PYTHON_UPLOAD = ("psycopg", "typing_extensions")
NODE_UPLOAD = ("pg", "postgres-", "split2", "xtend")


class Failed(Exception):
    """Something could not be set up."""


def run(*command, **options):
    """Runs a command with its output on stderr."""
    command = list(map(str, command))
    done = subprocess.run(command, stdout=sys.stderr, **options)
    if done.returncode != 0:
        raise Failed(f"{Path(command[0]).name} {' '.join(command[1:3])}: status {done.returncode}")


def output(*command):
    """Returns the first line that a program prints."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[0]


def provide(*names):
    """Installs tools. On failure `install` would end this process; here it is an error."""
    try:
        install(*names)
    except SystemExit:
        raise Failed(f"{' '.join(names)} cannot be installed") from None


def attempt(name, title, work, **more):
    """A contender's entry in the plan: what `work` returns, or the reason why it failed."""
    entry = {"name": name, "title": title, "asks": True, "counted": False, **more}
    try:
        return {**entry, **work()}
    except (Failed, OSError, StopIteration, subprocess.CalledProcessError) as error:
        say(f"bench: {title} cannot be set up: {error}")
        return {**entry, "problem": f"{error}" or type(error).__name__}


def build(target):
    """Builds the function and its library as they are deployed, and the programs that measure."""
    say("bench: building the function")
    run(*CARGO, target, "--release", "--bin", "probe", cwd=ROOT)
    run(*CARGO, target, "--release", "--package", "rds-proxy-probe-bench", "--bin", "library",
        cwd=ROOT)
    say("bench: building the benchmark")
    build_peer(target, "rds-proxy-probe-bench")


def build_peer(target, package, profile="bench-peer"):
    """Builds a program that surrounds the contenders."""
    run(*CARGO, target, "--profile", profile, "--package", package, cwd=ROOT)


def build_emulator(target):
    """Builds the emulator as it is released, and returns the program."""
    say("bench: building the emulator")
    build_peer(target, "rds-proxy-emulator", "emulator")
    return target / "emulator" / "rds-proxy-emulator"


def build_contender(target, package, profile="release"):
    """Builds one contender separately: together, each would get the features of all."""
    say(f"bench: building the contender {package}")
    folder = target / "bench-contenders"
    run(*CARGO, folder, "--profile", profile, "--package", package, cwd=CONTENDERS / "rust")
    return folder / profile / package


def stage_node(folder, handler):
    """Lays out the Node.js contender as in its zip, and a second time bundled."""
    provide("node", "bench-npm")
    plain, bundled = folder / "node", folder / "node-bundled"
    packages = TOOLS / "bench-npm" / "node_modules"
    for place in (plain, bundled):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        shutil.copy(CONTENDERS / "node" / "runtime.mjs", place)
    shutil.copy(CONTENDERS / "node" / handler, plain / "handler.mjs")
    shutil.copy(CONTENDERS / "node" / "sign.mjs", plain)
    (plain / "node_modules").symlink_to(packages)
    # As AWS SAM does: one file, minified. The banner defines require for bundled CommonJS modules.
    banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
    esbuild = packages / "@esbuild" / esbuild_platform() / "bin" / "esbuild"
    run(esbuild, plain / "handler.mjs", "--bundle", "--minify", "--platform=node",
        "--target=node20", "--format=esm", "--external:pg-native", f"--banner:js={banner}",
        f"--outfile={bundled / 'handler.mjs'}", "--log-level=error")


def esbuild_platform():
    """The name of esbuild's package for this machine."""
    return "linux-" + {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]


def stage_python(folder):
    """Copies the Python contender to a folder in which Python can write its bytecode."""
    provide("bench")
    place = folder / "python"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(CONTENDERS / "python", place)
    return place


def zip_size(target, sources, only=("",)):
    """Packs files, and those contents of folders whose names start with `only`; returns the size of
    the zip in bytes."""
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


def packed(scratch, name, program):
    """A program that is uploaded alone. What runs is unpacked from the zip, as in Lambda: a program
    starts slower from the file that the linker wrote, whose pages were cached one by one."""
    package, place = scratch / "zips" / f"{name}.zip", scratch / "unpacked" / name
    size = zip_size(package, [program])
    with zipfile.ZipFile(package) as archive:
        unpacked = Path(archive.extract(program.name, place))
    unpacked.chmod(0o755)
    return {"command": [str(unpacked)], "zip_bytes": size}


def nodes(scratch, handler, upload):
    """The contenders for Node.js: bundled, and as they are, with these packages."""
    def attempted(name, title, packages=()):
        def staged():
            stage_node(scratch, handler)
            place = scratch / name
            size = zip_size(scratch / "zips" / f"{name}.zip", [place / "handler.mjs", *packages],
                            upload)
            return {"zip_bytes": size, "command": [
                shutil.which("node", path=node_path()), str(place / "runtime.mjs"),
                str(place / "handler.mjs")]}
        return attempt(name, title, staged)

    modules = TOOLS / "bench-npm" / "node_modules"
    return [attempted("node-bundled", "Node.js, bundled"), attempted("node", "Node.js", [modules])]


def python(scratch, module, upload):
    """The contender for Python, with these packages."""
    def staged():
        place = stage_python(scratch)
        packages = next((TOOLS / "bench" / "lib").glob("python*/site-packages"))
        size = zip_size(scratch / "zips" / "python.zip", [place / f"{module}.py", packages], upload)
        return {"command": [str(PYTHON), "-m", "awslambdaric", f"{module}.handler"],
                "variables": {"PYTHONPATH": str(place)}, "zip_bytes": size}
    return attempt("python", "Python", staged)


def contenders(target, scratch):
    """All contenders, in the order of the tables."""
    def rust(name, package, title, **more):
        return attempt(name, title, lambda: packed(scratch, name, build_contender(target, package)),
                       counted=True, **more)

    return [
        attempt("probe", "probe", lambda: packed(scratch, "probe", target / "release" / "probe"),
                counted=True),
        rust("hello", "hello", "hello-world (Rust)", asks=False),
        rust("minimum", "minimum", "minimum (Rust)"),
        rust("sqlx", "sqlx-sample", "sqlx, aws-sdk-rds (Rust)"),
        *nodes(scratch, "handler.mjs", NODE_UPLOAD),
        python(scratch, "handler", PYTHON_UPLOAD),
    ]


def node_path():
    """The search path for Node.js: the machine's own comes first, as in tools/install.py."""
    return os.pathsep.join([os.environ["PATH"], str(TOOLS / "node" / "bin")])


def machine(valgrind, server, drivers):
    """Describes the machine and the versions; `server` is the database server's name and program,
    `drivers` are Python's and Node.js's."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").open()
                  if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    lock = (ROOT / "Cargo.lock").read_text()
    version = lock.split('name = "lambda_runtime"\nversion = "')[1].split('"')[0]
    pinned = (ROOT / "tools" / "requirements" / "bench.txt").read_text().split()
    pinned = ", ".join(word for word in pinned if word.split("==")[0] in (
        "awslambdaric", "boto3", drivers[0]))
    manifest = json.loads((CONTENDERS / "node" / "package.json").read_text())
    npm = {**manifest["dependencies"], **manifest["devDependencies"]}
    npm = {name: npm[name] for name in ("@aws-sdk/rds-signer", drivers[1], "esbuild")}
    facts = {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Rust": output("rustc", "--version"),
        "lambda_runtime": version,
        server[0]: output(server[1], "--version").removeprefix(str(server[1])).strip(),
        # The last commit that changed it.
        "function": output("git", "-C", ROOT, "log", "-1", "--format=commit %h of %cs", "--",
                           "src", "Cargo.toml", "Cargo.lock"),
    }
    if PYTHON.is_file():
        facts["Python"] = f"{output(PYTHON, '--version')}, {pinned}".replace("==", " ")
    if node := shutil.which("node", path=node_path()):
        facts["Node.js"] = ", ".join([output(node, "--version"),
                                      *(f"{name} {version}" for name, version in npm.items())])
    if valgrind:
        facts["valgrind"] = output(valgrind, "--version")
    return facts


def main():
    """Sets up, then measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # In 42 rounds, each of seven contenders follows each of the others equally often.
    parser.add_argument("--rounds", type=int, default=42, help="processes of each contender")
    parser.add_argument("--no-instructions", action="store_true", help="do not count instructions")
    parser.add_argument("--only", choices=["mysql", "pooling", "cli"],
                        help="measure this and nothing else")
    options = parser.parse_args()
    os.environ["PG_BIN"] = install("postgres")
    target = Path(metadata()["target_directory"])
    try:
        if options.only is None:
            build(target)
            measure(options, target)
        if options.only in (None, "mysql"):
            counted = ["--no-instructions"] if options.no_instructions else []
            run(sys.executable, ROOT / "bench" / "mysql.py", "--rounds", options.rounds, *counted)
        if options.only in (None, "pooling"):
            build_emulator(target)
            run(sys.executable, ROOT / "bench" / "pooling.py")
        if options.only in (None, "cli"):
            build_emulator(target)
            say("bench: building the command line")
            build_peer(target, "rds-proxy-probe-cli", "release")
            run(sys.executable, ROOT / "bench" / "cli.py")
    except Failed as failed:
        sys.exit(f"bench: {failed}")


def measure(options, target):
    """Writes the plan and carries it out."""
    scratch = target / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    peer = target / "bench-peer"
    valgrind = None if options.no_instructions else shutil.which("valgrind")
    packed = contenders(target, scratch)
    plan = {
        "rounds": options.rounds,
        "machine": machine(valgrind, ("PostgreSQL", Path(os.environ["PG_BIN"]) / "postgres"),
                           ("psycopg", "pg")),
        "emulator": str(build_emulator(target)),
        "library": str(target / "release" / "library"),
        "allocations": str(peer / "allocations"),
        "valgrind": valgrind,
        "contenders": packed,
        "signers": {
            "botocore (Python)": [str(PYTHON), str(scratch / "python" / "sign.py"), *SIGNING],
            "@aws-sdk/rds-signer (JavaScript)": [
                shutil.which("node", path=node_path()) or "node",
                str(scratch / "node" / "sign.mjs"), *SIGNING],
        },
    }
    file = scratch / "plan.json"
    file.write_text(json.dumps(plan, indent=2))
    run(peer / "bench", "measure", file, ROOT / "docs" / "performance")
    # The costs in docs/scale.md are computed from these results.
    run(sys.executable, ROOT / "docs" / "scale.py")


if __name__ == "__main__":
    main()
