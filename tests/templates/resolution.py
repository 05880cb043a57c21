"""What CloudFormation resolves when it makes a stack: references, and the functions in properties.
Where AWS would make up an id, a stand-in of the same form is made up here, the same for the same
resource, so that two states of a stack can be compared. Nested stacks are followed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import hashlib
import ipaddress
import re
from pathlib import PurePosixPath

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from cloudformation import PSEUDO, Evaluation

REGION, ACCOUNT = PSEUDO["AWS::Region"], PSEUDO["AWS::AccountId"]
# What a nested stack has of the outer one.
PLACE = ["AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"]
# How ids begin that AWS makes up.
PREFIXES = {"Subnet": "subnet", "SecurityGroup": "sg", "VPC": "vpc", "RouteTable": "rtb",
            "VPCEndpoint": "vpce", "InternetGateway": "igw", "NatGateway": "nat"}
ARNS = {
    ("AWS::Lambda::Function", "Arn"): "arn:aws:lambda:{region}:{account}:function:{ref}",
    ("AWS::IAM::Role", "Arn"): "arn:aws:iam::{account}:role/{ref}",
    ("AWS::Logs::LogGroup", "Arn"): "arn:aws:logs:{region}:{account}:log-group:{ref}:*",
    ("AWS::RDS::DBProxy", "DBProxyArn"): "arn:aws:rds:{region}:{account}:db-proxy:prx-{unique}",
    ("AWS::RDS::DBProxy", "Endpoint"): "{ref}.proxy-abc123.{region}.rds.amazonaws.com",
    ("AWS::RDS::DBProxyEndpoint", "Endpoint"):
        "{ref}.endpoint.proxy-abc123.{region}.rds.amazonaws.com",
} | {
    (kind, "MasterUserSecret.SecretArn"):
        "arn:aws:secretsmanager:{region}:{account}:secret:rds!{unique}-AbCdEf"
    for kind in ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
}
SECRET = "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{unique:.6}"
# Attributes that are properties.
SAME = {("AWS::EC2::VPC", "CidrBlock"), ("AWS::EC2::Subnet", "AvailabilityZone")}


# What there can be once only, although AWS makes up the id: a second group of a VPC's with this
# name, a second subnet with this range.
UNIQUE = {"AWS::EC2::SecurityGroup": ["VpcId", "GroupName"],
          "AWS::EC2::Subnet": ["VpcId", "CidrBlock"]}


def schema(kind):
    """Returns the resource provider's schema of a type; None for a custom resource."""
    if kind.startswith("Custom::") or kind == "AWS::CloudFormation::Stack":
        return None
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema


def names_given(kind, properties):
    """Returns the properties that name the resource, if its identifier is nothing but these."""
    identifier = (schema(kind) or {}).get("primaryIdentifier", [])
    names = UNIQUE.get(kind) or [path.removeprefix("/properties/") for path in identifier]
    return names if names and all(name in properties for name in names) else []


