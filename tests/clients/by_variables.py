"""Logs in by the emulator's variables and a token alone: psql by libpq's variables, pgjdbc by
JDBC_URL. Nothing but the token is given to either."""

import json
import os
import subprocess

import boto3

from drivers import HERE, PGJDBC, PROCESS_S, find_psql, jar, java_python

QUERY = "SELECT current_user::text, 'a'::text, 'b'::text, 'c'::text"


def token(environment):
    """A token for the variables' endpoint and user."""
    return boto3.client("rds", region_name=environment["DB_REGION"]).generate_db_auth_token(
        environment["DB_HOST"], int(environment["DB_PORT"]), environment["DB_USER"])


def run(arguments, variables):
    """What a program prints, with these variables and no others of libpq's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(arguments, env={**inherited, **variables}, text=True, timeout=PROCESS_S,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.strip()


def psql(environment):
    """psql's answer, as a row."""
    printed = run([find_psql(), "--no-psqlrc", "-w", "-At", "-F", "\t", "-c", QUERY],
                  {**environment, "PGPASSWORD": token(environment)})
    return printed.split("\t")


def pgjdbc(environment):
    """pgjdbc's answer, as a row."""
    login = {"url": environment["JDBC_URL"], "token": token(environment), "query": QUERY,
             "driver": "postgresql", "jar": jar("postgresql")}
    printed = run([java_python(), HERE / "log_in_jdbc.py", json.dumps(login)], {})
    return json.loads(printed.splitlines()[-1]).get("row", printed)


def outcomes(environment, debian):
    """Yields what each check is of, and what it found instead, or nothing if that is right."""
    clients = [("psql logs in by libpq's variables", psql)]
    if PGJDBC in debian:
        clients.append(("pgjdbc logs in by JDBC_URL", pgjdbc))
    for name, log_in in clients:
        row = log_in(environment)
        yield name, None if row == [environment["DB_USER"], "a", "b", "c"] else row
