"""A PostgreSQL for each cluster that is used.

An emulator with `--backend temporary` starts and stops it, also as root and when this process is
killed. Its socket is in the folder of that emulator's CA file. Added here: a master user who is not
a superuser, passwords that are checked, and a TCP port, since an invocation's emulator needs a URL.
"""

import shutil
import socket
import subprocess
import threading
from pathlib import Path

import psycopg
import settings
from local import exports, stop
from psycopg import sql

# RDS's own superuser. Members of rds_iam need no password, since the emulator has verified their
# token; all others need theirs.
ADMIN = "rdsadmin"
LOGINS = """local all {admin} trust
local all "{master}" {method}
local all +rds_iam trust
local all all scram-sha-256
"""


class Server:
    """A PostgreSQL with a master user and a database, like a new cluster."""

    def __init__(self, master, password, database):
        self.process = subprocess.Popen(
            [settings.EMULATOR, "--iam-user", ADMIN, "--database", ADMIN], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.socket = Path(exports(self.process)["DB_CA_FILE"]).parent / "s"
        self.prepare(master, password, database)
        self.port = self.listen()

    def connect(self, user):
        """A session of a user that needs no password, in the database `postgres`."""
        return psycopg.connect(host=str(self.socket), user=user, dbname="postgres",
                               autocommit=True)

    def prepare(self, master, password, database):
        """Makes the master user and the database, and requires passwords or rds_iam."""
        with self.connect("postgres") as session:
            session.execute(f"ALTER ROLE {ADMIN} SUPERUSER")
        with self.connect(ADMIN) as session:
            session.execute("ALTER ROLE postgres RENAME TO bootstrap")
            name = sql.Identifier(master)
            session.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(name))
            if session.info.server_version >= 160000:
                session.execute(sql.SQL("GRANT rds_iam TO {} WITH ADMIN TRUE, INHERIT FALSE, "
                                        "SET FALSE").format(name))
            if password:
                session.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))
            else:
                session.execute(sql.SQL("GRANT rds_iam TO {}").format(name))
            session.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(database), name))
            logins = LOGINS.format(admin=ADMIN, master=master,
                                   method="scram-sha-256" if password else "trust")
            # A row a line; the file belongs to the user that the server runs as.
            [hba_file] = session.execute("SELECT current_setting('hba_file')").fetchone()
            session.execute(sql.SQL(
                "COPY (SELECT unnest(string_to_array({}, chr(10)))) TO {} (DELIMITER '|')").format(
                    logins, hba_file))
            session.execute("SELECT pg_reload_conf()")

    def listen(self):
        """Passes connections at a port of this machine on to the socket; returns the port."""
        listener = socket.create_server(("127.0.0.1", 0))

        def accept():
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.socket / ".s.PGSQL.5432"))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=pass_on, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    def stop(self):
        """Ends it, and all that it has."""
        stop(self.process)


def pass_on(source, sink):
    """Copies bytes until one side ends."""
    try:
        with source.makefile("rb", 0) as reading, sink.makefile("wb", 0) as writing:
            shutil.copyfileobj(reading, writing)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
