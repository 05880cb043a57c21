"""An application's tests. That no session is pinned, conftest.py checks after each of them."""

from app import connect


def test_an_order_is_found():
    with connect() as db:
        db.execute("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, item text)")
        db.execute("INSERT INTO orders VALUES (1, 'tea') ON CONFLICT DO NOTHING")
        assert db.execute("SELECT item FROM orders WHERE id = %s", [1]).fetchone() == ("tea",)
