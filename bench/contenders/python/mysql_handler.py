"""The same as handler.py for MySQL, with PyMySQL."""

import os
import socket

import boto3
import pymysql

QUESTION = """SELECT DATABASE(), CURRENT_USER(), VERSION(), @@innodb_read_only, @@read_only,
    UTC_TIMESTAMP(6), CONNECTION_ID(), %s"""

rds = boto3.client("rds", region_name=os.environ["DB_REGION"])
kept = None


def connect():
    """Signs a token and logs in with it. TCP connects to an address; TLS verifies the host name."""
    host, port, user = (os.environ[name] for name in ("DB_HOST", "DB_PORT", "DB_USER"))
    token = rds.generate_db_auth_token(host, int(port), user)
    connection = pymysql.connect(
        host=host, user=user, password=token, database=os.environ.get("DB_NAME"),
        ssl_ca=os.environ["DB_CA_FILE"], ssl_verify_cert=True, ssl_verify_identity=True,
        autocommit=True, defer_connect=True)
    address, target_port = os.environ["DB_CONNECT_TO"].rsplit(":", 1)
    stream = socket.create_connection((address, int(target_port)))
    # As PyMySQL does for a socket that it makes.
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect(stream)
    return connection


def handler(event, _context):
    """Answers one invocation."""
    global kept
    if event.get("fresh") and kept:
        kept.close()
        kept = None
    if kept is None:
        kept = connect()
    with kept.cursor() as cursor:
        cursor.execute(QUESTION, ["0123456789abcdef"])
        row = cursor.fetchone()
    number = row[2].split("-")[0] + ("-MariaDB" if "MariaDB" in row[2] else "")
    return {"database": row[0], "user": row[1].rsplit("@", 1)[0], "version": number,
            "nonce": row[7]}
