"""What pins, for the clients that are here: each does something through the emulator, and the table in
docs/emulator.md has to say what the emulator saw.

Owns what each client does; the page owns the words. Programs of other languages, and Django, which
is set up once for a process, are in pinning.js, pinning_jdbc.py, pinning_hibernate.py,
pinning_django.py, doctrine.php, laravel.php, active_record.rb and rust/.
"""

import asyncio
import dataclasses
import functools
import json
import re
import sys
import tempfile
import urllib.request

import asyncpg
import psycopg
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

import drivers
from at_name import NAMESPACE
from drivers import (HERE, at_address, for_libpq, go, in_process, jar, java_python, odbc, php, rust,
                     sign_each_connection, tls_context, token_of_boto3, url)
from local import PROXY_ARN, ROOT, TOOLS, emulator

PAGE = ROOT / "docs" / "emulator.md"
ROWS = "SELECT generate_series(1, 10)"
# A user whose sessions begin in another time zone.
PARIS = "paris"
SETUP = f"CREATE TYPE mood AS ENUM ('good'); RESET ROLE; ALTER ROLE {PARIS} SET timezone TO 'Europe/Paris';"
# What clients need that not every machine has.
NEEDS = {"sqlx": (NAMESPACE,), "lib/pq": (drivers.LIB_PQ,), "PDO": (NAMESPACE, drivers.PDO),
         "Doctrine DBAL": (NAMESPACE, drivers.PDO), "Laravel": (NAMESPACE, drivers.PDO),
         "psqlODBC": (drivers.ODBC,), "ActiveRecord": (NAMESPACE, drivers.RAILS),
         "pgjdbc": (drivers.PGJDBC,), "Hibernate": (drivers.PGJDBC,)}
# As much of a digest as the page shows.
LONGEST = 140
# As Doctrine numbers the isolation levels.
SERIALIZABLE = 4
PGJDBC = {"assumeMinServerVersion": "9.0"}


def over_psycopg(act, login, **options):
    """Does something with a connection of psycopg's."""
    with psycopg.connect(
            host=login.host, port=login.port, user=login.user, dbname=login.database,
            password=token_of_boto3(login), **for_libpq(login), **options) as connection:
        act(connection)


def psycopg_queries(connection):
    for number in range(8):
        connection.execute("SELECT %s::int", [number])
    connection.commit()
    connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    connection.read_only = True
    connection.execute("SELECT 1")


def psycopg_named_cursor(connection):
    with connection.cursor(name="report") as cursor:
        cursor.execute(ROWS).fetchmany(3)


def psycopg_stream(connection):
    list(connection.cursor().stream(ROWS))


def over_sqlalchemy(statement, login, execution=None, **options):
    """Runs a statement over SQLAlchemy with psycopg, three times."""
    engine = sqlalchemy.create_engine(
        url(login, "psycopg"), connect_args=for_libpq(login), pool_pre_ping=True, **options)
    sign_each_connection(engine, login)
    for _ in range(3):
        with engine.begin() as connection:
            list(connection.execution_options(**execution or {}).execute(sqlalchemy.text(statement)))
    engine.dispose()


def over_sqlalchemy_async(login):
    """Runs a statement over SQLAlchemy with asyncpg, in a transaction with an isolation level."""
    async def act():
        engine = create_async_engine(url(login, "asyncpg"), isolation_level="SERIALIZABLE",
                                     connect_args={"ssl": tls_context(login)})
        sign_each_connection(engine.sync_engine, login)
        for _ in range(3):
            async with engine.begin() as connection:
                await connection.execute(sqlalchemy.text("SELECT cast(:it AS text)"), {"it": "it"})
        await engine.dispose()

    with at_address(login):
        asyncio.run(act())


