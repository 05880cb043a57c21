"""Holds every description, name and tag of the templates and of the Terraform modules to the
characters and lengths that its service takes. A text without a rule is a problem too, so that a new
kind of resource gets one.
"""

import re

import cases
from resolution import Stack

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html,
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
GROUP = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
ROLE = "[\t\n\r\u0020-\u007e\u00a1-\u00ff]{0,1000}"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
POLICY = r"[\w+=,.@-]{1,128}"
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
FUNCTION = r"[a-zA-Z0-9_-]{1,64}"
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
RDS = r"(?!.{64})[a-zA-Z](-?[a-zA-Z0-9])*"
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LOGS = r"[.\-_/#A-Za-z0-9]{1,512}"
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
TAG_KEY, TAG = r"[\w \-+=.:/@]{1,128}", r"[\w \-+=.:/@]{0,256}"
# Of these the length alone is documented.
ANY_256, ANY_512, ANY_1024, ANY_2048 = (f"[ -~]{{1,{most}}}" for most in (256, 512, 1024, 2048))

# By type and the path of the text, without numbers; * is every type.
RULES = {
    ("*", "Tags/Key"): TAG_KEY,
    ("*", "Tags/Value"): TAG,
    ("*", "Policies/PolicyName"): POLICY,
    ("AWS::IAM::Policy", "PolicyName"): POLICY,
    ("AWS::EC2::SecurityGroup", "GroupName"): GROUP,
    ("AWS::EC2::SecurityGroup", "GroupDescription"): GROUP,
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress/Description"): GROUP,
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress/Description"): GROUP,
    ("AWS::EC2::SecurityGroupEgress", "Description"): GROUP,
    ("AWS::EC2::SecurityGroupIngress", "Description"): GROUP,
    ("AWS::IAM::Role", "Description"): ROLE,
    ("AWS::Lambda::Function", "Description"): ANY_256,
    ("AWS::Lambda::Function", "FunctionName"): FUNCTION,
    ("AWS::Logs::LogGroup", "LogGroupName"): LOGS,
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"): RDS,
    ("AWS::RDS::DBCluster", "DatabaseName"): RDS,
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"): RDS,
    ("AWS::RDS::DBInstance", "DBName"): RDS,
    ("AWS::RDS::DBClusterParameterGroup", "Description"): ANY_256,
    ("AWS::RDS::DBParameterGroup", "Description"): ANY_256,
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupDescription"): ANY_256,
    ("AWS::RDS::DBProxy", "DBProxyName"): RDS,
    ("AWS::RDS::DBProxy", "Auth/Description"): ANY_1024,
    ("AWS::RDS::DBProxyEndpoint", "DBProxyEndpointName"): RDS,
    ("AWS::RAM::ResourceShare", "Name"): ANY_256,
    ("AWS::Scheduler::Schedule", "Description"): ANY_512,
    ("AWS::SecretsManager::Secret", "Description"): ANY_2048,
    ("AWS::SecretsManager::RotationSchedule", "HostedRotationLambda/RotationLambdaName"): FUNCTION,
    ("AWS::CloudWatch::Alarm", "AlarmDescription"): ANY_1024,
    ("AWS::ApiGatewayV2::Api", "Name"): "[ -~]{1,128}",
    ("AWS::ApiGatewayV2::Api", "Description"): ANY_1024,
    ("AWS::ApiGatewayV2::Stage", "Description"): ANY_1024,
}
# Names of what exists already, or that are no names of the resource's own.
REFERENCES = {"AWS::Lambda::EventInvokeConfig/FunctionName", "AWS::RDS::DBCluster/DBSubnetGroupName",
              "AWS::RDS::DBCluster/DBClusterParameterGroupName", "AWS::EC2::VPCEndpoint/ServiceName",
              "AWS::RDS::DBProxyTargetGroup/DBProxyName", "AWS::RDS::DBProxyEndpoint/DBProxyName",
              "AWS::RDS::DBProxyTargetGroup/TargetGroupName", "AWS::EC2::FlowLog/LogGroupName",
              "AWS::RDS::DBInstance/DBSubnetGroupName", "AWS::RDS::DBInstance/DBParameterGroupName",
              "AWS::RDS::DBInstance/MasterUsername", "AWS::RDS::DBCluster/MasterUsername", "AWS::CloudWatch::Alarm/MetricName",
              "AWS::CloudWatch::Alarm/Dimensions/Name", "AWS::Logs::MetricFilter/LogGroupName",
              "AWS::Logs::MetricFilter/MetricTransformations/MetricName",
              "AWS::CloudWatch::Alarm/Metrics/MetricStat/Metric/MetricName",
              "AWS::CloudWatch::Alarm/Metrics/MetricStat/Metric/Dimensions/Name",
              "AWS::Lambda::Permission/FunctionName", "AWS::ApiGatewayV2::Stage/StageName"}
TEXT = re.compile(r"(Description|Name|Tags/Key|Tags/Value)$")
# CloudFormation's own: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST = {"Description": 1024, "Parameters": 4000, "Outputs": 1024}


