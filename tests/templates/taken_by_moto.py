#!/usr/bin/env python3
"""Lets moto's CloudFormation make some of the stacks that run.py accepted, as far as it knows their
resources, and looks at what came of it: references are resolved, by other people's code. What the
conditions exclude is left out already, since moto keeps its places in lists.
"""

import ast
import functools
import ipaddress
import json
import logging
import os
import sys
from pathlib import Path

import boto3
from moto import mock_aws
from moto.cloudformation.parsing import resource_class_from_type

STACKS = Path(__file__).resolve().parent.parent.parent / "target" / "templates" / "stacks.json"
REGION = "eu-west-1"
PROBE_USER = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/app"
BUCKET = "arn:aws:s3:::cloudformation-custom-resource-response-euwest1/*"
# The types that moto does not create.
LEFT_OUT = set()


@functools.cache
def client(service):
    """A client of moto's, inside mock_aws."""
    return boto3.client(service, region_name=REGION)


def existing():
    """Makes what the parameters name, and returns each id by the one in cases.py."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ids = {"vpc-0a": vpc}
    for number, subnet in enumerate(("subnet-0a", "subnet-0b")):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")
        ids[subnet] = made["Subnet"]["SubnetId"]
    for table in ("rtb-0a", "rtb-0b"):
        ids[table] = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    for group in ("sg-0a", "sg-0e"):
        made = ec2.create_security_group(GroupName=group, Description=group, VpcId=vpc)
        ids[group] = made["GroupId"]
    return ids


def application():
    """Makes the role that a probe may run as."""
    trust = {"Version": "2012-10-17", "Statement": []}
    client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(trust))


def upload():
    """Puts the function's code where the templates say that it is."""
    client("s3").create_bucket(Bucket="bucket",
                               CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket="bucket", Key="key", Body=b"zip")


def with_ids(value, ids):
    """Puts the ids that exist into a parameter's value."""
    texts = value if isinstance(value, list) else value.split(",")
    return ",".join(ids.get(text, text) for text in texts)


def subnets_of(values):
    """The blocks that Fn::Cidr would take out of a VPC's, which moto cannot."""
    blocks = ipaddress.ip_network(values.get("VpcCidr", "10.0.0.0/16")).subnets(new_prefix=24)
    return [str(block) for _, block in zip(range(6), blocks)]


def within_moto(node, values):
    """Says for moto what it cannot: Fn::Cidr, and the DNS names of an endpoint."""
    if isinstance(node, list):
        return [within_moto(one, values) for one in node]
    if not isinstance(node, dict):
        return node
    if "Fn::Cidr" in node:
        return subnets_of(values)
    if "Fn::GetAtt" in node and node["Fn::GetAtt"][1] == "DnsEntries":
        return [f"Z1:{node['Fn::GetAtt'][0]}.example"]
    return {key: within_moto(value, values) for key, value in node.items()}


def known(resources):
    """Returns the resources that moto knows and that refer to none that it does not."""
    kept, left_out = {}, set()
    for name, resource in resources.items():
        kind = resource["Type"]
        if kind.startswith("Custom::") or not resource_class_from_type(kind):
            LEFT_OUT.add(kind)
            left_out.add(name)
        else:
            kept[name] = resource
    refers = {name: json.dumps(resource) for name, resource in kept.items()}
    return {name: resource for name, resource in kept.items()
            if not any(f'["{other}"' in refers[name] or f"${{{other}." in refers[name]
                       for other in left_out)}


def create(name, stack, ids):
    """Makes one stack and returns its resources' ids by their names."""
    values = {name: value for name, value in stack["values"].items()
              if not name.startswith("AWS::")}
    kinds = {True: "CommaDelimitedList", False: "String"}
    template = {
        "Mappings": stack["mappings"],
        "Resources": within_moto(known(stack["resources"]), values),
        "Parameters": {name: {"Type": kinds[isinstance(value, list)]}
                       for name, value in values.items()}}
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": with_ids(value, ids)}
                    for name, value in values.items()])
    made = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {it["LogicalResourceId"]: it.get("PhysicalResourceId") for it in made}


def statements(document):
    """Returns a policy's statements; moto keeps some policies as Python's text for a dict."""
    return (ast.literal_eval(document) if isinstance(document, str) else document)["Statement"]


def granted(made):
    """Returns the statements of the probe's role by their ids."""
    iam, role = client("iam"), made["ProbeRole"]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                 for name in names]
    return {it["Sid"]: it for document in documents for it in statements(document)}


def variables(made):
    """Returns the function's environment."""
    function = client("lambda").get_function_configuration(FunctionName=made["Probe"])
    return function["Environment"]["Variables"]


def group(identifier):
    """Returns a security group."""
    return client("ec2").describe_security_groups(GroupIds=[identifier])["SecurityGroups"][0]


def statements_of_endpoint(identifier):
    """Returns the statements of a VPC endpoint's policy."""
    [endpoint] = client("ec2").describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"]
    return statements(endpoint["PolicyDocument"])


