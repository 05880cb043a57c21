// The same as handler.mjs for MySQL: the SDK's Signer and the driver `mysql2`.

import { readFileSync } from "node:fs";
import { connect as open } from "node:net";
import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";

const question = `SELECT DATABASE(), CURRENT_USER(), VERSION(), @@innodb_read_only, @@read_only,
  UTC_TIMESTAMP(6), CONNECTION_ID(), ?`;

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
  const [address, port] = DB_CONNECT_TO.split(":");
  return mysql.createConnection({
    host: DB_HOST,
    user: DB_USER,
    password,
    database: DB_NAME,
    stream: () => open({ host: address, port: Number(port), noDelay: true }),
    ssl: { ca: readFileSync(DB_CA_FILE, "utf8"), rejectUnauthorized: true, verifyIdentity: true },
    enableCleartextPlugin: true,
    rowsAsArray: true,
  });
}

export async function handler(event) {
  if (event.fresh) {
    await kept?.end();
    kept = undefined;
  }
  kept ??= await connect();
  const [[row]] = await kept.query(question, ["0123456789abcdef"]);
  const number = row[2].split("-")[0] + (row[2].includes("MariaDB") ? "-MariaDB" : "");
  const user = row[1].slice(0, row[1].lastIndexOf("@"));
  return { database: row[0], user, version: number, nonce: row[7] };
}