def over_asyncpg(queries, login, pool=None):
    """Runs queries over asyncpg; with options of a pool, over that."""
    async def act():
        options = {"host": login.host, "port": login.port, "user": login.user,
                   "database": login.database, "password": token_of_boto3(login),
                   "ssl": tls_context(login)}
        if pool is not None:
            async with asyncpg.create_pool(min_size=1, max_size=1, **options, **pool) as connections:
                async with connections.acquire() as connection:
                    await connection.fetch(*queries[0])
            return
        connection = await asyncpg.connect(**options)
        for query in queries:
            await connection.fetch(*query)
        async with connection.transaction(isolation="serializable", readonly=True):
            assert len([row async for row in connection.cursor(ROWS)]) == 10
        await connection.close()

    with at_address(login):
        asyncio.run(act())


async def keep(_connection):
    """Resets nothing."""


def succeed(outcome):
    """Ends the run with what a program says went wrong."""
    if "error" in outcome:
        raise RuntimeError(outcome["error"])


def over_program(command, login, does, **more):
    """Has a program of pinning.js, pinning_jdbc.py or pinning_django.py do something."""
    succeed(in_process(command, login, does=does, token=token_of_boto3(login), **more))


def django(login, does, engine="postgresql", **options):
    over_program([sys.executable, HERE / "pinning_django.py"], login, does, engine=engine,
                 options=options)


def node(login, does):
    over_program(["node", HERE / "pinning.js"], login, does, packages=str(TOOLS / "npm"))


def jdbc(driver, login, does, **properties):
    over_program([java_python(), HERE / "pinning_jdbc.py"], login, does, driver=driver,
                 jar=jar(driver), properties=properties)


def active_record(adapter, login, **more):
    succeed(drivers.active_record(adapter, login, **more))


def doctrine(driver, login, isolation=None, lists=False, **parameters):
    succeed(php("doctrine.php", driver, login, isolation=isolation, lists=lists,
                parameters=parameters))


def laravel(driver, login, emulates=False, **settings):
    succeed(php("laravel.php", driver, login, emulates=emulates, settings=settings))


def hibernate(login, **properties):
    over_program([java_python(), HERE / "pinning_hibernate.py"], login, does="queries",
                 jar=jar("hibernate"), properties={**PGJDBC, **properties})


def in_paris(login):
    return dataclasses.replace(login, user=PARIS, signed_user=PARIS)


def asking(log_in, login, query="SELECT '1'", **more):
    """Logs in with a program of drivers.py or mysql_drivers.py, and asks."""
    succeed(log_in(dataclasses.replace(login, query=query), **more))


