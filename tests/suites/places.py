"""Two ways to one PostgreSQL: directly, and through the emulator. Both use TLS."""

import contextlib
import os
import tempfile
from pathlib import Path

from cluster import certificate, cluster
from local import emulator_process

USER, PASSWORD = "postgres", "secret"
SETTINGS = ("max_connections=200", "max_prepared_transactions=10", "wal_level=logical")


@contextlib.contextmanager
def direct(pg_bin, _programs, database, fill):
    """A cluster; yields how libpq reaches it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        key, chain = certificate(Path(folder))
        settings = (*SETTINGS, "ssl=on", f"ssl_key_file={key}", f"ssl_cert_file={chain}")
        with cluster(pg_bin, settings) as port:
            found = variables(port, database, chain)
            fill({**os.environ, **found})
            yield found


@contextlib.contextmanager
def through(pg_bin, programs, database, fill):
    """A cluster behind an emulator; yields how libpq reaches the emulator."""
    with direct(pg_bin, programs, database, fill) as behind:
        backend = f"postgres://{USER}@127.0.0.1:{behind['PGPORT']}/{database}"
        # asyncpg takes no other address for a name, and this one has its own everywhere.
        arguments = ["--endpoint-host", "localhost", "--backend", backend,
                     "--password-user", f"{USER}:{PASSWORD}"]
        with emulator_process(programs, pg_bin, arguments) as (_, found):
            port = found["DB_CONNECT_TO"].rsplit(":", 1)[1]
            yield variables(port, database, found["DB_CA_FILE"])


def variables(port, database, authority):
    """How libpq reaches a server on this machine."""
    return {"PGHOST": "localhost", "PGPORT": str(port), "PGUSER": USER, "PGPASSWORD": PASSWORD,
            "PGDATABASE": database, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(authority)}


PLACES = {"directly": direct, "through": through}
