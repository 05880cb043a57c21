"""Parameter sets of the templates: what each makes, grants and reaches, and what is refused."""

PROXY = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
ROLE = "arn:aws:iam::210987654321:role/database-access"
GROUP = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:app/blue"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"

# What each template needs at least. taken_by_moto.py puts in ids that exist there.
REQUIRED = {
    "template.yaml": {
        "ProxyArn": PROXY, "ProxyEndpoint": "app.proxy-abc123.eu-west-1.rds.amazonaws.com",
        "DatabaseUser": "app", "VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b",
        "ProxySecurityGroupId": "sg-0a"},
    "infra/database.yaml": {"VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b"},
    "infra/db-users.yaml": {
        "ProxyArn": PROXY, "ProxyEndpoint": "app.proxy-abc123.eu-west-1.rds.amazonaws.com",
        "VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b", "ProxySecurityGroupId": "sg-0a"},
    "infra/cross-account/application-account.yaml": {
        "ProxyArn": PROXY, "ProxyEndpoint": "app.proxy-abc123.eu-west-1.rds.amazonaws.com",
        "DatabaseUser": "app", "RoleArn": ROLE, "ExternalId": "external-id", "VpcId": "vpc-0a",
        "SubnetIds": "subnet-0a,subnet-0b", "ProxyCidr": "10.1.0.0/20",
        "RouteTableIds": "rtb-0a,rtb-0b"},
    "infra/cross-account/database-account.yaml": {
        "ProxyArn": PROXY, "ProxyName": "app", "DatabaseUser": "app", "ExternalId": "external-id",
        "ApplicationAccountId": "210987654321", "ClientCidr": "10.1.0.0/20",
        "ProxySecurityGroupId": "sg-0123abcd"},
    "infra/cross-account/shared-subnets.yaml": {
        "SubnetArns": "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0a",
        "AccountId": "210987654321"},
}
# What each template is made with, besides its defaults, before its parameters are changed one by one.
UPDATED = {
    "template.yaml": [{"ProxySecurityGroupId": "", "ProxyCidr": "10.1.0.0/20"}],
    "infra/database.yaml": [
        {}, {"Reader": "true", "AuthScheme": "SECRETS", "ApplicationUser": "app"},
        {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.10.0", "Reader": "true"},
        {"Engine": "mysql", "Reader": "true"},
        {"Engine": "mysql", "AuthScheme": "SECRETS", "ApplicationUser": "app"}],
    "infra/db-users.yaml": [{}, {"SecretArns": SECRET}],
    "infra/demo.yaml": [
        {}, {"AuthScheme": "SECRETS", "Reader": "true"}, {"Explain": "true"}, {"Engine": "mysql"},
        {"Engine": "aurora-mysql"}],
    "infra/network.yaml": [{}, {"WayOut": "endpoints"}, {"WayOut": "nat-per-zone", "Zones": "3"}],
    "infra/cross-account/application-account.yaml": [{}, {"Gate": "false", "RouteTableIds": ""}],
    "infra/cross-account/database-account.yaml": [
        {}, {"ProxySecurityGroupId": "", "EndpointVpcId": "vpc-0123abcd",
             "EndpointSubnetIds": "subnet-0123abcd,subnet-4567abcd"}],
}
# Another value of a parameter that its constraints say too little of.
OTHER = {
    "AccountId": ["310987654321"], "ApplicationAccountId": ["310987654321"],
    "AlarmTopicArn": [TOPIC, TOPIC + "2"], "ApplicationUser": ["reports", ""],
    "AssumeRoleArn": [ROLE, ROLE + "2"], "AssumeRoleExternalId": ["other-id"],
    "ClientCidr": ["10.2.0.0/22"], "ClientSecurityGroupId": ["sg-0123abcd", ""],
    "CodeDeployGroupArn": [GROUP, ""], "DatabaseName": ["other"], "DatabaseUser": ["other"],
    "EndpointSecurityGroupId": ["sg-0e", ""], "EndpointVpcId": ["vpc-4567abcd"],
    "EndpointSubnetIds": ["subnet-0123abcd,subnet-89ababcd"], "EngineVersion": ["17.12", "18.6"],
    "DatabasePort": ["6432", "3306"], "InstanceClass": ["db.m7g.large"],
    "ExternalId": ["other-external-id"],
    "FunctionRoleArn": ["arn:aws:iam::123456789012:role/other", ""],
    "FunctionSecurityGroupIds": ["sg-0c"], "LogGroupName": ["/aws/lambda/other", ""],
    "ProxyIpv6Cidr": ["2001:db8:1234:1b00::/64"], "GuestAccountId": ["210987654321"],
    "KmsKeyArn": [KEY], "MasterUsername": ["root"], "ProbeRoleName": ["probe-role"],
    "ProbeUser": ["other"], "ProxyArn": [PROXY[:-1] + "1"],
    "ProxyCidr": ["10.2.0.0/22"], "ProxyEndpoint": ["other.proxy-abc123.eu-west-1.rds.amazonaws.com"],
    "ProxyName": ["other"], "ProxySecurityGroupId": ["sg-4567abcd"], "RoleArn": [ROLE + "2"],
    "RouteTableIds": ["rtb-0c", "exists"], "S3PrefixListId": ["pl-0b", ""],
    "ScheduleExpression": ["rate(2 minutes)", ""], "SecretArn": [SECRET[:-1] + "g"],
    "SecretArns": [SECRET, f"{SECRET},{SECRET[:-1]}g", ""], "SecretKeyArn": [KEY, ""],
    "StackNames": ["demo,app-*"],
    "SubnetArns": ["arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0b"],
    "SubnetIds": ["subnet-0a,subnet-0c", "subnet-0a,subnet-0b,subnet-0c"],
    "VpcCidr": ["10.64.0.0/18"], "VpcId": ["vpc-0b"],
    "ZoneNames": ["eu-west-1b,eu-west-1c,eu-west-1a"],
}
# What an update replaces although it should stay, or is refused for: template, parameter, resource,
# what becomes of it; and why that is as it should be.
OTHER_SUBNETS = "a proxy stays in its subnets; the template's page says that another has another name"
OTHER_DATA = "an empty cluster would come into the place of this one"
OTHER_ZONES = "a subnet stays in its zone; the parameter says so"
OTHER_VPC = "everything in the VPC would have to be made again; the parameter says so"
NOT_IN_PLACE = {
    ("template.yaml", "CodeDeployGroupArn", "Probe", "replace"):
        "CodeDeploy invokes hooks by their name; the parameter says so, and it is refused with Gate",
    ("infra/database.yaml", "AuthScheme", "DatabaseSecurityGroup", "refuse"):
        "RDS wants a change of the scheme step by step",
    ("infra/demo.yaml", "AuthScheme", "Database/DatabaseSecurityGroup", "refuse"):
        "RDS wants a change of the scheme step by step",
    ("infra/database.yaml", "MasterUsername", "Instance", "refuse"): OTHER_DATA,
    ("infra/cross-account/database-account.yaml", "ProxyName", "Endpoint", "refuse"):
        "the endpoint of another proxy needs a stack of its own",
} | {
    (path, parameter, f"{within}{resource}", "refuse"): OTHER_DATA
    for path, within, parameters in (
        ("infra/database.yaml", "", ("DatabaseName", "KmsKeyArn")),
        ("infra/demo.yaml", "Database/", ("DatabaseName",)))
    for parameter in parameters for resource in ("Cluster", "Instance")
} | {
    (path, "Engine", f"{within}{resource}", what): OTHER_DATA
    for path, within in (("infra/database.yaml", ""), ("infra/demo.yaml", "Database/"))
    for resource, what in (("DatabaseSecurityGroup", "refuse"), ("Proxy", "refuse"),
                           ("DatabaseLogs", "replace"), ("DatabaseLoginLogs", "replace"))
} | {
    ("infra/database.yaml", parameter, resource, "replace"): OTHER_SUBNETS
    for parameter in ("SubnetIds", "EndpointNetworkType")
    for resource in ("Proxy", "ProxyLogs", "ReadOnlyEndpoint")
} | {
    ("infra/cross-account/database-account.yaml", parameter, "Endpoint", "replace"): OTHER_SUBNETS
    for parameter in ("EndpointSubnetIds", "TargetRole")
} | {
    ("infra/network.yaml", "ZoneNames", f"{kind}Subnet{number}", "refuse"): OTHER_ZONES
    for kind in ("Private", "Public") for number in (1, 2, 3)
} | {
    ("infra/demo.yaml", "IpVersion", f"Database/{resource}", "replace"): OTHER_SUBNETS
    for resource in ("Proxy", "ProxyLogs", "ReadOnlyEndpoint")
} | {
    ("infra/demo.yaml", "ZoneNames", f"Network/PrivateSubnet{number}", "refuse"): OTHER_ZONES
    for number in (1, 2)
} | {
    ("infra/network.yaml", "VpcCidr", name, "replace"): OTHER_VPC
    for name in ("Vpc", *(f"{kind}Subnet{number}"
                          for kind in ("Private", "Public") for number in (1, 2, 3)))
}
# Whose value goes with another parameter's, so that a change of it alone is refused by the rules.
NEVER_ALONE = {("template.yaml", "AuthMethod")}
# The application's own role, groups and log, as aws lambda get-function-configuration prints them.
AS_APPLICATION = {
    "FunctionRoleArn": "arn:aws:iam::123456789012:role/app", "LogGroupName": "/aws/lambda/app",
    "FunctionSecurityGroupIds": "sg-0a,sg-0b", "ProxySecurityGroupId": ""}
BY_SECRET = {"AuthMethod": "secret", "SecretArn": SECRET, "DatabaseUser": ""}

# What template.yaml makes when everything optional is left at its default.
SMALLEST = {"Probe", "ProbeEventInvokeConfig", "ProbeLogs", "ProbeRole",
            "ProbeCodeMakesNoNetworkInterfaces", "ProbeSecurityGroup", "ProxyFromProbe"}
# What is left of that with a part of the application's in its place.
OWN_ROLE = {"ProbeRole", "ProbeCodeMakesNoNetworkInterfaces"}
OWN_GROUP = {"ProbeSecurityGroup", "ProxyFromProbe"}
SCHEDULED = {"ProbeSchedule", "ScheduleRole", "UnhealthyAlarm", "NotRunningAlarm",
             "CertificateFilter", "CertificateAlarm", "LatencyAlarm", "ErrorsAlarm",
             "ThrottlesAlarm", "DurationAlarm", "ProbeDashboard"}
HTTP_API = {"Api", "ApiIntegration", "ApiRoute", "ApiStage", "ApiLogs", "ApiInvokesProbe"}
OWN_ENDPOINTS = {"EndpointSecurityGroup", "ProbeToOwnEndpoints"}
DESCRIBES = {"rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints", "rds:DescribeDBProxyTargets"}

# Of template.yaml: what is said, what is made besides the smallest, what the function may do
# besides running in the VPC, and where it may connect to besides the proxy.
ACCEPTED = {
    "the smallest": ({}, set(), {"rds-db:connect"}, set()),
    "the id of the proxy alone": (
        {"ProxyArn": "prx-0123456789abcdef0"}, set(), {"rds-db:connect"}, set()),
    "MySQL": ({"Engine": "mysql"}, set(), {"rds-db:connect"}, set()),
    "another port": ({"DatabasePort": "6432"}, set(), {"rds-db:connect"}, set()),
    "a schedule": ({"ScheduleExpression": "rate(1 minute)"}, SCHEDULED, {"rds-db:connect"}, set()),
    "a schedule with everything": (
        {"ScheduleExpression": "cron(0/5 * * * ? *)", "FlexibleWindowMinutes": "5",
         "AlarmTopicArn": TOPIC, "AlarmPeriodS": "900", "FunctionUrl": "true", "ProxyName": "App",
         "ReserveConcurrency": "true"},
        SCHEDULED | {"ProbeUrl"}, {"rds-db:connect"}, set()),
    "a secret by the internet": (
        BY_SECRET | {"ServiceAccess": "internet"}, set(),
        {"secretsmanager:GetSecretValue"}, {"443 to 0.0.0.0/0"}),
    "a secret with a key by an endpoint": (
        BY_SECRET | {"SecretKeyArn": KEY, "ServiceAccess": "endpoints"},
        OWN_ENDPOINTS | {"SecretsManagerEndpoint"},
        {"secretsmanager:GetSecretValue", "kms:Decrypt"}, {"443 to EndpointSecurityGroup"}),
    "a role by an endpoint": (
        {"AssumeRoleArn": ROLE, "AssumeRoleExternalId": "id", "ServiceAccess": "endpoints"},
        OWN_ENDPOINTS | {"StsEndpoint"}, {"sts:AssumeRole"}, {"443 to EndpointSecurityGroup"}),
    "a role that reads a secret and explains": (
        BY_SECRET | {"AssumeRoleArn": ROLE, "Explain": "true", "ServiceAccess": "endpoints"},
        OWN_ENDPOINTS | {"StsEndpoint", "SecretsManagerEndpoint", "RdsEndpoint"},
        {"sts:AssumeRole"}, {"443 to EndpointSecurityGroup"}),
    "explaining by an endpoint": (
        {"Explain": "true", "ServiceAccess": "endpoints"},
        OWN_ENDPOINTS | {"StsEndpoint", "RdsEndpoint"}, {"rds-db:connect"} | DESCRIBES,
        {"443 to EndpointSecurityGroup"}),
    "explaining by an endpoint in China": (
        {"Explain": "true", "ServiceAccess": "endpoints", "AWS::Partition": "aws-cn"},
        OWN_ENDPOINTS | {"StsEndpoint", "RdsEndpoint"}, {"rds-db:connect"} | DESCRIBES,
        {"443 to EndpointSecurityGroup"}),
    "explaining by endpoints that exist": (
        {"Explain": "true", "ServiceAccess": "endpoints", "EndpointSecurityGroupId": "sg-0e"},
        set(), {"rds-db:connect"} | DESCRIBES, {"443 to sg-0e"}),
    "a gate by the internet": (
        {"Gate": "true", "ServiceAccess": "internet"},
        {"HealthyDatabasePath"}, {"rds-db:connect"}, {"443 to 0.0.0.0/0"}),
    "a gate by a gateway endpoint that exists": (
        {"Gate": "true", "ServiceAccess": "endpoints", "RouteTableIds": "exists"},
        {"HealthyDatabasePath"}, {"rds-db:connect"}, {"443 to 0.0.0.0/0"}),
    "a gate by a gateway endpoint of its own": (
        {"Gate": "true", "ServiceAccess": "endpoints", "RouteTableIds": "rtb-0a,rtb-0b",
         "S3PrefixListId": "pl-0a"},
        {"HealthyDatabasePath", "S3Endpoint"}, {"rds-db:connect"}, {"443 to pl-0a"}),
    "a gate with a role, all by endpoints": (
        {"Gate": "true", "AssumeRoleArn": ROLE, "ServiceAccess": "endpoints",
         "RouteTableIds": "exists", "S3PrefixListId": "pl-0a"},
        OWN_ENDPOINTS | {"StsEndpoint", "HealthyDatabasePath"},
        {"sts:AssumeRole"}, {"443 to pl-0a", "443 to EndpointSecurityGroup"}),
    "an API": ({"HttpApi": "iam"}, HTTP_API, {"rds-db:connect"}, set()),
    "traces": ({"Tracing": "true"}, set(),
               {"rds-db:connect", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}, set()),
    "a hook": (
        {"CodeDeployGroupArn": GROUP, "ServiceAccess": "internet"}, set(),
        {"rds-db:connect", "codedeploy:PutLifecycleEventHookExecutionStatus"},
        {"443 to 0.0.0.0/0"}),
}

# Accepted too, though without a part of what even the smallest makes.
WITHOUT = {
    "the proxy's group is not to be changed": ({"OpenProxyPort": "false"}, {"ProxyFromProbe"}),
    "the proxy's group is another account's": (
        {"ProxySecurityGroupId": "", "ProxyCidr": "10.1.0.0/20"}, {"ProxyFromProbe"}),
    "the proxy is reached by IPv6": (
        {"ProxySecurityGroupId": "", "ProxyIpv6Cidr": "2001:db8:1234:1a00::/56",
         "IpVersion": "dual"}, {"ProxyFromProbe"}),
    "the role is the application's": (
        {"FunctionRoleArn": AS_APPLICATION["FunctionRoleArn"], "Tracing": "true"}, OWN_ROLE),
    "the groups are the application's": (
        {"FunctionSecurityGroupIds": "sg-0a", "ProxySecurityGroupId": ""}, OWN_GROUP),
    "the log group is there": ({"LogGroupName": "/aws/lambda/app"}, {"ProbeLogs"}),
    "all is the application's": (AS_APPLICATION, OWN_ROLE | OWN_GROUP | {"ProbeLogs"}),
    "the application's gate, which explains": (
        AS_APPLICATION | {"Explain": "true", "ServiceAccess": "internet"},
        OWN_ROLE | OWN_GROUP | {"ProbeLogs"}),
}

# Of each template: what is said, and a part of the reason.
REFUSED = {
    "template.yaml": [
        ({"DatabaseUser": ""}, "AuthMethod=iam needs DatabaseUser"),
        ({"SecretArn": SECRET}, "belong to AuthMethod=secret"),
        ({"SecretKeyArn": KEY}, "belong to AuthMethod=secret"),
        ({"AuthMethod": "secret", "DatabaseUser": "", "ServiceAccess": "internet"},
         "AuthMethod=secret needs SecretArn"),
        (BY_SECRET | {"DatabaseUser": "app", "ServiceAccess": "internet"},
         "the secret names the user"),
        ({"AssumeRoleExternalId": "id"}, "AssumeRoleExternalId belongs to AssumeRoleArn"),
        (BY_SECRET | {"AssumeRoleArn": ROLE, "SecretKeyArn": KEY, "ServiceAccess": "internet"},
         "leave SecretKeyArn empty"),
        ({"ProxySecurityGroupId": ""}, "The probe needs access to the proxy"),
        ({"ProxyCidr": "10.1.0.0/20"}, "replace ProxySecurityGroupId"),
        ({"FunctionSecurityGroupIds": "sg-0a"}, "ProxyCidr and ProxyIpv6Cidr stay empty"),
        (AS_APPLICATION | {"Explain": "true", "ServiceAccess": "endpoints"},
         "if they reach AWS services"),
        (BY_SECRET | {"FunctionRoleArn": AS_APPLICATION["FunctionRoleArn"], "SecretKeyArn": KEY,
                      "ServiceAccess": "internet"}, "FunctionRoleArn is granted nothing here"),
        ({"ProxySecurityGroupId": "", "ProxyIpv6Cidr": "2001:db8:1234:1a00::/56"},
         "ProxyIpv6Cidr belongs to IpVersion=dual"),
        (BY_SECRET, "access to Secrets Manager"),
        ({"AssumeRoleArn": ROLE}, "access to STS"),
        ({"Explain": "true"}, "access to RDS and STS"),
        ({"Gate": "true"}, "access to S3"),
        ({"CodeDeployGroupArn": GROUP}, "access to CodeDeploy"),
        ({"ServiceAccess": "internet"}, "Nothing here calls an AWS service"),
        ({"ServiceAccess": "endpoints"}, "Nothing here calls an AWS service"),
        ({"Explain": "true", "ServiceAccess": "internet", "EndpointSecurityGroupId": "sg-0e"},
         "belong to ServiceAccess=endpoints"),
        ({"Gate": "true", "ServiceAccess": "internet", "S3PrefixListId": "pl-0a"},
         "belong to ServiceAccess=endpoints"),
        ({"Explain": "true", "ServiceAccess": "internet", "RouteTableIds": "rtb-0a"},
         "belong to ServiceAccess=endpoints"),
        ({"Gate": "true", "CodeDeployGroupArn": GROUP, "ServiceAccess": "internet"},
         "need a stack each"),
        ({"Gate": "true", "ServiceAccess": "endpoints"}, "needs RouteTableIds, or the word exists"),
        ({"CodeDeployGroupArn": GROUP, "ServiceAccess": "endpoints"},
         "No endpoint for CodeDeploy is created here"),
        ({"AlarmTopicArn": TOPIC}, "belong to ScheduleExpression"),
        ({"FlexibleWindowMinutes": "5"}, "belong to ScheduleExpression"),
        # Constraints of single parameters.
        ({"ProxyArn": "app"}, "ProxyArn"),
        ({"ProxyArn": "arn:aws:rds:eu-west-1:123456789012:db-proxy:app"}, "ProxyArn"),
        ({"ProxyEndpoint": "db.cluster-abc.eu-west-1.rds.amazonaws.com"}, "ProxyEndpoint"),
        ({"DatabaseUser": "*"}, "DatabaseUser"),
        ({"DatabaseUser": "${aws:username}"}, "DatabaseUser"),
        (BY_SECRET | {"SecretArn": SECRET[:-7], "ServiceAccess": "internet"}, "SecretArn"),
        ({"AssumeRoleArn": "arn:aws:iam::210987654321:role/*"}, "AssumeRoleArn"),
        ({"ProbeTimeoutMs": "15000"}, "ProbeTimeoutMs"),
        ({"FunctionRoleArn": "app"}, "FunctionRoleArn"),
        ({"FunctionSecurityGroupIds": "sg-0a,,sg-0b"}, "FunctionSecurityGroupIds"),
        ({"LogGroupName": "a group"}, "LogGroupName"),
        ({"ProxyCidr": "10.0.0.0/8"}, "ProxyCidr"),
        ({"ProxyIpv6Cidr": "::/0"}, "ProxyIpv6Cidr"),
        ({"ScheduleExpression": "every minute"}, "ScheduleExpression"),
        ({"LogRetentionDays": "2"}, "LogRetentionDays"),
    ],
    "infra/database.yaml": [
        ({"ProbeUser": "master", "MasterUsername": "master"}, "the probe needs its own user"),
        ({"ApplicationUser": "master", "MasterUsername": "master"},
         "an application needs its own user"),
        ({"ApplicationUser": "probe", "ProbeUser": "probe"}, "need a user each"),
    ],
    "infra/cross-account/application-account.yaml": [
        ({"AlarmTopicArn": TOPIC, "ScheduleExpression": ""},
         "AlarmTopicArn belongs to ScheduleExpression"),
        ({"RouteTableIds": ""}, "needs RouteTableIds, or the word exists"),
        ({"ServiceAccess": "internet"}, "RouteTableIds belong to ServiceAccess=endpoints"),
    ],
    "infra/db-users.yaml": [
        ({"SecretKeyArn": KEY}, "belong to SecretArns"),
        ({"EndpointSecurityGroupId": "sg-0e"}, "belong to SecretArns"),
        ({"SecretArns": SECRET, "S3PrefixListId": "pl-0a"}, "by EndpointSecurityGroupId only"),
        ({"SecretArns": "app"}, "SecretArns"),
        ({"StackNames": "*"}, "StackNames"),
    ],
    "infra/cross-account/database-account.yaml": [
        ({"ApplicationAccountId": "123456789012"}, "account"),
        ({"ProxySecurityGroupId": ""}, "EndpointVpcId"),
        ({"EndpointVpcId": "vpc-0123abcd", "EndpointSubnetIds": "subnet-0123abcd,subnet-4567abcd"},
         "ProxySecurityGroupId"),
        ({"ProxySecurityGroupId": "", "EndpointVpcId": "vpc-0123abcd"}, "EndpointSubnetIds"),
        ({"EndpointSubnetIds": "subnet-0123abcd,subnet-4567abcd"}, "EndpointSubnetIds"),
        ({"TargetRole": "READ_ONLY"}, "TargetRole"),
    ],
    "infra/cross-account/shared-subnets.yaml": [({"AccountId": "123456789012"}, "account")],
    "infra/demo.yaml": [
        ({"AlarmTopicArn": TOPIC, "ScheduleExpression": ""},
         "AlarmTopicArn belongs to ScheduleExpression"),
    ],
    "infra/network.yaml": [
        ({"Zones": "3", "AWS::Region": "us-west-1"}, "us-west-1 has only two zones for an account"),
        ({"GuestAccountId": "210987654321"}, "GuestAccountId belongs to WayOut=endpoints"),
    ],
}
