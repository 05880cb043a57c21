"""What a function finds at the proxy's host name: an emulator that runs for one invocation, started
with what MiniStack's RDS, Secrets Manager and IAM say of the proxy at that moment.
"""

import atexit
import contextlib
import json
import shlex
import subprocess
from urllib.parse import quote

import identity
import network
import postgres
import settings
from local import exports, stop
from ministack.core.arn import parse_arn
from ministack.services import rds, secretsmanager

# A `dbuser` that matches no login.
NOBODY = "arn:aws:rds-db:us-east-1:000000000000:dbuser:prx-none/none"
PORT, NO_PORT = 5432, 1
CA_FILE = settings.WORK / "proxy-ca.pem"
BASE_HOSTS = settings.HOSTS.read_text()
SERVERS = {}


def lead_names():
    """Makes the host names of all proxies' endpoints and VPC endpoints resolve to this machine."""
    names = [it["Endpoint"] for it in rds._db_proxy_endpoints._data.values()]
    lines = [f"127.0.0.1 {name}\n" for name in [*names, *network.endpoint_names()]]
    with settings.HOSTS.open("r+") as hosts:
        # After the other names, since other processes read the file at any time.
        hosts.seek(len(BASE_HOSTS))
        hosts.write("".join(lines))
        hosts.truncate()


def find(host):
    """Returns the proxy with this endpoint, in any account, and where the endpoint is."""
    for (account, region, _), endpoint in rds._db_proxy_endpoints._data.items():
        if endpoint["Endpoint"] == host:
            place = network.Place(endpoint["VpcSecurityGroupIds"], endpoint["VpcSubnetIds"])
            return rds._db_proxies.get_scoped(account, region, endpoint["DBProxyName"]), place
    return None, None


def login_of(secret_arn):
    """Returns the value of a secret, in any account."""
    for secret in secretsmanager._secrets._data.values():
        if secret["ARN"] == secret_arn and not secret["DeletedDate"]:
            [current] = [it for it in secret["Versions"].values() if "AWSCURRENT" in it["Stages"]]
            return json.loads(current["SecretString"])
    return None


def logins(proxy):
    """Returns the logins of a proxy's secrets that its role may read, with how clients sign in."""
    found = []
    for entry in proxy["Auth"]:
        secret = entry["SecretArn"]
        if identity.may(proxy["RoleArn"], "secretsmanager:GetSecretValue", secret):
            found.append((entry.get("IAMAuth", "DISABLED"), login_of(secret)))
    return [(iam, login) for iam, login in found if login]


def cluster_of(cluster_id):
    """Returns the cluster with this id, in any account."""
    return next(it for it in rds._clusters._data.values()
                if it["DBClusterIdentifier"] == cluster_id)


def server_of(cluster):
    """Returns the PostgreSQL of a cluster, started when it is first asked for."""
    cluster_id = cluster["DBClusterIdentifier"]
    if cluster_id not in SERVERS:
        secret = cluster.get("MasterUserSecret")
        password = login_of(secret["SecretArn"])["password"] if secret else None
        SERVERS[cluster_id] = postgres.Server(
            cluster["MasterUsername"], password, cluster["DatabaseName"])
    return SERVERS[cluster_id]


def drop_cluster(cluster_id):
    """Ends the PostgreSQL of a cluster that is deleted."""
    if cluster_id in SERVERS:
        SERVERS.pop(cluster_id).stop()


def options(proxy, host, user, sessions):
    """Yields the emulator's options: the proxy's users, and the keys that may connect as this
    user."""
    arn = parse_arn(proxy["DBProxyArn"])
    proxy_id = arn.resource.split(":")[1]
    user_arn = f"arn:aws:rds-db:{arn.region}:{arn.account_id}:dbuser:{proxy_id}/{user}"
    yield from ("--listen", f"127.0.0.1:{PORT}", "--endpoint-host", host, "--proxy-id", proxy_id,
                "--account", arn.account_id, "--region", arn.region, "--ca-out", CA_FILE)
    for role, keys in sessions:
        allowed = (parse_arn(role).account_id == arn.account_id
                   and identity.may(role, "rds-db:connect", user_arn))
        yield from ("--principal", f"{':'.join(keys.values())}={user_arn if allowed else NOBODY}")
    password = ""
    for iam, login in logins(proxy):
        if iam == "DISABLED":
            yield from ("--password-user", f"{login['username']}:{login['password']}")
        else:
            yield from ("--iam-user", login["username"])
            password = login["password"] if login["username"] == user else password
    if proxy.get("DefaultAuthScheme") == "IAM_AUTH":
        yield from ("--auth-scheme", "iam")
    port = port_of(proxy, user)
    yield from ("--backend", f"postgres://:{quote(password, safe='')}@127.0.0.1:{port}")


def port_of(proxy, user):
    """Returns the port of the PostgreSQL behind a proxy, or a closed one if the proxy has no
    target or its role may not connect as this user."""
    if not proxy["Targets"]:
        return NO_PORT
    cluster = cluster_of(proxy["Targets"][0]["RdsResourceId"])
    arn = parse_arn(cluster["DBClusterArn"])
    user_arn = (f"arn:aws:rds-db:{arn.region}:{arn.account_id}:dbuser:"
                f"{cluster['DbClusterResourceId']}/{user}")
    by_iam = proxy.get("DefaultAuthScheme") == "IAM_AUTH"
    if by_iam and not identity.may(proxy["RoleArn"], "rds-db:connect", user_arn):
        return NO_PORT
    return server_of(cluster).port


@atexit.register
def stop_all():
    """Ends every PostgreSQL with this process."""
    for cluster_id in list(SERVERS):
        drop_cluster(cluster_id)


@contextlib.contextmanager
def open_for(host, user, sessions, caller):
    """Runs the emulator of the proxy with this host name while the block lasts, if the security
    groups allow the caller to reach it. `sessions` are the roles that the function runs as or
    may assume, each with its keys."""
    lead_names()
    proxy, place = find(host)
    if not proxy or not network.reaches(caller, place, PORT):
        yield
        return
    command = [settings.EMULATOR, *map(str, options(proxy, host, user, sessions))]
    log = settings.WORK / "emulator.log"
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        try:
            exports(process)
        except RuntimeError as error:
            raise RuntimeError(f"$ {shlex.join(command)}\n{log.read_text()}") from error
        yield
    finally:
        stop(process)