class Stack:
    """A stack, as its parameters would make it. `within` is the path to a nested one, `generations`
    counts replacements of resources."""

    def __init__(self, templates, path, given, name="stack", within="", generations=None):
        self.templates, self.path, self.name, self.within = templates, path, name, within
        self.generations = generations or {}
        unique = self.digest("stack")
        stack_id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{unique[:8]}-0000"
        self.evaluation = Evaluation(templates[path], {
            **given, "AWS::StackName": name, "AWS::StackId": stack_id})
        self.made = self.evaluation.made()
        self.outputs = self.evaluation.made("Outputs")
        self.properties, self.children = {}, {}

    def digest(self, name):
        """Returns hexadecimal digits that stay as long as the resource is not replaced."""
        generation = self.generations.get(self.within + name, 0)
        return hashlib.sha256(f"{self.name}/{name}/{generation}".encode()).hexdigest()[:17]

    def resolved(self, name):
        """Returns a resource's properties."""
        if name not in self.properties:
            self.properties[name] = self.resolve(self.made[name].get("Properties", {}))
        return self.properties[name]

    def all_resolved(self):
        """Returns the type and the properties of each resource, those of nested stacks too."""
        found = {}
        for name, resource in self.made.items():
            found[self.within + name] = (resource["Type"], self.resolved(name))
            if resource["Type"] == "AWS::CloudFormation::Stack":
                found |= self.child(name).all_resolved()
        return found

    def child(self, name):
        """Returns a nested stack."""
        if name not in self.children:
            properties = self.resolved(name)
            folder = PurePosixPath(self.path).parent
            parts = []
            for part in (folder / properties["TemplateURL"]).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            place = {key: self.evaluation.values[key] for key in PLACE}
            self.children[name] = Stack(
                self.templates, "/".join(parts), {**properties["Parameters"], **place},
                f"{self.name}-{name}-1ABCDEFGHIJKL", f"{self.within}{name}/", self.generations)
        return self.children[name]

    def ref(self, name):
        """Returns what Ref gives for a resource."""
        kind, digest = self.made[name]["Type"], self.digest(name)
        given = names_given(kind, self.made[name].get("Properties", {}))
        if len(given) == 1:
            return self.resolved(name)[given[0]]
        last = kind.rsplit("::", 1)[1]
        if last in PREFIXES:
            return f"{PREFIXES[last]}-{digest}"
        if kind == "AWS::SecretsManager::Secret":
            return SECRET.format(region=REGION, account=ACCOUNT, name=name, unique=digest)
        return f"{self.name}-{name}-{digest}"

    def attribute(self, name, attribute):
        """Returns what GetAtt gives."""
        kind = self.made[name]["Type"]
        if kind == "AWS::CloudFormation::Stack":
            child = self.child(name)
            return child.resolve(child.outputs[attribute.removeprefix("Outputs.")]["Value"])
        if (kind, attribute) in SAME and attribute in self.resolved(name):
            return self.resolved(name)[attribute]
        if (kind, attribute) == ("AWS::EC2::VPC", "Ipv6CidrBlocks"):
            return ["2001:db8:1234:1a00::/56"]
        if attribute == "DnsEntries":
            return [f"Z1:{self.digest(name)}.example"]
        form = ARNS.get((kind, attribute), "{ref}." + attribute)
        return form.format(region=REGION, account=ACCOUNT, ref=self.ref(name),
                           unique=self.digest(name))

    def named(self, name):
        """Returns what `${name}` stands for."""
        if name in self.evaluation.values:
            return self.evaluation.values[name]
        if name in self.made:
            return self.ref(name)
        return self.attribute(*name.split(".", 1))

    def resolve(self, node):
        """Returns a part of the template as CloudFormation hands it to the service."""
        if isinstance(node, list):
            return [self.resolve(one) for one in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, operand)] = node.items()
            if function == "Ref":
                return self.named(operand)
            if function.startswith("Fn::"):
                return getattr(self, function.removeprefix("Fn::").lower())(operand)
        return {key: self.resolve(value) for key, value in node.items()}

    def getatt(self, operand):
        """Fn::GetAtt"""
        name, attribute = operand.split(".", 1) if isinstance(operand, str) else operand
        return self.attribute(name, attribute)

    def sub(self, operand):
        """Fn::Sub"""
        text, own = (operand, {}) if isinstance(operand, str) else operand
        own = {key: self.resolve(value) for key, value in own.items()}

        def value(match):
            name = match[1]
            return str(own[name] if name in own else self.named(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def join(self, operand):
        """Fn::Join"""
        return operand[0].join(map(str, self.resolve(operand[1])))

    def split(self, operand):
        """Fn::Split"""
        return self.resolve(operand[1]).split(operand[0])

    def select(self, operand):
        """Fn::Select"""
        return self.resolve(operand[1])[int(operand[0])]

    def findinmap(self, operand):
        """Fn::FindInMap"""
        name, first, second = self.resolve(operand)
        return self.evaluation.template["Mappings"][name][first][second]

    def cidr(self, operand):
        """Fn::Cidr"""
        block, count, bits = self.resolve(operand)
        block = ipaddress.ip_network(block)
        subnets = block.subnets(new_prefix=block.max_prefixlen - int(bits))
        return [str(subnet) for _, subnet in zip(range(int(count)), subnets)]

    def getazs(self, operand):
        """Fn::GetAZs"""
        region = self.resolve(operand) or self.evaluation.values["AWS::Region"]
        return [f"{region}{letter}" for letter in "abc"]
