// One login to the emulator by `pg` with a token from `@aws-sdk/rds-signer`.
//
// Takes the case as JSON in its first argument and prints what came of it as
// JSON: {"row": [...]} or {"error": "...", "sqlstate": "..."}. NODE_PATH does not
// reach ES modules, so the packages are required from the folder in the case.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const login = JSON.parse(process.argv[2]);
const require = createRequire(`${login.packages}/`);
const { Signer } = require("@aws-sdk/rds-signer");
const { Client } = require("pg");

// The signer has no option for its time; it reads the clock, so the clock is set back.
const now = Date.now() - login.age_s * 1000;
globalThis.Date = class extends Date {
  constructor(...parts) {
    super(...(parts.length ? parts : [now]));
  }
};

const signer = new Signer({
  hostname: login.host,
  port: login.signed_port,
  username: login.signed_user,
  region: login.region,
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  },
});
let token = await signer.getAuthToken();
if (login.tampered) {
  const change = (_, head, digit) => head + (digit === "0" ? "1" : "0");
  token = token.replace(/(Signature=[0-9a-f]{63})([0-9a-f])/, change);
}

// The socket goes to an address; TLS verifies the endpoint's name.
const client = new Client({
  host: login.address,
  port: login.port,
  user: login.user,
  password: token,
  database: login.database,
  ssl: { ca: readFileSync(login.ca_file, "utf8"), servername: login.host, rejectUnauthorized: true },
});
try {
  await client.connect();
  const { rows } = await client.query({ text: login.query, rowMode: "array" });
  console.log(JSON.stringify({ row: rows[0].map(String) }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message, sqlstate: error.code ?? null }));
} finally {
  await client.end();
}
