"""RDS: a database's managed master password, and the proxy's resource types; MiniStack has proxies
in its RDS API only. behind_proxy.py makes something answer at a proxy's host name.
"""

import json

import behind_proxy
import query
import resource_types
from ministack.core.responses import new_uuid
from ministack.services import rds
from ministack.services.cloudformation.provisioners import _cfn_bool

MEMBER = ".member"
TARGETS = ("DBClusterIdentifiers", "DBInstanceIdentifiers")
SECRET = "AWS::SecretsManager::Secret"


def master_secret(databases):
    """Makes the master user's secret, once, and returns the attribute that names it."""
    def attributes(physical_id, properties):
        if not _cfn_bool(properties.get("ManageMasterUserPassword", False)):
            return {}
        database = databases[physical_id]
        if not database.get("MasterUserSecret"):
            arn, _ = resource_types.HANDLERS[SECRET]["create"]("Master", {
                "Name": f"rds!{new_uuid()}",
                "SecretString": json.dumps({"username": properties["MasterUsername"],
                                            "password": new_uuid()})}, "rds")
            database["MasterUserSecret"] = {"SecretArn": arn, "SecretStatus": "active"}
        return {"MasterUserSecret.SecretArn": database["MasterUserSecret"]["SecretArn"]}
    return attributes


def delete_with_secret(databases, delete_record):
    """Deletes a database, its master user's secret and its data."""
    def delete(physical_id, properties):
        database = databases.get(physical_id, {})
        if _cfn_bool(database.get("DeletionProtection", False)):
            raise ValueError("Cannot delete protected Cluster, please disable deletion protection "
                             "and try again. (Service: InvalidParameterCombination)")
        if database.get("MasterUserSecret"):
            arn = database["MasterUserSecret"]["SecretArn"]
            resource_types.HANDLERS[SECRET]["delete"](arn, {})
        behind_proxy.drop_cluster(physical_id)
        delete_record(physical_id, properties)
    return delete


def create_proxy(_logical_id, properties, _stack_name):
    """Makes a proxy."""
    query.call(rds, "CreateDBProxy", properties, MEMBER)
    return properties["DBProxyName"], proxy_attributes(properties["DBProxyName"])


def proxy_attributes(name):
    """What Fn::GetAtt finds of a proxy."""
    proxy = rds._db_proxies.get(name)
    return {key: proxy[key] for key in ("DBProxyArn", "Endpoint", "VpcId")}


def update_proxy(name, _old, new, _stack_name):
    """Changes a proxy, whose API names its groups otherwise when it is changed."""
    changes = {key: value for key, value in new.items()
               if key not in ("EngineFamily", "VpcSubnetIds", "VpcSecurityGroupIds")}
    changes["SecurityGroups"] = new.get("VpcSecurityGroupIds", [])
    query.call(rds, "ModifyDBProxy", changes, MEMBER)
    return name, proxy_attributes(name)


def delete_proxy(name, _properties):
    """Deletes a proxy."""
    query.call(rds, "DeleteDBProxy", {"DBProxyName": name}, MEMBER)


def change_target_group(properties):
    """Sets up a proxy's only target group, which is there with the proxy; returns its ARN."""
    of = {key: properties[key] for key in ("DBProxyName", "TargetGroupName")}
    pool = properties.get("ConnectionPoolConfigurationInfo", {})
    query.call(rds, "ModifyDBProxyTargetGroup", {**of, "ConnectionPoolConfig": pool}, MEMBER)
    arn = rds._db_proxies.get(properties["DBProxyName"])["TargetGroup"]["TargetGroupArn"]
    return arn, {"TargetGroupArn": arn}


def create_target_group(_logical_id, properties, _stack_name):
    """Registers the clusters and instances of a target group."""
    of = {key: properties[key] for key in ("DBProxyName", "TargetGroupName")}
    targets = {key: properties[key] for key in TARGETS if key in properties}
    query.call(rds, "RegisterDBProxyTargets", {**of, **targets}, MEMBER)
    return change_target_group(properties)


def update_target_group(_physical_id, old, new, _stack_name):
    """Registers other clusters and instances, and sets the pool."""
    of = {key: new[key] for key in ("DBProxyName", "TargetGroupName")}
    for action, left, right in (("DeregisterDBProxyTargets", old, new),
                                ("RegisterDBProxyTargets", new, old)):
        for key in TARGETS:
            changed = [it for it in left.get(key, []) if it not in right.get(key, [])]
            if changed:
                query.call(rds, action, {**of, key: changed}, MEMBER)
    return change_target_group(new)


def create_endpoint(_logical_id, properties, _stack_name):
    """Makes a further endpoint of a proxy."""
    answer = query.call(rds, "CreateDBProxyEndpoint", properties, MEMBER)
    found = {name: query.element(answer, name) for name in ("Endpoint", "DBProxyEndpointArn")}
    return properties["DBProxyEndpointName"], found


def update_endpoint(name, _old, new, _stack_name):
    """Gives an endpoint other groups, which is all that can be changed of it."""
    query.call(rds, "ModifyDBProxyEndpoint", {
        "DBProxyEndpointName": name, "VpcSecurityGroupIds": new["VpcSecurityGroupIds"]}, MEMBER)
    endpoint = rds._db_proxy_endpoints.get(name)
    return name, {key: endpoint[key] for key in ("Endpoint", "DBProxyEndpointArn")}


def delete_endpoint(name, _properties):
    """Deletes a further endpoint."""
    query.call(rds, "DeleteDBProxyEndpoint", {"DBProxyEndpointName": name}, MEMBER)


for kind, databases in (("AWS::RDS::DBCluster", rds._clusters),
                        ("AWS::RDS::DBInstance", rds._instances)):
    resource_types.more_attributes(kind, master_secret(databases))
    handlers = resource_types.HANDLERS[kind]
    handlers["delete"] = delete_with_secret(databases, handlers["delete"])
resource_types.add("AWS::RDS::DBProxy", create_proxy, delete_proxy, update_proxy)
# A target group goes with its proxy.
resource_types.add("AWS::RDS::DBProxyTargetGroup", create_target_group, lambda *_: None,
                   update_target_group)
resource_types.add("AWS::RDS::DBProxyEndpoint", create_endpoint, delete_endpoint, update_endpoint)
