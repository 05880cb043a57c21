#!/usr/bin/env python3
"""Puts faults back that the templates once had, or could have, one by one, and holds run.py to
finding each of them. `make templates` runs it by SAM's Python.
"""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

import characters
import deployable
import partitions
import run
import updates

TEMPLATE, DEMO = "template.yaml", "infra/demo.yaml"
NETWORK, DATABASE, USERS = "infra/network.yaml", "infra/database.yaml", "infra/db-users.yaml"
APPLICATION = "infra/cross-account/application-account.yaml"
ACCOUNT = "infra/cross-account/database-account.yaml"
TERRAFORM = "infra/terraform/modules/probe/network.tf"

# The fault, the file that has it, what is replaced there by what, the check that finds it, and a
# part of what that says.
MUTATIONS = [
    ("a reference to a secret in a custom resource", DEMO,
     "SecretArn: !If [UsesSecrets, !GetAtt Database.Outputs.ProbeSecretArn, !Ref AWS::NoValue]",
     'Password: !Sub "{{resolve:secretsmanager:${Probe}}}"', "unresolved", "DatabaseUsers"),
    ("a demo with passwords by default", DEMO,
     "    Default: IAM_AUTH", "    Default: SECRETS", "passwords", "Secret"),
    ("a function that may not read the secret", DEMO,
     'SecretArns: !If [UsesSecrets, !GetAtt Database.Outputs.ProbeSecretArn, ""]',
     'SecretArns: ""', "passwords", None),
    ("a function that may read every secret", USERS,
     'Resource: !Split [",", !Ref SecretArns]', 'Resource: "*"', "passwords", "may read"),
    ("a function without a way to Secrets Manager", DEMO,
     'EndpointSecurityGroupId: !If [UsesSecrets, !GetAtt Network.Outputs.EndpointSecurityGroupId, ""]',
     'EndpointSecurityGroupId: ""', "passwords", "no way to Secrets Manager"),
    ("a network without an endpoint of Secrets Manager", DEMO,
     "!If [UsesSecrets, secrets, none]", "none", "passwords", None),
    ("a function of the demo that serves every stack", DEMO,
     "StackNames: !Ref AWS::StackName", 'StackNames: ""', "passwords", "serves other stacks"),
    ("a secret without rotation", DATABASE,
     "      SecretId: !Ref ApplicationSecret\n      RotateImmediatelyOnUpdate",
     "      SecretId: !Ref ProbeSecret\n      RotateImmediatelyOnUpdate", "passwords",
     "ApplicationSecret is not rotated"),
    ("an endpoint that keeps the rotation out", NETWORK,
     "              - secretsmanager:PutSecretValue\n", "", "passwords", "keeps the rotation from"),
    ("an apostrophe in a rule's description", TEMPLATE,
     "Description: Addresses of the proxy\n", "Description: The proxy's addresses\n",
     "characters", "The proxy's addresses"),
    ("an apostrophe in a group's description", DATABASE,
     "GroupDescription: The proxy, from its clients, to its database",
     "GroupDescription: The proxy's own group", "characters", "The proxy's own group"),
    ("an apostrophe in Terraform", TERRAFORM, '= "IPv6 addresses of the proxy"',
     '= "The proxy\'s IPv6 addresses"', "terraform", "The proxy's IPv6 addresses"),
    ("a description that is too long", TEMPLATE,
     "Description: Tests a database through RDS Proxy",
     "Description: Tests a database " + "again " * 50, "characters", "Probe: Description"),
    ("a name that is too long", DATABASE, "        - proxy-${Id}-",
     "        - the-proxy-of-the-database-${Id}-", "characters", "DBProxyName"),
    ("a gate that gets another function", TEMPLATE,
     '    RuleCondition: !Equals [!Ref Gate, "true"]\n',
     "    RuleCondition: !Equals [!Ref Gate, never]\n", "updates", "refuse HealthyDatabasePath"),
    ("a proxy whose name is the same in other subnets", DATABASE,
     "        - proxy-${Id}-${First}-${Second}${Ip}\n", "        - proxy-${Id}${Ip}\n", "updates",
     "refuse Proxy"),
    ("a proxy in all subnets, which another number of zones replaces", DATABASE,
     "      VpcSubnetIds: [!Select [0, !Ref SubnetIds], !Select [1, !Ref SubnetIds]]\n"
     "      VpcSecurityGroupIds: [!Ref ProxySecurityGroup]\n"
     "      EndpointNetworkType: !Ref EndpointNetworkType\n      DebugLogging",
     "      VpcSubnetIds: !Ref SubnetIds\n"
     "      VpcSecurityGroupIds: [!Ref ProxySecurityGroup]\n"
     "      EndpointNetworkType: !Ref EndpointNetworkType\n      DebugLogging", "updates",
     "another Zones"),
    ("an endpoint whose name is the same in other subnets", ACCOUNT,
     "${Role}-${Id}-${First}-${Second}", "${Role}-${Id}", "updates", "refuse Endpoint"),
    ("a second endpoint of the same name", ACCOUNT,
     "${Role}-${Id}-${First}-${Second}", "${Role}-${ProxyName}-${ApplicationAccountId}",
     "collisions", "Endpoint of two stacks"),
    ("a second cluster of the same name", DATABASE,
     "      DBClusterIdentifier: !Sub\n        - database-${Id}\n",
     "      DBClusterIdentifier: !Sub\n        - database\n", "collisions", "Cluster of two stacks"),
    ("a scheme that changes in place", DATABASE,
     "      GroupName: !Sub AuthScheme-cannot-change-in-${AWS::StackName}\n", "", "updates",
     "'AuthScheme'"),
    ("a log group that is replaced by one of its name", DATABASE,
     "- /aws/rds/proxy/proxy-${Id}-${First}-${Second}${Ip}", "- /aws/rds/proxy/proxy-${Id}",
     "updates", "ProxyLogs"),
    ("concurrency that is reserved by default", TEMPLATE,
     'which new accounts have: Lambda keeps 10 unreserved.\n    Default: "false"',
     'which new accounts have: Lambda keeps 10 unreserved.\n    Default: "true"', "new_accounts",
     "Probe reserves concurrency"),
    ("a cluster that cannot be rolled back", DATABASE,
     "couldn't be rolled back.\n    Default: \"false\"",
     "couldn't be rolled back.\n    Default: \"true\"", "new_accounts", "could not be rolled back"),
    ("China's endpoints refused", TEMPLATE, "\\.([a-z0-9-]+\\.rds|rds\\.[a-z0-9-]+)\\.",
     "\\.[a-z0-9-]+\\.rds\\.", "patterns", "rds.cn-north-1.amazonaws.com.cn"),
    ("an isolated partition's endpoints refused", USERS, "|sc2s\\.sgov\\.gov", "", "patterns",
     "sc2s.sgov.gov"),
    ("an ARN of the usual partition alone", TEMPLATE, "^(arn:aws[a-z-]*:iam::", "^(arn:aws:iam::",
     "patterns", "arn:aws-cn:iam"),
    ("an endpoint that China has under another name", NETWORK,
     "- ${In}com.amazonaws.${AWS::Region}.rds", "- com.amazonaws.${AWS::Region}.rds",
     "partitions", "in China"),
    ("an ARN of one partition in a policy", NETWORK,
     "Resource: !Sub arn:${AWS::Partition}:ec2:", "Resource: !Sub arn:aws:ec2:", "partitions",
     "is of one partition"),
    ("a log of the database that outlives the stack", DATABASE,
     "Log], iam-db-auth-error]", "Log], iam-db-auth-error, instance]",
     "left_behind", "Cluster logs to"),
    ("a log of an instance that outlives the stack", DATABASE,
     "[error, iam-db-auth-error]", "[error, iam-db-auth-error, slowquery]", "left_behind",
     "Instance logs to"),
    ("a secret of MySQL's without rotation", DATABASE,
     "    Condition: RotatesMySql\n    DependsOn: [ProbeSecretOfDatabase, ProbeRotationLogs]\n"
     "    Properties:\n      SecretId: !Ref ProbeSecret",
     "    Condition: RotatesMySql\n    DependsOn: [ProbeSecretOfDatabase, ProbeRotationLogs]\n"
     "    Properties:\n      SecretId: !Ref ApplicationSecret", "passwords",
     "ProbeSecret is not rotated with mysql"),
    ("another engine instead of the database", DATABASE,
     "        - !Sub The database, from its proxy only (${AuthScheme}, ${Engine})\n",
     "        - !Sub The database, from its proxy only (${AuthScheme})\n", "updates",
     "'Engine', 'DatabaseSecurityGroup'"),
    ("the other engine's port", TEMPLATE, "mysql: { Name: MySQL, Port: 3306 }",
     "mysql: { Name: MySQL, Port: 5432 }", "ports", "3306"),
    ("a log of a rotation that outlives the stack", DATABASE,
     "      LogGroupName: !Sub\n        - /aws/lambda/rotate-probe-${Id}",
     "      LogGroupName: !Sub\n        - /aws/lambda/rotation-${Id}", "left_behind",
     "ProbeRotation logs to"),
    ("a function that makes its log group itself", USERS,
     "        LogGroup: !Ref DatabaseUsersLogs\n", "", "left_behind", "DatabaseUsers logs to"),
    ("a log group that is kept", NETWORK,
     "  FlowLogGroup:\n    Type: AWS::Logs::LogGroup\n    Condition: FlowLogs\n"
     "    DeletionPolicy: Delete", "  FlowLogGroup:\n    Type: AWS::Logs::LogGroup\n"
     "    Condition: FlowLogs\n    DeletionPolicy: Retain", "left_behind", "Retain"),
    ("a zone without RDS Proxy", NETWORK, "!Equals [!Ref AWS::Region, us-east-1]",
     "!Equals [!Ref AWS::Region, nowhere]", "zones", "use1-az3"),
    ("a range that does not cover the subnets", NETWORK,
     "!Cidr [!GetAtt Vpc.CidrBlock, 1, 10]", "!Cidr [!GetAtt Vpc.CidrBlock, 1, 8]", "zones",
     "PrivateCidr does not cover"),
    ("an example that does not cover two zones", ACCOUNT, "such as 10.1.0.0/23",
     "such as 10.1.0.0/24", "zones", "does not cover two zones"),
    ("an open default security group", NETWORK, "      GroupId: !GetAtt Vpc.DefaultSecurityGroup",
     "      GroupId: !GetAtt Vpc.VpcId", "zones", "is open"),
    ("a gate that waits where there is no way to S3", TEMPLATE,
     '!And [!Equals [!Ref Gate, "true"], !Equals [!Ref ServiceAccess, endpoints]]',
     '!And [!Equals [!Ref Gate, never], !Equals [!Ref ServiceAccess, endpoints]]', "refused",
     "is accepted"),
    ("the same in the application's account", APPLICATION,
     '!And [!Equals [!Ref Gate, "true"], !Equals [!Ref ServiceAccess, endpoints]]',
     '!And [!Equals [!Ref Gate, never], !Equals [!Ref ServiceAccess, endpoints]]', "refused",
     "RouteTableIds"),
    ("a role of its own besides the application's", TEMPLATE,
     "  ProbeRole:\n    Type: AWS::IAM::Role\n    Condition: MakesRole\n",
     "  ProbeRole:\n    Type: AWS::IAM::Role\n", "accepted", "ProbeRole"),
    ("a group of its own besides the application's", TEMPLATE,
     "  ProbeSecurityGroup:\n    Type: AWS::EC2::SecurityGroup\n    Condition: MakesGroup\n",
     "  ProbeSecurityGroup:\n    Type: AWS::EC2::SecurityGroup\n", "accepted",
     "ProbeSecurityGroup"),
    ("an API for everybody", TEMPLATE, "AuthorizationType: AWS_IAM", "AuthorizationType: NONE",
     "unsigned", "takes unsigned requests"),
    ("a URL for everybody", TEMPLATE, "AuthType: AWS_IAM", "AuthType: NONE", "unsigned",
     "takes unsigned requests"),
]


