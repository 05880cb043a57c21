"""How each client logs in: one function per client takes a `Login` and returns a row or an error.

Python's drivers run in this process; log_in.mjs, log_in.go, log_in_jdbc.py, log_in_odbc.py, pdo.php,
active_record.rb, the program in rust/ and psql run in processes of their own. run.py knows the cases
and what each should lead to.
"""

import asyncio
import contextlib
import dataclasses
import datetime
import functools
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from unittest import mock

import asyncpg
import boto3
import botocore.auth
import botocore.compat
import psycopg
import sqlalchemy
import sqlalchemy.event
from sqlalchemy.ext.asyncio import create_async_engine

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
from at_name import NAMESPACE, at_name  # noqa: E402
from local import REGION, TOOLS, find_psql, install, metadata  # noqa: E402

GIVE_UP_S = 10
PROCESS_S = 60
# ssl.create_default_context sets these flags from Python 3.13 on:
# https://github.com/python/cpython/issues/107361
AS_PYTHON_3_13 = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


@dataclasses.dataclass(frozen=True)
class Login:
    """What a client should sign and where it should connect; each case changes one field."""

    host: str
    address: str
    port: int
    database: str
    ca_file: str
    query: str
    user: str
    signed_user: str
    signed_port: int
    region: str = REGION
    age_s: int = 0
    tampered: bool = False


def tamper(token):
    """Changes the last digit of the signature and nothing else."""
    head, digit, tail = re.fullmatch("(.*Signature=[0-9a-f]{63})([0-9a-f])(.*)", token).groups()
    return head + ("1" if digit == "0" else "0") + tail


def token_of_boto3(login):
    """A token from boto3, whose clock is set back as far as the case says."""
    def then():
        return botocore.compat.get_current_datetime() - datetime.timedelta(seconds=login.age_s)

    with mock.patch.object(botocore.auth, "get_current_datetime", then):
        token = boto3.client("rds", region_name=login.region).generate_db_auth_token(
            DBHostname=login.host, Port=login.signed_port, DBUsername=login.signed_user)
    return tamper(token) if login.tampered else token


def for_libpq(login):
    """Options of libpq: it connects to `hostaddr` and verifies `host`."""
    return {"hostaddr": login.address, "sslmode": "verify-full", "sslrootcert": login.ca_file,
            "connect_timeout": GIVE_UP_S}


def psycopg_alone(login):
    """psycopg."""
    try:
        with psycopg.connect(
                host=login.host, port=login.port, user=login.user, dbname=login.database,
                password=token_of_boto3(login), **for_libpq(login)) as connection:
            return {"row": list(connection.execute(login.query).fetchone())}
    except psycopg.Error as error:
        return {"error": str(error)}


def url(login, driver):
    """The URL that an application gives SQLAlchemy: without a password."""
    return sqlalchemy.URL.create(f"postgresql+{driver}", username=login.user, host=login.host,
                                 port=login.port, database=login.database)


def sign_each_connection(engine, login):
    """Gives each new connection a fresh token, as SQLAlchemy recommends:
    https://docs.sqlalchemy.org/en/20/core/engines.html#generating-dynamic-authentication-tokens
    """
    @sqlalchemy.event.listens_for(engine, "do_connect")
    def sign(_dialect, _record, _arguments, parameters):
        parameters["password"] = token_of_boto3(login)


def sqlalchemy_over_psycopg(login):
    """SQLAlchemy's engine with psycopg."""
    engine = sqlalchemy.create_engine(url(login, "psycopg"), connect_args=for_libpq(login))
    sign_each_connection(engine, login)
    try:
        with engine.connect() as connection:
            return {"row": list(connection.execute(sqlalchemy.text(login.query)).one())}
    except sqlalchemy.exc.DBAPIError as error:
        return {"error": str(error)}
    finally:
        engine.dispose()


def tls_context(login, flags=ssl.VerifyFlags(0)):
    """Verifies the chain and the name as this Python does by default, with `flags` on top."""
    context = ssl.create_default_context(cafile=login.ca_file)
    context.verify_flags |= flags
    return context


def at_address(login):
    """Resolves the endpoint's name to the emulator: asyncpg has nothing like `hostaddr`."""
    resolve = socket.getaddrinfo

    def resolve_here(host, *arguments, **options):
        return resolve(login.address if host == login.host else host, *arguments, **options)

    return mock.patch.object(socket, "getaddrinfo", resolve_here)


def asyncpg_alone(login, flags=ssl.VerifyFlags(0)):
    """asyncpg."""
    async def log_in():
        connection = await asyncpg.connect(
            host=login.host, port=login.port, user=login.user, database=login.database,
            password=token_of_boto3(login), ssl=tls_context(login, flags), timeout=GIVE_UP_S)
        try:
            return list(await connection.fetchrow(login.query))
        finally:
            await connection.close()

    try:
        with at_address(login):
            return {"row": asyncio.run(log_in())}
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        return {"error": str(error)}


