"""A stand-in for the bucket in which CloudFormation takes answers, in a network of this process's
own: there the bucket's name leads to this machine, and nothing else can be reached.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import contextlib
import datetime
import http.server
import json
import os
import queue
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAME = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"
ANSWER_S = 60
INSIDE, REQUIRED = "BUILT_IN_ITS_OWN_NETWORK", "REQUIRE_NAMESPACES"
# Root may make a namespace, and most kernels let anybody who is root in a user namespace.
UNSHARE = [["unshare", "--net", "--mount", "--"],
           ["unshare", "--map-current-user", "--keep-caps", "--net", "--mount", "--"]]


def enter_own_network():
    """Starts this program anew in a network of its own; tells whether this is the one inside."""
    if INSIDE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with tempfile.NamedTemporaryFile("w") as hosts:
            hosts.write(f"127.0.0.1 localhost {NAME}\n")
            hosts.flush()
            # The mount keeps what it shows, even though the file's name is gone.
            subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)
        return True
    for unshare in UNSHARE:
        with contextlib.suppress(OSError):
            if subprocess.run([*unshare, "ip", "link"], capture_output=True).returncode == 0:
                command = [*unshare, sys.executable, *sys.argv]
                os.execvpe(command[0], command, {**os.environ, INSIDE: "true"})
    if REQUIRED in os.environ:
        sys.exit("no network namespace may be made here")
    print("no network namespace may be made here: no answer to CloudFormation is tried")
    return False


def certify(folder):
    """Writes a key and a certificate for the bucket's name, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bucket")])
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256()))
    pem = folder / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return pem


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
        self.certificate = certify(Path(self.folder.name))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.certificate.with_name("key.pem"))
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
