"""`rds-proxy-probe inspect` reads AWS services that no one here wrote: moto's.

A right account yields nothing; in an account without a single rule and policy, everything that is
missing is found. Each command that the program says to type is then typed, with the AWS CLI, and
nothing is left to find. Prints a line per case and the counts at the end.
"""

import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from local import build  # noqa: E402

REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "not/a/secret"}
CANARY = "canary-of-the-variables"

# What moto has not got; everything else has to be read.
NOT_IN_MOTO = {"iam:SimulatePrincipalPolicy", "rds:DescribeDBProxyEndpoints"}

# What an account without rules and policies lacks.
MISSING = {"proxy_inbound", "database_inbound", "policy_missing", "proxy_role_secret"}


def seed(endpoint):
    """Makes a function, a proxy and a database, without any rule or policy."""
    def client(service):
        return boto3.client(service, region_name=REGION, endpoint_url=endpoint,
                            aws_access_key_id="seed", aws_secret_access_key="seed")

    def role(name, service):
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
        made = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return made["Role"]["Arn"]

    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [client("ec2").create_subnet(
        VpcId=vpc, CidrBlock=f"10.0.{number}.0/24",
        AvailabilityZone=REGION + "ab"[number % 2])["Subnet"]["SubnetId"] for number in range(4)]
    groups = [client("ec2").create_security_group(
        GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("function", "proxy", "database")]
    secret = client("secretsmanager").create_secret(
        Name="app", SecretString=json.dumps({"username": "app", "password": CANARY}))["ARN"]
    rds = client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="main", DBSubnetGroupDescription="main",
                               SubnetIds=subnets[2:])
    rds.create_db_instance(
        DBInstanceIdentifier="main", Engine="postgres", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="postgres", MasterUserPassword=CANARY,
        DBSubnetGroupName="main", VpcSecurityGroupIds=groups[2:])
    proxy = rds.create_db_proxy(
        DBProxyName="app", EngineFamily="POSTGRESQL", RequireTLS=True,
        RoleArn=role("proxy", "rds.amazonaws.com"), VpcSubnetIds=subnets[:2],
        VpcSecurityGroupIds=groups[1:2],
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": secret, "IAMAuth": "REQUIRED"}])["DBProxy"]
    rds.register_db_proxy_targets(DBProxyName="app", DBInstanceIdentifiers=["main"])
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bootstrap", "")
    client("lambda").create_function(
        FunctionName="orders", Runtime="provided.al2023", Handler="bootstrap",
        Role=role("orders", "lambda.amazonaws.com"), Code={"ZipFile": code.getvalue()},
        VpcConfig={"SubnetIds": subnets[:2], "SecurityGroupIds": groups[:1]},
        Environment={"Variables": {"DB_HOST": proxy["Endpoint"], "DB_USER": "app",
                                   "DB_PASSWORD": CANARY}})


def inspect(programs, environment, *options):
    """Runs the command; returns its exit status and what it wrote."""
    command = [programs / "rds-proxy-probe", "inspect", "--function", "orders"]
    if "--proxy" not in options:
        command += ["--proxy", "app"]
    ended = subprocess.run([*command, *options], env=environment, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return ended.returncode, ended.stdout


def cases(programs, environment):
    """Yields each case's name, whether it came out as it should, and what was written."""
    status, text = inspect(programs, environment)
    yield "what is missing ends with status 1, without a secret", (
        status == 1 and CANARY not in text), text

    status, text = inspect(programs, environment, "--output", "json")
    found = json.loads(text)
    yield "every rule and policy that is missing is found, and no more", (
        {finding["id"] for finding in found["findings"]} == MISSING and CANARY not in text), text
    not_read = {call["permission"] for call in found["not_read"]}
    yield "everything that moto has is read", not_read == NOT_IN_MOTO, text

    # Version 1 of the AWS CLI doesn't read AWS_REGION.
    typed = dict(environment, AWS_DEFAULT_REGION=REGION,
                 PATH=f"{ROOT / '.tools/clients/bin'}:{environment['PATH']}")
    commands = [command for finding in found["findings"] for command in finding["commands"]]
    failed = [command for command in commands
              if subprocess.run(command, shell=True, env=typed, stdout=sys.stderr).returncode]
    yield "the AWS CLI takes every command", commands and not failed, "\n".join(failed)

    status, text = inspect(programs, environment, "--output", "json")
    # Status 3: what moto has not got could not be read.
    yield "what was typed leaves nothing to find", (
        status == 3 and json.loads(text)["findings"] == []), text

    status, text = inspect(programs, environment, "--user", "admin", "--output", "json")
    found = [finding["id"] for finding in json.loads(text)["findings"]]
    yield "another user is not allowed", status == 1 and found[0] == "policy_user", text

    status, text = inspect(programs, environment, "--proxy", "ap")
    yield "a name that does not exist has the nearest", (
        status == 2 and "did you mean app?" in text), text


def main():
    """Runs every case and reports the counts."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    programs = build()
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    seed(f"http://{host}:{port}")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_REGION": REGION,
                   "AWS_ENDPOINT_URL": f"http://{host}:{port}", **KEYS}
    results = []
    for name, passed, text in cases(programs, environment):
        print(f"{'ok  ' if passed else 'FAIL'} {name}", flush=True)
        if not passed:
            print(text, flush=True)
        results.append(bool(passed))
    moto.stop()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
