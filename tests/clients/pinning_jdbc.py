"""Does one thing with Java's pgjdbc, for pinning.py, which gives it the login as JSON."""

import json
import sys
import tempfile

import jpype

from log_in_jdbc import start_java

READ_COMMITTED = 2


def act(connection, does):
    """Does what is asked, and reads some rows, often enough for a statement of the server."""
    connection.setAutoCommit(does != "fetch_size")
    if does == "isolation":
        connection.setTransactionIsolation(READ_COMMITTED)
    elif does == "read_only":
        connection.setReadOnly(True)
    elif does == "schema":
        connection.setSchema("public")
    statement = connection.prepareStatement("SELECT generate_series(1, ?)")
    statement.setInt(1, 10)
    if does == "fetch_size":
        statement.setFetchSize(3)
    for _ in range(7):
        rows = statement.executeQuery()
        while rows.next():
            rows.getInt(1)


def main(login):
    """Logs in with the properties that are asked for."""
    java = jpype.JPackage("java")
    properties = java.util.Properties()
    for name, value in [
            ("user", login["user"]), ("password", login["token"]), ("sslmode", "verify-full"),
            ("sslrootcert", login["ca_file"]), *login["properties"].items()]:
        properties.setProperty(name, value)
    url = f"jdbc:postgresql://{login['host']}:{login['port']}/{login['database']}"
    connection = java.sql.DriverManager.getConnection(url, properties)
    act(connection, login["does"])
    connection.close()
    print("{}")


if __name__ == "__main__":
    LOGIN = json.loads(sys.argv[1])
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as file:
        start_java(LOGIN, file)
        main(LOGIN)
