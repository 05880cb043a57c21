"""As in AWS's guide to connecting with IAM authentication and boto3, but with psycopg 3.

It keeps the session between invocations. `autocommit` saves a round trip for BEGIN.
"""

import os

import boto3
import psycopg

QUESTION = """SELECT current_database()::text, current_user::text,
    split_part(current_setting('server_version'), ' ', 1), pg_is_in_recovery(),
    current_setting('transaction_read_only') = 'on', clock_timestamp(), %s::text"""

rds = boto3.client("rds", region_name=os.environ["DB_REGION"])
kept = None


def connect():
    """Signs a token and logs in with it. TCP connects to an address; TLS verifies the host name."""
    host, port, user = (os.environ[name] for name in ("DB_HOST", "DB_PORT", "DB_USER"))
    token = rds.generate_db_auth_token(host, int(port), user)
    address, target_port = os.environ["DB_CONNECT_TO"].rsplit(":", 1)
    return psycopg.connect(
        host=host, hostaddr=address, port=target_port, user=user, password=token,
        dbname=os.environ["DB_NAME"], sslmode="verify-full",
        sslrootcert=os.environ["DB_CA_FILE"], autocommit=True)


def handler(event, _context):
    """Answers one invocation."""
    global kept
    if event.get("fresh") and kept:
        kept.close()
        kept = None
    if kept is None:
        kept = connect()
    row = kept.execute(QUESTION, ["0123456789abcdef"]).fetchone()
    return {"database": row[0], "user": row[1], "version": row[2], "nonce": row[6]}