def doings():
    """What is done: the client and its doing as the page has them, and how."""
    run = functools.partial
    deadpool, sqlx = run(rust, "deadpool"), run(rust, "sqlx-postgres")
    lib_pq = run(go, "postgres", query="SELECT $1::text", values=["it"])
    rails = run(active_record, "postgresql")
    pdo = run(php, "pdo.php", "pgsql", query="SELECT ?::text", values=["it"])
    pgjdbc = run(jdbc, "postgresql")
    yield from [
        ("psycopg", "queries, prepared statements, isolation levels", run(over_psycopg, psycopg_queries)),
        ("psycopg", "a named cursor", run(over_psycopg, psycopg_named_cursor)),
        ("psycopg", "`cursor.stream()`", run(over_psycopg, psycopg_stream)),
        ("SQLAlchemy with psycopg", "queries, `pool_pre_ping`, isolation levels",
         run(over_sqlalchemy, "SELECT 1", isolation_level="REPEATABLE READ")),
        ("SQLAlchemy with psycopg", "`stream_results`, `yield_per`",
         run(over_sqlalchemy, ROWS, execution={"yield_per": 3})),
        ("SQLAlchemy with asyncpg", "queries, isolation levels", over_sqlalchemy_async),
        ("asyncpg", "queries, cursors and isolation levels in a transaction",
         run(over_asyncpg, [("SELECT $1::int, $2::text[]", 1, ["it"])])),
        ("asyncpg", "`create_pool()`", run(over_asyncpg, [("SELECT 1",)], pool={})),
        ("asyncpg", "`create_pool(reset=…)` with a function that does nothing",
         run(over_asyncpg, [("SELECT 1",)], pool={"reset": keep})),
        ("asyncpg", "an enum, a range, an array other than `text[]`",
         run(over_asyncpg, [("SELECT $1::int[], $2::mood", [1], "good")])),
        ("asyncpg", "the same through `text`: `$1::text::mood`",
         run(over_asyncpg, [("SELECT $1::text[]::int[]::text[], $2::text::mood::text", ["1"], "good")])),
        ("Django", "queries, transactions, `migrate`", run(django, does="migrate")),
        ("Django", "`TIME_ZONE` of the database other than the server's",
         run(django, does="query", TIME_ZONE="Europe/Paris")),
        ("Django", "the same after `ALTER ROLE … SET timezone`",
         lambda login: django(in_paris(login), does="query", TIME_ZONE="Europe/Paris")),
        ("Django", "`.iterator()`", run(django, does="iterator")),
        ("Django", "`.iterator()` with `DISABLE_SERVER_SIDE_CURSORS`",
         run(django, does="iterator", DISABLE_SERVER_SIDE_CURSORS=True)),
        ("Django", "the option `assume_role`", run(django, does="query", OPTIONS={"assume_role": "app"})),
        ("`pg` for Node.js", "queries, named statements, `Pool`", run(node, does="pg")),
        ("Prisma 7 with `@prisma/adapter-pg`", "queries, `$transaction`", run(node, does="prisma")),
        ("Prisma 7 with `@prisma/adapter-pg`", "`$transaction` with `isolationLevel`",
         run(node, does="isolation")),
        ("lib/pq", "queries, `BeginTx` with an isolation level", run(asking, lib_pq, does="isolation")),
        ("lib/pq", "`pq.Listener`", run(asking, lib_pq, does="listen")),
        ("deadpool-postgres", "queries, transactions with isolation levels, `RecyclingMethod::Fast`",
         run(asking, deadpool, does=["transactions"])),
        ("deadpool-postgres", "`RecyclingMethod::Clean`",
         run(asking, deadpool, does=["clean", "transactions"])),
        ("sqlx", "queries, transactions, isolation levels", run(asking, sqlx, does=["transactions"])),
        ("sqlx", "`Migrator::run`", run(asking, sqlx, does=["migrate"])),
        ("sqlx", "`Migrator::run` after `set_locking(false)`",
         run(asking, sqlx, does=["migrate without a lock"])),
        ("sqlx", "`PgListener`", run(asking, sqlx, does=["listen"])),
        ("PDO", "`prepare`, `execute`", run(asking, pdo)),
        ("PDO", "the same with `PDO::ATTR_EMULATE_PREPARES`",
         run(asking, pdo, attributes={"ATTR_EMULATE_PREPARES": True})),
        ("PDO", "the same with `PDO::PGSQL_ATTR_DISABLE_PREPARES`",
         run(asking, pdo, attributes={"PGSQL_ATTR_DISABLE_PREPARES": True})),
        ("Doctrine DBAL", "queries, transactions, `listTables`", run(doctrine, "pgsql", lists=True)),
        ("Doctrine DBAL", "the parameter `charset`", run(doctrine, "pgsql", charset="utf8")),
        ("Doctrine DBAL", "`setTransactionIsolation`", run(doctrine, "pgsql", isolation=SERIALIZABLE)),
        ("Laravel", "the setting `charset`", run(laravel, "pgsql", emulates=True, charset="utf8")),
        ("Laravel", "without it: queries, transactions, `Schema`", run(laravel, "pgsql")),
        ("Laravel", "without it, with `PDO::ATTR_EMULATE_PREPARES`",
         run(laravel, "pgsql", emulates=True)),
        ("psqlODBC", "connecting", run(asking, odbc, query="SELECT ?::text", values=["it"])),
        ("ActiveRecord", "connecting", run(rails)),
        ("ActiveRecord", "with `configure_connection` emptied: queries, transactions",
         run(rails, sets_nothing=True)),
        ("ActiveRecord", "with it too: an isolation level",
         run(rails, sets_nothing=True, isolation="serializable")),
        ("ActiveRecord", "with it too: migrations", run(rails, sets_nothing=True, does="migrate")),
        ("ActiveRecord", "with it too: migrations with `advisory_locks: false`",
         run(rails, sets_nothing=True, does="migrate", advisory_locks=False)),
        ("Hibernate", "queries, transactions, with pgjdbc's `assumeMinServerVersion=9.0`", hibernate),
        ("Hibernate", "with it too: `hibernate.connection.isolation`", run(hibernate, isolation="8")),
        ("pgjdbc", "connecting", run(pgjdbc, does="queries")),
        ("pgjdbc", "connecting with `assumeMinServerVersion=9.0`", run(pgjdbc, does="queries", **PGJDBC)),
        ("pgjdbc", "with it too: `setTransactionIsolation`", run(pgjdbc, does="isolation", **PGJDBC)),
        ("pgjdbc", "with it too: `setReadOnly`", run(pgjdbc, does="read_only", **PGJDBC)),
        ("pgjdbc", "with it too: `setReadOnly` and `readOnlyMode=always`",
         run(pgjdbc, does="read_only", readOnlyMode="always", **PGJDBC)),
        ("pgjdbc", "with it too: `setSchema`", run(pgjdbc, does="schema", **PGJDBC)),
        ("pgjdbc", "with it too: `currentSchema=…`", run(pgjdbc, does="queries", currentSchema="app", **PGJDBC)),
        ("pgjdbc", "with it too: `setFetchSize`", run(pgjdbc, does="fetch_size", **PGJDBC)),
    ]