def refused(templates):
    """Yields what run.py says of what should be refused."""
    for name, template in templates.items():
        yield from run.refused(name, template)


def accepted(templates):
    """Yields what run.py says of what should be accepted."""
    for _, problems, _ in run.accepted(templates[TEMPLATE]):
        yield from problems


CHECKS = {
    "characters": lambda it: characters.problems(it, updates.bases),
    "updates": updates.problems,
    "collisions": updates.collisions,
    "patterns": partitions.problems,
    "refused": refused,
    "accepted": accepted,
    "ports": lambda it: deployable.ports(it, updates.bases),
    "unresolved": lambda it: deployable.unresolved(it, updates.bases),
    "passwords": lambda it: deployable.passwords(it, updates.bases),
    "left_behind": lambda it: deployable.left_behind(it, updates.bases),
    "new_accounts": lambda it: deployable.new_accounts(it, updates.bases),
    "zones": lambda it: deployable.zones_and_ranges(it, updates.bases),
    "partitions": lambda it: deployable.partitions(it, updates.bases),
    "unsigned": lambda it: deployable.unsigned(it, updates.bases),
}


@contextlib.contextmanager
def elsewhere(file, old, new):
    """Lets run.py look at a copy of the templates in which one text is another."""
    root = run.ROOT
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(root / "template.yaml", folder)
        shutil.copytree(root / "infra", Path(folder) / "infra",
                        ignore=shutil.ignore_patterns("node_modules"))
        place = Path(folder) / file
        text = place.read_text()
        if old not in text:
            sys.exit(f"{file} has no {old!r}")
        place.write_text(text.replace(old, new))
        run.ROOT = Path(folder)
        try:
            yield Path(folder)
        finally:
            run.ROOT = root


def found(file, check, says):
    """Tells whether the check finds the fault; an error that says so counts, since a stack that
    cannot be resolved is one that cannot be made."""
    try:
        if check == "terraform":
            problems = characters.terraform_problems((run.ROOT / file).read_text(), "probe")
        else:
            problems = CHECKS[check]({name: run.expanded(name) for name in run.names()})
        return any(says is None or says in problem for problem in problems)
    except (KeyError, run.Refused):
        return says is None


def main():
    """Puts each fault back and reports which are not found."""
    missed = []
    for fault, file, old, new, check, says in MUTATIONS:
        with elsewhere(file, old, new):
            if not found(file, check, says):
                missed.append(fault)
                print(f"FAIL nobody finds {fault}", flush=True)
    print(f"{len(MUTATIONS) - len(missed)} of {len(MUTATIONS)} faults are found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
