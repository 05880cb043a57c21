"""Plays Lambda for one invocation: a small Runtime API, and the function under it in the
environment that Lambda gives.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import contextlib
import http.server
import json
import queue
import subprocess
import threading
import time

from local import REGION, running

ANSWER_S = 60


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Hands out the events of a queue and collects what is posted."""

    protocol_version = "HTTP/1.1"
    events = posted = None

    def log_message(self, *_):
        """Keeps the output to the cases."""

    def reply(self, status, body=b"", **headers):
        """Sends one complete response."""
        self.send_response(status)
        for name, value in {**headers, "content-length": len(body)}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """`/next`: waits for an event."""
        event = self.events.get()
        self.reply(200, event, lambda_runtime_aws_request_id="1",
                   lambda_runtime_deadline_ms=int((time.time() + ANSWER_S) * 1000))

    def do_POST(self):
        """`/response` or `/error`: keeps which, and what."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.posted.put((self.path.rsplit("/", 1)[1], json.loads(body)))
        self.reply(202)


@contextlib.contextmanager
def serving(server):
    """Runs an HTTP server while the block lasts."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()


def environment(folder, name, memory_mb):
    """Returns what Lambda sets for a function whose code is in this folder."""
    return {
        "_HANDLER": "bootstrap",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_REGION": REGION,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TZ": ":UTC",
    }


def invoke(binary, event, variables, name="probe", memory_mb=128):
    """Invokes a function once; returns which it posts, `response` or `error`, and what."""
    # Queues of its own: a function that has been stopped may still wait for its next event.
    api = type("Api", (RuntimeApi,), {"events": queue.Queue(), "posted": queue.Queue()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), api)
    # A function that is stopped breaks its connection, which is no news.
    server.handle_error = lambda *_: None
    with serving(server):
        env = {**environment(binary.parent, name, memory_mb), **variables,
               "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
        with running("the function", [binary], env=env, cwd=binary.parent,
                     stdout=subprocess.DEVNULL):
            api.events.put(json.dumps(event).encode())
            return api.posted.get(timeout=ANSWER_S)
