"""The function asks AWS services that no one here wrote: moto's STS, Secrets Manager and RDS.

The emulator, with its real PostgreSQL, stands in for the proxy; the function's own binary is
driven through a small Runtime API. Prints a line per case and the counts at the end.
"""

import contextlib
import http.server
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from local import REGION, build, emulator, install, running  # noqa: E402

PASSWORD = "a-password-of-moto-0123456789"
DEMO_KEYS = "AKIAEMULATEDEXAMPLE0:not-a-secret/only-the-emulator-knows-it0"
RUNTIME = {"AWS_LAMBDA_FUNCTION_NAME": "probe", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
           "AWS_LAMBDA_FUNCTION_VERSION": "1"}


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
                   lambda_runtime_deadline_ms=int((time.time() + 60) * 1000))

    def do_POST(self):
        """`/response`: keeps the report."""
        self.posted.put(self.rfile.read(int(self.headers["content-length"])))
        self.reply(202)


@contextlib.contextmanager
def serving(server):
    """Runs an HTTP server while the block lasts."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()


def probe(programs, environment, **variables):
    """Invokes the function's binary once, with nothing else in its environment."""
    # Queues of its own: a function that has been stopped may still wait for its next event.
    api = type("Api", (RuntimeApi,), {"events": queue.Queue(), "posted": queue.Queue()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), api)
    # A function that is stopped breaks its connection, which is no news.
    server.handle_error = lambda *_: None
    with serving(server):
        env = {**RUNTIME, **environment, **variables, "PROBE_TIMEOUT_MS": "20000",
               "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
        with running("the function", [programs / "probe"], env=env, stdout=subprocess.DEVNULL):
            api.events.put(b'{"explain": true}')
            return json.loads(api.posted.get(timeout=60))


def seed(endpoint):
    """Makes a secret and a proxy in moto, and returns the secret's ARN and the proxy."""
    def client(service):
        return boto3.client(service, region_name=REGION, endpoint_url=endpoint,
                            aws_access_key_id="seed", aws_secret_access_key="seed")

    secret = client("secretsmanager").create_secret(
        Name="login", SecretString=json.dumps({"username": "pw", "password": PASSWORD}))
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [client("ec2").create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]
               for n in (1, 2)]
    proxy = client("rds").create_db_proxy(
        DBProxyName="orders", EngineFamily="POSTGRESQL", RequireTLS=True,
        RoleArn="arn:aws:iam::123456789012:role/proxy",
        VpcSubnetIds=[subnet["SubnetId"] for subnet in subnets],
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": secret["ARN"], "IAMAuth": "REQUIRED"}])
    return secret["ARN"], proxy["DBProxy"]


def cases(programs, aws, secret, proxy, environment):
    """Yields each case's name and whether it came out as it should."""
    environment = {**environment, "AWS_ENDPOINT_URL": aws}

    report = probe(programs, environment, DB_AUTH="secret", DB_SECRET_ARN=secret)
    yield "a secret of moto's signs in", (
        report["status"] == "healthy" and report["database"]["user"] == "pw"
        and PASSWORD not in json.dumps(report)), report

    gone = secret.rsplit(":", 1)[0] + ":gone-AbCdEf"
    report = probe(programs, environment, DB_AUTH="secret", DB_SECRET_ARN=gone)
    yield "a secret that moto does not have", (
        report["diagnosis"]["code"] == "secret_not_found"), report

    report = probe(programs, environment, DB_USER="admin")
    remedy = report["diagnosis"]["causes"][0]["remedy"]
    resource = f"arn:aws:rds-db:{REGION}:123456789012:dbuser:{proxy['DBProxyArn'].rsplit(':', 1)[1]}/admin"
    yield "a refused token is explained with the proxy's own id", (
        report["diagnosis"]["code"] == "iam_rejected" and resource in remedy
        and report["explain"]["proxy"]["name"] == "orders"
        and report["explain"]["problems"] == []), report

    role = "arn:aws:iam::123456789012:role/probe"
    report = probe(programs, environment, DB_ASSUME_ROLE_ARN=role)
    # The emulator does not know the keys that moto hands out; that they were used is the point.
    yield "an assumed role signs, and is named", (
        report["diagnosis"]["code"] == "iam_rejected"
        and ":assumed-role/probe/" in report["explain"]["principal"]), report


def main():
    """Runs every case and reports the counts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    pg_bin = install("postgres")
    programs = build()
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    aws = f"http://{host}:{port}"
    secret, proxy = seed(aws)
    arguments = ["--endpoint-host", proxy["Endpoint"], "--iam-user", "app", "--iam-user", "admin",
                 "--principal", f"{DEMO_KEYS}=arn:aws:rds-db:*:dbuser:*/app",
                 "--password-user", f"pw:{PASSWORD}"]
    results = []
    with emulator(programs, pg_bin, arguments) as environment:
        for name, passed, report in cases(programs, aws, secret, proxy, environment):
            print(f"{'ok  ' if passed else 'FAIL'} {name}", flush=True)
            if not passed:
                print(json.dumps(report, indent=2), flush=True)
            results.append(passed)
    moto.stop()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    os.environ.pop("AWS_PROFILE", None)
    sys.exit(main())
