"""Plays Lambda: a small Runtime API, and the environment that Lambda gives a function.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import json
import queue
import subprocess
import time
import uuid

from http_server import Handler, Server
from local import REGION, running

ANSWER_S = 60
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:123456789012:function:probe"


class RuntimeApi(Server):
    """Hands out `events`, which are bytes, and collects in `posted` whether a function posted a
    `response` or an `error`, and what."""

    def __init__(self):
        super().__init__(Calls)
        self.events, self.posted = queue.Queue(), queue.Queue()


class Calls(Handler):
    """Answers the two calls of a function."""

    def do_GET(self):
        """`/next`: waits for an event."""
        event = self.server.events.get()
        self.reply(200, event, lambda_runtime_aws_request_id=uuid.uuid4(),
                   lambda_runtime_deadline_ms=int((time.time() + ANSWER_S) * 1000),
                   lambda_runtime_invoked_function_arn=FUNCTION_ARN)

    def do_POST(self):
        """`/response` or `/error`: keeps which, and what."""
        self.server.posted.put((self.path.rsplit("/", 1)[1], json.loads(self.body())))
        self.reply(202)


def environment(api, folder, name="probe", memory_mb=128):
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
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_REGION": REGION,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TZ": ":UTC",
    }


def invoke(binary, event, variables, name="probe", memory_mb=128):
    """Invokes a function once; returns which it posts, `response` or `error`, and what."""
    with RuntimeApi() as api:
        env = {**environment(api, binary.parent, name, memory_mb), **variables}
        with running("the function", [binary], env=env, cwd=binary.parent,
                     stdout=subprocess.DEVNULL):
            api.events.put(json.dumps(event).encode())
            return api.posted.get(timeout=ANSWER_S)
