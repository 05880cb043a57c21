"""What exists in a user's account besides the stacks, made by API calls. Each function adds names
to what the scenario knows, and registers the removal.
"""

import json

from aws import REGION

def vpc(it, account=0):
    """Another VPC with two subnets, a security group and a route table."""
    ec2 = it.accounts[account].client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.9.{number}.0/24",
                                 AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
               for number, zone in enumerate("ab")]
    group = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc_id)
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    it.found |= {"OtherVpcId": vpc_id, "OtherSubnetIds": ",".join(subnets),
                 "OtherGroupId": group["GroupId"], "RouteTableId": table}

    def away():
        ec2.delete_route_table(RouteTableId=table)
        ec2.delete_security_group(GroupId=group["GroupId"])
        for subnet in subnets:
            ec2.delete_subnet(SubnetId=subnet)
        ec2.delete_vpc(VpcId=vpc_id)
    it.removals.append(away)


def three_subnets(it, known):
    """Two of a network's three subnets, and another two of them."""
    first, second, third = known["SubnetIds"].split(",")
    it.found |= {"TwoSubnetIds": f"{first},{second}", "OtherTwoSubnetIds": f"{first},{third}"}


def role(it, name, principal, statements):
    """A role that this principal may assume, and which may do this; returns its ARN."""
    iam = it.accounts[0].client("iam")
    trust = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(statements))

    def away():
        iam.delete_role_policy(RoleName=name, PolicyName="all")
        iam.delete_role(RoleName=name)
    it.removals.append(away)
    return made["Role"]["Arn"]


def application(it):
    """An application's role, security group and log group, for a probe in its place; and a role
    that the probe may assume."""
    known, number = it.known(), it.accounts[0].number
    *_, proxy = known["ProxyArn"].split(":")
    connect = {"Effect": "Allow", "Action": "rds-db:connect",
               "Resource": f"arn:aws:rds-db:{REGION}:{number}:dbuser:{proxy}/*"}
    # Of AWS's AWSLambdaVPCAccessExecutionRole, and for explaining.
    run = {"Effect": "Allow", "Resource": "*", "Action": [
        "logs:CreateLogStream", "logs:PutLogEvents", "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]}
    it.found["AssumedRoleArn"] = role(
        it, "assumed", {"AWS": f"arn:aws:iam::{number}:root"}, [connect])
    it.found["ApplicationRoleArn"] = role(
        it, "application", {"Service": "lambda.amazonaws.com"}, [connect, run])
    logs, ec2 = it.accounts[0].client("logs"), it.accounts[0].client("ec2")
    logs.create_log_group(logGroupName="application")
    group = ec2.create_security_group(GroupName="application", Description="application",
                                      VpcId=known["VpcId"])["GroupId"]
    port = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    of_proxy = known["ProxySecurityGroupId"]
    into = [{**port, "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.authorize_security_group_ingress(GroupId=of_proxy, IpPermissions=into)
    it.found["ApplicationGroupId"] = group

    def away():
        logs.delete_log_group(logGroupName="application")
        ec2.delete_security_group(GroupId=group)
    it.removals.append(away)


def policy(statements):
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def password_proxy(it):
    """A second proxy before the same database, which takes the master user by password."""
    known, rds = it.known(), it.accounts[0].client("rds")
    [first] = rds.describe_db_proxies(DBProxyName=known["ProxyName"])["DBProxies"]
    [target] = rds.describe_db_proxy_targets(DBProxyName=known["ProxyName"])["Targets"]
    cluster = target["RdsResourceId"]
    [database] = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    secret = database["MasterUserSecret"]["SecretArn"]
    proxy = rds.create_db_proxy(
        DBProxyName="by-password", EngineFamily="POSTGRESQL", RequireTLS=True,
        RoleArn=first["RoleArn"], VpcSubnetIds=first["VpcSubnetIds"],
        VpcSecurityGroupIds=first["VpcSecurityGroupIds"],
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": secret, "IAMAuth": "DISABLED"}])["DBProxy"]
    rds.register_db_proxy_targets(DBProxyName="by-password", DBClusterIdentifiers=[cluster])
    it.found |= {"PasswordEndpoint": proxy["Endpoint"], "PasswordProxyArn": proxy["DBProxyArn"],
                 "MasterSecretArn": secret}
    it.removals.append(lambda: rds.delete_db_proxy(DBProxyName="by-password"))
