"""A stand-in for the bucket in which CloudFormation takes answers, in a network of this process's
own: there the bucket's name leads to this machine, and nothing else can be reached.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import http.server
import json
import queue
import ssl
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
import own_network  # noqa: E402

NAME = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"
ANSWER_S = 60


def enter_own_network():
    """Starts this program again in a network of its own, where the bucket's name leads to this
    machine; tells whether this is the one inside."""
    return own_network.enter([NAME], "no answer to CloudFormation is tried")


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes answers."""

    protocol_version = "HTTP/1.1"
    answers = None

    def log_message(self, *_):
        """Keeps the output to the cases."""

    def do_PUT(self):
        """Keeps one answer, with its path."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.answers.put((self.path, json.loads(body)))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()


class Bucket:
    """The stand-in, for as long as a `with` block lasts."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.certificate, key = own_network.certify(self.folder.name, [NAME])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.answers = queue.Queue()
        handler = type("Answers", (Handler,), {"answers": self.answers})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.folder.cleanup()

    def answer(self):
        """Returns the next answer, and the path that it was put at."""
        return self.answers.get(timeout=ANSWER_S)
