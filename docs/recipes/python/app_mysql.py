"""Logs in through RDS Proxy for MySQL: by IAM, over verified TLS, with PyMySQL and boto3."""

import os
import socket

import boto3
import pymysql


def connect():
    """A connection, to the emulator or to AWS: there DB_CONNECT_TO isn't set."""
    host, user, region = (os.environ[name] for name in ("DB_HOST", "DB_USER", "DB_REGION"))
    address = os.environ.get("DB_CONNECT_TO", f"{host}:3306").rsplit(":", 1)
    # The token and the certificate are for the endpoint's own name and port.
    token = boto3.client("rds", region_name=region).generate_db_auth_token(host, 3306, user)
    connection = pymysql.connect(
        host=host, user=user, password=token, database=os.environ["DB_NAME"],
        ssl_ca=os.environ["DB_CA_FILE"], ssl_verify_identity=True, defer_connect=True)
    connection.connect(socket.create_connection(address, timeout=10))
    return connection


if __name__ == "__main__":
    with connect() as db, db.cursor() as cursor:
        cursor.execute("SELECT current_user()")
        print(cursor.fetchone())
