#!/usr/bin/env python3
"""Measures the emulator's pool beside PgBouncer's: `pgbench -S`, 20 clients, TLS.

    bench/pooling.py [--rounds N] [--seconds N] [--report]

Both stand in front of one PostgreSQL with ten connections each, and take turns of a
few seconds, so that whatever else the machine does meets both. Writes pooling.json and
pooling.md in docs/performance/; with --report only the page, from pooling.json.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from cluster import certificate, cluster, give, unprivileged, wait_for  # noqa: E402
from local import emulator_process, free_port, install, metadata, running, say  # noqa: E402

FOLDER = ROOT / "docs" / "performance"
TEXT = ROOT / "bench" / "pooling.md"
MODES = ("simple", "extended", "prepared")
CLIENTS, POOL = 20, 10
# Of 43 connections PostgreSQL keeps 3 back: a quarter of the rest is ten.
MAX_CONNECTIONS, PERCENT = 43, 25
PERCENTILES = (50, 90, 99, 99.9)
TICKS = os.sysconf("SC_CLK_TCK")

PGBOUNCER = """\
[databases]
bench = host=127.0.0.1 port={database} dbname=bench
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {pool}
max_prepared_statements = 200
client_tls_sslmode = require
client_tls_key_file = {folder}/key.pem
client_tls_cert_file = {folder}/certificate.pem
"""


@contextlib.contextmanager
def pgbouncer(program, pg_bin, database, folder):
    """Runs PgBouncer; yields its process and how to connect to it."""
    _, authority = certificate(folder)
    port = free_port()
    (folder / "users.txt").write_text('"bench" "secret"\n')
    (folder / "pgbouncer.ini").write_text(
        PGBOUNCER.format(database=database, port=port, folder=folder, pool=POOL))
    give(*folder.iterdir())
    prefix, _ = unprivileged()
    with running("PgBouncer", [*prefix, program, folder / "pgbouncer.ini"]) as process:
        wait_for(pg_bin, port)
        yield process, target("localhost", "127.0.0.1", port, authority)


@contextlib.contextmanager
def emulator(programs, pg_bin, database):
    """Runs the emulator; yields its process and how to connect to it."""
    arguments = ["--backend", f"postgres://postgres@127.0.0.1:{database}/bench",
                 "--password-user", "bench:secret", "--max-connections-percent", str(PERCENT)]
    with emulator_process(programs, pg_bin, arguments) as (process, variables):
        address, port = variables["DB_CONNECT_TO"].rsplit(":", 1)
        yield process, target(variables["DB_HOST"], address, port, variables["DB_CA_FILE"])


def target(host, address, port, authority):
    """How pgbench connects: its certificate is verified in both cases."""
    return {"PGHOST": host, "PGHOSTADDR": address, "PGPORT": str(port), "PGUSER": "bench",
            "PGPASSWORD": "secret", "PGDATABASE": "bench", "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(authority)}


def fill(pg_bin, port):
    """Makes the role and pgbench's tables, a million rows."""
    env = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(port)}
    subprocess.run([pg_bin / "psql", "-qU", "postgres",
                    "-c", "CREATE ROLE bench LOGIN PASSWORD 'secret'",
                    "-c", "CREATE DATABASE bench OWNER bench"], env=env, check=True)
    subprocess.run([pg_bin / "pgbench", "-qi", "-s", "10", "-U", "bench", "bench"], env=env,
                   check=True, stderr=subprocess.DEVNULL)


