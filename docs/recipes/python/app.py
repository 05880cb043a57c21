"""Logs in through RDS Proxy: by IAM, over verified TLS, with psycopg and boto3."""

import os

import boto3
import psycopg


def connect():
    """A connection, to the emulator or to AWS: there DB_CONNECT_TO isn't set."""
    host, user, region = (os.environ[name] for name in ("DB_HOST", "DB_USER", "DB_REGION"))
    address, _, port = os.environ.get("DB_CONNECT_TO", ":5432").rpartition(":")
    # The token and the certificate are for the endpoint's own name and port.
    token = boto3.client("rds", region_name=region).generate_db_auth_token(host, 5432, user)
    return psycopg.connect(
        host=host, hostaddr=address, port=port, user=user, password=token,
        dbname=os.environ["DB_NAME"], sslmode="verify-full", sslrootcert=os.environ["DB_CA_FILE"])


if __name__ == "__main__":
    with connect() as db:
        print(db.execute("SELECT current_user").fetchone())
