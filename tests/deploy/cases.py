"""The tables: what a parameter is changed to, what has to change with it, and what the stack and
its probe do then; and what fails without a statement of a role.

A parameter that is in no table is changed alone, to another value that its constraints allow, and
the probe has to stay healthy.
"""

import dataclasses

from aws import ACCOUNT, OTHER_ACCOUNT, REGION

HEALTHY = "healthy"
# What CloudFormation says where another resource would have to have the same name.
NAMED = "CloudFormation cannot update a stack when a custom-named resource requires replacing"


@dataclasses.dataclass(frozen=True)
class Change:
    """Another value of a parameter, where {NAME} stands for what a scenario knows by that name."""

    # None: one that fits it.
    value: str | None = None
    # What the template's rules, or sense, want changed together with it.
    alongside: dict = dataclasses.field(default_factory=dict)
    # What the probe reports then, where there is one.
    reports: str = HEALTHY
    # A part of the reason for which CloudFormation refuses it, or rolls it back.
    refused: str = ""


SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app-AbCdEf"
# Values that fit some parameter's pattern, the first one that does being taken.
CANDIDATES = [
    "another",
    f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms", SECRET,
    f"arn:aws:kms:{REGION}:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef",
    "{OtherGroupId}", "pl-0123abcd", "cron(0/5 * * * ? *)", "16.9", "10.9.0.0/20", "2001:db8::/56",
]

BY_SECRET = {"AuthMethod": "secret", "SecretArn": "{MasterSecretArn}", "DatabaseUser": "",
             "ProxyEndpoint": "{PasswordEndpoint}", "ProxyArn": "{PasswordProxyArn}"}

GATE = {"Gate": "true", "RouteTableIds": "exists"}