def smallest(made, ids):
    """One user of one proxy, one port of one group, logs for a month."""
    yield "grant", granted(made)["ConnectAsTheDatabaseUser"]["Resource"], PROBE_USER
    yield "user", variables(made)["DB_USER"], "app"
    # Moto makes no egress of a template's: run.py looks at that.
    [into] = group(ids["sg-0a"])["IpPermissions"]
    yield "port", (into["FromPort"], into["ToPort"]), (5432, 5432)
    yield "probe", [it["GroupId"] for it in into["UserIdGroupPairs"]], [made["ProbeSecurityGroup"]]
    [logs] = client("logs").describe_log_groups(logGroupNamePrefix=made["ProbeLogs"])["logGroups"]
    yield "days", int(logs["retentionInDays"]), 30
    own = granted(made)["WriteOwnLogs"]["Resource"]
    yield "own logs", own.removesuffix(":*"), logs["arn"].removesuffix(":*")


def with_a_key(made, _ids):
    """The key is used for the secret, by way of Secrets Manager in the secret's region."""
    condition = granted(made)["DecryptTheSecret"]["Condition"]["StringEquals"]
    yield "way", condition["kms:ViaService"], "secretsmanager.eu-west-1.amazonaws.com"
    yield "secret", condition["kms:EncryptionContext:SecretARN"], variables(made)["DB_SECRET_ARN"]


def with_a_role(made, _ids):
    """Endpoints of its own, let in and asked by name, for the role alone once it is assumed."""
    found = variables(made)
    for service, endpoint in (("STS", "StsEndpoint"), ("RDS", "RdsEndpoint"),
                              ("SECRETS_MANAGER", "SecretsManagerEndpoint")):
        yield service, found[f"AWS_ENDPOINT_URL_{service}"], f"https://{endpoint}.example"
    role = client("iam").get_role(RoleName=made["ProbeRole"])["Role"]["Arn"]
    assume, ask = statements_of_endpoint(made["StsEndpoint"])
    yield "who assumes", assume["Principal"]["AWS"], role
    yield "what", assume["Resource"], found["DB_ASSUME_ROLE_ARN"]
    [read] = statements_of_endpoint(made["SecretsManagerEndpoint"])
    yield "who asks", {ask["Principal"]["AWS"], read["Principal"]["AWS"]}, {assume["Resource"]}
    [into] = group(made["EndpointSecurityGroup"])["IpPermissions"]
    yield "group", [it["GroupId"] for it in into["UserIdGroupPairs"]], [made["ProbeSecurityGroup"]]


def with_a_gateway(made, ids):
    """CloudFormation's bucket of the region, by the route tables that were named."""
    [statement] = statements_of_endpoint(made["S3Endpoint"])
    yield "bucket", statement["Resource"], BUCKET
    [endpoint] = client("ec2").describe_vpc_endpoints(
        VpcEndpointIds=[made["S3Endpoint"]])["VpcEndpoints"]
    yield "routes", endpoint["RouteTableIds"], [ids["rtb-0a"], ids["rtb-0b"]]


def with_a_schedule(made, _ids):
    """The scheduler alone may invoke the function, and nothing else."""
    iam, role = client("iam"), made["ScheduleRole"]
    document = iam.get_role_policy(RoleName=role, PolicyName="invoke-the-probe")["PolicyDocument"]
    [statement] = statements(document)
    function = client("lambda").get_function_configuration(FunctionName=made["Probe"])
    yield "function", statement["Resource"], function["FunctionArn"]
    [trust] = statements(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
    yield "account", trust["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012"


def as_the_application(made, _ids):
    """The application's role and groups, and nothing made for them."""
    function = client("lambda").get_function_configuration(FunctionName=made["Probe"])
    yield "role", function["Role"], "arn:aws:iam::123456789012:role/app"
    yield "made", [name for name in made if name.startswith("ProbeRole")], []


def network(made, _ids):
    """Two private subnets, and no way out of them but to S3."""
    subnets = client("ec2").describe_subnets(
        Filters=[{"Name": "vpc-id", "Values": [made["Vpc"]]}])["Subnets"]
    yield "subnets", sorted(it["CidrBlock"] for it in subnets), ["10.0.0.0/24", "10.0.1.0/24"]
    [statement] = statements_of_endpoint(made["S3Endpoint"])
    yield "bucket", statement["Resource"], BUCKET


CASES = {
    "accepted: the smallest": smallest,
    "accepted: the id of the proxy alone": smallest,
    "accepted: a secret with a key by an endpoint": with_a_key,
    "accepted: a role that reads a secret and explains": with_a_role,
    "accepted: a gate by a gateway endpoint of its own": with_a_gateway,
    "accepted: a schedule with everything": with_a_schedule,
    "accepted: all is the application's": as_the_application,
    "infra/network.yaml with its defaults": network,
}


def main():
    """Makes each stack and reports what differs."""
    os.environ.update(AWS_ACCESS_KEY_ID="moto", AWS_SECRET_ACCESS_KEY="moto")
    logging.disable(logging.WARNING)
    stacks, failed = json.loads(STACKS.read_text()), 0
    # Functions are made, not run: Docker is not needed.
    with mock_aws(config={"lambda": {"use_docker": False}}):
        upload()
        application()
        for number, (name, expectations) in enumerate(CASES.items()):
            ids = existing()
            made = create(f"probe-{number}", stacks[name], ids)
            wrong = [f"{what}: {found}, expected {expected}"
                     for what, found, expected in expectations(made, ids) if found != expected]
            failed += bool(wrong)
            print("\n     ".join([f"{'FAIL' if wrong else 'ok  '} moto made {name}", *wrong]))
    print(f"{len(CASES) - failed} passed, {failed} failed; moto does not know", *sorted(LEFT_OUT))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
