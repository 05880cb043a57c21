"""EC2: resource types that MiniStack's CloudFormation lacks, the characters that EC2 allows in
descriptions, and whether security groups let one place reach another.
"""

import functools
import ipaddress
import re

import query
import resource_types
from ministack.core.responses import get_region, new_uuid
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
# Addresses that are for examples: https://www.rfc-editor.org/rfc/rfc3849
IPV6 = "2001:db8:0:100::/56"
TARGETS = ("CidrIp", "CidrIpv6", "SourcePrefixListId", "DestinationPrefixListId",
           "SourceSecurityGroupId", "DestinationSecurityGroupId")


def check_rule(rule):
    """Raises EC2's refusal of a rule."""
    if not DESCRIPTION.fullmatch(rule.get("Description", "")):
        raise ValueError(f"Invalid rule description {rule['Description']!r}. Valid descriptions "
                         "are strings less than 256 characters from the following set: "
                         "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$* (Service: InvalidParameterValue)")
    said = [target for target in TARGETS if rule.get(target)]
    if len(said) != 1:
        raise ValueError(f"a rule needs one target and has {said}")
    if said[0].endswith("GroupId") and rule[said[0]] not in ec2._security_groups:
        raise ValueError(f"The security group '{rule[said[0]]}' does not exist "
                         "(Service: InvalidGroup.NotFound)")


def check_group(properties):
    """Raises EC2's refusal of a group or of its rules."""
    if not DESCRIPTION.fullmatch(properties["GroupDescription"]):
        raise ValueError(f"Value ({properties['GroupDescription']}) for parameter GroupDescription "
                         "is invalid (Service: InvalidParameterValue)")
    if properties["VpcId"] not in ec2._vpcs:
        raise ValueError(f"The vpc ID '{properties['VpcId']}' does not exist "
                         "(Service: InvalidVpcID.NotFound)")
    for rule in [*properties.get("SecurityGroupIngress", []),
                 *properties.get("SecurityGroupEgress", [])]:
        check_rule(rule)


def create_subnet(logical_id, properties, stack_name, create):
    """Makes a subnet, unless another of the VPC has some of its addresses."""
    block = ipaddress.ip_network(properties["CidrBlock"])
    for subnet in ec2._subnets.values():
        if subnet["VpcId"] == properties["VpcId"] and block.overlaps(
                ipaddress.ip_network(subnet["CidrBlock"])):
            raise ValueError(f"The CIDR '{block}' conflicts with another subnet "
                             "(Service: InvalidSubnet.Conflict)")
    return create(logical_id, properties, stack_name)


def add_rule(kind, permissions):
    """Adds AWS::EC2::SecurityGroupIngress or -Egress, a rule of a group that is there already."""
    def create(_logical_id, properties, _stack_name):
        check_rule(properties)
        group = ec2._security_groups.get(properties["GroupId"])
        if not group:
            raise ValueError(f"The security group '{properties['GroupId']}' does not exist "
                             "(Service: InvalidGroup.NotFound)")
        [permission] = provisioners._ec2_sg_permissions([properties])
        if permission in group[permissions]:
            raise ValueError("the specified rule already exists "
                             "(Service: InvalidPermission.Duplicate)")
        group[permissions].append(permission)
        rule = f"sgr-{new_uuid().replace('-', '')[:17]}"
        return rule, {"Id": rule}

    def delete(_physical_id, properties):
        group = ec2._security_groups.get(properties["GroupId"])
        [permission] = provisioners._ec2_sg_permissions([properties])
        if group and permission in group[permissions]:
            group[permissions].remove(permission)

    resource_types.add(f"AWS::EC2::SecurityGroup{kind}", create, delete)


def add_by_action(kind, action, attribute, delete_action, key, attributes=()):
    """Adds a type that one action makes and one deletes, named by an element of the answer."""
    def create(_logical_id, properties, _stack_name):
        answer = query.call(ec2, action, properties)
        found = {name[0].upper() + name[1:]: query.element(answer, name)
                 for name in (attribute, *attributes)}
        return query.element(answer, attribute), found

    def delete(physical_id, _properties):
        query.call(ec2, delete_action, {key: physical_id})

    resource_types.add(kind, create, delete)


