"""What a stack needs beyond what its schemas say, or leaves behind: passwords and the way to them,
log groups that services make by themselves, zones, ranges, and what a new account refuses.
"""

import ipaddress
import json
import re

import cases
from resolution import Stack

DEMO, NETWORK, DATABASE = "infra/demo.yaml", "infra/network.yaml", "infra/database.yaml"
BY_SECRETS = {"AuthScheme": "SECRETS"}
# Of the AWS Cloud Development Kit, where in China a name begins otherwise:
# https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
IN_CHINA = {"sts": "cn.com.amazonaws", "rds": "cn.com.amazonaws", "s3": "com.amazonaws",
            "secretsmanager": "com.amazonaws"}


def stack(templates, path, change=None):
    """Returns a stack with what it needs and a change."""
    return Stack(templates, path, {**cases.REQUIRED.get(path, {}), **(change or {})})


def of_type(made, kind):
    """Yields name and properties of each resource of a type."""
    for name, (its_kind, properties) in made.items():
        if its_kind == kind:
            yield name, properties


def unresolved(templates, sets):
    """Yields custom resources that would get the text of a dynamic reference for its value.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    for path in templates:
        for base in sets(path):
            for name, (kind, properties) in stack(templates, path, base).all_resolved().items():
                if kind.startswith("Custom::") and "{{resolve:" in json.dumps(properties):
                    yield f"{path}: {name}"


def passwords(templates, _sets):
    """Yields passwords of the demo where none has to be, and what keeps a function from them."""
    for kind in ("AWS::SecretsManager::Secret", "AWS::EC2::VPCEndpoint"):
        for name, properties in of_type(stack(templates, DEMO).all_resolved(), kind):
            if properties.get("VpcEndpointType") != "Gateway":
                yield f"its defaults make {name}"
    made = stack(templates, DEMO, BY_SECRETS).all_resolved()
    users = made["DatabaseUsers"][1]["Users"]
    wanted = [user.get("SecretArn") for user in users]
    role = made["DatabaseUsersFunction/DatabaseUsersRole"][1]
    read = [statement["Resource"] for policy in role["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Action"] == "secretsmanager:GetSecretValue"]
    if read != [wanted]:
        yield f"the function may read {read} of {wanted}"
    rules = made["DatabaseUsersFunction/FunctionSecurityGroup"][1]["SecurityGroupEgress"]
    endpoints = [group for _, endpoint in of_type(made, "AWS::EC2::VPCEndpoint")
                 if endpoint["ServiceName"].endswith(".secretsmanager")
                 for group in endpoint["SecurityGroupIds"]]
    if not any(rule.get("DestinationSecurityGroupId") in endpoints for rule in rules):
        yield "the function has no way to Secrets Manager"
    if made["DatabaseUsersFunction/DatabaseUsers"][1]["Environment"]["Variables"][
            "STACK_NAMES"] != "stack":
        yield "the function serves other stacks than the demo"
    yield from rotation(made)
    for engine in ("aurora-postgresql", "mysql"):
        made = stack(templates, DATABASE,
                     BY_SECRETS | {"ApplicationUser": "app", "Engine": engine})
        rotated = [it["SecretId"] for _, it in
                   of_type(made.all_resolved(), "AWS::SecretsManager::RotationSchedule")]
        for name, _ in of_type(made.all_resolved(), "AWS::SecretsManager::Secret"):
            if made.ref(name) not in rotated:
                yield f"{name} is not rotated with {engine}"


def rotation(made):
    """Yields what keeps a function that rotates a secret from Secrets Manager, where there is none
    but an endpoint.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    """
    asked = {f"secretsmanager:{action}" for action in (
        "DescribeSecret", "GetRandomPassword", "GetSecretValue", "PutSecretValue",
        "UpdateSecretVersionStage")}
    for name, endpoint in of_type(made, "AWS::EC2::VPCEndpoint"):
        if endpoint["ServiceName"].endswith(".secretsmanager"):
            allowed = [it["Action"] for it in endpoint["PolicyDocument"]["Statement"]]
            flat = {action for it in allowed for action in ([it] if isinstance(it, str) else it)}
            if asked - flat:
                yield f"{name} keeps the rotation from {sorted(asked - flat)}"


def log_groups(made):
    """Yields the name of each log group that a service would make by itself, and who writes it."""
    for name, function in of_type(made, "AWS::Lambda::Function"):
        yield name, function.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}")
    for kind, word in (("Cluster", "cluster"), ("Instance", "instance")):
        for name, database in of_type(made, f"AWS::RDS::DB{kind}"):
            for log in database.get("EnableCloudwatchLogsExports", []):
                yield name, f"/aws/rds/{word}/{database.get(f'DB{kind}Identifier', name)}/{log}"
    for name, proxy in of_type(made, "AWS::RDS::DBProxy"):
        yield name, f"/aws/rds/proxy/{proxy['DBProxyName']}"
    for name, rotation in of_type(made, "AWS::SecretsManager::RotationSchedule"):
        function = rotation["HostedRotationLambda"].get("RotationLambdaName", name)
        yield name, f"/aws/lambda/{function}"


def left_behind(templates, _sets):
    """Yields what the demo leaves: log groups that are not its own, and what is not deleted."""
    for change in ({"Reader": "true"}, BY_SECRETS, {"Engine": "mysql"}, {"Engine": "aurora-mysql"}):
        demo = stack(templates, DEMO, change)
        made, own = demo.all_resolved(), set()
        for part in [demo, *(demo.child(name) for name in demo.children)]:
            for name, resource in part.made.items():
                policy = part.resolve(resource.get("DeletionPolicy", "Delete"))
                if policy != "Delete":
                    yield f"{part.within}{name} has DeletionPolicy {policy}"
                if resource["Type"] == "AWS::Logs::LogGroup":
                    own.add(part.ref(name))
        for name, group in log_groups(made):
            if group not in own:
                yield f"{name} logs to {group}, which the demo does not delete"


def new_accounts(templates, _sets):
    """Yields what fails in a new account, or cannot be rolled back, with defaults."""
    for path in templates:
        for name, (kind, properties) in stack(templates, path).all_resolved().items():
            if "ReservedConcurrentExecutions" in properties:
                yield f"{path}: {name} reserves concurrency"
            if properties.get("DeletionProtection", "false") != "false":
                yield f"{path}: {name} could not be rolled back"


def zones_and_ranges(templates, _sets):
    """Yields subnets where RDS Proxy is not, ranges that do not cover what they should, and a VPC
    whose default security group is open."""
    network = stack(templates, NETWORK, {"AWS::Region": "us-east-1", "Zones": "3"})
    for name, subnet in of_type(network.all_resolved(), "AWS::EC2::Subnet"):
        if subnet.get("AvailabilityZoneId") in (None, "use1-az3"):
            yield f"{name} may be in use1-az3"
    covers = ipaddress.ip_network(network.resolve(network.outputs["PrivateCidr"]["Value"]))
    for name, subnet in of_type(network.all_resolved(), "AWS::EC2::Subnet"):
        if not ipaddress.ip_network(subnet["CidrBlock"]).subnet_of(covers):
            yield f"PrivateCidr does not cover {name}"
    closed = [it["GroupId"] for _, it in
              of_type(network.all_resolved(), "Custom::ClosedSecurityGroup")]
    if network.attribute("Vpc", "DefaultSecurityGroup") not in closed:
        yield "the VPC's default security group is open"
    for path, template in templates.items():
        for name in ("ClientCidr", "ProxyCidr"):
            said = template["Parameters"].get(name, {}).get("ConstraintDescription", "")
            example = re.search(r"[\d.]+/(\d+)", said)
            if example and int(example[1]) > 23:
                yield f"{path}: the example of {name} does not cover two zones: {example[0]}"


def partitions(templates, sets):
    """Yields names of one partition that would be used in every other."""
    for path in templates:
        for base in sets(path):
            there = {**base, "AWS::Partition": "aws-cn", "AWS::URLSuffix": "amazonaws.com.cn"}
            made = stack(templates, path, there).all_resolved()
            for name, endpoint in of_type(made, "AWS::EC2::VPCEndpoint"):
                prefix, service = re.fullmatch(
                    r"(.*)\.[a-z0-9-]+\.([a-z0-9]+)", endpoint["ServiceName"]).groups()
                if prefix != IN_CHINA[service]:
                    yield f"{path}: {name} asks for {endpoint['ServiceName']} in China"
    for path, template in templates.items():
        texts = json.dumps(template["Resources"])
        for literal in re.findall(r"arn:aws:[^\"]*|[\w.$\{\}-]+\.amazonaws\.com\b", texts):
            if not re.fullmatch(r"[a-z-]+\.amazonaws\.com", literal):
                yield f"{path}: {literal} is of one partition"


PORTS = {"postgresql": 5432, "mysql": 3306, "aurora-postgresql": 5432, "aurora-mysql": 3306}


def ports(templates, sets):
    """Yields rules of security groups for another port than HTTPS and the engine's."""
    for path in templates:
        for base in sets(path):
            made = stack(templates, path, base).all_resolved()
            port = base.get("DatabasePort") or PORTS[base.get("Engine", "postgresql")]
            for name, (kind, properties) in made.items():
                rules = [properties, *properties.get("SecurityGroupEgress", []),
                         *properties.get("SecurityGroupIngress", [])]
                if kind.startswith("AWS::EC2::SecurityGroup"):
                    for rule in rules:
                        if str(rule.get("ToPort", 443)) not in ("443", str(port)):
                            yield f"{path}: {name} has {rule['ToPort']} instead of {port}"


def unsigned(templates, sets):
    """Yields what answers requests that nobody signed."""
    for path in templates:
        for base in sets(path):
            for name, (kind, properties) in stack(templates, path, base).all_resolved().items():
                asked = {"AWS::Lambda::Url": "AuthType",
                         "AWS::ApiGatewayV2::Route": "AuthorizationType"}.get(kind)
                if asked and properties[asked] != "AWS_IAM":
                    yield f"{path}: {name} takes unsigned requests"


CHECKS = {
    "security groups are for HTTPS and the engine's port": ports,
    "what answers over HTTP takes signed requests alone": unsigned,
    "no custom resource has a reference that CloudFormation would not resolve": unresolved,
    "passwords are made only where they have to be, and read where they are": passwords,
    "the demo leaves nothing behind": left_behind,
    "new accounts take the defaults, and a failed stack is rolled back": new_accounts,
    "subnets are where RDS Proxy is, ranges cover them, the default group is closed":
        zones_and_ranges,
    "names are those of the partition": partitions,
}