def sqlalchemy_over_asyncpg(login):
    """SQLAlchemy's asynchronous engine with asyncpg."""
    async def log_in():
        engine = create_async_engine(
            url(login, "asyncpg"), connect_args={"ssl": tls_context(login), "timeout": GIVE_UP_S})
        sign_each_connection(engine.sync_engine, login)
        try:
            async with engine.connect() as connection:
                return list((await connection.execute(sqlalchemy.text(login.query))).one())
        finally:
            await engine.dispose()

    try:
        with at_address(login):
            return {"row": asyncio.run(log_in())}
    except (sqlalchemy.exc.DBAPIError, asyncpg.PostgresError, OSError) as error:
        return {"error": str(error)}


def in_process(command, login, **more):
    """Runs a program that takes the login as JSON in its last argument and prints the outcome."""
    path = os.pathsep.join([str(TOOLS / "node" / "bin"), os.environ["PATH"]])
    done = subprocess.run(
        [*command, json.dumps({**dataclasses.asdict(login), **more})],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=PROCESS_S)
    if done.returncode != 0:
        return {"error": f"{Path(command[-1]).name} failed: {done.stderr}"}
    return json.loads(done.stdout)


def node_with(driver, login, password=None):
    """The driver for Node.js that log_in.mjs knows by this name, with a token or this password."""
    return in_process(["node", HERE / "log_in.mjs"], login, driver=driver, password=password,
                      packages=str(TOOLS / "npm"))


def rust(driver, login, password=None, does=()):
    """The driver for Rust that the program in rust/ knows by this name."""
    # sqlx has one name for the socket and for the certificate.
    with at_name(login) if "sqlx" in driver else contextlib.nullcontext([]) as prefix:
        return in_process([*prefix, rust_program()], login, driver=driver, does=does,
                          token=password or token_of_boto3(login))


def php(program, driver, login, password=None, **more):
    """A program for PHP, with PDO's driver of this name, where the name leads to the emulator."""
    folder = TOOLS / "php" / "usr"
    libraries, extensions = next(folder.glob("lib/*-linux-gnu")), next(folder.glob("lib/php/*"))
    command = ["env", f"LD_LIBRARY_PATH={libraries}", folder / "bin" / "php8.2", "-n",
               "-d", f"extension_dir={extensions}", "-d", f"include_path={folder / 'share' / 'php'}"]
    for extension in ("mbstring", "mysqlnd", "pdo", f"pdo_{driver}"):
        command += ["-d", f"extension={extension}"]
    with at_name(login) as prefix:
        return in_process([*prefix, *command, HERE / program], login, driver=driver,
                          token=password or token_of_boto3(login), **more)


def odbc(login, values=(), **settings):
    """psqlODBC."""
    library = next((TOOLS / "odbc" / "usr" / "lib").glob("*/odbc/psqlodbcw.so"))
    command = ["env", f"LD_LIBRARY_PATH={library.parent.parent}", sys.executable,
               HERE / "log_in_odbc.py"]
    return in_process(command, login, token=token_of_boto3(login), library=str(library),
                      values=values, settings=settings)


def active_record(adapter, login, sets_nothing=False, does=None, isolation=None, **settings):
    """Rails' ActiveRecord, where the name leads to the emulator."""
    folder = TOOLS / "ruby" / "usr"
    libraries, gems = next(folder.glob("lib/*-linux-gnu")), folder / "share/rubygems-integration"
    ours = [path for place in (folder / "lib", libraries) for part in ("vendor_ruby", "3.1.0")
            for path in ((place / "ruby" / part), (place / "ruby" / part / "3.1.0"))]
    variables = {"LD_LIBRARY_PATH": [libraries], "RUBYLIB": ours,
                 "GEM_PATH": [gems / "all", gems / "3.1.0"],
                 "MARIADB_PLUGIN_DIR": [libraries / "libmariadb3" / "plugin"]}
    command = ["env", *(f"{name}={':'.join(map(str, paths))}" for name, paths in variables.items())]
    with at_name(login) as prefix:
        return in_process([*prefix, *command, folder / "bin" / "ruby3.1", HERE / "active_record.rb"],
                          login, token=token_of_boto3(login), adapter=adapter, does=does,
                          sets_nothing=sets_nothing, isolation=isolation, settings=settings)


def go(driver, login, password=None, **more):
    """The driver for Go that log_in.go knows by this name."""
    return in_process([go_program()], login, driver=driver,
                      token=password or token_of_boto3(login), **more)


