"""Holds the patterns of parameters to the names of every partition of AWS, as botocore lists them:
China's endpoints have the region behind `rds`, and each partition its own suffix.
"""

import json
import re
from pathlib import Path

import botocore

PARTITIONS = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())
ARNS = {"ProxyArn": "rds:{region}:123456789012:db-proxy:prx-0123456789abcdef0",
        "SecretArn": "secretsmanager:{region}:123456789012:secret:app-AbCdEf",
        "SecretArns": "secretsmanager:{region}:123456789012:secret:app-AbCdEf",
        "SecretKeyArn": "kms:{region}:123456789012:key/0123-4567",
        "KmsKeyArn": "kms:{region}:123456789012:key/0123-4567",
        "AssumeRoleArn": "iam::123456789012:role/path/app",
        "FunctionRoleArn": "iam::123456789012:role/service-role/app",
        "RoleArn": "iam::123456789012:role/app",
        "CodeDeployGroupArn": "codedeploy:{region}:123456789012:deploymentgroup:app/blue",
        "AlarmTopicArn": "sns:{region}:123456789012:alarms",
        "SubnetArns": "ec2:{region}:123456789012:subnet/subnet-0a"}


def examples():
    """Yields partition, region and an endpoint as RDS prints it there."""
    for partition in PARTITIONS["partitions"]:
        suffix = partition["outputs"]["dnsSuffix"]
        for region in partition["regions"]:
            if region.endswith("-global"):
                continue
            parts = f"rds.{region}" if partition["id"] == "aws-cn" else f"{region}.rds"
            yield partition["id"], region, f"app.proxy-abc123.{parts}.{suffix}"


def problems(templates):
    """Yields parameters that refuse a name of a partition, or take one of no partition."""
    for path, template in templates.items():
        for name, parameter in template["Parameters"].items():
            pattern = parameter.get("AllowedPattern")
            for partition, region, host in examples():
                arn = f"arn:{partition}:{ARNS[name]}".format(region=region) if name in ARNS else ""
                for text in (arn, host if name == "ProxyEndpoint" else ""):
                    if text and not re.fullmatch(pattern, text):
                        yield f"{path}: {name} refuses {text}"
            if name.endswith(("Arn", "Arns")) and name not in ARNS:
                yield f"no example for {name}"
            if name == "ProxyEndpoint":
                for wrong in ("app.proxy-abc123.eu-west-1.rds.example.com",
                              "app.proxy-abc123.amazonaws.com", "app.eu-west-1.rds.amazonaws.com"):
                    if re.fullmatch(pattern, wrong):
                        yield f"{path}: {name} takes {wrong}"
