"""Starts the stand-in for AWS (stand_in/), and the environment in which SAM and the AWS CLI use it.

They reach it by AWS's own host names, so the commands are those that a user types.
"""

import os
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import own_network  # noqa: E402
from local import REGION, ROOT, TOOLS, stop  # noqa: E402, F401

BUCKET = f"cloudformation-custom-resource-response-useast1.s3.{REGION}.amazonaws.com"
SERVICES = ["apigateway", "cloudformation", "codedeploy", "ec2", "events", "kms", "lambda", "logs",
            "monitoring", "rds", "s3", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "sts"]
NAMES = [BUCKET, "iam.amazonaws.com", "s3.amazonaws.com", "sts.amazonaws.com",
         *(f"{service}.{REGION}.amazonaws.com" for service in SERVICES)]
# The host names of interface endpoints.
ENDPOINTS = [f"*.{service}.{REGION}.vpce.amazonaws.com"
             for service in ("rds", "secretsmanager", "sts")]
ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
CONFIG = """[default]
region = us-east-1
output = json
s3 =
    addressing_style = path
"""
# The key of an account's root user is the account's number here.
CREDENTIALS = "[default]\naws_access_key_id = {}\naws_secret_access_key = test\n"
START_S = 60


class Aws:
    """The stand-in, while a `with` block lasts. It writes to the folder `work`."""

    def __init__(self, programs, pg_bin, work):
        self.programs, self.pg_bin, self.work = programs, pg_bin, work
        self.log = work / "stand-in.log"

    def __enter__(self):
        self.certificate, key = own_network.certify(self.work, [*NAMES, *ENDPOINTS])
        schemas, = (TOOLS / "sam" / "lib").glob("python3*/site-packages/cfnlint/data/schemas")
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.work), "TMPDIR": str(self.work),
            "STATE_DIR": str(self.work), "S3_DATA_DIR": str(self.work),
            "PG_BIN": self.pg_bin, "PYTHONDONTWRITEBYTECODE": "1",
            "STAND_IN_WORK": str(self.work), "STAND_IN_SCHEMAS": str(schemas),
            "STAND_IN_EMULATOR": str(self.programs / "rds-proxy-emulator"),
            # With TLS it listens at 443 too.
            "AUTH": "true", "BIND_HOST": "127.0.0.1", "USE_SSL": "true",
            "MINISTACK_SSL_CERT": str(self.certificate), "MINISTACK_SSL_KEY": str(key),
            # MiniStack sets and unsets the last one for each SAM transform, in several threads,
            # unless it is set.
            "MINISTACK_ACCOUNT_ID": ACCOUNT, "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0", "LOG_LEVEL": "INFO",
            # For functions: the trusted certificate, and cfnresponse for those in Python.
            "SSL_CERT_FILE": str(self.certificate),
            "PYTHONPATH": str(HERE / "stand_in" / "python_runtime"),
        }
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", sys.executable, HERE / "stand_in"], env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait()
        except BaseException:
            stop(self.process)
            raise
        return self

    def __exit__(self, *_):
        stop(self.process)

    def wait(self):
        """Waits until it answers."""
        context = ssl.create_default_context(cafile=self.certificate)
        until = time.monotonic() + START_S
        while True:
            try:
                url = f"https://s3.{REGION}.amazonaws.com/_ministack/health"
                urllib.request.urlopen(url, context=context, timeout=START_S).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the stand-in does not start:\n{self.log.read_text()}")
                time.sleep(0.05)

    def environment(self, account=ACCOUNT):
        """The environment of a shell in which `aws` and `sam` use an account."""
        home = self.work / account
        (home / ".aws").mkdir(parents=True, exist_ok=True)
        (home / ".aws" / "config").write_text(CONFIG)
        (home / ".aws" / "credentials").write_text(CREDENTIALS.format(account))
        programs = [str(TOOLS / name / "bin") for name in ("sam", "clients")]
        return {
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]), "HOME": str(home),
            "AWS_CA_BUNDLE": str(self.certificate), "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2", "LANG": "C.UTF-8",
            "COLUMNS": "100",
        }