def texts(value, path=""):
    """Yields each text below a resource's properties that describes or names, with its path."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from texts(below, f"{path}/{key}".strip("/"))
    elif isinstance(value, list):
        for below in value:
            yield from texts(below, path)
    elif TEXT.search(path) and isinstance(value, str):
        yield path, value


def of_a_type(kind, properties):
    """Yields what a service would refuse of a resource."""
    for path, text in texts(properties):
        rule = RULES.get((kind, path)) or RULES.get(("*", path))
        if rule is None and f"{kind}/{path}" in REFERENCES:
            continue
        if rule is None:
            yield f"no rule for {path}"
        elif not re.fullmatch(rule, text):
            yield f"{path} is {text!r}"


def problems(templates, sets):
    """Yields what is refused of the templates, as made by these sets of parameters."""
    for path, template in templates.items():
        if len(template["Description"].encode()) > MOST["Description"]:
            yield f"{path}: its description is too long"
        for section in ("Parameters", "Outputs"):
            for name, member in template.get(section, {}).items():
                if len(member["Description"].encode()) > MOST[section]:
                    yield f"{path}: the description of {name} is too long"
        found = set()
        for base in sets(path):
            given = {**cases.REQUIRED.get(path, {}), **base}
            stack = Stack(templates, path, given, "rds-proxy-probe-demo")
            for name, (kind, properties) in stack.all_resolved().items():
                found |= {f"{path}: {name}: {problem}" for problem in of_a_type(kind, properties)
                          if not kind.startswith("Custom::")
                          and kind != "AWS::CloudFormation::Stack"}
        yield from sorted(found)


# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
BALANCER = r"(?!.{33})(?!internal-)[a-zA-Z0-9](-?[a-zA-Z0-9])*"
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
ECS = r"[\w-]{1,255}"
# Terraform puts 26 characters behind a prefix, and IAM takes 64 in all.
ROLE_PREFIX = r"[\w+=,.@-]{1,38}"
# Of Terraform, by type and argument.
TERRAFORM = {
    ("aws_security_group", "name"): GROUP, ("aws_security_group", "description"): GROUP,
    ("aws_security_group", "name_prefix"): GROUP,
    ("aws_vpc_security_group_egress_rule", "description"): GROUP,
    ("aws_vpc_security_group_ingress_rule", "description"): GROUP,
    ("aws_iam_role", "name"): r"[\w+=,.@-]{1,64}", ("aws_iam_role", "description"): ROLE,
    ("aws_iam_role", "name_prefix"): ROLE_PREFIX,
    ("aws_iam_instance_profile", "name_prefix"): ROLE_PREFIX,
    ("aws_iam_role_policy", "name"): POLICY,
    ("aws_lambda_function", "description"): ANY_256,
    ("aws_lambda_function", "function_name"): FUNCTION,
    ("aws_cloudwatch_log_group", "name"): LOGS, ("aws_cloudwatch_log_group", "name_prefix"): LOGS,
    ("aws_cloudwatch_log_metric_filter", "name"): ANY_512,
    ("aws_cloudwatch_metric_alarm", "alarm_name"): "[ -~]{1,255}",
    ("aws_cloudwatch_metric_alarm", "alarm_description"): ANY_1024,
    ("aws_scheduler_schedule", "name"): r"[0-9a-zA-Z\-_.]{1,64}",
    ("aws_scheduler_schedule", "description"): ANY_512,
    ("aws_db_proxy", "name"): RDS, ("aws_db_proxy_endpoint", "db_proxy_endpoint_name"): RDS,
    ("aws_db_subnet_group", "description"): ANY_256,
    ("aws_db_subnet_group", "name_prefix"): f"{RDS}-",
    ("aws_db_parameter_group", "description"): ANY_256,
    ("aws_db_parameter_group", "name_prefix"): f"{RDS}-",
    ("aws_rds_cluster_parameter_group", "description"): ANY_256,
    ("aws_rds_cluster_parameter_group", "name_prefix"): f"{RDS}-",
    ("aws_lb", "name"): BALANCER, ("aws_lb_target_group", "name"): BALANCER,
    ("aws_ecs_cluster", "name"): ECS, ("aws_ecs_service", "name"): ECS,
    ("aws_ram_resource_share", "name"): ANY_256,
}
# The longest name that a module takes, which its variable says too; examples have defaults.
LONGEST = {"probe": 54, "network": 25, "database": 40, "proxy": 37, "bastion": 37}
OF_AN_EXAMPLE = 18
BLOCK = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.M | re.S)
ARGUMENT = re.compile(
    r'^  (?!metric_|service_)(\w*(?:name|name_prefix|description))\s+= (.+)$', re.M)


def terraform_problems(text, name):
    """Yields what is refused of a Terraform module, by its text and its name."""
    longest = "n" * LONGEST.get(name, OF_AN_EXAMPLE)
    for kind, label, body in BLOCK.findall(text):
        for argument, value in ARGUMENT.findall(body):
            known = (kind, argument) in TERRAFORM
            value = value.strip('"').replace("${var.name}", longest)
            value = longest if value == "var.name" else re.sub(r"\$\{[^}]*\}", "n", value)
            if not known and not value.startswith(("aws_", "data.", "local.", "var.", "com.amazonaws")):
                yield f"{kind}.{label}: no rule for {argument}"
            elif known and not re.fullmatch(TERRAFORM[kind, argument], value):
                yield f"{kind}.{label}: {argument} is {value!r}"
