// As in AWS's guide to a Lambda function in Node.js with IAM authentication, for PostgreSQL:
// the SDK's Signer and the driver `pg`. It keeps the session between invocations.

import { readFileSync } from "node:fs";
import { Signer } from "@aws-sdk/rds-signer";
import pg from "pg";

const question = `SELECT current_database()::text, current_user::text,
  split_part(current_setting('server_version'), ' ', 1), pg_is_in_recovery(),
  current_setting('transaction_read_only') = 'on', clock_timestamp(), $1::text`;

let kept;

async function connect() {
  const { DB_HOST, DB_PORT, DB_USER, DB_NAME, DB_REGION, DB_CA_FILE, DB_CONNECT_TO } = process.env;
  const signer = new Signer({
    hostname: DB_HOST,
    port: Number(DB_PORT),
    username: DB_USER,
    region: DB_REGION,
  });
  const password = await signer.getAuthToken();
  // TCP connects to an address; TLS verifies the endpoint's host name.
  const [host, port] = DB_CONNECT_TO.split(":");
  const client = new pg.Client({
    host,
    port: Number(port),
    user: DB_USER,
    password,
    database: DB_NAME,
    ssl: { ca: readFileSync(DB_CA_FILE, "utf8"), servername: DB_HOST, rejectUnauthorized: true },
  });
  await client.connect();
  return client;
}

export async function handler(event) {
  if (event.fresh) {
    await kept?.end();
    kept = undefined;
  }
  kept ??= await connect();
  const query = { text: question, values: ["0123456789abcdef"], rowMode: "array" };
  const [row] = (await kept.query(query)).rows;
  return { database: row[0], user: row[1], version: row[2], nonce: row[6] };
}
