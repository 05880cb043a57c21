"""What pins with MySQL, for the clients that are here: as pinning.py for PostgreSQL.

Programs of other languages, and Django, are in pinning.js, pinning_jdbc.py, pinning_django.py,
pdo.php, doctrine.php, laravel.php, active_record.rb and rust/.
"""

import functools

import mysql.connector
import mysql.connector.pooling
import pymysql
import pymysql.cursors
import sqlalchemy

import pinning
from at_name import NAMESPACE
from drivers import RAILS, at_address, go, rust, sign_each_connection, token_of_boto3
from mysql_drivers import CONNECTOR_J, GO, PDO, by_mariadb, by_pdo

# What clients need that not every machine has.
NEEDS = {"go-sql-driver/mysql": (GO,), "MariaDB's client": (NAMESPACE,),
         "MariaDB Connector/J": (CONNECTOR_J,), "sqlx": (NAMESPACE,), "PDO": (NAMESPACE, PDO),
         "Doctrine DBAL": (NAMESPACE, PDO), "ActiveRecord": (NAMESPACE, RAILS),
         "Laravel": (NAMESPACE, PDO)}
TLS = {"ssl_verify_cert": True, "ssl_verify_identity": True}


def by_pymysql(login, act, **options):
    """Does something with a connection of PyMySQL's."""
    with at_address(login), pymysql.connect(
            host=login.host, port=login.port, user=login.user, database=login.database,
            password=token_of_boto3(login), ssl_ca=login.ca_file, **TLS, **options) as connection:
        act(connection)


def queries(connection):
    """Some queries and a transaction."""
    with connection.cursor() as cursor:
        for number in range(3):
            cursor.execute("SELECT %s", [number])
            cursor.fetchall()
        connection.commit()
        connection.begin() if hasattr(connection, "begin") else connection.start_transaction()
        cursor.execute("SELECT 1")
        cursor.fetchall()
        connection.rollback()


def unbuffered(connection):
    with connection.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute("SELECT seq FROM seq_1_to_100")
        cursor.fetchmany(3)


def by_connector(login, act, **options):
    """Does something with a connection of mysql-connector-python's."""
    with at_address(login):
        connection = mysql.connector.connect(
            host=login.host, port=login.port, user=login.user, database=login.database,
            password=token_of_boto3(login), ssl_ca=login.ca_file, use_pure=True, **TLS, **options)
        act(connection)
        connection.close()


def isolated(connection):
    connection.start_transaction(isolation_level="READ COMMITTED")
    connection.commit()


def prepared(connection):
    with connection.cursor(prepared=True) as cursor:
        cursor.execute("SELECT ?", [1])
        cursor.fetchall()


def twice_from_pool(login):
    """Takes a connection from a pool, which is reset when it comes back."""
    by_connector(login, queries, pool_name="one", pool_size=1)


def by_sqlalchemy(login, **options):
    """Runs a statement over SQLAlchemy with PyMySQL, three times."""
    url = sqlalchemy.URL.create("mysql+pymysql", username=login.user, host=login.host,
                                port=login.port, database=login.database)
    engine = sqlalchemy.create_engine(url, pool_pre_ping=True,
                                      connect_args={"ssl_ca": login.ca_file, **TLS}, **options)
    sign_each_connection(engine, login)
    with at_address(login):
        for _ in range(3):
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("SELECT :it"), {"it": 1}).all()
        engine.dispose()


