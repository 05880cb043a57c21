"""Runs the probe against the emulator and keeps what it logged, for the dashboard's picture.

One probe a second stands for one a minute: a kept session is replaced after five of them. On the
way the emulator is stopped for a while (SIGSTOP), and refuses one login.
"""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local import build, emulator, install, running, say

PROBES = 60
HANGS = range(24, 29)
REFUSED_LOGIN = 4
ABOUT = (f"Data: {PROBES} probes, one a second, of the function against the emulator with a real "
         f"PostgreSQL, which hung for {len(HANGS)} of them and refused one login.")


class RuntimeApi(ThreadingHTTPServer):
    """Hands out one event after another, as Lambda does:
    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events, self.answers = queue.Queue(), queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """Answers the two calls of a function that works."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = self.server.events.get()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"req-{number}")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 15_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn",
                         "arn:aws:lambda:us-east-1:123456789012:function:probe")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self):
        self.server.answers.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def emulator_process():
    """The emulator that was started here, which is a child of this process."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as children:
        for child in map(int, children.read().split()):
            with open(f"/proc/{child}/comm", encoding="ascii") as name:
                if name.read().startswith("rds-proxy-emula"):
                    return child
    raise RuntimeError("the emulator is not running")


def kept(lines):
    """What the picture and the costs need of the two lines of an invocation."""
    lines = sorted(lines, key=lambda line: '"_aws"' not in line)
    metric, summary = map(json.loads, lines)
    directives = metric["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    return {
        "metrics": {each["Name"]: metric[each["Name"]] for each in directives},
        "status": summary["status"], "code": summary["diagnosisCode"], "step": summary["step"],
        "message": summary["message"], "log_bytes": sum(len(line) for line in lines),
    }


def record():
    """Makes the run, as JSON."""
    programs, api, probes = build(), RuntimeApi(), []
    arguments = ["--fault", f"iam-throttled:{REFUSED_LOGIN}"]
    with emulator(programs, install("postgres"), arguments) as exports:
        function = {**exports, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
                    "AWS_LAMBDA_FUNCTION_NAME": "probe", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "DB_SESSION_MAX_AGE_S": "5",
                    "PROBE_TIMEOUT_MS": "500"}
        child = emulator_process()
        with running("the function", [programs / "probe"], function,
                     stdout=subprocess.PIPE) as process:
            for number in range(PROBES):
                if number == HANGS.start:
                    os.kill(child, signal.SIGSTOP)
                if number == HANGS.stop:
                    os.kill(child, signal.SIGCONT)
                api.events.put(number)
                api.answers.get()
                probes.append(kept([process.stdout.readline(), process.stdout.readline()]))
                say(f"probe {number}: {probes[-1]['status']}")
                time.sleep(1)
    return json.dumps({"about": ABOUT, "probes": probes}, indent=1) + "\n"
