"""The function asks AWS services that no one here wrote: moto's STS, Secrets Manager and RDS.

The emulator, with its real PostgreSQL, stands in for the proxy; the function's own binary is
driven through a small Runtime API. Prints a line per case and the counts at the end.
"""

import json
import logging
import os
import sys
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from checks import Checks, run  # noqa: E402
from local import REGION, build, emulator, install  # noqa: E402
from runtime_api import invoke  # noqa: E402

PASSWORD = "a-password-of-moto-0123456789"
DEMO_KEYS = "AKIAEMULATEDEXAMPLE0:not-a-secret/only-the-emulator-knows-it0"


def probe(programs, environment, **variables):
    """Invokes the function's binary once and returns its report."""
    environment = {**environment, **variables, "PROBE_TIMEOUT_MS": "20000"}
    ended, report = invoke(programs / "probe", {"explain": True}, environment)
    assert ended == "response", report
    return report


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
    # As the template leads it to its own endpoints.
    environment = {**environment, **{f"AWS_ENDPOINT_URL_{service}": aws
                                     for service in ("STS", "SECRETS_MANAGER", "RDS")}}

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
    proxy_id = proxy["DBProxyArn"].rsplit(":", 1)[1]
    resource = f"arn:aws:rds-db:{REGION}:123456789012:dbuser:{proxy_id}/admin"
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
    checks = Checks()
    with emulator(programs, pg_bin, arguments) as environment:
        for name, passed, report in cases(programs, aws, secret, proxy, environment):
            checks.note(name, None if passed else json.dumps(report, indent=2))
    moto.stop()
    return checks.end()


if __name__ == "__main__":
    os.environ.pop("AWS_PROFILE", None)
    run(main)