def jdbc(driver, login, password=None):
    """The driver for Java that log_in_jdbc.py knows by this name, with a token or this password."""
    return in_process([java_python(), HERE / "log_in_jdbc.py"], login, driver=driver,
                      token=password or token_of_boto3(login), jar=jar(driver))


def jar(driver):
    """The archive of a driver for Java, or of Hibernate and all that it needs."""
    name = {"postgresql": "postgresql.jar", "mariadb": "mariadb-java-client.jar",
            "hibernate": "*"}[driver]
    return str(TOOLS / "debian" / "usr" / "share" / "java" / name)


def token_of_aws_cli(login):
    """A token from `aws rds generate-db-auth-token`."""
    token = subprocess.run(
        [sys.executable, HERE / "aws_at.py", str(login.age_s), "rds", "generate-db-auth-token",
         "--hostname", login.host, "--port", str(login.signed_port), "--region", login.region,
         "--username", login.signed_user],
        capture_output=True, text=True, check=True, timeout=PROCESS_S).stdout.strip()
    return tamper(token) if login.tampered else token


def psql_with_aws_cli(login):
    """psql."""
    env = {
        **os.environ, "PGHOST": login.host, "PGHOSTADDR": login.address, "PGPORT": str(login.port),
        "PGUSER": login.user, "PGPASSWORD": token_of_aws_cli(login),
        "PGDATABASE": login.database, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": login.ca_file,
        "PGCONNECT_TIMEOUT": str(GIVE_UP_S),
    }
    done = subprocess.run(
        [find_psql(), "--no-psqlrc", "-w", "-At", "-F", "\t", "-c", login.query],
        env=env, capture_output=True, text=True, timeout=PROCESS_S)
    if done.returncode != 0:
        return {"error": done.stderr}
    return {"row": done.stdout.rstrip("\n").split("\t")}


@functools.cache
def go_program():
    """Builds log_in.go with Debian's drivers: with modules switched off, from GOPATH alone."""
    install("go")
    program = TOOLS / "go-build" / "log_in"
    env = {
        **os.environ, "PATH": os.pathsep.join([os.environ["PATH"], str(TOOLS / "go" / "bin")]),
        "GO111MODULE": "off", "GOPATH": str(TOOLS / "debian" / "usr" / "share" / "gocode"),
        "GOCACHE": str(TOOLS / "go-build" / "cache"), "GOENV": "off", "GOFLAGS": "",
        "GOTOOLCHAIN": "local", "CGO_ENABLED": "0",
    }
    subprocess.run(["go", "build", "-o", program, HERE / "log_in.go"], env=env, check=True)
    return program


@functools.cache
def rust_program():
    """Builds the program in rust/."""
    target = os.path.join(metadata()["target_directory"], "clients")
    subprocess.run(["cargo", "build", "--locked", "--quiet", "--manifest-path",
                    HERE / "rust" / "Cargo.toml", "--target-dir", target], check=True)
    return os.path.join(target, "debug", "rust-clients")


@functools.cache
def java_python():
    """The Python of the environment that has a Java runtime and JPype."""
    install("java")
    return TOOLS / "java" / "bin" / "python"


# Debian's packages of them.
LIB_PQ, PGJDBC, PDO = "golang-github-lib-pq-dev", "libpostgresql-jdbc-java", "php8.2-pgsql"
ODBC, RAILS = "odbc-postgresql", "ruby-activerecord"
# Each client: its name, how it logs in, and what it needs that not every machine has.
CLIENTS = [
    ("psycopg with boto3", psycopg_alone, None),
    ("SQLAlchemy over psycopg with boto3", sqlalchemy_over_psycopg, None),
    ("asyncpg with boto3", asyncpg_alone, None),
    ("asyncpg with boto3, TLS as strict as Python 3.13",
     functools.partial(asyncpg_alone, flags=AS_PYTHON_3_13), None),
    ("SQLAlchemy over asyncpg with boto3", sqlalchemy_over_asyncpg, None),
    ("pg with @aws-sdk/rds-signer", functools.partial(node_with, "pg"), None),
    ("Prisma with @aws-sdk/rds-signer", functools.partial(node_with, "prisma"), None),
    ("psql with aws rds generate-db-auth-token", psql_with_aws_cli, None),
    ("lib/pq with boto3", functools.partial(go, "postgres"), (LIB_PQ,)),
    ("deadpool-postgres with boto3", functools.partial(rust, "deadpool"), None),
    ("sqlx with boto3", functools.partial(rust, "sqlx-postgres"), (NAMESPACE,)),
    ("PDO with boto3", functools.partial(php, "pdo.php", "pgsql"), (NAMESPACE, PDO)),
    ("psqlODBC with boto3", odbc, (ODBC,)),
    ("pgjdbc with boto3", functools.partial(jdbc, "postgresql"), (PGJDBC,)),
]