def create_flow_log(_logical_id, properties, _stack_name):
    """Makes a flow log, whose API takes a list of resources."""
    properties = {**properties, "ResourceId": [properties["ResourceId"]]}
    answer = query.call(ec2, "CreateFlowLogs", properties)
    flow_log = re.search("fl-[0-9a-f]+", answer)[0]
    return flow_log, {"Id": flow_log}


def delete_flow_log(physical_id, _properties):
    """Deletes a flow log."""
    query.call(ec2, "DeleteFlowLogs", {"FlowLogId": [physical_id]})


def associate_ipv6(_logical_id, _properties, _stack_name):
    """Gives a VPC its IPv6 addresses, which are those of every VPC here."""
    association = f"vpc-cidr-assoc-{new_uuid()[:8]}"
    return association, {"Id": association}


def endpoint_name(endpoint, service):
    """The name of an interface endpoint for the whole region."""
    return f"{endpoint}-0123abcd.{service.rsplit('.', 1)[1]}.{get_region()}.vpce.amazonaws.com"


def endpoint_attributes(physical_id, properties):
    """What AWS answers for an interface endpoint: its names, each after its zone's id."""
    if properties.get("VpcEndpointType") != "Interface":
        return {}
    name = endpoint_name(physical_id, properties["ServiceName"])
    return {"DnsEntries": [f"Z7HUB22UULQXV:{name}"]}


def endpoint_names():
    """The names of all interface endpoints, of every account."""
    return [endpoint_name(endpoint["VpcEndpointId"], endpoint["ServiceName"])
            for endpoint in ec2._vpc_endpoints._data.values()
            if endpoint["VpcEndpointType"] == "Interface"]


def reaches(place, target, port):
    """Tells whether the security groups allow connections from one place to another on a port,
    in any accounts."""
    out = permissions(place, "IpPermissionsEgress", port)
    into = permissions(target, "IpPermissions", port)
    return any(covers(it, target) for it in out) and any(covers(it, place) for it in into)


def permissions(place, direction, port):
    """Yields the rules of a place's groups in a direction that are about this port."""
    for group in ec2._security_groups._data.values():
        for it in group[direction] if group["GroupId"] in place.groups else []:
            if it["IpProtocol"] == "-1" or it["FromPort"] <= port <= it["ToPort"]:
                yield it


def covers(permission, place):
    """Tells whether a rule names a place, by one of its groups or by addresses of its subnets."""
    ranges = [ipaddress.ip_network(it["CidrIp"]) for it in permission["IpRanges"]]
    blocks = [ipaddress.ip_network(it["CidrBlock"]) for it in ec2._subnets._data.values()
              if it["SubnetId"] in place.subnets]
    return (any(it["GroupId"] in place.groups for it in permission["UserIdGroupPairs"])
            or any(block.subnet_of(it) for block in blocks for it in ranges))


class Place:
    """Where a function or a proxy is in the network."""

    def __init__(self, groups, subnets):
        self.groups, self.subnets = groups, subnets


SUBNET = resource_types.HANDLERS["AWS::EC2::Subnet"]
SUBNET["create"] = functools.partial(create_subnet, create=SUBNET["create"])
resource_types.checked("AWS::EC2::SecurityGroup", check_group)
add_rule("Ingress", "IpPermissions")
add_rule("Egress", "IpPermissionsEgress")
add_by_action("AWS::EC2::EIP", "AllocateAddress", "publicIp", "ReleaseAddress", "PublicIp",
              ["allocationId"])
add_by_action("AWS::EC2::NatGateway", "CreateNatGateway", "natGatewayId", "DeleteNatGateway",
              "NatGatewayId")
resource_types.add("AWS::EC2::FlowLog", create_flow_log, delete_flow_log)
resource_types.more_attributes("AWS::EC2::VPCEndpoint", endpoint_attributes)
resource_types.more_attributes("AWS::EC2::VPC", lambda _, properties: {
    "CidrBlock": properties["CidrBlock"], "Ipv6CidrBlocks": [IPV6]})
resource_types.add("AWS::EC2::VPCCidrBlock", associate_ipv6, lambda *_: None)
