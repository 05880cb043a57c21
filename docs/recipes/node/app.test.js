// An application's tests. That no session is pinned, no-pins.js checks after each of them.

const assert = require("node:assert");
const { test } = require("node:test");
const { connect } = require("./app.js");
require("./no-pins.js");

test("an order is found", async () => {
  const client = await connect();
  try {
    await client.query("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, item text)");
    await client.query("INSERT INTO orders VALUES (1, 'tea') ON CONFLICT DO NOTHING");
    const { rows } = await client.query("SELECT item FROM orders WHERE id = $1", [1]);
    assert.deepStrictEqual(rows, [{ item: "tea" }]);
  } finally {
    await client.end();
  }
});
