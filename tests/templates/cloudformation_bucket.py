"""A stand-in for the bucket in which CloudFormation takes answers, in a network of this process's
own: there the bucket's name leads to this machine, and nothing else can be reached.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import queue
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
import own_network  # noqa: E402
from http_server import Handler, Server  # noqa: E402

NAME = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"
ANSWER_S = 60


def enter_own_network():
    """Starts this program again in a network of its own, where the bucket's name leads to this
    machine; tells whether this is the one inside."""
    return own_network.enter([NAME], "no answer to CloudFormation is tried")


class Answers(Handler):
    """Takes answers."""

    def do_PUT(self):
        """Keeps one answer, with its path."""
        self.server.answers.put((self.path, json.loads(self.body())))
        self.reply(200)


class Bucket(Server):
    """The stand-in, for as long as a `with` block lasts."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.certificate, key = own_network.certify(self.folder.name, [NAME])
        self.answers = queue.Queue()
        super().__init__(Answers, 443, (self.certificate, key))

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()

    def answer(self):
        """Returns the next answer, and the path that it was put at."""
        return self.answers.get(timeout=ANSWER_S)
