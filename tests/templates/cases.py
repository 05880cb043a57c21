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
        "SubnetIds": "subnet-0a,subnet-0b", "ProxyCidr": "10.1.0.0/20"},
    "infra/cross-account/database-account.yaml": {
        "ProxyArn": PROXY, "ProxyName": "app", "DatabaseUser": "app", "ExternalId": "external-id",
        "ApplicationAccountId": "210987654321", "ClientCidr": "10.1.0.0/20",
        "ProxySecurityGroupId": "sg-0123abcd"},
    "infra/cross-account/shared-subnets.yaml": {
        "SubnetArns": "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0a",
        "AccountId": "210987654321"},
}
BY_SECRET = {"AuthMethod": "secret", "SecretArn": SECRET, "DatabaseUser": ""}

# What template.yaml makes when everything optional is left at its default.
SMALLEST = {"Probe", "ProbeEventInvokeConfig", "ProbeLogs", "ProbeRole",
            "ProbeCodeMakesNoNetworkInterfaces", "ProbeSecurityGroup", "ProxyFromProbe"}
SCHEDULED = {"ProbeSchedule", "ScheduleRole", "UnhealthyAlarm", "NotRunningAlarm",
             "CertificateFilter", "CertificateAlarm", "LatencyAlarm", "ProbeDashboard"}
OWN_ENDPOINTS = {"EndpointSecurityGroup", "ProbeToOwnEndpoints"}
DESCRIBES = {"rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints", "rds:DescribeDBProxyTargets"}

# Of template.yaml: what is said, what is made besides the smallest, what the function may do
# besides running in the VPC, and where it may connect to besides the proxy.
ACCEPTED = {
    "the smallest": ({}, set(), {"rds-db:connect"}, set()),
    "the id of the proxy alone": (
        {"ProxyArn": "prx-0123456789abcdef0"}, set(), {"rds-db:connect"}, set()),
    "a schedule": ({"ScheduleExpression": "rate(1 minute)"}, SCHEDULED, {"rds-db:connect"}, set()),
    "a schedule with everything": (
        {"ScheduleExpression": "cron(0/5 * * * ? *)", "FlexibleWindowMinutes": "5",
         "AlarmTopicArn": TOPIC, "AlarmPeriodS": "900", "FunctionUrl": "true", "ProxyName": "App",
         "ReserveConcurrency": "false"},
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
    "explaining by endpoints that exist": (
        {"Explain": "true", "ServiceAccess": "endpoints", "EndpointSecurityGroupId": "sg-0e"},
        set(), {"rds-db:connect"} | DESCRIBES, {"443 to sg-0e"}),
    "a gate by the internet": (
        {"Gate": "true", "ServiceAccess": "internet"},
        {"HealthyDatabasePath"}, {"rds-db:connect"}, {"443 to 0.0.0.0/0"}),
    "a gate by a gateway endpoint that exists": (
        {"Gate": "true", "ServiceAccess": "endpoints"},
        {"HealthyDatabasePath"}, {"rds-db:connect"}, {"443 to 0.0.0.0/0"}),
    "a gate by a gateway endpoint of its own": (
        {"Gate": "true", "ServiceAccess": "endpoints", "RouteTableIds": "rtb-0a,rtb-0b",
         "S3PrefixListId": "pl-0a"},
        {"HealthyDatabasePath", "S3Endpoint"}, {"rds-db:connect"}, {"443 to pl-0a"}),
    "a gate with a role, all by endpoints": (
        {"Gate": "true", "AssumeRoleArn": ROLE, "ServiceAccess": "endpoints",
         "S3PrefixListId": "pl-0a"},
        OWN_ENDPOINTS | {"StsEndpoint", "HealthyDatabasePath"},
        {"sts:AssumeRole"}, {"443 to pl-0a", "443 to EndpointSecurityGroup"}),
    "a hook": (
        {"CodeDeployGroupArn": GROUP, "ServiceAccess": "internet"}, set(),
        {"rds-db:connect", "codedeploy:PutLifecycleEventHookExecutionStatus"},
        {"443 to 0.0.0.0/0"}),
}

# Accepted too, though without the rule of the proxy's group that even the smallest makes.
WITHOUT_PROXY_RULE = {
    "not to be changed": {"OpenProxyPort": "false"},
    "another account's": {"ProxySecurityGroupId": "", "ProxyCidr": "10.1.0.0/20"},
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
         "is for it to be allowed"),
        ({"ProxySecurityGroupId": ""}, "The probe needs a way to the proxy"),
        ({"ProxyCidr": "10.1.0.0/20"}, "ProxyCidr stands in the place of"),
        (BY_SECRET, "a way to Secrets Manager"),
        ({"AssumeRoleArn": ROLE}, "a way to STS"),
        ({"Explain": "true"}, "a way to RDS and STS"),
        ({"Gate": "true"}, "a way to S3"),
        ({"CodeDeployGroupArn": GROUP}, "a way to CodeDeploy"),
        ({"ServiceAccess": "internet"}, "Nothing here calls an AWS service"),
        ({"ServiceAccess": "endpoints"}, "Nothing here calls an AWS service"),
        ({"Explain": "true", "ServiceAccess": "internet", "EndpointSecurityGroupId": "sg-0e"},
         "belong to ServiceAccess=endpoints"),
        ({"Gate": "true", "ServiceAccess": "internet", "S3PrefixListId": "pl-0a"},
         "belong to ServiceAccess=endpoints"),
        ({"CodeDeployGroupArn": GROUP, "ServiceAccess": "endpoints"},
         "No endpoint of CodeDeploy is made here"),
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
        ({"ScheduleExpression": "every minute"}, "ScheduleExpression"),
        ({"LogRetentionDays": "2"}, "LogRetentionDays"),
    ],
    "infra/database.yaml": [
        ({"ProbeUser": "master", "MasterUsername": "master"}, "the probe needs a user of its own"),
        ({"ApplicationUser": "master", "MasterUsername": "master"},
         "an application needs a user of its own"),
        ({"ApplicationUser": "probe", "ProbeUser": "probe"}, "need a user each"),
    ],
    "infra/cross-account/application-account.yaml": [
        ({"AlarmTopicArn": TOPIC, "ScheduleExpression": ""},
         "AlarmTopicArn belongs to ScheduleExpression"),
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
        ({"Zones": "3", "AWS::Region": "us-west-1"}, "us-west-1 gives an account two zones only"),
        ({"GuestAccountId": "210987654321"}, "GuestAccountId belongs to WayOut=endpoints"),
    ],
}
