"""Other resource types: resource shares, alarms with metric math, secrets' Ref and rotation; and
dynamic references in custom resources, and the image of Amazon Linux for arm64.
"""

import resource_types
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import ec2, secretsmanager, ssm
from ministack.services.cloudformation import stacks


def shared(properties):
    """Yields the stores and keys under which another account finds what is shared: subnets, and
    their VPC."""
    for arn in map(parse_arn, properties["ResourceArns"]):
        subnet = ec2._subnets.get_scoped(arn.account_id, arn.region, arn.resource.split("/")[1])
        vpc = ec2._vpcs.get_scoped(arn.account_id, arn.region, subnet["VpcId"])
        for account in properties["Principals"]:
            yield ec2._subnets, (account, arn.region, subnet["SubnetId"]), subnet
            yield ec2._vpcs, (account, arn.region, vpc["VpcId"]), vpc


def share(_logical_id, properties, _stack_name):
    """Makes subnets visible to the other account. MiniStack has no RAM."""
    for store, key, record in shared(properties):
        store._data[key] = record
    arn = f"arn:aws:ram:{get_region()}:{get_account_id()}:resource-share/{new_uuid()}"
    return arn, {"Arn": arn}


def share_otherwise(arn, old, new, _stack_name):
    """Shares with others, or other subnets."""
    no_longer_share(arn, old)
    share("", new, "")
    return arn, {"Arn": arn}


def no_longer_share(_arn, properties):
    """Takes what was shared from the other account."""
    for store, key, _ in list(shared(properties)):
        store._data.pop(key, None)


resource_types.add("AWS::RAM::ResourceShare", share, no_longer_share, share_otherwise)


def of_one_metric(properties):
    """Writes an alarm of metric math as one of its first metric, which is what MiniStack makes."""
    if "Metrics" not in properties:
        return properties
    statistic = next(it["MetricStat"] for it in properties["Metrics"] if "MetricStat" in it)
    rest = {name: value for name, value in properties.items()
            if name not in ("Metrics", "ThresholdMetricId")}
    return {**rest, **statistic["Metric"], "Period": statistic["Period"],
            "Statistic": statistic["Stat"], "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold"}


ALARM = dict(resource_types.HANDLERS["AWS::CloudWatch::Alarm"])
resource_types.HANDLERS["AWS::CloudWatch::Alarm"].update(
    create=lambda logical_id, properties, stack: ALARM["create"](
        logical_id, of_one_metric(properties), stack),
    update=lambda physical_id, old, new, *rest: ALARM["update"](
        physical_id, of_one_metric(old), of_one_metric(new), *rest))

# ---- Ref of a secret is its ARN:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
SECRET = dict(resource_types.HANDLERS["AWS::SecretsManager::Secret"])


def by_arn(made):
    """The ARN as the physical id, which is the name to MiniStack."""
    _, attributes = made
    return attributes["Id"], attributes


def name_of(arn):
    """The name of the secret with this ARN."""
    return next((name for name, it in secretsmanager._secrets.items() if it["ARN"] == arn), arn)


resource_types.HANDLERS["AWS::SecretsManager::Secret"].update(
    create=lambda *arguments: by_arn(SECRET["create"](*arguments)),
    update=lambda arn, *rest: by_arn(SECRET["update"](name_of(arn), *rest)),
    delete=lambda arn, properties: SECRET["delete"](name_of(arn), properties))



# ---- The transform that makes AWS's rotation functions is not here; only the schedule is stored.
def rotate(arn, properties):
    """Stores how often a secret is rotated; None turns rotation off."""
    secret = secretsmanager._secrets[name_of(arn)]
    secret["RotationEnabled"] = properties is not None
    secret["RotationRules"] = properties and properties["RotationRules"]
    return arn, {"Id": arn}


resource_types.add(
    "AWS::SecretsManager::RotationSchedule",
    lambda _, properties, __: rotate(properties["SecretId"], properties),
    lambda arn, _: name_of(arn) in secretsmanager._secrets and rotate(arn, None),
    lambda arn, _, new, __: rotate(arn, new))

# ---- A custom resource gets references to secrets as they stand in the template:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
resolve_references = stacks._resolve_dynamic_references


def resolve_outside_custom_resources(properties, *arguments, **options):
    """Resolves references, but for those of custom resources."""
    if "ServiceToken" in properties:
        return properties, {}
    return resolve_references(properties, *arguments, **options)


stacks._resolve_dynamic_references = resolve_outside_custom_resources

# ---- The parameter that names Amazon Linux's image for arm64; MiniStack has the other processor's.
AMIS = ssm._PUBLIC_AMI_PARAMETERS
X86, ARM = (f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{processor}"
            for processor in ("x86_64", "arm64"))
AMIS[ARM] = AMIS[X86]
