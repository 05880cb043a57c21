#!/usr/bin/env python3
"""Shows function and emulator on this machine: a healthy report, a failing one, and a pin.

    tools/demo.py ENGINE

The emulator stands in for RDS Proxy, with a real PostgreSQL behind it, or for `mysql` a MariaDB.
Under `cargo lambda watch` the function is invoked twice: as a user that the principal
may connect as, then as one that it may not. Then the database's own client, as an application would,
runs a statement that pins its session. Both reports and the pin go to stdout as JSON, progress
to stderr. The exit status is 0 only if all three are as they should be.
"""

import contextlib
import dataclasses
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

from local import (PROXY_ARN, ROOT, TOOLS, build, emulator, find_psql, free_port, install,
                   mariadb_client, running, say)

STEPS = ["config", "credentials", "sign", "resolve", "connect", "tls", "authenticate", "query"]
ALLOWED, FORBIDDEN = "app", "auditor"
APPLICATION, PASSWORD = "shop", "demo-password"
STARTUP_S = 30
# A machine's HTTP proxy has no business between this process and its neighbour.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_for(port, process):
    """Waits until the Lambda APIs accept connections."""
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("cargo lambda watch did not start")


def invoke(port, event):
    """Invokes the function as the AWS API would, and returns its answer."""
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/probe/invocations"
    request = urllib.request.Request(url, data=json.dumps(event).encode())
    with DIRECT.open(request, timeout=STARTUP_S) as answer:
        return json.load(answer)


def report(programs, environment):
    """Starts the function with this environment, invokes it once and stops it."""
    port = free_port()
    path = os.pathsep.join([str(TOOLS / "lambda" / "bin"), os.environ["PATH"]])
    # It would compile the function once more; we run the one that is built already.
    watch = ["cargo", "lambda", "watch", "--only-lambda-apis",
             "--invoke-address", "127.0.0.1", "--invoke-port", port]
    function = {
        "PATH": path,
        "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{port}/.rt/probe",
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        **environment,
    }
    with running("cargo lambda watch", watch, {**os.environ, "PATH": path}) as apis:
        wait_for(port, apis)
        with running("the function", [programs / "probe"], function):
            return invoke(port, {})


def psql(environment, address, port):
    """The application's client of PostgreSQL, and the variables that it needs."""
    login = {
        "PGHOST": environment["DB_HOST"], "PGHOSTADDR": address, "PGPORT": port,
        "PGUSER": APPLICATION, "PGPASSWORD": PASSWORD, "PGDATABASE": environment["DB_NAME"],
        "PGSSLMODE": "verify-full", "PGSSLROOTCERT": environment["DB_CA_FILE"]}
    return [find_psql(), "--no-psqlrc", "--no-password", "--quiet", "--command"], login


def mariadb(environment, address, port):
    """The same for MySQL. It connects to the name that it verifies, so here it verifies the authority
    alone."""
    client, login = mariadb_client()
    return [*client, f"--host={address}", f"--port={port}", f"--user={APPLICATION}",
            f"--database={environment['DB_NAME']}", f"--ssl-ca={environment['DB_CA_FILE']}",
            "--execute"], {**login, "MYSQL_PWD": PASSWORD}


@dataclasses.dataclass(frozen=True)
class Engine:
    """What differs from engine to engine."""

    database: str
    # What has the database's programs.
    server: str
    # What has the application's client, if it is not among them.
    client: tuple[str, ...]
    application: object
    pinning: str


ENGINES = {
    "postgresql": Engine("PostgreSQL", "postgres", ("psql",), psql,
                         "SET statement_timeout TO '5s'"),
    "mysql": Engine("MariaDB", "mariadb", (), mariadb, "SET group_concat_max_len = 100000"),
}


def pin(engine, environment):
    """Runs one statement as an application does, and returns what the emulator says about it."""
    address, _, port = environment["DB_CONNECT_TO"].rpartition(":")
    command, login = engine.application(environment, address, port)
    subprocess.run([*command, engine.pinning], check=True, env={**os.environ, **login},
                   timeout=STARTUP_S)
    with DIRECT.open(f"{environment['EMULATOR_ADMIN']}/pins", timeout=STARTUP_S) as answer:
        return json.load(answer)["pins"]


def must(expected, found):
    """Ends the demo if something that was to be shown was not."""
    if found != expected:
        raise RuntimeError(f"expected {expected!r}, found {found!r}")


def check_healthy(answer):
    """Holds the first report to what a login over TLS to a real database looks like."""
    must((200, "healthy", None), (answer["statusCode"], answer["status"], answer["diagnosis"]))
    must([(step, "ok") for step in STEPS], [(s["step"], s["status"]) for s in answer["steps"]])
    must(("iam", ALLOWED), (answer["auth"]["method"], answer["auth"]["user"]))
    must((ALLOWED, "writer"), (answer["database"]["user"], answer["database"]["role"]))
    must(True, answer["database"]["version"][:1].isdigit())
    must(True, answer["tls"]["version"] in ("TLSv1.2", "TLSv1.3"))
    must(False, answer["session"]["reused"])


def check_refused(answer):
    """Holds the second report to a login that the proxy refused."""
    must((503, "unhealthy"), (answer["statusCode"], answer["status"]))
    must("iam_rejected", answer["diagnosis"]["code"])
    must(("authenticate", "failed"), (answer["steps"][-1]["step"], answer["steps"][-1]["status"]))
    must(None, answer["database"])


def check_pinned(engine, pins):
    """Holds the list of pins to the one statement that was run."""
    must([("pins", engine.pinning, APPLICATION)],
         [(it["class"], it["statement"], it["user"]) for it in pins])
    must(True, pins[0]["reason"].startswith("SQL changed session settings that the proxy doesn't"))


def show(result):
    """Prints a result as JSON."""
    print(json.dumps(result, indent=2, ensure_ascii=False), flush=True)


def main(name):
    """Runs the demo from the tools to the pin."""
    started = time.monotonic()
    engine = ENGINES[name]
    install("lambda", *engine.client)
    database_bin = install(engine.server)
    programs = build()
    say(f"starting the emulator with a {engine.database} behind it")
    principal = f"AKIAIOSFODNN7EXAMPLE:demo-secret:demo-session={PROXY_ARN}/{ALLOWED}"
    options = ["--engine", name, "--principal", principal, "--iam-user", ALLOWED, "--iam-user", FORBIDDEN,
               "--password-user", f"{APPLICATION}:{PASSWORD}", "--admin", "127.0.0.1:0"]
    with emulator(programs, database_bin, options) as environment:
        for user, check in ((ALLOWED, check_healthy), (FORBIDDEN, check_refused)):
            say(f"invoking the function as database user {user!r}")
            answer = report(programs, {**environment, "DB_USER": user})
            show(answer)
            check(answer)
        say("running a statement as an application does, in a session through the emulator")
        pins = pin(engine, environment)
        check_pinned(engine, pins)
        show({key: pins[0][key] for key in ("statement", "reason", "remedy")})
    say(f"both reports and the pin are as they should be ({time.monotonic() - started:.1f} s)")
    if name == "postgresql":
        say("the same for MySQL: make demo ENGINE=mysql")


if __name__ == "__main__":
    os.chdir(ROOT)
    if sys.argv[1:] not in ([name] for name in ENGINES):
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        sys.exit(f"the demo failed: {error!r}")
    except KeyboardInterrupt:
        sys.exit(130)
