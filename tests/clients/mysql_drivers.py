"""How each client of MySQL's logs in: one function per client takes a `Login`, and for a user with a
password that, and returns a row or an error.

Python's drivers run in this process, with tokens of boto3; log_in.mjs runs in another process,
with tokens of @aws-sdk/rds-signer.
"""

import ssl

import mysql.connector
import pymysql

from drivers import GIVE_UP_S, at_address, node_with, token_of_boto3


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


# Each client: its name, and how it logs in.
CLIENTS = [
    ("PyMySQL with boto3", by_pymysql),
    ("mysql-connector-python with boto3", by_connector),
    ("mysql2 with @aws-sdk/rds-signer", by_mysql2),
]
