#!/usr/bin/env python3
"""Shows the function at work on this machine: one healthy report, one failing one.

The emulator stands in for RDS Proxy, with a real PostgreSQL behind it. Under
`cargo lambda watch` the function is invoked twice: as a user whom the principal
may connect as, then as one whom it may not. Both reports go to stdout as JSON,
progress to stderr. The exit status is 0 only if both are as they should be.
"""

import contextlib
import json
import os
import socket
import sys
import time
import urllib.request

from local import PROXY_ARN, ROOT, TOOLS, build, emulator, free_port, install, running, say

STEPS = ["config", "credentials", "sign", "resolve", "connect", "tls", "authenticate", "query"]
ALLOWED, FORBIDDEN = "app", "auditor"
STARTUP_S = 30


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
    # A machine's HTTP proxy has no business between this process and its neighbour.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=STARTUP_S) as answer:
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


def must(expected, found):
    """Ends the demo if something that was to be shown was not."""
    if found != expected:
        raise RuntimeError(f"expected {expected!r}, found {found!r}")


def check_healthy(answer):
    """Holds the first report to what a login over TLS to a real PostgreSQL looks like."""
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


def main():
    """Runs the demo from the tools to the second report."""
    started = time.monotonic()
    install("lambda")
    pg_bin = install("postgres")
    programs = build()
    say("starting the emulator with a PostgreSQL behind it")
    principal = f"AKIAIOSFODNN7EXAMPLE:demo-secret:demo-session={PROXY_ARN}/{ALLOWED}"
    options = ["--principal", principal, "--iam-user", ALLOWED, "--iam-user", FORBIDDEN]
    with emulator(programs, pg_bin, options) as environment:
        for user, check in ((ALLOWED, check_healthy), (FORBIDDEN, check_refused)):
            say(f"invoking the function as database user {user!r}")
            answer = report(programs, {**environment, "DB_USER": user})
            print(json.dumps(answer, indent=2, ensure_ascii=False), flush=True)
            check(answer)
    say(f"both reports are as they should be ({time.monotonic() - started:.1f} s)")


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        main()
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        sys.exit(f"the demo failed: {error!r}")
    except KeyboardInterrupt:
        sys.exit(130)
