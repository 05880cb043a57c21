"""Does one thing with a driver for Java, for pinning.py, which gives it the login as JSON."""

from log_in_jdbc import connect, run

READ_COMMITTED = 2
ROWS = {"postgresql": "SELECT generate_series(1, ?)", "mariadb": "SELECT ?"}


def act(connection, driver, does):
    """Does what is asked, and reads some rows, often enough for a statement of the server."""
    connection.setAutoCommit(does != "fetch_size")
    if does == "isolation":
        connection.setTransactionIsolation(READ_COMMITTED)
    elif does == "read_only":
        connection.setReadOnly(True)
    elif does == "schema":
        connection.setSchema("public")
    statement = connection.prepareStatement(ROWS[driver])
    statement.setInt(1, 10)
    if does == "fetch_size":
        statement.setFetchSize(3)
    for _ in range(7):
        rows = statement.executeQuery()
        while rows.next():
            rows.getInt(1)


def main(login):
    """Logs in with the properties that are asked for."""
    connection = connect(login, login["properties"])
    act(connection, login["driver"], login["does"])
    connection.close()
    print("{}")


if __name__ == "__main__":
    run(main)