def shown(pin):
    """A pin as the page shows it: without a cursor's name, and its beginning alone."""
    digest = re.sub(r'^declare "\w+"', 'declare "…"', pin["digest"])
    digest = re.sub(r"^(declare .*?cursor).*", r"\1 …", digest)
    if len(digest) > LONGEST:
        digest = f"{digest[:LONGEST].rsplit(' ', 1)[0]} …"
    # Names in MySQL's digests are in backticks.
    code = f"`` {digest} ``" if "`" in digest else f"`{digest}`"
    return code if pin["class"] == "pins" else f"perhaps {code}"


def listed(nth):
    """The rows of the page's nth table: what it says that each client's doing pins by."""
    section = PAGE.read_text().split("| client | does | pins by |")[nth].split("\n\n", 1)[0]
    rows = [[cell.strip() for cell in line.split(" | ")] for line in section.splitlines()[2:]]
    return {(row[0].lstrip("| "), row[1]): row[2] for row in rows}


def outcomes(programs, pg_bin, left_out):
    """Yields what each check is of, and what it found instead, or nothing if that is right."""
    principal = f"AKIAIOSFODNN7EXAMPLE:clients-secret:clients/session+token=={PROXY_ARN}/*"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as setup:
        setup.write(SETUP)
        setup.flush()
        options = ["--principal", principal, "--iam-user", "app", "--iam-user", PARIS,
                   "--admin", "127.0.0.1:0", "--init-sql", setup.name]
        with emulator(programs, pg_bin, options) as environment:
            yield from compare(environment, doings(), listed(1), left_out)


def compare(environment, does, rows, left_out):
    """Has each client do what it does, and compares what pins with the page's rows."""
    from drivers import Login

    def pins(since):
        address = f"{environment['EMULATOR_ADMIN']}/pins?since={since}"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address) as answer:
            return json.load(answer)

    address, port = environment["DB_CONNECT_TO"].rsplit(":", 1)
    login = Login(host=environment["DB_HOST"], address=address, port=int(port), query="",
                  database=environment["DB_NAME"], ca_file=environment["DB_CA_FILE"],
                  user="app", signed_user="app", signed_port=int(environment["DB_PORT"]))
    seen = set()
    for client, what, act in does:
        if client in left_out:
            continue
        mark = pins(0)["last_id"]
        act(login)
        found = ", ".join(dict.fromkeys(map(shown, pins(mark)["pins"]))) or "nothing"
        seen.add((client, what))
        listed_as = rows.get((client, what))
        yield f"{client}: {what}: {found}", None if found == listed_as else f"the page has {listed_as}"
    missing = {key for key in rows if key not in seen and key[0] not in left_out}
    yield "docs/emulator.md lists no client that does not run here", missing or None
