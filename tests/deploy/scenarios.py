"""What is deployed, invoked, changed and deleted. Each function is one scenario; it runs in
accounts that no other scenario uses.
"""

import cases
import changing
import permissions
import places

APPLICATION = "infra/cross-account/application-account.yaml"
ACCESS = "infra/cross-account/database-account.yaml"
SHARED = "infra/cross-account/shared-subnets.yaml"

# What database.yaml is made with, besides a scheme, so that it can be deleted.
BY_IAM = {"AuthScheme": "IAM_AUTH", "DeletionProtection": "false", "OnDeletion": "Delete"}
BY_SECRETS = BY_IAM | {"AuthScheme": "SECRETS"}
GROUP = {"ProxySecurityGroupId": "{ProxySecurityGroupId}"}
MASTER = {"DatabaseUser": "{MasterUsername}"}
GATE = {"Gate": "true", "ServiceAccess": "endpoints", "RouteTableIds": "exists"}


def existing_proxy(it):
    """The probe for an existing proxy, in other stacks' network and database, as a user that
    Custom::DatabaseUsers has made; and a gate that fails."""
    places.vpc(it)
    it.deploy("infra/network.yaml", "network", {"Zones": "3"})
    places.three_subnets(it, it.known())
    database = it.deploy("infra/database.yaml", "database",
                         {**BY_IAM, "ApplicationUser": "app", "Reader": "true"})
    function = it.deploy("infra/db-users.yaml", "database-users")
    it.deploy("tests/deploy/users.yaml", "users")
    probe = it.deploy("template.yaml", "rds-proxy-probe", {"DatabaseUser": "app", **GROUP},
                      "default")
    it.invoke(probe)
    changing.each_parameter(it, function)
    permissions.each_statement(it, probe, probe)
    permissions.each_statement(it, database, probe)
    it.fails("template.yaml", "gated", {"DatabaseUser": "app", "DatabaseName": "missing",
                                        **GROUP, **GATE}, "database_not_found")
    it.delete(probe)


def each_choice(it):
    """The probe with most options on, each of its parameters changed alone."""
    places.vpc(it)
    it.deploy("infra/network.yaml", "network", {"Zones": "3"})
    places.three_subnets(it, it.known())
    database = it.deploy("infra/database.yaml", "database", {**BY_SECRETS, "Reader": "true"})
    places.password_proxy(it)
    places.application(it)
    probe = it.deploy("template.yaml", "rds-proxy-probe", {**MASTER, **GROUP}, "default")
    changing.each_parameter(it, probe, {
        "ServiceAccess": "endpoints", "Explain": "true", "ScheduleExpression": "rate(1 minute)"})
    permissions.each_statement(it, database, probe)
    it.step("a database that is not there is explained", lambda: (
        probe.update({"DatabaseName": "missing"}), it.probe(probe, "database_not_found")))
    permissions.each_statement(it, probe, probe, explained=True)


def network_alone(it):
    """Each of the network's parameters changed alone."""
    changing.each_parameter(it, it.deploy("infra/network.yaml", "network"))


def database_alone(it):
    """Each of the database's parameters changed alone."""
    places.vpc(it)
    it.deploy("infra/network.yaml", "network", {"Zones": "3"})
    places.three_subnets(it, it.known())
    changing.each_parameter(it, it.deploy("infra/database.yaml", "database", BY_SECRETS))


def databases_for_mysql(it):
    """The database with MySQL's engines, which nothing here answers for: the stacks alone."""
    it.deploy("infra/network.yaml", "network")
    it.deploy("infra/database.yaml", "aurora", {
        **BY_IAM, "Engine": "aurora-mysql", "ApplicationUser": "app", "Reader": "true"})
    instance = it.deploy("infra/database.yaml", "instance", {
        **BY_SECRETS, "Engine": "mysql", "ApplicationUser": "app"})
    it.step("it becomes larger", lambda: instance.update(
        {"InstanceClass": "db.m7g.large", "StorageGb": "100", "Reader": "true"}))
    it.step("it does not become another engine", lambda: changing.refuse(
        instance, {"Engine": "aurora-mysql"}, cases.NAMED))
    probe = it.deploy("template.yaml", "rds-proxy-probe", {
        "DatabaseUser": "app", "Engine": "mysql", **GROUP}, "default")
    # Nothing answers there: the stand-in has no MySQL.
    it.invoke(probe, "tcp_refused")


def demo(scheme):
    """Everything from nothing, with one AuthScheme. Its gate fails the stack unless the users
    exist and the probe is healthy."""
    def steps(it):
        probe = it.deploy("infra/demo.yaml", "rds-proxy-probe-demo", {"AuthScheme": scheme}, "demo")
        it.invoke(probe)
        changing.each_parameter(it, probe)
    return steps


PLACE = {"ClientCidr": "10.1.0.0/20", "ExternalId": "an-external-id"}


def across_accounts_by_an_endpoint(it):
    """The application's account shares subnets with the database's, where the proxy gets an
    endpoint in them."""
    places.vpc(it, account=1)
    it.deploy("infra/network.yaml", "application-network",
              {"VpcCidr": "10.1.0.0/20", "Zones": "3"}, account=1)
    application = it.known()
    places.three_subnets(it, application)
    it.deploy(SHARED, "shared-subnets", {"AccountId": it.accounts[0].number}, account=1)
    it.deploy("infra/network.yaml", "network")
    it.deploy("infra/database.yaml", "database", {**BY_IAM, "Reader": "true"})
    access = it.deploy(ACCESS, "probe-access", {
        **MASTER, **PLACE, "ApplicationAccountId": it.accounts[1].number,
        "EndpointVpcId": application["VpcId"], "EndpointSubnetIds": "{TwoSubnetIds}"})
    probe = it.deploy(APPLICATION, "rds-proxy-probe", {
        **MASTER, "ExternalId": PLACE["ExternalId"], "ProxyCidr": PLACE["ClientCidr"],
        "VpcId": application["VpcId"], "SubnetIds": "{TwoSubnetIds}",
        "RouteTableIds": "exists"}, "application-account", account=1)
    it.invoke(probe)
    changing.each_parameter(it, probe, {"Gate": "false"})
    changing.each_parameter(it, access, watched=probe)
    permissions.each_statement(it, probe, probe)
    permissions.each_statement(it, access, probe)


def across_accounts_by_shared_subnets(it):
    """The database's account shares subnets with the application's, which has its probe in them."""
    it.deploy("infra/network.yaml", "network",
              {"WayOut": "endpoints", "GuestAccountId": it.accounts[1].number})
    it.found["FirstSubnetArn"] = it.known()["SubnetArns"].split(",")[0]
    shared = it.deploy(SHARED, "shared-subnets", {"AccountId": it.accounts[1].number})
    it.deploy("infra/database.yaml", "database", BY_IAM)
    it.deploy(ACCESS, "probe-access", {
        **MASTER, **GROUP, "ApplicationAccountId": it.accounts[1].number,
        "ExternalId": "an-external-id", "ClientCidr": "10.0.0.0/20"})
    probe = it.deploy(APPLICATION, "rds-proxy-probe", {
        **MASTER, "ExternalId": "an-external-id", "ProxyCidr": "10.0.0.0/20",
        "ServiceAccess": "internet"}, "application-account", account=1)
    it.invoke(probe)
    changing.each_parameter(it, shared)
