"""One login to the emulator by psqlODBC, with a token that is signed already.

Takes the login as JSON in its last argument and prints the outcome as JSON: {"row": [...]} or
{"error": "..."}. The program has a process to itself since unixODBC must be on the loader's path.
"""

import json
import sys

import pyodbc


def main(login):
    """Connects, asks the query in a transaction, and returns its row."""
    settings = {
        "Driver": login["library"], "Servername": login["host"], "Port": login["port"],
        "Database": login["database"], "UID": login["user"], "PWD": login["token"],
        "SSLmode": "verify-full", **login["settings"],
        "pqopt": f"{{hostaddr={login['address']} sslrootcert={login['ca_file']}}}"}
    text = ";".join(f"{name}={value}" for name, value in settings.items())
    connection = pyodbc.connect(text, timeout=10, autocommit=False)
    row = connection.execute(login["query"], *login["values"]).fetchone()
    connection.commit()
    connection.close()
    return [str(value) for value in row]


if __name__ == "__main__":
    try:
        print(json.dumps({"row": main(json.loads(sys.argv[-1]))}))
    except pyodbc.Error as error:
        print(json.dumps({"error": str(error)}))
