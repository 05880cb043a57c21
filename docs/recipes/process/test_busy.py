"""What the application does when all database connections are in use."""

import psycopg
import pytest

from emulator import emulator

OPTIONS = ["--password-user", "app:test-password", "--fault", "borrow-timeout"]


def test_a_pool_without_a_free_connection_is_an_error_of_the_query():
    with emulator(*OPTIONS) as variables:
        address, _, port = variables["DB_CONNECT_TO"].rpartition(":")
        with psycopg.connect(
                host=variables["DB_HOST"], hostaddr=address, port=port, user="app",
                password="test-password", dbname=variables["DB_NAME"], autocommit=True,
                sslmode="verify-full", sslrootcert=variables["DB_CA_FILE"]) as db:
            with pytest.raises(psycopg.OperationalError, match="Timed-out waiting to acquire"):
                db.execute("SELECT 1")
