"""How each client of MySQL's logs in: one function per client takes a `Login`, and for a user with a
password that, and returns a row or an error.

Python's drivers run in this process; log_in.mjs, log_in_jdbc.py, pdo.php, the program in rust/ and
MariaDB's own client run in processes of their own.
"""

import functools
import os
import ssl
import subprocess

import mysql.connector
import pymysql

from at_name import NAMESPACE, at_name
from drivers import (GIVE_UP_S, PROCESS_S, at_address, go, jdbc, node_with, php, rust,
                     token_of_aws_cli, token_of_boto3)
from local import mariadb_client


def row(connection, query):
    """The query's row as texts."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return {"row": [str(value) for value in cursor.fetchone()]}
    finally:
        connection.close()


def by_pymysql(login, password=None):
    """PyMySQL."""
    try:
        with at_address(login):
            return row(pymysql.connect(
                host=login.host, port=login.port, user=login.user, database=login.database,
                password=password or token_of_boto3(login), ssl_ca=login.ca_file,
                ssl_verify_cert=True, ssl_verify_identity=True, connect_timeout=GIVE_UP_S),
                login.query)
    except (pymysql.Error, ssl.SSLError) as error:
        return {"error": str(error)}


def by_connector(login, password=None):
    """MySQL's own connector, as it is in Python."""
    try:
        with at_address(login):
            return row(mysql.connector.connect(
                host=login.host, port=login.port, user=login.user, database=login.database,
                password=password or token_of_boto3(login), ssl_ca=login.ca_file,
                ssl_verify_cert=True, ssl_verify_identity=True, use_pure=True,
                connection_timeout=GIVE_UP_S), login.query)
    except (mysql.connector.Error, ssl.SSLError) as error:
        return {"error": str(error)}


def by_mysql2(login, password=None):
    """mysql2 for Node.js."""
    return node_with("mysql2", login, password=password)


def by_mariadb(login, password=None):
    """MariaDB's own client."""
    client, variables = mariadb_client()
    with at_name(login) as prefix:
        done = subprocess.run(
            [*prefix, *client, f"--host={login.host}", "--protocol=tcp", f"--port={login.port}",
             f"--user={login.user}", f"--database={login.database}", f"--ssl-ca={login.ca_file}",
             "--ssl-verify-server-cert", f"--connect-timeout={GIVE_UP_S}", "--batch",
             "--skip-column-names", f"--execute={login.query}"],
            env={**os.environ, **variables, "MYSQL_PWD": password or token_of_aws_cli(login)},
            capture_output=True, text=True, timeout=PROCESS_S)
    if done.returncode != 0:
        return {"error": done.stderr}
    return {"row": done.stdout.rstrip("\n").split("\t")}


# Debian's packages of MariaDB's driver for Java, of PDO, and of the driver for Go.
CONNECTOR_J, PDO = "libmariadb-java", "php8.2-mysql"
GO = "golang-github-go-sql-driver-mysql-dev"
by_pdo = functools.partial(php, "pdo.php", "mysql")
# Each client: its name, how it logs in, and what it needs that not every machine has.
CLIENTS = [
    ("PyMySQL with boto3", by_pymysql, None),
    ("mysql-connector-python with boto3", by_connector, None),
    ("mysql2 with @aws-sdk/rds-signer", by_mysql2, None),
    ("MariaDB's client with aws rds generate-db-auth-token", by_mariadb, (NAMESPACE,)),
    ("MariaDB's driver for Java with boto3", functools.partial(jdbc, "mariadb"), (CONNECTOR_J,)),
    ("go-sql-driver/mysql with boto3", functools.partial(go, "mysql"), (GO,)),
    ("mysql_async with boto3", functools.partial(rust, "mysql_async"), None),
    ("sqlx with boto3", functools.partial(rust, "sqlx-mysql"), (NAMESPACE,)),
    ("PDO with boto3", by_pdo, (NAMESPACE, PDO)),
]
