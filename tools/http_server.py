"""An HTTP server as stand-ins for AWS have one: it serves while a `with` block lasts, and is silent."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Answers by `handler`, at a free port unless one is given; with TLS if there is a certificate
    and its key."""

    daemon_threads = True

    def __init__(self, handler, port=0, certificate=None):
        super().__init__(("127.0.0.1", port), handler)
        self.address = f"127.0.0.1:{self.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A client that is stopped breaks its connection, which is no news."""


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Keeps the output to what the caller prints."""

    def body(self):
        """Returns what was sent."""
        return self.rfile.read(int(self.headers["content-length"]))

    def reply(self, status, body=b"", **headers):
        """Sends one complete response."""
        self.send_response(status)
        for name, value in {**headers, "content-length": len(body)}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)
