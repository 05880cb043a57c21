"""A stand-in for AWS Secrets Manager, for the functions' GetSecretValue.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "built-password"


class Handler(BaseHTTPRequestHandler):
    """Answers with the secrets of the server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Keeps the output to the cases."""

    def do_POST(self):
        """Gives a secret, or says that there is none."""
        wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))["SecretId"]
        secret = self.server.secrets.get(wanted)
        answer = {"__type": "ResourceNotFoundException", "Message": "can't find the secret."}
        if secret:
            answer = {"ARN": wanted, "SecretString": json.dumps(secret)}
        body = json.dumps(answer).encode()
        self.send_response(200 if secret else 400)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(users):
    """Has a password for each user of a Custom::DatabaseUsers who names a secret; the value is the
    environment that leads a function here."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.secrets = {user["SecretArn"]: {"username": user["Name"], "password": PASSWORD}
                          for user in users if "SecretArn" in user}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            yield {"AWS_ENDPOINT_URL_SECRETS_MANAGER": url}
        finally:
            server.shutdown()
