"""A stand-in for AWS Secrets Manager, for the functions' GetSecretValue.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

import contextlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from http_server import Handler, Server  # noqa: E402

PASSWORD = "built-password"


class Secrets(Handler):
    """Answers with the secrets of the server."""

    def do_POST(self):
        """Gives a secret, or says that there is none."""
        wanted = json.loads(self.body())["SecretId"]
        secret = self.server.secrets.get(wanted)
        answer = {"__type": "ResourceNotFoundException", "Message": "can't find the secret."}
        if secret:
            answer = {"ARN": wanted, "SecretString": json.dumps(secret)}
        self.reply(200 if secret else 400, json.dumps(answer).encode(),
                   content_type="application/x-amz-json-1.1")


@contextlib.contextmanager
def serving(users):
    """Has a password for each user of a Custom::DatabaseUsers who names a secret; the value is the
    environment that leads a function here."""
    with Server(Secrets) as server:
        server.secrets = {user["SecretArn"]: {"username": user["Name"], "password": PASSWORD}
                          for user in users if "SecretArn" in user}
        yield {"AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://{server.address}"}
