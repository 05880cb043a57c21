"""Other people's drivers and signers log in to the emulator, and are refused by it.

Three clients, each with a token signed by the AWS library that its users have:
psycopg with boto3, Node's pg with @aws-sdk/rds-signer, psql with the AWS CLI. TLS
is verified against the emulator's authority and the endpoint's name throughout.
Prints a line per case and the counts at the end.
"""

import dataclasses
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import boto3
import botocore.auth
import botocore.compat
import psycopg

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
from local import PROXY_ARN, REGION, ROOT, TOOLS, build, emulator, install  # noqa: E402

USER, OTHER_USER = "app", "other"
NONCE = 987654321
# A real PostgreSQL alone has a catalogue, knows who is asking and can reckon.
QUERY = ("SELECT current_user::text, (SELECT count(*) > 300 FROM pg_catalog.pg_class)::text, "
         f"({NONCE} * 2::bigint)::text, split_part(version(), ' ', 1)")
ROW = [USER, "true", str(NONCE * 2), "PostgreSQL"]
REFUSED = "The IAM authentication failed for the role {}. Check the IAM token for this role and try again."
NOT_TRUSTED = re.compile("certificate verify failed|self-signed certificate|unable to .* issuer")


@dataclasses.dataclass(frozen=True)
class Login:
    """What one client is to sign and where it is to go: right in all, but for one change."""

    host: str
    address: str
    port: int
    database: str
    ca_file: str
    region: str = REGION
    query: str = QUERY
    packages: str = str(TOOLS / "npm")
    user: str = USER
    signed_user: str = USER
    signed_port: int = 5432
    age_s: int = 0
    tampered: bool = False


def tamper(token):
    """Changes the last digit of the signature and nothing else."""
    head, digit, tail = re.fullmatch("(.*Signature=[0-9a-f]{63})([0-9a-f])(.*)", token).groups()
    return head + ("1" if digit == "0" else "0") + tail


def psycopg_with_boto3(login, _):
    """psycopg, with a token from boto3 whose clock is set back as far as the case says."""
    def then():
        return botocore.compat.get_current_datetime() - datetime.timedelta(seconds=login.age_s)

    with mock.patch.object(botocore.auth, "get_current_datetime", then):
        token = boto3.client("rds", region_name=login.region).generate_db_auth_token(
            DBHostname=login.host, Port=login.signed_port, DBUsername=login.signed_user)
    try:
        with psycopg.connect(
                host=login.host, hostaddr=login.address, port=login.port, user=login.user,
                password=tamper(token) if login.tampered else token, dbname=login.database,
                sslmode="verify-full", sslrootcert=login.ca_file, connect_timeout=10) as connection:
            return {"row": list(connection.execute(login.query).fetchone())}
    except psycopg.Error as error:
        return {"error": str(error)}


def pg_with_rds_signer(login, _):
    """Node's pg, in a process of its own (log_in.mjs)."""
    path = os.pathsep.join([str(TOOLS / "node" / "bin"), os.environ["PATH"]])
    done = subprocess.run(
        ["node", HERE / "log_in.mjs", json.dumps(dataclasses.asdict(login))],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        return {"error": f"log_in.mjs failed: {done.stderr}"}
    return json.loads(done.stdout)


def psql_with_aws_cli(login, psql):
    """psql, with a token from `aws rds generate-db-auth-token`."""
    token = subprocess.run(
        [sys.executable, HERE / "aws_at.py", str(login.age_s), "rds", "generate-db-auth-token",
         "--hostname", login.host, "--port", str(login.signed_port), "--region", login.region,
         "--username", login.signed_user],
        capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    env = {
        **os.environ, "PGHOST": login.host, "PGHOSTADDR": login.address, "PGPORT": str(login.port),
        "PGUSER": login.user, "PGPASSWORD": tamper(token) if login.tampered else token,
        "PGDATABASE": login.database, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": login.ca_file,
        "PGCONNECT_TIMEOUT": "10",
    }
    done = subprocess.run([psql, "--no-psqlrc", "-w", "-At", "-F", "\t", "-c", login.query],
                          env=env, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        return {"error": done.stderr}
    return {"row": done.stdout.rstrip("\n").split("\t")}


CLIENTS = {
    "psycopg with boto3": psycopg_with_boto3,
    "pg with @aws-sdk/rds-signer": pg_with_rds_signer,
    "psql with aws rds generate-db-auth-token": psql_with_aws_cli,
}


def cases(good):
    """Each case: its name, the login, and whether an outcome is as it should be."""
    def logged_in(outcome):
        return outcome == {"row": ROW}

    def refused(outcome, user=USER):
        return REFUSED.format(user) in outcome.get("error", "")

    def other_refused(outcome):
        return refused(outcome, OTHER_USER)

    def not_trusted(outcome):
        return NOT_TRUSTED.search(outcome.get("error", ""))

    change = dataclasses.replace
    amazon = str(ROOT / "certs" / "amazon-root-ca-1.pem")
    return [
        ("logs in", good, logged_in),
        ("token signed 14 minutes ago: logs in", change(good, age_s=14 * 60), logged_in),
        ("token signed 16 minutes ago: refused", change(good, age_s=16 * 60), refused),
        ("tampered signature: refused", change(good, tampered=True), refused),
        ("token of another user: refused", change(good, user=OTHER_USER), other_refused),
        ("token for another port: refused", change(good, signed_port=5433), refused),
        ("another authority: the client leaves", change(good, ca_file=amazon), not_trusted),
    ]


def find_psql():
    """The machine's psql, or the one from .tools."""
    own = sorted(TOOLS.glob("psql/lib/python*/site-packages/*/pginstall/bin/psql"))
    return shutil.which("psql") or str(own[0])


def main():
    """Runs every case with every client and returns how many failed."""
    pg_bin = install("postgres")
    psql = find_psql()
    programs = build()
    principal = f"AKIAIOSFODNN7EXAMPLE:clients-secret:clients/session+token=={PROXY_ARN}/*"
    options = ["--principal", principal, "--iam-user", USER, "--iam-user", OTHER_USER]
    passed = failed = 0
    with emulator(programs, pg_bin, options) as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ[name] = environment[name]
        os.environ.pop("AWS_PROFILE", None)
        address, port = environment["DB_CONNECT_TO"].rsplit(":", 1)
        good = Login(environment["DB_HOST"], address, int(port), environment["DB_NAME"],
                     environment["DB_CA_FILE"], signed_port=int(environment["DB_PORT"]))
        for client, log_in in CLIENTS.items():
            for case, login, is_right in cases(good):
                outcome = log_in(login, psql)
                if is_right(outcome):
                    passed += 1
                    print(f"ok: {client}: {case}", flush=True)
                else:
                    failed += 1
                    print(f"FAILED: {client}: {case}: {outcome}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        sys.exit(1 if main() else 0)
    except KeyboardInterrupt:
        sys.exit(130)