def cpu_seconds(process):
    """What a process has used of the processors."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def turn(pg_bin, mode, seconds, process, connect):
    """One run of pgbench; returns its figures."""
    with tempfile.TemporaryDirectory() as folder:
        command = [pg_bin / "pgbench", "-n", "-S", "-M", mode, "-c", str(CLIENTS), "-j", "2",
                   "-T", str(seconds), "-l", "--log-prefix=log"]
        before = cpu_seconds(process)
        done = subprocess.run(command, env={**os.environ, **connect}, cwd=folder,
                              stdout=subprocess.PIPE, text=True, check=True)
        used = cpu_seconds(process) - before
        # Of each transaction the third field is its microseconds:
        # https://www.postgresql.org/docs/current/pgbench.html
        latencies = sorted(int(line.split()[2]) for log in Path(folder).glob("log.*")
                           for line in log.open())
    return {"tps": float(re.search(r"tps = ([\d.]+)", done.stdout)[1]),
            "cpu_us": used / len(latencies) * 1e6,
            "latency_us": [latencies[min(int(len(latencies) * percent / 100), len(latencies) - 1)]
                           for percent in PERCENTILES]}


def measure(options):
    """Lets both take turns in every mode; returns all figures."""
    pg_bin, program = Path(install("postgres")), install("pgbouncer")
    programs = Path(metadata()["target_directory"]) / "emulator"
    settings = [f"max_connections={MAX_CONNECTIONS}", "superuser_reserved_connections=3",
                "shared_buffers=256MB"]
    modes = {mode: {"pgbouncer": [], "emulator": []} for mode in MODES}
    # Another user has to enter the folder, which it can't below some TMPDIRs.
    with cluster(pg_bin, settings) as database, tempfile.TemporaryDirectory(dir="/tmp") as folder:
        fill(pg_bin, database)
        with (pgbouncer(program, pg_bin, database, Path(folder)) as bouncer,
              emulator(programs, pg_bin, database) as emulated):
            places = {"pgbouncer": bouncer, "emulator": emulated}
            for number in range(options.rounds):
                say(f"bench: round {number + 1} of {options.rounds} beside PgBouncer")
                for mode in MODES:
                    for name in sorted(places, reverse=number % 2 == 0):
                        modes[mode][name].append(
                            turn(pg_bin, mode, options.seconds, *places[name]))
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True)
    commit = ["git", "-C", ROOT, "log", "-1", "--format=commit %h of %cs"]
    commit = subprocess.run(commit, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return {"rounds": options.rounds, "seconds": options.seconds, "modes": modes,
            "versions": [f"the emulator of {commit}", version.stdout.splitlines()[0]]}


def median(turns, figure):
    """The median of one figure over the turns."""
    return statistics.median(figure(turn) for turn in turns)


def page(results):
    """The page, from the figures."""
    throughput = latency = ""
    met = []
    for mode, turns in results["modes"].items():
        ours, theirs = turns["emulator"], turns["pgbouncer"]
        ratios = sorted(our["tps"] / their["tps"] for our, their in zip(ours, theirs))
        ratio = statistics.median(ratios)
        low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        met.append(ratio >= 1)
        throughput += (f"| {mode} | {ratio:.2f} ({low:.2f}–{high:.2f}) "
                       f"| {median(ours, lambda it: it['tps']):.0f} "
                       f"| {median(theirs, lambda it: it['tps']):.0f} "
                       f"| {median(ours, lambda it: it['cpu_us']):.1f} "
                       f"| {median(theirs, lambda it: it['cpu_us']):.1f} |\n")
        for title, its in (("emulator", ours), ("PgBouncer", theirs)):
            cells = [median(its, lambda it, nth=nth: it["latency_us"][nth]) / 1000
                     for nth in range(len(PERCENTILES))]
            latency += f"| {mode}, {title} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |\n"
    values = {"throughput": throughput.rstrip(), "latency": latency.rstrip(),
              "goal": "is met" if all(met) else "is **not met**", "clients": CLIENTS, "pool": POOL,
              "rounds": results["rounds"], "seconds": results["seconds"],
              "versions": " and ".join(results["versions"])}
    text = TEXT.read_text()
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def main():
    """Measures, unless only the page is wanted, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="turns of each in each mode")
    parser.add_argument("--seconds", type=int, default=3, help="length of a turn")
    parser.add_argument("--report", action="store_true", help="do not measure")
    options = parser.parse_args()
    file = FOLDER / "pooling.json"
    if not options.report:
        file.write_text(json.dumps(measure(options), indent=1) + "\n")
    (FOLDER / "pooling.md").write_text(page(json.loads(file.read_text())))


if __name__ == "__main__":
    main()