CHANGES = {
    "template.yaml": {
        # ---- The proxy and the database
        "ProxyEndpoint": Change("{ReadOnlyEndpoint}"),
        # The role may then connect to another proxy.
        "ProxyArn": Change("prx-0123456789abcdef0", reports="iam_rejected"),
        "Engine": Change("mysql", reports="tcp_refused"),
        "DatabasePort": Change("5433", reports="tcp_refused"),
        "DatabaseName": Change("app"),
        # ---- Logging in
        "DatabaseUser": Change("nobody", reports="proxy_has_no_credentials"),
        "AuthMethod": Change("secret", BY_SECRET),
        "SecretArn": Change("{MasterSecretArn}", BY_SECRET),
        "SecretKeyArn": Change(alongside=BY_SECRET),
        "AssumeRoleArn": Change("{AssumedRoleArn}"),
        "AssumeRoleExternalId": Change("the-id", {"AssumeRoleArn": "{AssumedRoleArn}"}),
        # ---- The network
        "VpcId": Change("{OtherVpcId}", {"SubnetIds": "{OtherSubnetIds}",
                                         "ProxySecurityGroupId": "", "ProxyCidr": "10.0.0.0/20"},
                        reports="tcp_refused"),
        "SubnetIds": Change("{TwoSubnetIds}"),
        # Another group than the proxy's; no rule of the proxy's group for the probe.
        "ProxySecurityGroupId": Change("{OtherGroupId}", reports="tcp_refused"),
        "OpenProxyPort": Change(reports="tcp_refused"),
        "ProxyCidr": Change(alongside={"ProxySecurityGroupId": ""}, reports="tcp_refused"),
        "ProxyIpv6Cidr": Change(alongside={"ProxySecurityGroupId": "", "IpVersion": "dual"},
                                reports="tcp_refused"),
        # ---- As the application
        "FunctionRoleArn": Change("{ApplicationRoleArn}"),
        "FunctionSecurityGroupIds": Change("{ApplicationGroupId}", {
            "ProxySecurityGroupId": "", "ServiceAccess": "internet"}),
        "LogGroupName": Change("application"),
        # ---- Access to AWS services
        "ServiceAccess": Change("internet"),
        "RouteTableIds": Change("{RouteTableId}", {"Gate": "true"}),
        "S3PrefixListId": Change(alongside=GATE),
        "Gate": Change("true", GATE),
        "Explain": Change("false", {"ServiceAccess": "none"}),
        "CodeDeployGroupArn": Change(
            f"arn:aws:codedeploy:{REGION}:{ACCOUNT}:deploymentgroup:app/blue",
            {"ServiceAccess": "internet"}),
    },
    "infra/network.yaml": {
        "Zones": Change("3"),
        "ZoneNames": Change(f"{REGION}b,{REGION}c", refused="conflicts with another subnet"),
        "GuestAccountId": Change(OTHER_ACCOUNT, {"WayOut": "endpoints"}),
    },
    "infra/database.yaml": {
        "VpcId": Change("{OtherVpcId}", {"SubnetIds": "{OtherSubnetIds}"},
                        refused=NAMED),
        "SubnetIds": Change("{TwoSubnetIds}"),
        "MinCapacity": Change("1"),
        "MasterUsername": Change("master"),
        "ProbeUser": Change("other_probe"),
        "ApplicationUser": Change("application"),
        "DatabaseName": Change("other", refused=NAMED),
        "KmsKeyArn": Change(refused=NAMED),
        "Engine": Change("aurora-mysql", refused=NAMED),
        "InstanceClass": Change("db.m7g.large"),
        # RDS would want it step by step, so the template has it refused.
        "AuthScheme": Change(refused=NAMED),
    },
    "infra/demo.yaml": {
        "Engine": Change("aurora-mysql", refused=NAMED),
        "AuthScheme": Change(refused=NAMED),
        "DatabaseName": Change(refused=NAMED),
        "ZoneNames": Change(f"{REGION}b,{REGION}c", refused="conflicts with another subnet"),
    },
    "infra/db-users.yaml": {
        "ProxySecurityGroupId": Change("{OtherGroupId}"),
        "SecretKeyArn": Change(alongside={"SecretArns": SECRET}),
        "EndpointSecurityGroupId": Change(alongside={"SecretArns": SECRET}),
        "VpcId": Change("{OtherVpcId}", {"SubnetIds": "{OtherSubnetIds}"}),
        "SubnetIds": Change("{TwoSubnetIds}"),
        "ProxyArn": Change("arn:aws:rds:us-east-1:123456789012:db-proxy:prx-0123456789abcdef0"),
        "ProxyEndpoint": Change("{ReadOnlyEndpoint}"),
    },
    # With an endpoint in the application's VPC. Another endpoint has another name.
    "infra/cross-account/database-account.yaml": {
        "ProxyArn": Change("arn:aws:rds:us-east-1:123456789012:db-proxy:prx-0123456789abcdef0",
                           reports="iam_rejected"),
        "ProxyName": Change(refused="doesn't correspond to a proxy"),
        "DatabaseUser": Change("nobody", reports="iam_rejected"),
        "ApplicationAccountId": Change("111111111111", reports="assume_role_denied"),
        "ProbeRoleName": Change("another-role", reports="assume_role_denied"),
        "ExternalId": Change("another-id", reports="assume_role_denied"),
        "ClientCidr": Change(reports="tcp_refused"),
        "DatabasePort": Change(reports="tcp_refused"),
        "ProxySecurityGroupId": Change(
            "{ProxySecurityGroupId}", {"EndpointVpcId": "", "EndpointSubnetIds": ""},
            reports="dns_failed"),
        "EndpointVpcId": Change("{VpcId}", {"EndpointSubnetIds": "{SubnetIds}"},
                                reports="dns_failed"),
        "EndpointSubnetIds": Change("{OtherTwoSubnetIds}", reports="dns_failed"),
        "TargetRole": Change("READ_ONLY", reports="dns_failed"),
    },
    "infra/cross-account/application-account.yaml": {
        "Engine": Change("mysql", reports="tcp_refused"),
        # In the database's VPC, which this one has no route to.
        "ProxyEndpoint": Change("{ReadOnlyEndpoint}", reports="tcp_refused"),
        "ProxyArn": Change("prx-0123456789abcdef0"),
        "DatabaseName": Change("app"),
        "DatabaseUser": Change("nobody", reports="iam_rejected"),
        "RoleArn": Change(f"arn:aws:iam::{ACCOUNT}:role/another", reports="assume_role_denied"),
        "ExternalId": Change("another-id", reports="assume_role_denied"),
        "VpcId": Change("{OtherVpcId}", {"SubnetIds": "{OtherSubnetIds}"}, reports="tcp_refused"),
        "SubnetIds": Change("{OtherTwoSubnetIds}"),
        "ProxyCidr": Change(reports="tcp_refused"),
        "ServiceAccess": Change("internet", {"RouteTableIds": ""}),
        "RouteTableIds": Change("{RouteTableId}", {"Gate": "true"}),
    },
    "infra/cross-account/shared-subnets.yaml": {
        "SubnetArns": Change("{FirstSubnetArn}"),
        "AccountId": Change("111111111111"),
    },
}

# ---- What a probe reports without a statement of a role's policy, by the statement's Sid.
NOT_LOGGED = "no log line"
# While the database does not exist, so that the control plane is asked.
EXPLAINED, NOT_EXPLAINED = "database_not_found", "an explanation with problems"
NEEDED = {
    "WriteOwnLogs": NOT_LOGGED,
    "ConnectAsTheDatabaseUser": "iam_rejected",
    "ReadTheSecret": "secret_denied",
    "AssumeTheRole": "assume_role_denied",
    "FindTheProxy": NOT_EXPLAINED,
    "LookAtItsTargets": NOT_EXPLAINED,
    # Of the proxy's role.
    "ReadTheSecrets": "proxy_has_no_credentials",
    # Like the real one, the proxy goes on trying for as long as a client may wait for a connection.
    "ConnectAsTheUsers": "query_timeout",
}
# The stand-in does not use these. Lambda's network permissions are checked when a function is made;
# nothing here calls KMS, runs a schedule or writes flow logs.
NOT_TOLD = {"LambdaMakesNetworkInterfaces", "DecryptTheSecret", "DecryptTheSecrets",
            "InvokeTheProbe", "WriteTheFlowLogs", "AnswerCodeDeploy"}