def doings():
    """What is done: the client and its doing as the page has them, and how."""
    run, node, jdbc = functools.partial, pinning.node, functools.partial(pinning.jdbc, "mariadb")
    django = functools.partial(pinning.django, engine="mysql")
    go_mysql, asks = run(go, "mysql"), {"query": "SELECT ?", "values": [1]}
    rails = run(pinning.active_record, "mysql2")
    mysql_async, sqlx = run(rust, "mysql_async"), run(rust, "sqlx-mysql")
    session = {"init_command": "SET SESSION group_concat_max_len = 100000"}
    plain = {"jdbcCompliantTruncation": "false"}
    yield from [
        ("MariaDB's client", "`--execute`", run(pinning.asking, by_mariadb)),
        ("PyMySQL", "queries, transactions, `autocommit`", run(by_pymysql, act=queries, autocommit=True)),
        ("PyMySQL", "`SSCursor`", run(by_pymysql, act=unbuffered)),
        ("PyMySQL", "`init_command` with another variable", run(by_pymysql, act=queries, **session)),
        ("mysql-connector-python", "queries, transactions", run(by_connector, act=queries)),
        ("mysql-connector-python", "`start_transaction` with an isolation level",
         run(by_connector, act=isolated)),
        ("mysql-connector-python", "`cursor(prepared=True)`", run(by_connector, act=prepared)),
        ("mysql-connector-python", "a pool", twice_from_pool),
        ("SQLAlchemy with PyMySQL", "queries, `pool_pre_ping`", by_sqlalchemy),
        ("SQLAlchemy with PyMySQL", "an isolation level",
         run(by_sqlalchemy, isolation_level="READ COMMITTED")),
        ("Django with PyMySQL", "queries, transactions, `migrate`", run(django, does="migrate")),
        ("Django with PyMySQL", "`.iterator()`", run(django, does="iterator")),
        ("mysql2", "`query`, a pool, transactions", run(node, does="mysql2")),
        ("mysql2", "`execute`", run(node, does="execute")),
        ("MariaDB Connector/J", "connecting", run(jdbc, does="queries")),
        ("MariaDB Connector/J", "connecting with `jdbcCompliantTruncation=false`", run(jdbc, does="queries", **plain)),
        ("MariaDB Connector/J", "with it too: `setTransactionIsolation`", run(jdbc, does="isolation", **plain)),
        ("MariaDB Connector/J", "with it too: `setReadOnly`", run(jdbc, does="read_only", **plain)),
        ("MariaDB Connector/J", "with it too: `useServerPrepStmts=true`",
         run(jdbc, does="queries", useServerPrepStmts="true", **plain)),
        ("go-sql-driver/mysql", "queries without parameters, `BeginTx` with `ReadOnly`",
         run(pinning.asking, go_mysql, does="read only")),
        ("go-sql-driver/mysql", "queries with parameters", run(pinning.asking, go_mysql, **asks)),
        ("go-sql-driver/mysql", "the same with `interpolateParams=true`",
         run(pinning.asking, go_mysql, interpolate=True, **asks)),
        ("go-sql-driver/mysql", "`BeginTx` with an isolation level",
         run(pinning.asking, go_mysql, does="isolation")),
        ("go-sql-driver/mysql", "the parameter `tx_isolation='SERIALIZABLE'`",
         run(pinning.asking, go_mysql, variables={"tx_isolation": "'SERIALIZABLE'"})),
        ("mysql_async", "`query`, `Pool`, transactions",
         run(pinning.asking, mysql_async, does=["transactions"])),
        ("mysql_async", "`exec`", run(pinning.asking, mysql_async, does=["execute"])),
        ("sqlx", "connecting, `raw_sql`", run(pinning.asking, sqlx)),
        ("sqlx", "connecting with `pipes_as_concat(false)` and `no_engine_substitution(false)`",
         run(pinning.asking, sqlx, does=["set no sql_mode"])),
        ("sqlx", "with them too: `query`", run(pinning.asking, sqlx, does=["set no sql_mode", "prepare"])),
        ("ActiveRecord", "connecting", run(rails)),
        ("ActiveRecord", "with `configure_connection` emptied: queries, transactions",
         run(rails, sets_nothing=True)),
        ("ActiveRecord", "with it too: an isolation level",
         run(rails, sets_nothing=True, isolation="serializable")),
        ("ActiveRecord", "with it too: `prepared_statements: true`",
         run(rails, sets_nothing=True, prepared_statements=True)),
        ("ActiveRecord", "with it too: migrations", run(rails, sets_nothing=True, does="migrate")),
        ("ActiveRecord", "with it too: migrations with `advisory_locks: false`",
         run(rails, sets_nothing=True, does="migrate", advisory_locks=False)),
        ("Doctrine DBAL", "queries, transactions", run(pinning.doctrine, "mysql")),
        ("Doctrine DBAL", "`listTables`, and so a comparison of schemas",
         run(pinning.doctrine, "mysql", lists=True)),
        ("Doctrine DBAL", "`setTransactionIsolation`",
         run(pinning.doctrine, "mysql", isolation=pinning.SERIALIZABLE)),
        ("Laravel", "queries, transactions, `Schema`", run(pinning.laravel, "mysql")),
        ("Laravel", "the same with `PDO::ATTR_EMULATE_PREPARES`, and `charset`, `collation`, `strict`",
         run(pinning.laravel, "mysql", emulates=True, charset="utf8mb4",
             collation="utf8mb4_unicode_ci", strict=True)),
        ("PDO", "`prepare`, `execute`", run(pinning.asking, by_pdo, query="SELECT ?", values=[1])),
        ("PDO", "the same without `PDO::ATTR_EMULATE_PREPARES`",
         run(pinning.asking, by_pdo, query="SELECT ?", values=[1],
             attributes={"ATTR_EMULATE_PREPARES": False})),
    ]


def outcomes(environment, left_out):
    """Yields what each check is of, and what it found instead, or nothing if that is right."""
    yield from pinning.compare(environment, doings(), pinning.listed(2), left_out)
